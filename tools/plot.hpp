// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Benchmark results as a picture: a bar for each ratio, and a mark for its budget.

#include <string>
#include <vector>

#include "bench_results.hpp"

namespace tool {

/// An SVG document.
[[nodiscard]] std::string plot(const std::vector<BenchGroup>& groups);

}  // namespace tool
