// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "halo.hpp"

#include <optional>
#include <stdexcept>

namespace relief {
namespace {

/// Some cells of the grid.
class Piece {
 public:
  Piece(const Box& box, const GridSource& grid) : box_(box), heights_(grid(box)) {
    if (heights_.size() != box.size()) {
      throw std::invalid_argument("pad_tile: the heights have not the size of their box");
    }
  }

  [[nodiscard]] std::span<const float> row(std::size_t row) const {
    return heights_.subspan((row - box_.row0) * box_.cols, box_.cols);
  }

 private:
  Box box_;
  std::span<const float> heights_;
};

}  // namespace

std::vector<float> pad_tile(const Tiling& tiling, std::size_t index, const GridSource& grid) {
  const Box box = tiling.box(index);
  const std::size_t last_row = box.row0 + box.rows - 1;
  const std::size_t last_col = box.col0 + box.cols - 1;
  const std::size_t first = tiling.above(box.row0);
  const std::size_t rows = tiling.below(last_row) - first + 1;
  const bool is_first_col = box.col0 == 0;
  const bool is_last_col = last_col + 1 == tiling.cols();
  const std::size_t col0 = is_first_col ? 0 : box.col0 - 1;
  const std::size_t cols = (is_last_col ? last_col : last_col + 1) - col0 + 1;
  const Piece middle({first, col0, rows, cols}, grid);
  std::optional<Piece> west;
  std::optional<Piece> east;
  if (tiling.periodic_cols() && is_first_col) {
    west.emplace(Box{first, tiling.west_of(box.col0), rows, 1}, grid);
  }
  if (tiling.periodic_cols() && is_last_col) {
    east.emplace(Box{first, tiling.east_of(last_col), rows, 1}, grid);
  }

  std::vector<float> padded;
  padded.reserve((box.rows + 2) * (box.cols + 2));
  const auto append = [&](std::size_t row) {
    const std::span<const float> inner = middle.row(row);
    if (is_first_col) padded.push_back(west ? west->row(row).front() : inner.front());
    padded.insert(padded.end(), inner.begin(), inner.end());
    if (is_last_col) padded.push_back(east ? east->row(row).front() : inner.back());
  };
  append(first);
  for (std::size_t row = box.row0; row <= last_row; ++row) append(row);
  append(tiling.below(last_row));
  return padded;
}

}  // namespace relief
