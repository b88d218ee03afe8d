// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Reads a two-dimensional dataset of heights from an HDF5 (or netCDF-4) file, tile by tile.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "errors.hpp"
#include "georeference.hpp"
#include "tiling.hpp"

namespace relief {

/// An open dataset. One thread at a time: the HDF5 library of most distributions is not
/// thread-safe.
class GridReader {
 public:
  /// Opens `dataset` ("heights", "group/heights") of the file at `path`.
  /// @throws InputError when the file is missing, may not be read, is no HDF5 file or is damaged;
  /// when it has no such dataset (the message lists those that would be accepted); when the dataset
  /// has not two dimensions, has no cells or no numbers; when an attribute that gives values a
  /// meaning (`_FillValue missing_value scale_factor add_offset`) is not numeric
  GridReader(std::filesystem::path path, std::string dataset);
  GridReader(GridReader&&) noexcept;
  GridReader& operator=(GridReader&&) noexcept;
  ~GridReader();

  [[nodiscard]] std::size_t rows() const;
  [[nodiscard]] std::size_t cols() const;
  [[nodiscard]] const std::filesystem::path& path() const;
  [[nodiscard]] const std::string& dataset() const;

  /// The unit of the file's numbers in its own words; empty if it does not say.
  [[nodiscard]] const std::string& units() const;

  /// Whether that unit is a length. If not, numbers are taken for metres.
  [[nodiscard]] bool has_length_units() const;

  /// The element type in the file: "int16", "float32", ...
  [[nodiscard]] const std::string& type_name() const;

  /// Where the cells lie, from the dataset's dimension scales (netCDF's coordinate variables).
  [[nodiscard]] const Georeference& georeference() const;

  /// What `raw`, a number of the file, means in metres; NaN as `read_tile`.
  [[nodiscard]] float height(double raw) const;

  /// Returns the heights in `box` in metres, row by row. NaN for what is no number, infinite, or
  /// equal to `_FillValue` or `missing_value`; `scale_factor`, `add_offset` and the unit are
  /// applied.
  /// @throws InputError when the file is damaged there, std::out_of_range for a box beyond the grid
  [[nodiscard]] std::vector<float> read_tile(const Box& box) const;
  [[nodiscard]] std::vector<float> read_tile(std::size_t row0, std::size_t col0, std::size_t nrows,
                                             std::size_t ncols) const {
    return read_tile(Box{row0, col0, nrows, ncols});
  }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace relief
