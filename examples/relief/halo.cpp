// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "halo.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace relief {
namespace {

/// The tiles in reach of one, as if they were the grid.
class Neighbourhood {
 public:
  Neighbourhood(const Tiling& tiling, std::size_t index, const TileSource& tiles)
      : tiling_(tiling) {
    for (const std::size_t neighbour : tiling.with_neighbours(index)) {
      const std::span<const float> heights = tiles(neighbour);
      if (heights.size() != tiling.box(neighbour).size()) {
        throw std::invalid_argument("pad_tile: a tile has not the size of its box");
      }
      tiles_.emplace(neighbour, heights);
    }
  }

  [[nodiscard]] float at(std::size_t row, std::size_t col) const {
    const std::size_t index = tiling_.index_of(row, col);
    const Box box = tiling_.box(index);
    return tiles_.at(index)[(row - box.row0) * box.cols + (col - box.col0)];
  }

  [[nodiscard]] std::span<const float> tile(std::size_t index) const { return tiles_.at(index); }

 private:
  const Tiling& tiling_;
  std::map<std::size_t, std::span<const float>> tiles_;
};

}  // namespace

std::vector<float> pad_tile(const Tiling& tiling, std::size_t index, const TileSource& tiles) {
  const Box box = tiling.box(index);
  const Neighbourhood around(tiling, index, tiles);
  const std::span<const float> inside = around.tile(index);
  const std::size_t west = tiling.west_of(box.col0);
  const std::size_t east = tiling.east_of(box.col0 + box.cols - 1);

  std::vector<float> padded;
  padded.reserve((box.rows + 2) * (box.cols + 2));
  const auto append_gathered_row = [&](std::size_t row) {
    padded.push_back(around.at(row, west));
    for (std::size_t col = 0; col < box.cols; ++col) {
      padded.push_back(around.at(row, box.col0 + col));
    }
    padded.push_back(around.at(row, east));
  };
  append_gathered_row(tiling.above(box.row0));
  for (std::size_t row = 0; row < box.rows; ++row) {
    padded.push_back(around.at(box.row0 + row, west));
    const std::span<const float> line = inside.subspan(row * box.cols, box.cols);
    padded.insert(padded.end(), line.begin(), line.end());
    padded.push_back(around.at(box.row0 + row, east));
  }
  append_gathered_row(tiling.below(box.row0 + box.rows - 1));
  return padded;
}

}  // namespace relief
