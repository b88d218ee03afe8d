// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The command line of `relief`.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "terrain.hpp"

namespace relief {

/// Stages of the work.
enum class StopAfter : std::uint8_t { read, compute, write };

struct Options {
  std::filesystem::path input;
  std::string dataset;
  std::filesystem::path output = "relief";  ///< `.h5`, `.png` and the like are appended
  std::filesystem::path store;              ///< TOML file; empty: the ranks' memory
  std::size_t tile = 256;                   ///< rows and columns of a tile
  Light light;
  std::optional<double> exaggeration;  ///< unset: what suits the grid's cells
  std::chrono::seconds timeout{300};   ///< the longest wait for another rank
  StopAfter stop_after = StopAfter::write;
  bool restart = false;  ///< go on where another run stopped

  /// Where a run that stops leaves what it did.
  [[nodiscard]] std::filesystem::path checkpoint() const {
    std::filesystem::path path = output;
    return path += ".checkpoint";
  }
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
