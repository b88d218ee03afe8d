// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The shaded relief as a colour picture, and its PNG file.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "errors.hpp"
#include "georeference.hpp"
#include "tiling.hpp"

namespace relief {

/// Red, green, blue, 0 to 255.
using Colour = std::array<std::uint8_t, 3>;

/// The tint of a height in metres: blues by depth under 0, greens to browns to white above. Grey
/// for NaN.
[[nodiscard]] Colour hypsometric_tint(float metres);

/// The tint of a height under a hillshade of 1 to 255, as `Terrain` has it; 0 gives the tint of
/// NaN.
[[nodiscard]] Colour shaded_tint(float metres, std::uint8_t hillshade);

/// A map that is painted tile by tile, in any order, and holds three bytes per cell. North is up;
/// a map of the whole globe runs from 180 W to 180 E.
class Picture {
 public:
  /// @throws std::invalid_argument for no cells
  Picture(std::size_t rows, std::size_t cols, const Georeference& where);

  [[nodiscard]] std::size_t height() const { return rows_; }
  [[nodiscard]] std::size_t width() const { return cols_; }

  /// Paints the cells of `box` from their heights in metres and their hillshade, row by row.
  /// @throws std::out_of_range for a box beyond the grid, std::invalid_argument for other sizes
  void paint(const Box& box, std::span<const float> heights,
             std::span<const std::uint8_t> hillshade);

  /// The colour at a place of the map, counted from its upper left corner.
  /// @throws std::out_of_range
  [[nodiscard]] Colour at(std::size_t row, std::size_t col) const;

  /// The pixels from the upper left corner, three bytes each.
  [[nodiscard]] std::span<const std::uint8_t> rgb() const { return rgb_; }

  /// Writes a PNG file, which appears when it is complete.
  /// @throws OutputError
  void write_png(const std::filesystem::path& path) const;

 private:
  [[nodiscard]] std::size_t map_row(std::size_t row) const;
  [[nodiscard]] std::size_t map_col(std::size_t col) const;

  std::size_t rows_;
  std::size_t cols_;
  MapOrder order_;
  std::vector<std::uint8_t> rgb_;
};

/// Writes `width` x `height` pixels of three bytes, from the upper left corner, as a PNG file,
/// which appears when it is complete.
/// @throws OutputError, std::invalid_argument when the pixels are not as many
void write_png(const std::filesystem::path& path, std::size_t width, std::size_t height,
               std::span<const std::uint8_t> rgb);

}  // namespace relief
