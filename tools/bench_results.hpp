// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Results of the benchmark program, as it writes them with --json, and as they are saved here.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "answer.hpp"

namespace tool {

/// benchmarks/session.hpp says more of each member.
struct BenchRow {
  std::string name{};
  std::uint64_t size = 0;
  double ours = 0;
  double reference = 0;
  double ratio = 0;
  std::optional<double> budget{};
  bool lower_is_better = true;
  bool is_bytes = false;  ///< Or else seconds

  [[nodiscard]] bool is_missed() const noexcept {
    return budget && (lower_is_better ? ratio > *budget : ratio < *budget);
  }
};

struct BenchGroup {
  std::string name{};
  std::vector<BenchRow> rows{};
};

/// Reads what the benchmark program printed: an array of rows, of the group @p name.
/// @throws std::runtime_error saying what is wrong with the document
[[nodiscard]] BenchGroup parse_group(const std::string& name, std::string_view document);

/// Reads a file of to_json(), or of one group that the benchmark program printed, then of the group
/// @p name.
[[nodiscard]] std::vector<BenchGroup> parse_groups(const std::string& name,
                                                   std::string_view document);

[[nodiscard]] Json to_json(const std::vector<BenchGroup>& groups);
/// A table for people.
[[nodiscard]] std::string to_text(const std::vector<BenchGroup>& groups);

/// Such as "1.3" and "0.0022".
[[nodiscard]] std::string ratio_text(double ratio);

}  // namespace tool
