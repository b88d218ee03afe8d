// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Puts a tile and the ring of cells around it together. Next: `kernels.hpp`.

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "tiling.hpp"

namespace relief {

/// Gives the heights in a box of the grid, row by row. What it returns must stay valid until
/// `pad_tile` returns.
using GridSource = std::function<std::span<const float>(const Box& box)>;

/// Returns tile `index` with a halo one cell wide: (rows + 2) x (cols + 2) heights, row by row.
/// Beyond an edge of the grid the edge cell is repeated; periodic columns go round. It asks for one
/// box, and for a column more on each side on which periodic columns go round.
/// @throws std::out_of_range when there is no such tile, std::invalid_argument when what `grid`
/// gave has not the size of its box; whatever `grid` throws
[[nodiscard]] std::vector<float> pad_tile(const Tiling& tiling, std::size_t index,
                                          const GridSource& grid);

}  // namespace relief
