// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
/// @file
/// The Kokkos kernels against known answers, and against the independent computation to the bit.

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include <Kokkos_Core.hpp>
#include <gtest/gtest.h>

#include "halo.hpp"
#include "kernels.hpp"
#include "reference.hpp"

namespace relief {
namespace {

constexpr float nothing = std::numeric_limits<float>::quiet_NaN();

/// A grid of heights with everything that its terrain depends on.
struct Scene {
  std::size_t rows = 0;
  std::size_t cols = 0;
  bool periodic = false;
  std::vector<float> heights;
  CellSizes cells;
  Light light;
};

Scene flat_scene(std::size_t rows, std::size_t cols) {
  Scene scene;
  scene.rows = rows;
  scene.cols = cols;
  scene.heights.assign(rows * cols, 0.0F);
  scene.cells.east.assign(rows, 10.0);
  scene.cells.north.assign(rows, 10.0);
  return scene;
}

/// A scene that rises by `east` and `north` metres per metre.
Scene plane(double east, double north) {
  Scene scene = flat_scene(5, 5);
  for (std::size_t cell = 0; cell < scene.heights.size(); ++cell) {
    scene.heights[cell] = static_cast<float>(10.0 * east * static_cast<double>(cell % 5) +
                                             10.0 * north * static_cast<double>(cell / 5));
  }
  return scene;
}

Scene random_scene(unsigned seed, std::size_t rows, std::size_t cols, bool periodic) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> height(-13000.0F, 10000.0F);
  std::uniform_real_distribution<double> size(-5000.0, 5000.0);
  std::bernoulli_distribution sometimes(0.1);
  std::uniform_int_distribution<int> hundreds(-125, 95);
  Scene scene = flat_scene(rows, cols);
  scene.periodic = periodic;
  for (float& z : scene.heights) {
    z = height(random);
    if (sometimes(random)) z = nothing;
    if (sometimes(random)) z = 100.0F * static_cast<float>(hundreds(random));  // on a bin's edge
    if (sometimes(random)) z = -0.0F;
  }
  for (std::size_t row = 0; row < rows; ++row) {
    scene.cells.east[row] = size(random);
    scene.cells.north[row] = size(random);
  }
  scene.light.exaggeration = 0.25;
  return scene;
}

/// Cuts the scene into tiles, computes each, and puts the results together.
Terrain compute_in_tiles(const Scene& scene, TileShape shape) {
  const Tiling tiling(scene.rows, scene.cols, shape, scene.periodic);
  const auto heights_in = [&](const Box& box) {
    std::vector<float> heights;
    for (std::size_t cell = 0; cell < box.size(); ++cell) {
      heights.push_back(
          scene.heights[(box.row0 + cell / box.cols) * scene.cols + box.col0 + cell % box.cols]);
    }
    return heights;
  };
  const std::size_t size = scene.heights.size();
  Terrain whole{scene.rows,
                scene.cols,
                std::vector<std::uint8_t>(size),
                std::vector<float>(size),
                std::vector<float>(size),
                {}};
  for (std::size_t index = 0; index < tiling.count(); ++index) {
    const Box box = tiling.box(index);
    std::vector<std::vector<float>> held;
    const std::vector<float> padded = pad_tile(tiling, index, [&](const Box& part) {
      return std::span<const float>(held.emplace_back(heights_in(part)));
    });
    const Terrain part = compute_tile(
        {padded, box.rows, box.cols}, std::span(scene.cells.east).subspan(box.row0, box.rows),
        std::span(scene.cells.north).subspan(box.row0, box.rows), scene.light);
    for (std::size_t cell = 0; cell < box.size(); ++cell) {
      const std::size_t place =
          (box.row0 + cell / box.cols) * scene.cols + box.col0 + cell % box.cols;
      whole.hillshade[place] = part.hillshade[cell];
      whole.slope[place] = part.slope[cell];
      whole.roughness[place] = part.roughness[cell];
    }
    whole.histogram += part.histogram;
  }
  return whole;
}

Terrain compute(const Scene& scene) {
  return compute_in_tiles(scene, {scene.rows, scene.cols});
}

Terrain reference(const Scene& scene) {
  return compute_reference({scene.heights, scene.rows, scene.cols, scene.periodic}, scene.cells,
                           scene.light);
}

/// Compares the bits, so that a NaN equals itself and -0 is not 0.
::testing::AssertionResult same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return ::testing::AssertionFailure() << "sizes differ";
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(&a[i], &b[i], sizeof(float)) != 0) {
      return ::testing::AssertionFailure() << "cell " << i << ": " << a[i] << " and " << b[i];
    }
  }
  return ::testing::AssertionSuccess();
}

void expect_same(const Terrain& a, const Terrain& b) {
  EXPECT_EQ(a.hillshade, b.hillshade);
  EXPECT_TRUE(same_bits(a.slope, b.slope));
  EXPECT_TRUE(same_bits(a.roughness, b.roughness));
  EXPECT_EQ(a.histogram, b.histogram);
}

class AnyTiling : public ::testing::TestWithParam<std::tuple<TileShape, bool>> {};

TEST_P(AnyTiling, equals_the_reference_to_the_bit) {
  const auto [shape, periodic] = GetParam();
  for (const unsigned seed : {1U, 2U, 3U}) {
    const Scene scene = random_scene(seed, 37, 41, periodic);
    SCOPED_TRACE(seed);
    expect_same(compute_in_tiles(scene, shape), reference(scene));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, AnyTiling,
    ::testing::Combine(::testing::Values(TileShape{1, 1}, TileShape{1, 41}, TileShape{37, 1},
                                         TileShape{5, 7}, TileShape{16, 16}, TileShape{100, 100}),
                       ::testing::Bool()));

TEST(Kernels, equal_the_reference_on_the_smallest_grids) {
  for (const bool periodic : {false, true}) {
    for (const auto& [rows, cols] : {std::pair{1, 1}, {1, 5}, {5, 1}, {2, 2}}) {
      const Scene scene =
          random_scene(7, static_cast<std::size_t>(rows), static_cast<std::size_t>(cols), periodic);
      expect_same(compute_in_tiles(scene, {1, 2}), reference(scene));
    }
  }
}

TEST(Kernels, the_comparison_can_fail) {
  const Scene scene = random_scene(1, 9, 9, true);
  Scene other = scene;
  other.heights[40] = std::isnan(other.heights[40]) ? 1.0F : other.heights[40] + 1.0F;
  EXPECT_FALSE(same_bits(compute(scene).slope, reference(other).slope));
  EXPECT_FALSE(same_bits({0.0F}, {-0.0F}));
  other = scene;
  other.periodic = false;
  EXPECT_FALSE(same_bits(compute(scene).roughness, reference(other).roughness));
}

TEST(Kernels, a_flat_cell_is_grey_level_and_smooth) {
  const Terrain terrain = compute(flat_scene(3, 3));
  EXPECT_EQ(terrain.hillshade[4], 181);  // 254 sin 45 degrees + 1.5, rounded down
  EXPECT_EQ(terrain.slope[4], 0.0F);
  EXPECT_EQ(terrain.roughness[4], 0.0F);
}

TEST(Kernels, a_planes_slope_is_known) {
  EXPECT_NEAR(compute(plane(1.0, 0.0)).slope[12], 45.0, 1e-5);
  EXPECT_NEAR(compute(plane(0.0, -1.0)).slope[12], 45.0, 1e-5);
  EXPECT_NEAR(compute(plane(3.0, 4.0)).slope[12], std::atan(5.0) * 180 / std::acos(-1.0), 1e-5);
  EXPECT_NEAR(compute(plane(1.0, 0.0)).roughness[12], 20.0, 1e-5);
}

TEST(Kernels, slopes_that_face_the_sun_are_bright) {
  // The light comes from the north-west: ground that falls to the north-west faces it.
  const int facing = compute(plane(0.3, -0.3)).hillshade[12];
  const int away = compute(plane(-0.3, 0.3)).hillshade[12];
  EXPECT_GT(facing, 181 + 20);
  EXPECT_LT(away, 181 - 20);
  Scene scene = plane(std::sqrt(0.5), -std::sqrt(0.5));  // falls 45 degrees towards the light
  EXPECT_EQ(compute(scene).hillshade[12], 255);
  scene = plane(-2.0, 2.0);
  EXPECT_EQ(compute(scene).hillshade[12], 1);
}

TEST(Kernels, agree_with_slope_and_aspect_of_the_textbook) {
  const double radians = std::acos(-1.0) / 180.0;
  for (const auto& [east, north] : {std::pair{0.1, 0.2}, {-0.5, 0.3}, {0.7, -0.9}, {-0.2, -0.4}}) {
    const double slope = std::atan(std::hypot(east, north));
    const double aspect = std::atan2(-east, -north);  // where it falls to, clockwise from north
    const double light =
        std::sin(45 * radians) * std::cos(slope) +
        std::cos(45 * radians) * std::sin(slope) * std::cos(315 * radians - aspect);
    const int expected = static_cast<int>(std::lround(1 + 254 * std::max(light, 0.0)));
    EXPECT_NEAR(compute(plane(east, north)).hillshade[12], expected, 1) << east << ' ' << north;
  }
}

TEST(Kernels, rows_may_run_south_and_columns_west) {
  Scene scene = plane(0.3, -0.3);
  for (double& metres : scene.cells.north) metres = -metres;  // now the ground rises to the north
  EXPECT_EQ(compute(scene).hillshade, compute(plane(0.3, 0.3)).hillshade);
  for (double& metres : scene.cells.east) metres = -metres;
  EXPECT_EQ(compute(scene).hillshade, compute(plane(-0.3, 0.3)).hillshade);
}

TEST(Kernels, exaggeration_changes_the_hillshade_only) {
  Scene scene = plane(0.1, -0.1);
  const Terrain once = compute(scene);
  scene.light.exaggeration = 3.0;
  const Terrain thrice = compute(scene);
  EXPECT_NEAR(thrice.hillshade[12], compute(plane(0.3, -0.3)).hillshade[12], 1);
  EXPECT_TRUE(same_bits(once.slope, thrice.slope));
}

TEST(Kernels, narrow_cells_are_shaded_as_a_quarter_of_their_height) {
  Scene narrow = plane(0.01, 0.0);
  Scene quarter = narrow;
  narrow.cells.east.assign(5, 0.001);
  quarter.cells.east.assign(5, 2.5);
  EXPECT_EQ(compute(narrow).hillshade, compute(quarter).hillshade);
  EXPECT_GT(compute(narrow).slope[12], 89.0F);
}

TEST(Kernels, a_missing_height_spoils_only_itself) {
  Scene scene = flat_scene(3, 3);
  scene.heights[4] = nothing;
  const Terrain terrain = compute(scene);
  EXPECT_EQ(terrain.hillshade[4], 0);
  EXPECT_TRUE(std::isnan(terrain.slope[4]));
  EXPECT_TRUE(std::isnan(terrain.roughness[4]));
  EXPECT_EQ(terrain.hillshade[0], 181);
  EXPECT_EQ(terrain.slope[1], 0.0F);
  EXPECT_EQ(terrain.histogram.no_data, 1);
  EXPECT_EQ(terrain.histogram.total(), 9);
}

TEST(Kernels, heights_fall_into_the_right_bin) {
  Scene scene = flat_scene(2, 4);
  scene.heights = {-12000.0F, -12000.001F, 8999.99F, 9000.0F, -1e-30F, 0.0F, 99.99999F, 100.0F};
  const Histogram histogram = compute(scene).histogram;
  EXPECT_EQ(histogram.below, 1);
  EXPECT_EQ(histogram.above, 1);
  EXPECT_EQ(histogram.counts[0], 1);
  EXPECT_EQ(histogram.counts[Histogram::bins - 1], 1);
  EXPECT_EQ(histogram.counts[119], 1);  // -100 to 0
  EXPECT_EQ(histogram.counts[120], 2);  // 0 to 100
  EXPECT_EQ(histogram.counts[121], 1);
  EXPECT_EQ(histogram, reference(scene).histogram);
}

TEST(Kernels, refuse_what_does_not_fit) {
  const std::vector<float> heights(9);
  const std::vector<double> one{1.0};
  const std::vector<double> zero{0.0};
  const std::vector<double> two{1.0, 1.0};
  EXPECT_NO_THROW((void)compute_tile({heights, 1, 1}, one, one, {}));
  EXPECT_THROW((void)compute_tile({heights, 2, 1}, two, two, {}), std::invalid_argument);
  EXPECT_THROW((void)compute_tile({heights, 0, 1}, {}, {}, {}), std::invalid_argument);
  EXPECT_THROW((void)compute_tile({heights, 1, 1}, two, one, {}), std::invalid_argument);
  EXPECT_THROW((void)compute_tile({heights, 1, 1}, one, zero, {}), std::invalid_argument);
  EXPECT_THROW(check({315, 0, 1}), std::invalid_argument);
  EXPECT_THROW(check({315, 91, 1}), std::invalid_argument);
  EXPECT_THROW(check({std::nan(""), 45, 1}), std::invalid_argument);
  EXPECT_THROW(check({315, 45, 0}), std::invalid_argument);
  EXPECT_THROW((void)compute_reference({heights, 2, 2, false}, {one, one}, {}),
               std::invalid_argument);
}

}  // namespace
}  // namespace relief

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const Kokkos::ScopeGuard kokkos(argc, argv);
  return RUN_ALL_TESTS();
}
