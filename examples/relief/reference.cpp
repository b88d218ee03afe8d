// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "reference.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <numbers>
#include <stdexcept>

namespace relief {
namespace {

/// The height `row_step` rows and `col_step` columns from a cell, as the rules at the edges and for
/// missing heights have it.
float look(const WholeGrid& grid, long row, long col, long row_step, long col_step) {
  const long rows = static_cast<long>(grid.rows);
  const long cols = static_cast<long>(grid.cols);
  const long there_row = std::clamp(row + row_step, 0L, rows - 1);
  const long there_col = grid.periodic_cols ? (col + col_step + cols) % cols
                                            : std::clamp(col + col_step, 0L, cols - 1);
  const float there = grid.heights[static_cast<std::size_t>(there_row * cols + there_col)];
  return std::isnan(there) ? grid.heights[static_cast<std::size_t>(row * cols + col)] : there;
}

struct Gradient {
  double east = 0.0;
  double east_drawn = 0.0;  // with the width that the hillshade sees
  double north = 0.0;
};

Gradient gradient(const WholeGrid& grid, const CellSizes& cells, long row, long col) {
  double last_col = 0.0;
  double first_col = 0.0;
  double last_row = 0.0;
  double first_row = 0.0;
  for (long step = -1; step <= 1; ++step) {
    const double weight = step == 0 ? 2.0 : 1.0;
    last_col += weight * double{look(grid, row, col, step, 1)};
    first_col += weight * double{look(grid, row, col, step, -1)};
    last_row += weight * double{look(grid, row, col, 1, step)};
    first_row += weight * double{look(grid, row, col, -1, step)};
  }
  const auto r = static_cast<std::size_t>(row);
  const double width = std::max(std::abs(cells.east[r]), std::abs(cells.north[r]) / 4.0);
  return {(last_col - first_col) / (8.0 * cells.east[r]),
          (last_col - first_col) / (8.0 * std::copysign(width, cells.east[r])),
          (last_row - first_row) / (8.0 * cells.north[r])};
}

std::uint8_t lambert(const Gradient& g, const Light& light) {
  constexpr double radians = std::numbers::pi / 180.0;
  const double level = std::cos(light.altitude_degrees * radians);
  const double to_east = level * std::sin(light.azimuth_degrees * radians);
  const double to_north = level * std::cos(light.azimuth_degrees * radians);
  const double to_up = std::sin(light.altitude_degrees * radians);
  const double east = g.east_drawn * light.exaggeration;
  const double north = g.north * light.exaggeration;
  const double length = std::sqrt(1.0 + east * east + north * north);
  const double cosine = (to_up - east * to_east - north * to_north) / length;
  if (std::isnan(cosine)) return 1;
  return static_cast<std::uint8_t>(std::clamp(std::floor(254.0 * cosine + 1.5), 1.0, 255.0));
}

float window_range(const WholeGrid& grid, long row, long col) {
  std::array<float, 9> window{};
  for (long k = 0; k < 9; ++k) {
    window[static_cast<std::size_t>(k)] = look(grid, row, col, k / 3 - 1, k % 3 - 1);
  }
  const auto [low, high] = std::minmax_element(window.begin(), window.end());
  return *low == *high ? 0.0F : *high - *low;
}

/// Counts by searching the list of edges, whereas the kernel divides.
Histogram count(const WholeGrid& grid) {
  std::array<float, Histogram::bins + 1> edges{};
  for (std::size_t i = 0; i < edges.size(); ++i) {
    edges[i] =
        static_cast<float>(Histogram::lowest_metres + static_cast<int>(i) * Histogram::bin_metres);
  }
  Histogram histogram;
  for (const float height : grid.heights) {
    if (std::isnan(height)) {
      ++histogram.no_data;
      continue;
    }
    const auto above = std::upper_bound(edges.begin(), edges.end(), height);
    if (above == edges.begin()) {
      ++histogram.below;
    } else if (above == edges.end()) {
      ++histogram.above;
    } else {
      ++histogram.counts[static_cast<std::size_t>(std::distance(edges.begin(), above) - 1)];
    }
  }
  return histogram;
}

}  // namespace

Terrain compute_reference(const WholeGrid& grid, const CellSizes& cells, const Light& light) {
  const std::size_t size = grid.rows * grid.cols;
  if (size == 0 || grid.heights.size() != size || cells.east.size() != grid.rows ||
      cells.north.size() != grid.rows) {
    throw std::invalid_argument("compute_reference: sizes do not fit together");
  }
  constexpr float no_value = std::numeric_limits<float>::quiet_NaN();
  Terrain terrain{grid.rows,
                  grid.cols,
                  std::vector<std::uint8_t>(size, 0),
                  std::vector<float>(size, no_value),
                  std::vector<float>(size, no_value),
                  count(grid)};
  for (std::size_t cell = 0; cell < size; ++cell) {
    if (std::isnan(grid.heights[cell])) continue;
    const long row = static_cast<long>(cell / grid.cols);
    const long col = static_cast<long>(cell % grid.cols);
    const Gradient g = gradient(grid, cells, row, col);
    terrain.hillshade[cell] = lambert(g, light);
    terrain.slope[cell] = static_cast<float>(
        std::atan(std::sqrt(g.east * g.east + g.north * g.north)) * (180.0 / std::numbers::pi));
    terrain.roughness[cell] = window_range(grid, row, col);
  }
  return terrain;
}

}  // namespace relief
