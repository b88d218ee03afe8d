// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
/// @file
/// Latitudes, longitudes and lengths become cell sizes, and a map has north up.

#include <cmath>
#include <numbers>
#include <vector>

#include <gmock/gmock.h>

#include "georeference.hpp"

namespace relief {
namespace {

using ::testing::HasSubstr;

std::vector<double> steps(double first, double step, std::size_t count) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(first + step * static_cast<double>(i));
  return values;
}

Georeference globe(std::vector<double> latitudes, std::vector<double> longitudes) {
  return georeference_from({std::move(latitudes), "degrees_north"},
                           {std::move(longitudes), "degrees_east"});
}

TEST(Georeference, recognises_a_globe) {
  const Georeference where = globe(steps(-90, 10, 19), steps(0, 10, 36));
  EXPECT_TRUE(where.geographic);
  EXPECT_TRUE(where.periodic);
  EXPECT_TRUE(where.row0_is_south);
  EXPECT_FALSE(where.col0_is_east);
  EXPECT_EQ(where.note, "");
}

TEST(Georeference, is_periodic_only_for_whole_circles) {
  EXPECT_FALSE(globe(steps(0, 1, 3), steps(0, 10, 35)).periodic);
  EXPECT_FALSE(globe(steps(0, 1, 3), steps(0, 10, 37)).periodic);  // the first meridian twice
  EXPECT_TRUE(globe(steps(0, 1, 3), steps(-175, 10, 36)).periodic);
  EXPECT_FALSE(globe(steps(0, 1, 3), {5}).periodic);
}

TEST(Georeference, takes_the_spellings_of_cf) {
  for (const char* north : {"degrees_north", "degree_north", "degree_N", "degrees_N", "degreeN"}) {
    EXPECT_TRUE(georeference_from({steps(0, 1, 3), north}, {steps(0, 1, 3), "degreesE"}).geographic)
        << north;
  }
  EXPECT_FALSE(
      georeference_from({steps(0, 1, 3), "degrees"}, {steps(0, 1, 3), "degrees"}).geographic);
}

TEST(Georeference, unwraps_longitudes) {
  const Georeference where = globe(steps(0, 1, 3), {178, 179, -180, -179});
  EXPECT_TRUE(where.geographic);
  EXPECT_EQ(where.longitudes, (std::vector<double>{178, 179, 180, 181}));
}

TEST(Georeference, falls_back_to_a_plane_and_says_why) {
  EXPECT_THAT(georeference_from({}, {}).note, HasSubstr("no latitudes"));
  EXPECT_THAT(globe({0, 1, 1}, steps(0, 1, 3)).note, HasSubstr("latitudes do not ascend"));
  EXPECT_THAT(globe({80, 90, 100}, steps(0, 1, 3)).note, HasSubstr("-90 to 90"));
  EXPECT_THAT(globe({0, std::nan(""), 2}, steps(0, 1, 3)).note, HasSubstr("latitudes"));
  EXPECT_THAT(globe(steps(0, 1, 3), {0, 2, 1}).note, HasSubstr("longitudes do not ascend"));
  const Georeference turned =
      georeference_from({steps(0, 1, 3), "degrees_east"}, {steps(0, 1, 3), "degrees_north"});
  EXPECT_FALSE(turned.geographic);
  EXPECT_THAT(turned.note, HasSubstr("first dimension is the longitude"));
}

TEST(CellSizes, follow_the_sphere) {
  const CellSizes sizes = cell_sizes(globe(steps(60, -60, 3), steps(0, 1, 10)), 3);
  const double degree = 6371008.8 * std::numbers::pi / 180;
  EXPECT_NEAR(sizes.east[0], degree / 2, 1e-6);
  EXPECT_NEAR(sizes.east[1], degree, 1e-6);
  EXPECT_NEAR(sizes.north[0], -60 * degree, 1e-6);
  EXPECT_NEAR(sizes.north[1], -60 * degree, 1e-6);
}

TEST(CellSizes, are_never_zero) {
  const CellSizes poles = cell_sizes(globe(steps(-90, 10, 19), steps(0, 10, 36)), 19);
  EXPECT_GT(poles.east.front(), 1000);
  EXPECT_GT(poles.east.back(), 1000);
  const CellSizes one = cell_sizes(globe({0}, {0}), 1);
  EXPECT_GT(one.east[0], 0);
  EXPECT_GT(one.north[0], 0);
}

TEST(CellSizes, of_a_plane) {
  const CellSizes unit = cell_sizes({}, 2);
  EXPECT_EQ(unit.east, (std::vector<double>{1, 1}));
  EXPECT_EQ(unit.north, (std::vector<double>{-1, -1}));
  const CellSizes metric =
      cell_sizes(georeference_from({steps(0, 2, 5), "km"}, {steps(9, -30, 4), "m"}), 1);
  EXPECT_EQ(metric.east, (std::vector<double>{-30}));
  EXPECT_EQ(metric.north, (std::vector<double>{2000}));
}

TEST(CellSizes, suggest_an_exaggeration) {
  EXPECT_EQ(suggested_exaggeration({{30}, {-30}}), 1);
  EXPECT_EQ(suggested_exaggeration({{9266}, {9266}}), 12);
}

TEST(Units, are_lengths_or_not) {
  EXPECT_EQ(metres_per("METERS"), 1);
  EXPECT_EQ(metres_per("km"), 1000);
  EXPECT_EQ(metres_per("feet"), 0.3048);
  EXPECT_EQ(metres_per("K"), 0);
  EXPECT_EQ(metres_per(""), 0);
}

TEST(MapOrder, puts_north_up_and_greenwich_in_the_middle) {
  const MapOrder order = map_order(globe(steps(-90, 10, 19), steps(0, 10, 36)), 36);
  EXPECT_TRUE(order.flip_rows);
  EXPECT_FALSE(order.flip_cols);
  EXPECT_EQ(order.first_col, 18U);
  EXPECT_EQ(map_order(globe(steps(90, -10, 19), steps(-180, 10, 36)), 36).first_col, 0U);
  EXPECT_FALSE(map_order(globe(steps(90, -10, 19), steps(-180, 10, 36)), 36).flip_rows);
  const MapOrder westward = map_order(globe(steps(0, 10, 3), steps(350, -10, 36)), 36);
  EXPECT_TRUE(westward.flip_cols);
  EXPECT_EQ(westward.first_col, 18U);
}

TEST(MapOrder, leaves_a_region_and_a_plane_as_they_are) {
  EXPECT_EQ(map_order(globe(steps(0, 1, 3), steps(100, 1, 50)), 50).first_col, 0U);
  EXPECT_FALSE(map_order({}, 5).flip_rows);
}

}  // namespace
}  // namespace relief
