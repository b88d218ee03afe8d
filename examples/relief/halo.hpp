// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Puts a tile and the ring of cells around it together, from tiles. Next: `kernels.hpp`.

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "tiling.hpp"

namespace relief {

/// Gives the heights of a tile by its index, row by row. What it returns must stay valid until
/// `pad_tile` returns. Called once for each of `Tiling::with_neighbours`, in that order.
using TileSource = std::function<std::span<const float>(std::size_t index)>;

/// Returns tile `index` with a halo one cell wide: (rows + 2) x (cols + 2) heights, row by row.
/// Beyond an edge of the grid the edge cell is repeated; periodic columns go round.
/// @throws std::out_of_range when there is no such tile, std::invalid_argument when a tile that
/// `tiles` gave has not the size of its box; whatever `tiles` throws
[[nodiscard]] std::vector<float> pad_tile(const Tiling& tiling, std::size_t index,
                                          const TileSource& tiles);

}  // namespace relief
