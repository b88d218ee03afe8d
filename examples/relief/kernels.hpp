// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Hillshade, slope, roughness and the hypsometric histogram of one tile, computed with Kokkos.
/// `reference.hpp` computes the same without tiles and without Kokkos.

#include <cstddef>
#include <span>

#include "terrain.hpp"

namespace relief {

/// A tile's heights in metres with a halo one cell wide: (rows + 2) x (cols + 2), row by row. NaN
/// means that there is no height.
struct PaddedTile {
  std::span<const float> heights;
  std::size_t rows = 0;
  std::size_t cols = 0;
};

/// Returns the terrain of `tile`, computed in Kokkos' default execution space.
///
/// With the heights of a cell's window named a b c / d e f / g h i (previous row, row, next row)
/// and the cell sizes dx, dy of its row, in double precision and in this order:
///
///     p = (((c + 2f) + i) - ((a + 2d) + g)) / (8 dx)           rise to the east   [Horn 1981]
///     q = (((g + 2h) + i) - ((a + 2b) + c)) / (8 dy)           rise to the north
///     slope = atan(sqrt(p p + q q)) 180/pi
///     P = p' exaggeration, Q = q exaggeration, L = unit vector (east, north, up) to the light
///     shade = ((L.up - P L.east) - Q L.north) / sqrt((1 + P P) + Q Q)
///     hillshade = floor(254 shade + 1.5), at least 1           a flat cell has 181
///     roughness = max - min of the window, in float            [Wilson et al. 2007]
///
/// p' is p with |dx| taken as |dy| / 4 where it is less: near a pole, where cells are far narrower
/// than they are drawn on a map, steps of a metre would otherwise look like cliffs.
/// A neighbour without a height counts as high as the cell itself. Since nothing but the window and
/// the row enters, and no multiplication is fused with an addition (the build forbids it), the
/// result does not depend on how the grid is tiled. On a GPU `atan` may differ in the last bit.
///
/// Horn, B. K. P. (1981): Hill shading and the reflectance map. Proceedings of the IEEE 69(1),
/// 14-47. Wilson, M. F. J. et al. (2007): Multiscale terrain analysis of multibeam bathymetry data
/// for habitat mapping on the continental slope. Marine Geodesy 30(1-2), 3-35.
///
/// @pre Kokkos is initialised.
/// @throws std::invalid_argument for sizes that do not fit together, cell sizes of 0, or a light
/// below the horizon
[[nodiscard]] Terrain compute_tile(const PaddedTile& tile, std::span<const double> dx,
                                   std::span<const double> dy, const Light& light);

/// Throws std::invalid_argument, naming what is accepted, unless 0 < altitude <= 90, the azimuth is
/// finite, and exaggeration is finite and positive.
void check(const Light& light);

}  // namespace relief
