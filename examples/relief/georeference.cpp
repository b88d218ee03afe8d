// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "georeference.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <numbers>
#include <span>
#include <string_view>
#include <utility>

namespace relief {
namespace {

constexpr double earth_radius_metres = 6371008.8;  // the mean radius R1 of the IUGG
constexpr double radians_per_degree = std::numbers::pi / 180.0;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// The spellings of CF 1.x, section 4.1 and 4.2: degree(s)_north, degree(s)_N, degree(s)N.
bool is_degrees(const std::string& units, std::string_view direction) {
  const std::string text = lower(units);
  for (const std::string_view degrees : {"degree_", "degrees_", "degree", "degrees"}) {
    if (!text.starts_with(degrees)) continue;
    const std::string_view rest = std::string_view(text).substr(degrees.size());
    if (rest == direction || rest == direction.substr(0, 1)) return true;
  }
  return false;
}

bool strictly_monotonic(std::span<const double> values) {
  if (!std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); })) {
    return false;
  }
  const auto not_rising = [](double a, double b) { return a >= b; };
  const auto not_falling = [](double a, double b) { return a <= b; };
  return std::adjacent_find(values.begin(), values.end(), not_rising) == values.end() ||
         std::adjacent_find(values.begin(), values.end(), not_falling) == values.end();
}

/// 179, -179 becomes 179, 181: no jump inside the grid.
void unwrap(std::vector<double>& longitudes) {
  for (std::size_t i = 1; i < longitudes.size(); ++i) {
    const double turns = std::round((longitudes[i] - longitudes[i - 1]) / 360.0);
    if (std::isfinite(turns)) longitudes[i] -= 360.0 * turns;
  }
}

/// The mean distance between neighbours, signed; 0 for a single value.
double mean_step(std::span<const double> values) {
  if (values.size() < 2) return 0.0;
  return (values.back() - values.front()) / static_cast<double>(values.size() - 1);
}

bool covers_the_globe(std::span<const double> longitudes) {
  const double step = std::abs(mean_step(longitudes));
  const double covered = step * static_cast<double>(longitudes.size());
  return step > 0.0 && std::abs(covered - 360.0) < step / 2.0;
}

Georeference planar(std::string note) {
  Georeference where;
  where.note = std::move(note);
  return where;
}

Georeference geographic(const Axis& rows, const Axis& cols) {
  Georeference where;
  where.latitudes = rows.values;
  where.longitudes = cols.values;
  unwrap(where.longitudes);
  const auto beyond_a_pole = [](double degrees) { return std::abs(degrees) > 90.0 + 1e-6; };
  if (!strictly_monotonic(where.latitudes) ||
      std::any_of(where.latitudes.begin(), where.latitudes.end(), beyond_a_pole)) {
    return planar("the latitudes do not ascend or descend within -90 to 90: cells of 1 m assumed");
  }
  if (!strictly_monotonic(where.longitudes)) {
    return planar("the longitudes do not ascend or descend: cells of 1 m assumed");
  }
  where.geographic = true;
  where.periodic = covers_the_globe(where.longitudes);
  where.row0_is_south = mean_step(where.latitudes) > 0.0;
  where.col0_is_east = mean_step(where.longitudes) < 0.0;
  return where;
}

Georeference projected(const Axis& rows, const Axis& cols) {
  const double row_step = mean_step(rows.values) * metres_per(rows.units);
  const double col_step = mean_step(cols.values) * metres_per(cols.units);
  if (!strictly_monotonic(rows.values) || !strictly_monotonic(cols.values) || row_step == 0.0 ||
      col_step == 0.0) {
    return planar("the coordinates do not ascend or descend: cells of 1 m assumed");
  }
  Georeference where;
  where.cell_rows_metres = std::abs(row_step);
  where.cell_cols_metres = std::abs(col_step);
  where.row0_is_south = row_step > 0.0;
  where.col0_is_east = col_step < 0.0;
  return where;
}

/// The distance of a row to its neighbours in degrees, signed; at the first and last row to the one
/// there is.
double latitude_step(std::span<const double> latitudes, std::size_t row) {
  const std::size_t before = row == 0 ? 0 : row - 1;
  const std::size_t after = std::min(row + 1, latitudes.size() - 1);
  if (before == after) return 0.0;
  return (latitudes[after] - latitudes[before]) / static_cast<double>(after - before);
}

}  // namespace

double metres_per(const std::string& unit) {
  static constexpr std::array<std::pair<std::string_view, double>, 20> lengths{
      {{"m", 1.0},          {"meter", 1.0},       {"meters", 1.0},     {"metre", 1.0},
       {"metres", 1.0},     {"km", 1000.0},       {"kilometer", 1e3},  {"kilometers", 1e3},
       {"kilometre", 1e3},  {"kilometres", 1e3},  {"dm", 0.1},         {"cm", 0.01},
       {"centimeter", .01}, {"centimeters", .01}, {"centimetre", .01}, {"centimetres", .01},
       {"mm", 0.001},       {"ft", 0.3048},       {"foot", 0.3048},    {"feet", 0.3048}}};
  const std::string text = lower(unit);
  for (const auto& [name, metres] : lengths) {
    if (text == name) return metres;
  }
  return 0.0;
}

Georeference georeference_from(const Axis& rows, const Axis& cols) {
  if (is_degrees(rows.units, "north") && is_degrees(cols.units, "east")) {
    return geographic(rows, cols);
  }
  if (is_degrees(rows.units, "east") && is_degrees(cols.units, "north")) {
    return planar("the first dimension is the longitude, not the latitude: cells of 1 m assumed");
  }
  if (metres_per(rows.units) > 0.0 && metres_per(cols.units) > 0.0) return projected(rows, cols);
  return planar("no latitudes and longitudes in the file: cells of 1 m assumed");
}

CellSizes cell_sizes(const Georeference& where, std::size_t rows) {
  CellSizes sizes;
  if (!where.geographic) {
    const double east = where.col0_is_east ? -where.cell_cols_metres : where.cell_cols_metres;
    const double north = where.row0_is_south ? where.cell_rows_metres : -where.cell_rows_metres;
    sizes.east.assign(rows, east);
    sizes.north.assign(rows, north);
    return sizes;
  }
  constexpr double metres_per_degree = earth_radius_metres * radians_per_degree;
  const double longitude_step = mean_step(where.longitudes);
  for (std::size_t row = 0; row < rows; ++row) {
    const double step = latitude_step(where.latitudes, row);
    const double farthest = 90.0 - std::max(std::abs(step) / 4.0, 1e-6);
    const double latitude = std::clamp(where.latitudes.at(row), -farthest, farthest);
    const double east =
        longitude_step * metres_per_degree * std::cos(latitude * radians_per_degree);
    // A grid of one row or column has no slope in that direction: any distance will do.
    sizes.east.push_back(east == 0.0 ? metres_per_degree : east);
    sizes.north.push_back(step == 0.0 ? metres_per_degree : step * metres_per_degree);
  }
  return sizes;
}

double suggested_exaggeration(const CellSizes& cells) {
  if (cells.north.empty()) return 1.0;
  const double metres = std::abs(cells.north[cells.north.size() / 2]);
  return std::max(1.0, std::round(std::pow(metres / 100.0, 0.55)));
}

MapOrder map_order(const Georeference& where, std::size_t cols) {
  MapOrder order;
  order.flip_rows = where.row0_is_south;
  order.flip_cols = where.col0_is_east;
  if (!where.periodic || where.longitudes.size() != cols) return order;
  double westmost = 360.0;
  for (std::size_t col = 0; col < cols; ++col) {
    const double longitude = where.longitudes[order.flip_cols ? cols - 1 - col : col];
    const double from_date_line =
        longitude + 180.0 - 360.0 * std::floor((longitude + 180.0) / 360.0);
    if (from_date_line < westmost) {
      westmost = from_date_line;
      order.first_col = col;
    }
  }
  return order;
}

}  // namespace relief
