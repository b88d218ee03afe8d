// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Where the cells of a grid lie: on the globe by latitude and longitude, or on a plane.

#include <cstddef>
#include <string>
#include <vector>

#include "terrain.hpp"

namespace relief {

/// The place of every row and column. Geographic if both arrays are there, else planar.
struct Georeference {
  bool geographic = false;

  /// Degrees north per row and degrees east per column, both ascending or descending throughout.
  /// Longitudes go on past 180 or 360 rather than jump. Empty on a plane.
  std::vector<double> latitudes;
  std::vector<double> longitudes;

  bool periodic = false;          ///< the longitudes go all around the globe
  bool row0_is_south = false;     ///< rows run to the north
  bool col0_is_east = false;      ///< columns run to the west
  double cell_rows_metres = 1.0;  ///< on a plane: the distance between rows
  double cell_cols_metres = 1.0;  ///< on a plane: the distance between columns

  /// Why the grid is taken as planar, or which cell size is assumed. May be shown to the user.
  std::string note;
};

/// Coordinates of one dimension as a file gives them: values, and their unit in the file's words.
struct Axis {
  std::vector<double> values;
  std::string units;
};

/// Judges the axes of the rows and of the columns. Geographic for degrees north by degrees east in
/// the spellings of the CF conventions; planar with their spacing for two lengths; else planar with
/// cells of 1 m and row 0 in the north, as pictures are. Never fails: `note` says what was wrong.
[[nodiscard]] Georeference georeference_from(const Axis& rows, const Axis& cols);

/// The metres from cell to cell in each of `rows` rows, on a sphere of the earth's mean radius or
/// on the plane. A row at a pole, where a cell has no width, counts as a quarter of a row away from
/// it.
[[nodiscard]] CellSizes cell_sizes(const Georeference& where, std::size_t rows);

/// A vertical exaggeration that makes the relief of such cells visible in a hillshade: 1 for cells
/// of up to 100 m, more for larger ones, over which real slopes average out. A rule of thumb.
[[nodiscard]] double suggested_exaggeration(const CellSizes& cells);

/// How many metres one `unit` is ("m", "meters", "km", "feet", ...); 0 for what is not a known
/// length.
[[nodiscard]] double metres_per(const std::string& unit);

/// How to turn a grid into a map with north up and, for a grid around the globe, the Pacific cut.
struct MapOrder {
  bool flip_rows = false;     ///< the first row of the grid is the last one of the map
  bool flip_cols = false;     ///< the first column of the grid is the last one of the map
  std::size_t first_col = 0;  ///< the grid's column (after a flip) that is first on the map
};

/// The order for a grid of `cols` columns. Periodic grids run from 180 W to 180 E.
[[nodiscard]] MapOrder map_order(const Georeference& where, std::size_t cols);

}  // namespace relief
