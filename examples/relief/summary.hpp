// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The closing table: what was done, what it moved, where the results are.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace relief {

/// One stage of the work and how long it took.
struct Stage {
  std::string name;
  double seconds = 0.0;
};

/// What the table says. The counts are sums over all ranks.
struct Summary {
  std::string input;  ///< file and dataset
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t ranks = 0;
  std::size_t tiles = 0;
  std::uint64_t proxy_messages = 0;  ///< proxies that went through MPI
  std::uint64_t proxy_bytes = 0;     ///< bytes of those proxies
  std::uint64_t data_bytes = 0;      ///< bytes of the objects that moved through the store
  std::vector<Stage> stages;
  std::vector<std::filesystem::path> outputs;
};

/// Prints the table, one line per item.
void print(std::ostream& out, const Summary& summary);

/// "17 B", "4.0 KiB", "35.6 MiB", ...
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

}  // namespace relief
