// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
/// @file
/// A grid is cut into tiles without gap or overlap, and a tile gets the right ring around it.

#include <numeric>
#include <stdexcept>
#include <vector>

#include <gmock/gmock.h>

#include "halo.hpp"
#include "tiling.hpp"

namespace relief {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

TEST(Tiling, covers_every_cell_once) {
  for (const TileShape shape :
       {TileShape{1, 1}, TileShape{3, 4}, TileShape{7, 2}, TileShape{99, 99}}) {
    const Tiling tiling(7, 10, shape);
    std::vector<int> times(70, 0);
    for (std::size_t index = 0; index < tiling.count(); ++index) {
      const Box box = tiling.box(index);
      ASSERT_GT(box.size(), 0U);
      for (std::size_t row = box.row0; row < box.row0 + box.rows; ++row) {
        for (std::size_t col = box.col0; col < box.col0 + box.cols; ++col) {
          ++times[row * 10 + col];
          EXPECT_EQ(tiling.index_of(row, col), index);
        }
      }
    }
    EXPECT_EQ(times, std::vector<int>(70, 1));
  }
}

TEST(Tiling, clips_the_last_tiles) {
  const Tiling tiling(5, 7, {4, 3});
  EXPECT_EQ(tiling.tiles_down(), 2U);
  EXPECT_EQ(tiling.tiles_across(), 3U);
  EXPECT_EQ(tiling.box(0), (Box{0, 0, 4, 3}));
  EXPECT_EQ(tiling.box(5), (Box{4, 6, 1, 1}));
}

TEST(Tiling, refuses_nonsense) {
  EXPECT_THROW(Tiling(0, 3), std::invalid_argument);
  EXPECT_THROW(Tiling(3, 0), std::invalid_argument);
  EXPECT_THROW(Tiling(3, 3, {0, 1}), std::invalid_argument);
  EXPECT_THROW(Tiling(3, 3, {1, 0}), std::invalid_argument);
  EXPECT_THROW((void)Tiling(3, 3).box(1), std::out_of_range);
  EXPECT_THROW((void)Tiling(3, 3).index_of(3, 0), std::out_of_range);
}

/// Pads tile `index` of the grid 0 1 2 / 3 4 5 / 6 7 8.
std::vector<float> pad_small_grid(TileShape shape, std::size_t index, bool periodic) {
  std::vector<std::vector<float>> given;
  return pad_tile(Tiling(3, 3, shape, periodic), index, [&](const Box& box) {
    auto& heights = given.emplace_back();
    for (std::size_t cell = 0; cell < box.size(); ++cell) {
      const std::size_t row = box.row0 + cell / box.cols;
      heights.push_back(static_cast<float>(row * 3 + box.col0 + cell % box.cols));
    }
    return std::span<const float>(heights);
  });
}

TEST(PadTile, repeats_edges) {
  const std::vector<float> expected{0, 0, 1, 2, 2,  //
                                    0, 0, 1, 2, 2,  //
                                    3, 3, 4, 5, 5,  //
                                    6, 6, 7, 8, 8,  //
                                    6, 6, 7, 8, 8};
  EXPECT_THAT(pad_small_grid({3, 3}, 0, false), ElementsAreArray(expected));
}

TEST(PadTile, goes_round_periodic_columns) {
  const std::vector<float> expected{2, 0, 1, 2, 0,  //
                                    2, 0, 1, 2, 0,  //
                                    5, 3, 4, 5, 3,  //
                                    8, 6, 7, 8, 6,  //
                                    8, 6, 7, 8, 6};
  EXPECT_THAT(pad_small_grid({3, 3}, 0, true), ElementsAreArray(expected));
  EXPECT_THAT(pad_small_grid({1, 1}, 3, true), ElementsAre(2, 0, 1, 5, 3, 4, 8, 6, 7));
}

TEST(PadTile, takes_the_ring_from_neighbours) {
  EXPECT_THAT(pad_small_grid({1, 1}, 4, false), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(pad_small_grid({2, 2}, 3, false), ElementsAre(4, 5, 5, 7, 8, 8, 7, 8, 8));
}

TEST(PadTile, refuses_a_tile_of_another_size) {
  const std::vector<float> wrong(3);
  EXPECT_THROW((void)pad_tile(Tiling(2, 2), 0, [&](const Box&) { return std::span(wrong); }),
               std::invalid_argument);
}

}  // namespace
}  // namespace relief
