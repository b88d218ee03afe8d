// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What is computed from heights: four quantities per tile or grid, and how the sun stands.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace relief {

/// How many cells lie at which height: bins of 100 m from -12000 m to 9000 m, each with its lower
/// edge and without its upper one. Integers only, so that a sum is the same in any order.
struct Histogram {
  static constexpr int lowest_metres = -12000;
  static constexpr int highest_metres = 9000;
  static constexpr int bin_metres = 100;
  static constexpr std::size_t bins = (highest_metres - lowest_metres) / bin_metres;

  std::array<std::int64_t, bins> counts{};
  std::int64_t below = 0;    ///< cells under the lowest edge
  std::int64_t above = 0;    ///< cells at or over the highest edge
  std::int64_t no_data = 0;  ///< cells without a height

  bool operator==(const Histogram&) const = default;

  Histogram& operator+=(const Histogram& other) {
    for (std::size_t bin = 0; bin < bins; ++bin) counts[bin] += other.counts[bin];
    below += other.below;
    above += other.above;
    no_data += other.no_data;
    return *this;
  }

  /// The number of cells that were counted.
  [[nodiscard]] std::int64_t total() const {
    std::int64_t sum = below + above + no_data;
    for (const std::int64_t count : counts) sum += count;
    return sum;
  }
};

/// The results for `rows` x `cols` cells, each array row by row.
struct Terrain {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<std::uint8_t> hillshade;  ///< 1 (dark) to 255 (bright); 0 where there is no height
  std::vector<float> slope;             ///< degrees, 0 to 90; NaN where there is no height
  std::vector<float> roughness;         ///< metres; NaN where there is no height
  Histogram histogram;
};

/// Where the light of the hillshade comes from.
struct Light {
  double azimuth_degrees = 315.0;  ///< clockwise from north; 315 is the cartographers' north-west
  double altitude_degrees = 45.0;  ///< above the horizon
  double exaggeration = 1.0;       ///< heights are multiplied by it, for the hillshade only
};

/// The metres from a cell to its neighbours, per row of the grid (or tile). Signed: `east[r]` is
/// negative if columns run west, `north[r]` is negative if rows run south. Never 0.
struct CellSizes {
  std::vector<double> east;
  std::vector<double> north;
};

}  // namespace relief
