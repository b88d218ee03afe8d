// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
/// @file
/// `GridReader` gives the same heights for every element type and layout that HDF5 has.

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "grid_reader.hpp"
#include "h5_fixture.hpp"
#include "scratch_folder.hpp"

namespace relief {
namespace {

using ::testing::ElementsAre;
using ::testing::NanSensitiveFloatEq;
using ::testing::Pointwise;

const std::vector<double> twelve{0, 1, 2, 3, 10, 11, 12, 13, -20, -21, -22, -23};
constexpr float nothing = std::numeric_limits<float>::quiet_NaN();

class GridReaderTest : public ::testing::Test {
 protected:
  /// A file with the 3 x 4 dataset "heights".
  void write(hid_t type, const std::vector<hsize_t>& chunk = {}, bool deflate = false) {
    testing::H5File(path).dataset({"heights", type, {3, 4}, chunk, deflate}, twelve);
  }

  testing::ScratchFolder folder;
  std::filesystem::path path = folder / "grid.h5";
};

TEST_F(GridReaderTest, reads_every_number_type) {
  const std::vector<std::pair<hid_t, std::string>> types{
      {H5T_STD_I8LE, "int8"},      {H5T_STD_I16LE, "int16"},    {H5T_STD_I16BE, "int16"},
      {H5T_STD_I32LE, "int32"},    {H5T_STD_I32BE, "int32"},    {H5T_STD_I64LE, "int64"},
      {H5T_IEEE_F32LE, "float32"}, {H5T_IEEE_F32BE, "float32"}, {H5T_IEEE_F64LE, "float64"},
      {H5T_IEEE_F64BE, "float64"}};
  const std::vector<float> expected(twelve.begin(), twelve.end());
  for (const auto& [type, name] : types) {
    write(type);
    const GridReader reader(path, "heights");
    EXPECT_EQ(reader.type_name(), name);
    EXPECT_EQ(reader.rows(), 3U);
    EXPECT_EQ(reader.cols(), 4U);
    EXPECT_EQ(reader.read_tile(0, 0, 3, 4), expected) << name;
  }
}

TEST_F(GridReaderTest, reads_every_layout) {
  const std::vector<float> expected(twelve.begin(), twelve.end());
  for (const std::vector<hsize_t>& chunk : {std::vector<hsize_t>{}, {1, 1}, {2, 3}, {3, 4}}) {
    for (const bool deflate : {false, true}) {
      if (chunk.empty() && deflate) continue;
      write(H5T_STD_I16BE, chunk, deflate);
      EXPECT_EQ(GridReader(path, "heights").read_tile(0, 0, 3, 4), expected);
    }
  }
}

TEST_F(GridReaderTest, reads_chunks_larger_than_the_librarys_cache) {
  const std::vector<double> values(1024 * 1024, 7.0);
  testing::H5File(path).dataset({"big", H5T_IEEE_F32LE, {1024, 1024}, {1024, 512}, true}, values);
  const GridReader reader(path, "big");
  EXPECT_THAT(reader.read_tile(1000, 510, 1, 4), ElementsAre(7, 7, 7, 7));
}

TEST_F(GridReaderTest, reads_tiles) {
  write(H5T_STD_I16LE, {2, 2});
  const GridReader reader(path, "heights");
  EXPECT_THAT(reader.read_tile(1, 1, 2, 2), ElementsAre(11, 12, -21, -22));
  EXPECT_THAT(reader.read_tile(2, 3, 1, 1), ElementsAre(-23));
  EXPECT_THAT(reader.read_tile(0, 0, 0, 4), ElementsAre());
  EXPECT_THROW((void)reader.read_tile(2, 0, 2, 1), std::out_of_range);
  EXPECT_THROW((void)reader.read_tile(0, 4, 1, 1), std::out_of_range);
  EXPECT_THROW((void)reader.read_tile(std::numeric_limits<std::size_t>::max(), 0, 2, 1),
               std::out_of_range);
}

TEST_F(GridReaderTest, turns_fill_values_and_infinities_into_nan) {
  {
    testing::H5File file(path);
    const double infinity = std::numeric_limits<double>::infinity();
    file.dataset({"heights", H5T_IEEE_F32LE, {1, 6}, {}, false},
                 {1, -1e34, -9999, infinity, 5, std::nan("")});
    file.number("heights", "_FillValue", H5T_IEEE_F32LE, -1e34);
    file.number("heights", "missing_value", H5T_IEEE_F64LE, -9999);
  }
  EXPECT_THAT(GridReader(path, "heights").read_tile(0, 0, 1, 6),
              Pointwise(NanSensitiveFloatEq(),
                        std::vector<float>{1, nothing, nothing, nothing, 5, nothing}));
}

TEST_F(GridReaderTest, rounds_a_too_exact_fill_value_to_the_data) {
  {
    testing::H5File file(path);
    file.dataset({"heights", H5T_IEEE_F32LE, {1, 2}, {}, false}, {-1e34, 5});
    file.number("heights", "_FillValue", H5T_IEEE_F64LE, -1e34);  // not the nearest float
  }
  EXPECT_TRUE(std::isnan(GridReader(path, "heights").read_tile(0, 0, 1, 1).front()));
}

TEST_F(GridReaderTest, gives_nan_for_what_no_float_holds) {
  testing::H5File(path).dataset({"heights", H5T_IEEE_F64LE, {1, 2}, {}, false}, {1e300, 2});
  const std::vector<float> heights = GridReader(path, "heights").read_tile(0, 0, 1, 2);
  EXPECT_TRUE(std::isnan(heights[0]));
  EXPECT_EQ(heights[1], 2.0F);
}

TEST_F(GridReaderTest, applies_scale_and_offset_after_the_fill_value) {
  {
    testing::H5File file(path);
    file.dataset({"heights", H5T_STD_I16LE, {1, 3}, {}, false}, {10, -32768, 20});
    file.number("heights", "_FillValue", H5T_STD_I16LE, -32768);
    file.number("heights", "scale_factor", H5T_IEEE_F64LE, 0.5);
    file.number("heights", "add_offset", H5T_IEEE_F32LE, 100);
  }
  EXPECT_THAT(GridReader(path, "heights").read_tile(0, 0, 1, 3),
              Pointwise(NanSensitiveFloatEq(), std::vector<float>{105, nothing, 110}));
}

TEST_F(GridReaderTest, gives_metres) {
  for (const bool variable_length : {false, true}) {
    testing::H5File file(path);
    file.dataset({"heights", H5T_IEEE_F32LE, {1, 2}, {}, false}, {1, 2.5});
    file.text("heights", "units", "km", variable_length);
  }
  const GridReader reader(path, "heights");
  EXPECT_EQ(reader.units(), "km");
  EXPECT_TRUE(reader.has_length_units());
  EXPECT_THAT(reader.read_tile(0, 0, 1, 2), ElementsAre(1000, 2500));
}

TEST_F(GridReaderTest, takes_numbers_of_another_unit_as_they_are) {
  {
    testing::H5File file(path);
    file.dataset({"heights", H5T_IEEE_F32LE, {1, 1}, {}, false}, {273});
    file.text("heights", "units", "K");
  }
  const GridReader reader(path, "heights");
  EXPECT_FALSE(reader.has_length_units());
  EXPECT_THAT(reader.read_tile(0, 0, 1, 1), ElementsAre(273));
}

TEST_F(GridReaderTest, reads_dimension_scales) {
  {
    testing::H5File file(path);
    file.dataset({"heights", H5T_IEEE_F32LE, {3, 4}, {}, false}, twelve);
    file.scale("heights", 0, "y", "degrees_north", {60, 0, -60});
    file.scale("heights", 1, "x", "degrees_east", {0, 90, 180, 270});
  }
  const GridReader reader(path, "heights");
  EXPECT_TRUE(reader.georeference().geographic);
  EXPECT_TRUE(reader.georeference().periodic);
  EXPECT_FALSE(reader.georeference().row0_is_south);
  EXPECT_THAT(reader.georeference().latitudes, ElementsAre(60, 0, -60));
  EXPECT_THAT(reader.georeference().longitudes, ElementsAre(0, 90, 180, 270));
}

TEST_F(GridReaderTest, is_planar_without_fitting_scales) {
  write(H5T_STD_I16LE);
  EXPECT_FALSE(GridReader(path, "heights").georeference().geographic);
  {
    testing::H5File file(path);
    file.dataset({"heights", H5T_IEEE_F32LE, {3, 4}, {}, false}, twelve);
    file.scale("heights", 0, "y", "", {60, 0, -60});
    file.scale("heights", 1, "x", "degrees_east", {0, 90});  // too short
  }
  const GridReader reader(path, "heights");
  EXPECT_FALSE(reader.georeference().geographic);
  EXPECT_NE(reader.georeference().note, "");
}

TEST_F(GridReaderTest, opens_datasets_in_groups_and_can_be_moved) {
  {
    testing::H5File file(path);
    file.group("earth");
    file.dataset({"earth/heights", H5T_IEEE_F32LE, {1, 1}, {}, false}, {4});
  }
  GridReader first(path, "earth/heights");
  const GridReader second = std::move(first);
  EXPECT_THAT(second.read_tile(0, 0, 1, 1), ElementsAre(4));
}

TEST_F(GridReaderTest, closes_everything) {
  write(H5T_STD_I16LE, {2, 2});
  const auto open_identifiers = [] {
    return H5Fget_obj_count(static_cast<hid_t>(H5F_OBJ_ALL), H5F_OBJ_ALL);
  };
  const ssize_t before = open_identifiers();
  {
    const GridReader reader(path, "heights");
    EXPECT_GT(open_identifiers(), before);
    (void)reader.read_tile(0, 0, 1, 1);
  }
  EXPECT_THROW(GridReader(path, "depths"), InputError);
  EXPECT_EQ(open_identifiers(), before);
}

}  // namespace
}  // namespace relief
