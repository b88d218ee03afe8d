// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The reducer: fetches the terrain of all tiles, and writes the results.

#include <filesystem>
#include <vector>

#include "picture.hpp"
#include "protocol.hpp"
#include "relief_writer.hpp"

namespace relief {

class Reducer {
 public:
  /// @p output is the name of the results without `.h5` and `.png`.
  /// @throws OutputError
  Reducer(const Plan& plan, ps::Proxy<Heights> heights, const std::filesystem::path& output);

  /// Writes one tile. Tiles come in any order, each once.
  void take(const Result& result, Tally& tally);

  /// Completes the files. @throws std::logic_error unless all tiles were taken; OutputError
  void finish(Tally& tally);

  [[nodiscard]] static std::filesystem::path grid_file(std::filesystem::path output);
  [[nodiscard]] static std::filesystem::path picture_file(std::filesystem::path output);

 private:
  Tiling tiling_;
  ps::Proxy<Heights> heights_;
  std::filesystem::path output_;
  ReliefWriter writer_;
  Picture picture_;
  Histogram histogram_;
  std::size_t taken_ = 0;
};

}  // namespace relief
