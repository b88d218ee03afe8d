// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How a grid is cut into tiles, and which cells lie around one. Next: `halo.hpp` puts a tile and
/// its surroundings together.

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace relief {

/// A rectangle of grid cells: `rows` x `cols` of them, the first at (`row0`, `col0`).
struct Box {
  std::size_t row0 = 0;
  std::size_t col0 = 0;
  std::size_t rows = 0;
  std::size_t cols = 0;

  [[nodiscard]] std::size_t size() const { return rows * cols; }
  bool operator==(const Box&) const = default;
};

/// The size of a tile before it is clipped at the last row and column of the grid.
struct TileShape {
  std::size_t rows = 256;
  std::size_t cols = 256;
};

/// A grid of `rows` x `cols` cells cut into tiles, numbered along the rows from 0. The tiles of the
/// last row and column are smaller where the grid is no multiple of the tile.
class Tiling {
 public:
  /// @param periodic_cols the last column is a neighbour of the first (all around the globe)
  /// @throws std::invalid_argument for a grid or a tile without cells
  Tiling(std::size_t rows, std::size_t cols, TileShape shape = {}, bool periodic_cols = false)
      : rows_(rows), cols_(cols), shape_(shape), periodic_cols_(periodic_cols) {
    if (rows == 0 || cols == 0) throw std::invalid_argument("Tiling: the grid has no cells");
    if (shape.rows == 0 || shape.cols == 0) {
      throw std::invalid_argument("Tiling: a tile has at least one row and one column");
    }
    shape_.rows = std::min(shape.rows, rows);
    shape_.cols = std::min(shape.cols, cols);
  }

  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t cols() const { return cols_; }
  [[nodiscard]] TileShape shape() const { return shape_; }
  [[nodiscard]] bool periodic_cols() const { return periodic_cols_; }
  [[nodiscard]] std::size_t tiles_down() const { return (rows_ - 1) / shape_.rows + 1; }
  [[nodiscard]] std::size_t tiles_across() const { return (cols_ - 1) / shape_.cols + 1; }

  /// The number of tiles.
  [[nodiscard]] std::size_t count() const { return tiles_down() * tiles_across(); }

  /// The cells of tile `index`.
  /// @throws std::out_of_range
  [[nodiscard]] Box box(std::size_t index) const {
    if (index >= count()) throw std::out_of_range("Tiling: no such tile");
    const std::size_t row0 = index / tiles_across() * shape_.rows;
    const std::size_t col0 = index % tiles_across() * shape_.cols;
    return {row0, col0, std::min(shape_.rows, rows_ - row0), std::min(shape_.cols, cols_ - col0)};
  }

  /// The tile that holds cell (`row`, `col`).
  /// @throws std::out_of_range
  [[nodiscard]] std::size_t index_of(std::size_t row, std::size_t col) const {
    if (row >= rows_ || col >= cols_) throw std::out_of_range("Tiling: no such cell");
    return row / shape_.rows * tiles_across() + col / shape_.cols;
  }

  // The cell next to a cell. At an edge it is the cell itself, unless the columns are periodic.
  [[nodiscard]] std::size_t above(std::size_t row) const { return row == 0 ? 0 : row - 1; }
  [[nodiscard]] std::size_t below(std::size_t row) const { return std::min(row + 1, rows_ - 1); }
  [[nodiscard]] std::size_t west_of(std::size_t col) const {
    if (col > 0) return col - 1;
    return periodic_cols_ ? cols_ - 1 : 0;
  }
  [[nodiscard]] std::size_t east_of(std::size_t col) const {
    if (col + 1 < cols_) return col + 1;
    return periodic_cols_ ? 0 : cols_ - 1;
  }

 private:
  std::size_t rows_;
  std::size_t cols_;
  TileShape shape_;
  bool periodic_cols_;
};

}  // namespace relief
