// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The command line of `relief`.

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "terrain.hpp"

namespace relief {

struct Options {
  std::filesystem::path input;
  std::string dataset;
  std::filesystem::path output = "relief";  ///< `.h5` and `.png` are appended
  std::filesystem::path store;              ///< TOML file; empty: files beside the output
  std::size_t tile = 256;                   ///< rows and columns of a tile
  Light light;
  std::optional<double> exaggeration;  ///< unset: what suits the grid's cells
  std::chrono::seconds timeout{300};   ///< the longest wait for another rank
};

/// What to do next: go on with `options`, or end with `exit_code` after printing `text`.
struct ParsedOptions {
  Options options;
  std::optional<int> exit_code;
  std::string text;
};

/// Reads the command line. Prints nothing, so that one rank can speak for all.
[[nodiscard]] ParsedOptions parse_options(int argc, const char* const* argv);

}  // namespace relief
