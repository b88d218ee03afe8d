// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "kernels.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <stdexcept>

#include <Kokkos_Core.hpp>

namespace relief {
namespace {

// Kokkos' own functions work on every device; before 3.7 they were not in their final namespace.
#if KOKKOS_VERSION >= 30700
using Kokkos::atan;
using Kokkos::sqrt;
#else
using std::atan;
using std::sqrt;
#endif

// Row-major everywhere, as files and messages are, so that a copy between host and device needs no
// change of layout.
using Layout = Kokkos::LayoutRight;
template <class T>
using Grid = Kokkos::View<T**, Layout>;
template <class T>
using HostGrid =
    Kokkos::View<T**, Layout, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
template <class T>
using HostLine =
    Kokkos::View<T*, Layout, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
using Index = std::int64_t;
using Cells = Kokkos::MDRangePolicy<Kokkos::Rank<2>, Kokkos::IndexType<Index>>;

constexpr float missing = std::numeric_limits<float>::quiet_NaN();
constexpr Index histogram_slots = static_cast<Index>(Histogram::bins) + 3;
constexpr Index slot_below = histogram_slots - 3;
constexpr Index slot_above = histogram_slots - 2;
constexpr Index slot_no_data = histogram_slots - 1;

/// The light as the kernel needs it: a unit vector, and the factor on the slopes.
struct Sun {
  double east;
  double north;
  double up;
  double exaggeration;
};

/// A cell and its eight neighbours, z[0][0] being that of the previous row and column.
struct Window {
  float z[3][3];
};

KOKKOS_INLINE_FUNCTION bool is_missing(float height) {
  return height != height;
}

KOKKOS_INLINE_FUNCTION Window window_at(const Grid<const float>& heights, Index row, Index col) {
  Window window;
  const float centre = heights(row + 1, col + 1);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      const float z = heights(row + i, col + j);
      window.z[i][j] = is_missing(z) ? centre : z;
    }
  }
  return window;
}

/// Horn's weighted sum over three cells.
KOKKOS_INLINE_FUNCTION double weigh(float before, float middle, float after) {
  return (static_cast<double>(before) + 2.0 * static_cast<double>(middle)) +
         static_cast<double>(after);
}

KOKKOS_INLINE_FUNCTION double rise_east(const Window& w, double dx) {
  return (weigh(w.z[0][2], w.z[1][2], w.z[2][2]) - weigh(w.z[0][0], w.z[1][0], w.z[2][0])) /
         (8.0 * dx);
}

/// The width of a cell as the hillshade sees it: at least a quarter of its height.
KOKKOS_INLINE_FUNCTION double drawn_width(double dx, double dy) {
  const double least = 0.25 * (dy < 0.0 ? -dy : dy);
  if (dx < 0.0) return dx > -least ? -least : dx;
  return dx < least ? least : dx;
}

KOKKOS_INLINE_FUNCTION double rise_north(const Window& w, double dy) {
  return (weigh(w.z[2][0], w.z[2][1], w.z[2][2]) - weigh(w.z[0][0], w.z[0][1], w.z[0][2])) /
         (8.0 * dy);
}

KOKKOS_INLINE_FUNCTION std::uint8_t shade(double p, double q, const Sun& sun) {
  const double steep_p = p * sun.exaggeration;
  const double steep_q = q * sun.exaggeration;
  const double light = ((sun.up - steep_p * sun.east) - steep_q * sun.north) /
                       sqrt((1.0 + steep_p * steep_p) + steep_q * steep_q);
  // Written so that a NaN, from slopes beyond all measure, is dark too.
  if (!(light > 0.0)) return 1;
  const int value = static_cast<int>(254.0 * light + 1.5);
  return static_cast<std::uint8_t>(value > 255 ? 255 : value);
}

KOKKOS_INLINE_FUNCTION float range_of(const Window& w) {
  float low = w.z[0][0];
  float high = w.z[0][0];
  for (const auto& line : w.z) {
    for (const float z : line) {
      if (z < low) low = z;
      if (z > high) high = z;
    }
  }
  return high > low ? high - low : 0.0F;
}

KOKKOS_INLINE_FUNCTION Index slot_of(float height) {
  if (is_missing(height)) return slot_no_data;
  const double metres = static_cast<double>(height);
  if (metres < Histogram::lowest_metres) return slot_below;
  if (metres >= Histogram::highest_metres) return slot_above;
  // A division of a float's value by 100 in double never rounds across a bin's edge, whereas adding
  // the offset first would lift a height just below 0 to 0. Truncation is floor, after the shift.
  const double bin = metres / Histogram::bin_metres;
  const Index truncated = static_cast<Index>(bin);
  const Index floor = static_cast<double>(truncated) > bin ? truncated - 1 : truncated;
  return floor - Histogram::lowest_metres / Histogram::bin_metres;
}

Sun sun_from(const Light& light) {
  const double azimuth = light.azimuth_degrees * (std::numbers::pi / 180.0);
  const double altitude = light.altitude_degrees * (std::numbers::pi / 180.0);
  return {std::cos(altitude) * std::sin(azimuth), std::cos(altitude) * std::cos(azimuth),
          std::sin(altitude), light.exaggeration};
}

void check_sizes(const PaddedTile& tile, std::span<const double> dx, std::span<const double> dy) {
  if (tile.rows == 0 || tile.cols == 0) {
    throw std::invalid_argument("compute_tile: the tile has no cells");
  }
  if (tile.heights.size() != (tile.rows + 2) * (tile.cols + 2)) {
    throw std::invalid_argument("compute_tile: heights must be (rows + 2) x (cols + 2)");
  }
  if (dx.size() != tile.rows || dy.size() != tile.rows) {
    throw std::invalid_argument("compute_tile: one cell size per row of the tile is needed");
  }
  for (std::size_t row = 0; row < tile.rows; ++row) {
    if (!(std::abs(dx[row]) > 0.0) || !(std::abs(dy[row]) > 0.0)) {
      throw std::invalid_argument("compute_tile: a cell size is 0");
    }
  }
}

/// Copies a one- or two-dimensional host array to where kernels run.
template <class DeviceView, class HostView>
void upload(const DeviceView& device, const HostView& host) {
  const auto mirror = Kokkos::create_mirror_view(device);
  Kokkos::deep_copy(mirror, host);
  Kokkos::deep_copy(device, mirror);
}

/// The way back.
template <class HostView, class DeviceView>
void download(const HostView& host, const DeviceView& device) {
  const auto mirror = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, device);
  Kokkos::deep_copy(host, mirror);
}

/// The tile's arrays where kernels run.
struct DeviceTile {
  DeviceTile(const PaddedTile& tile, std::span<const double> dx_host,
             std::span<const double> dy_host)
      : padded("relief::heights", tile.rows + 2, tile.cols + 2),
        dx("relief::dx", tile.rows),
        dy("relief::dy", tile.rows),
        hillshade("relief::hillshade", tile.rows, tile.cols),
        slope("relief::slope", tile.rows, tile.cols),
        roughness("relief::roughness", tile.rows, tile.cols),
        slots("relief::histogram", static_cast<std::size_t>(histogram_slots)),
        cells({0, 0}, {static_cast<Index>(tile.rows), static_cast<Index>(tile.cols)}) {
    upload(padded, HostGrid<const float>(tile.heights.data(), tile.rows + 2, tile.cols + 2));
    upload(dx, HostLine<const double>(dx_host.data(), tile.rows));
    upload(dy, HostLine<const double>(dy_host.data(), tile.rows));
  }

  Grid<float> padded;
  Kokkos::View<double*, Layout> dx;
  Kokkos::View<double*, Layout> dy;
  Grid<std::uint8_t> hillshade;
  Grid<float> slope;
  Grid<float> roughness;
  Kokkos::View<std::int64_t*, Layout> slots;
  Cells cells;
};

void compute_surface(const DeviceTile& tile, const Sun& sun_on_host) {
  // Local copies: a device lambda takes views and values, never a reference or `this`.
  const Sun sun = sun_on_host;
  const Grid<const float> heights = tile.padded;
  const auto dx = tile.dx;
  const auto dy = tile.dy;
  const auto hillshade = tile.hillshade;
  const auto slope = tile.slope;
  const auto roughness = tile.roughness;
  Kokkos::parallel_for(
      "relief::surface", tile.cells, KOKKOS_LAMBDA(const Index row, const Index col) {
        if (is_missing(heights(row + 1, col + 1))) {
          hillshade(row, col) = 0;
          slope(row, col) = missing;
          roughness(row, col) = missing;
          return;
        }
        const Window window = window_at(heights, row, col);
        const double p = rise_east(window, dx(row));
        const double q = rise_north(window, dy(row));
        const double drawn_p = rise_east(window, drawn_width(dx(row), dy(row)));
        hillshade(row, col) = shade(drawn_p, q, sun);
        slope(row, col) =
            static_cast<float>(atan(sqrt(p * p + q * q)) * (180.0 / std::numbers::pi));
        roughness(row, col) = range_of(window);
      });
}

void count_heights(const DeviceTile& tile) {
  const Grid<const float> heights = tile.padded;
  const auto slots = tile.slots;
  Kokkos::parallel_for(
      "relief::histogram", tile.cells, KOKKOS_LAMBDA(const Index row, const Index col) {
        Kokkos::atomic_add(&slots(slot_of(heights(row + 1, col + 1))), std::int64_t{1});
      });
}

Histogram histogram_from(const std::array<std::int64_t, histogram_slots>& slots) {
  Histogram histogram;
  for (std::size_t bin = 0; bin < Histogram::bins; ++bin) histogram.counts[bin] = slots[bin];
  histogram.below = slots[slot_below];
  histogram.above = slots[slot_above];
  histogram.no_data = slots[slot_no_data];
  return histogram;
}

}  // namespace

void check(const Light& light) {
  if (!(light.altitude_degrees > 0.0 && light.altitude_degrees <= 90.0)) {
    throw std::invalid_argument("the light's altitude must be above 0 and at most 90 degrees");
  }
  if (!std::isfinite(light.azimuth_degrees)) {
    throw std::invalid_argument("the light's azimuth must be a number of degrees");
  }
  if (!(light.exaggeration > 0.0 && std::isfinite(light.exaggeration))) {
    throw std::invalid_argument("the vertical exaggeration must be a positive number");
  }
}

Terrain compute_tile(const PaddedTile& tile, std::span<const double> dx, std::span<const double> dy,
                     const Light& light) {
  check(light);
  check_sizes(tile, dx, dy);
  const DeviceTile device(tile, dx, dy);
  compute_surface(device, sun_from(light));
  count_heights(device);

  Terrain terrain;
  terrain.rows = tile.rows;
  terrain.cols = tile.cols;
  terrain.hillshade.resize(tile.rows * tile.cols);
  terrain.slope.resize(tile.rows * tile.cols);
  terrain.roughness.resize(tile.rows * tile.cols);
  std::array<std::int64_t, histogram_slots> slots{};
  download(HostGrid<std::uint8_t>(terrain.hillshade.data(), tile.rows, tile.cols),
           device.hillshade);
  download(HostGrid<float>(terrain.slope.data(), tile.rows, tile.cols), device.slope);
  download(HostGrid<float>(terrain.roughness.data(), tile.rows, tile.cols), device.roughness);
  download(HostLine<std::int64_t>(slots.data(), slots.size()), device.slots);
  terrain.histogram = histogram_from(slots);
  return terrain;
}

}  // namespace relief
