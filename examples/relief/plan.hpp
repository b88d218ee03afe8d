// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What is to be done, and where the objects are kept: found out by rank 0 before all ranks begin.

#include <memory>

#include "options.hpp"
#include "protocol.hpp"

namespace relief {

/// A plan, and the store that it names.
struct Preparation {
  Plan plan{};
  std::shared_ptr<ps::Store> store{};  ///< Open as long as its objects are needed
};

/// Looks at input and output, and makes the store.
/// @throws InputError, OutputError, ps::Error
[[nodiscard]] Preparation prepare(const Options& options);

/// Whether @p one and @p other ask for the same results.
[[nodiscard]] bool is_same_work(const Plan& one, const Plan& other);

}  // namespace relief
