// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
/// @file
/// `ReliefWriter`'s file is read back, and failures leave no file.

#include <cmath>
#include <fstream>
#include <iterator>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include <hdf5_hl.h>

#include <gmock/gmock.h>

#include "grid_reader.hpp"
#include "pending_file.hpp"
#include "relief_writer.hpp"
#include "scratch_folder.hpp"

namespace relief {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ReliefLayout small_layout() {
  ReliefLayout layout;
  layout.rows = 3;
  layout.cols = 4;
  layout.where =
      georeference_from({{60, 0, -60}, "degrees_north"}, {{0, 90, 180, 270}, "degrees_east"});
  layout.source = "test.h5, dataset z";
  layout.chunk = {2, 2};
  return layout;
}

/// Results with a different value everywhere.
Terrain terrain_from(std::size_t rows, std::size_t cols, int first) {
  const std::size_t size = rows * cols;
  Terrain terrain{rows,
                  cols,
                  std::vector<std::uint8_t>(size),
                  std::vector<float>(size),
                  std::vector<float>(size),
                  {}};
  for (std::size_t i = 0; i < size; ++i) {
    const int value = first + static_cast<int>(i);
    terrain.hillshade[i] = static_cast<std::uint8_t>(value);
    terrain.slope[i] = static_cast<float>(value) + 0.25F;
    terrain.roughness[i] = static_cast<float>(value) + 0.5F;
  }
  return terrain;
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ReliefWriter, writes_tiles_in_any_order) {
  const testing::ScratchFolder folder;
  ReliefWriter writer(folder / "relief.h5", small_layout());
  writer.write_tile({1, 2, 2, 2}, terrain_from(2, 2, 50));
  writer.write_tile({0, 0, 1, 4}, terrain_from(1, 4, 10));
  writer.write_tile({1, 0, 2, 2}, terrain_from(2, 2, 80));
  writer.close();

  const GridReader slope(folder / "relief.h5", "slope");
  EXPECT_EQ(slope.type_name(), "float32");
  EXPECT_EQ(slope.units(), "degree");
  EXPECT_THAT(slope.read_tile(0, 0, 3, 4), ElementsAre(10.25, 11.25, 12.25, 13.25, 80.25, 81.25,
                                                       50.25, 51.25, 82.25, 83.25, 52.25, 53.25));
  const GridReader hillshade(folder / "relief.h5", "hillshade");
  EXPECT_EQ(hillshade.type_name(), "uint8");
  EXPECT_THAT(hillshade.read_tile(2, 0, 1, 4), ElementsAre(82, 83, 52, 53));
  const GridReader roughness(folder / "relief.h5", "roughness");
  EXPECT_EQ(roughness.units(), "m");
  EXPECT_THAT(roughness.read_tile(1, 3, 1, 1), ElementsAre(51.5));
}

TEST(ReliefWriter, keeps_the_georeference) {
  const testing::ScratchFolder folder;
  ReliefWriter(folder / "relief.h5", small_layout()).close();
  const GridReader reader(folder / "relief.h5", "roughness");
  EXPECT_TRUE(reader.georeference().geographic);
  EXPECT_THAT(reader.georeference().latitudes, ElementsAre(60, 0, -60));
  EXPECT_THAT(reader.georeference().longitudes, ElementsAre(0, 90, 180, 270));
}

TEST(ReliefWriter, cells_that_nobody_wrote_have_no_data) {
  const testing::ScratchFolder folder;
  ReliefWriter(folder / "relief.h5", small_layout()).close();
  for (const char* name : {"hillshade", "slope", "roughness"}) {
    const float value = GridReader(folder / "relief.h5", name).read_tile(1, 1, 1, 1).front();
    EXPECT_TRUE(std::isnan(value)) << name;
  }
}

TEST(ReliefWriter, writes_the_histogram) {
  Histogram histogram;
  std::iota(histogram.counts.begin(), histogram.counts.end(), std::int64_t{1} << 40U);
  histogram.below = 1;
  histogram.above = 2;
  histogram.no_data = 3;
  const testing::ScratchFolder folder;
  ReliefWriter writer(folder / "relief.h5", small_layout());
  writer.write_histogram(histogram);
  writer.close();

  const hid_t file = H5Fopen((folder / "relief.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  std::vector<std::int64_t> counts(Histogram::bins);
  std::vector<double> edges(Histogram::bins + 1);
  std::int64_t no_data = 0;
  EXPECT_GE(H5LTread_dataset(file, "hypsometry/counts", H5T_NATIVE_INT64, counts.data()), 0);
  EXPECT_GE(H5LTread_dataset(file, "hypsometry/bin_edges", H5T_NATIVE_DOUBLE, edges.data()), 0);
  EXPECT_GE(H5LTget_attribute(file, "hypsometry/counts", "no_data", H5T_NATIVE_INT64, &no_data), 0);
  H5Fclose(file);
  EXPECT_TRUE(std::equal(counts.begin(), counts.end(), histogram.counts.begin()));
  EXPECT_EQ(edges.front(), -12000.0);
  EXPECT_EQ(edges.back(), 9000.0);
  EXPECT_EQ(no_data, 3);
}

TEST(ReliefWriter, equal_results_are_equal_files) {
  const testing::ScratchFolder folder;
  for (const char* name : {"a.h5", "b.h5"}) {
    ReliefWriter writer(folder / name, small_layout());
    writer.write_tile({0, 0, 3, 4}, terrain_from(3, 4, 1));
    writer.write_histogram({});
    writer.close();
  }
  EXPECT_EQ(contents(folder / "a.h5"), contents(folder / "b.h5"));
}

TEST(ReliefWriter, leaves_nothing_unless_closed) {
  const testing::ScratchFolder folder;
  std::ofstream(folder / "relief.h5") << "the result of yesterday";
  {
    ReliefWriter writer(folder / "relief.h5", small_layout());
    writer.write_tile({0, 0, 3, 4}, terrain_from(3, 4, 1));
    EXPECT_EQ(contents(folder / "relief.h5"), "the result of yesterday");
  }
  EXPECT_EQ(contents(folder / "relief.h5"), "the result of yesterday");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(ReliefWriter, says_where_it_cannot_write) {
  const testing::ScratchFolder folder;
  const auto refusal = [](const std::filesystem::path& path) -> std::string {
    try {
      const ReliefWriter writer(path, small_layout());
    } catch (const OutputError& error) {
      EXPECT_EQ(error.path(), path);
      return error.what();
    }
    return "no OutputError";
  };
  EXPECT_THAT(refusal(folder / "missing/relief.h5"), HasSubstr("there is no folder"));
  EXPECT_THAT(refusal(folder.path()), HasSubstr("it is a folder"));
  EXPECT_THAT(refusal("/proc/relief.h5"), HasSubstr("/proc"));
}

TEST(ReliefWriter, a_full_disk_is_an_error_and_leaves_nothing) {
  const testing::ScratchFolder folder;
  ReliefLayout layout = small_layout();
  layout.rows = layout.cols = 512;
  layout.where = {};
  layout.deflate = 0;
  // From no room for anything to all but the last kilobytes: 512 x 512 x 9 bytes are 2304 KiB.
  for (const std::size_t kilobytes : {4U, 64U, 1000U, 2304U, 2308U}) {
    const testing::SmallDisk disk(folder.path(), kilobytes * 1024);
    if (!disk.is_mounted()) GTEST_SKIP() << "this process may not mount a small disk";
    try {
      ReliefWriter writer(folder / "relief.h5", layout);
      writer.write_tile({0, 0, 512, 512}, terrain_from(512, 512, 0));
      writer.write_histogram({});
      writer.close();
      ADD_FAILURE() << "no OutputError with " << kilobytes << " KiB";
    } catch (const OutputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("No space left on device")) << kilobytes;
    }
    EXPECT_TRUE(folder.is_empty()) << kilobytes;
    EXPECT_EQ(H5Fget_obj_count(static_cast<hid_t>(H5F_OBJ_ALL), H5F_OBJ_ALL), 0) << kilobytes;
  }
}

TEST(ReliefWriter, refuses_what_does_not_fit) {
  const testing::ScratchFolder folder;
  ReliefLayout layout = small_layout();
  layout.rows = 0;
  EXPECT_THROW(ReliefWriter(folder / "relief.h5", layout), std::invalid_argument);
  ReliefWriter writer(folder / "relief.h5", small_layout());
  EXPECT_THROW(writer.write_tile({2, 0, 2, 4}, terrain_from(2, 4, 0)), std::out_of_range);
  EXPECT_THROW(writer.write_tile({0, 0, 2, 4}, terrain_from(2, 3, 0)), std::invalid_argument);
}

TEST(RequireDistinct, knows_a_file_by_another_name) {
  const testing::ScratchFolder folder;
  std::ofstream(folder / "in.h5") << "x";
  std::filesystem::create_symlink(folder / "in.h5", folder / "link.h5");
  EXPECT_THROW(require_distinct(folder / "in.h5", folder / "link.h5"), OutputError);
  EXPECT_NO_THROW(require_distinct(folder / "in.h5", folder / "new.h5"));
}

}  // namespace
}  // namespace relief
