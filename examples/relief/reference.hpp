// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The same computation as `kernels.hpp` over a whole grid at once, in plain C++: no tiles, no
/// Kokkos, no code in common. The tests hold the one against the other, to the bit.

#include <span>

#include "terrain.hpp"

namespace relief {

/// A whole grid of heights in metres, row by row. NaN means that there is no height.
struct WholeGrid {
  std::span<const float> heights;
  std::size_t rows = 0;
  std::size_t cols = 0;
  bool periodic_cols = false;  ///< the last column is a neighbour of the first
};

/// Returns the terrain of `grid`; the formulae are those in `kernels.hpp`. Serial and slow.
/// @throws std::invalid_argument for sizes that do not fit together
[[nodiscard]] Terrain compute_reference(const WholeGrid& grid, const CellSizes& cells,
                                        const Light& light);

}  // namespace relief
