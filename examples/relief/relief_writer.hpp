// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Writes the results into an HDF5 file that netCDF programs read as well.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "errors.hpp"
#include "georeference.hpp"
#include "terrain.hpp"
#include "tiling.hpp"

namespace relief {

/// What the file is about, and how it is laid out.
struct ReliefLayout {
  std::size_t rows = 0;
  std::size_t cols = 0;
  Georeference where;
  Light light;
  std::string source;    ///< which heights it was computed from, as text for the reader
  TileShape chunk;       ///< the datasets' chunks; best the tiles that are written
  unsigned deflate = 1;  ///< compression from 0 (none) to 9
};

/// The file `relief.h5` while it is written:
///
///     hillshade                uint8    rows x cols   1 to 255, 0 = no data
///     slope                    float32  rows x cols   degrees, NaN = no data
///     roughness                float32  rows x cols   metres, NaN = no data
///     lat, lon                 float64  rows, cols    dimension scales, if geographic
///     hypsometry/bin_edges     float64  211           metres
///     hypsometry/counts        int64    210           cells; below, above, no_data as attributes
///
/// It gets its name in `close`; without that, nothing is left. One thread at a time.
class ReliefWriter {
 public:
  /// Reserves the space on the disk that the file may take, uncompressed, so that a full disk is
  /// found out before the work and not after it.
  /// @throws OutputError when the file cannot be created, std::invalid_argument for no cells or an
  /// unknown compression
  ReliefWriter(std::filesystem::path path, ReliefLayout layout);
  ReliefWriter(ReliefWriter&&) noexcept;
  ReliefWriter& operator=(ReliefWriter&&) noexcept;
  ~ReliefWriter();

  /// Writes the results for `box`. Tiles may come in any order.
  /// @throws OutputError, std::out_of_range for a box beyond the grid, std::invalid_argument when
  /// the terrain has not the size of the box
  void write_tile(const Box& box, const Terrain& terrain);

  /// Writes the histogram of the whole grid; once.
  /// @throws OutputError
  void write_histogram(const Histogram& histogram);

  /// Completes the file and gives it its name.
  /// @throws OutputError; then no file is left
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace relief
