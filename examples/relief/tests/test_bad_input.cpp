// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
/// @file
/// Every file that is not what `GridReader` reads is an `InputError` that says why.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "grid_reader.hpp"
#include "h5_fixture.hpp"
#include "scratch_folder.hpp"

namespace relief {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// The message with which opening fails; a failure of the test if it does not.
std::string refusal(const std::filesystem::path& path, const std::string& dataset) {
  try {
    const GridReader reader(path, dataset);
  } catch (const InputError& error) {
    EXPECT_EQ(error.path(), path);
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
    return error.what();
  }
  ADD_FAILURE() << "no InputError";
  return {};
}

class BadInput : public ::testing::Test {
 protected:
  void write_text(const std::string& text) const { std::ofstream(path, std::ios::binary) << text; }

  testing::ScratchFolder folder;
  std::filesystem::path path = folder / "grid.h5";
};

TEST_F(BadInput, no_file) {
  EXPECT_THAT(refusal(path, "z"), HasSubstr("no such file"));
}

TEST_F(BadInput, a_folder) {
  EXPECT_THAT(refusal(folder.path(), "z"), HasSubstr("not a file"));
}

TEST_F(BadInput, a_file_that_may_not_be_read) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads every file";
  testing::H5File(path).dataset({"z", H5T_IEEE_F32LE, {1, 1}, {}, false}, {1});
  ::chmod(path.c_str(), 0);
  EXPECT_THAT(refusal(path, "z"), HasSubstr("Permission denied"));
}

TEST_F(BadInput, no_hdf5) {
  write_text("");
  EXPECT_THAT(refusal(path, "z"), HasSubstr("not an HDF5 file"));
  write_text(std::string(5000, 'x'));
  EXPECT_THAT(refusal(path, "z"), HasSubstr("not an HDF5 file"));
}

TEST_F(BadInput, classic_netcdf_with_a_way_out) {
  write_text(std::string("CDF\001\0\0\0\0", 8));
  EXPECT_THAT(refusal(path, "z"), AllOf(HasSubstr("classic netCDF"), HasSubstr("nccopy -k nc4")));
}

TEST_F(BadInput, a_truncated_file) {
  testing::H5File(path).dataset({"z", H5T_IEEE_F32LE, {100, 100}, {}, false},
                                std::vector<double>(10000, 1.0));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  EXPECT_THAT(refusal(path, "z"), HasSubstr("truncated"));
}

TEST_F(BadInput, damaged_data) {
  testing::H5File(path).dataset({"z", H5T_IEEE_F32LE, {100, 100}, {100, 100}, true},
                                std::vector<double>(10000, 1.0));
  std::string bytes(std::filesystem::file_size(path), '\0');
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const std::size_t stream = bytes.find("\x78\x5e");  // a zlib header of level 4
  ASSERT_NE(stream, std::string::npos);
  file.seekp(static_cast<std::streamoff>(stream + 2));
  file << "damage";
  file.close();
  const GridReader reader(path, "z");
  EXPECT_THROW((void)reader.read_tile(0, 0, 1, 1), InputError);
}

TEST_F(BadInput, no_such_dataset_lists_the_good_ones) {
  {
    testing::H5File file(path);
    file.group("deep");
    file.dataset({"heights", H5T_STD_I16LE, {2, 3}, {}, false}, {});
    file.dataset({"deep/depths", H5T_IEEE_F64LE, {4, 5}, {}, false}, {});
    file.dataset({"line", H5T_IEEE_F64LE, {4}, {}, false}, {});
  }
  EXPECT_THAT(refusal(path, "hights"),
              AllOf(HasSubstr("'hights'"), HasSubstr("'heights' (2 x 3 int16)"),
                    HasSubstr("'deep/depths' (4 x 5 float64)"), Not(HasSubstr("line"))));
  EXPECT_THAT(refusal(path, "deep"), AllOf(HasSubstr("group"), HasSubstr("'heights'")));
  EXPECT_THAT(refusal(path, "deep/x/y"), HasSubstr("none of that name"));
  EXPECT_THAT(refusal(path, ""), HasSubstr("no name is given"));
  EXPECT_THAT(refusal(path, "/"), HasSubstr("group"));
}

TEST_F(BadInput, nothing_to_offer) {
  { const testing::H5File file(path); }
  EXPECT_THAT(refusal(path, "z"), HasSubstr("no two-dimensional dataset"));
}

TEST_F(BadInput, wrong_rank) {
  {
    testing::H5File file(path);
    file.dataset({"scalar", H5T_STD_I16LE, {}, {}, false}, {});
    file.dataset({"line", H5T_STD_I16LE, {7}, {}, false}, {});
    file.dataset({"cube", H5T_STD_I16LE, {2, 3, 4}, {}, false}, {});
  }
  EXPECT_THAT(refusal(path, "scalar"), HasSubstr("0 dimensions (one value), two are needed"));
  EXPECT_THAT(refusal(path, "line"), HasSubstr("1 dimensions (7)"));
  EXPECT_THAT(refusal(path, "cube"), HasSubstr("3 dimensions (2 x 3 x 4)"));
}

TEST_F(BadInput, wrong_element_type) {
  const hid_t pair = H5Tcreate(H5T_COMPOUND, 8);
  H5Tinsert(pair, "a", 0, H5T_STD_I32LE);
  {
    testing::H5File file(path);
    file.dataset({"words", H5T_C_S1, {2, 2}, {}, false}, {});
    file.dataset({"pairs", pair, {2, 2}, {}, false}, {});
  }
  H5Tclose(pair);
  EXPECT_THAT(refusal(path, "words"), HasSubstr("are text, integers or floating"));
  EXPECT_THAT(refusal(path, "pairs"), HasSubstr("are compound"));
}

TEST_F(BadInput, no_cells) {
  testing::H5File(path).dataset({"none", H5T_STD_I16LE, {0, 5}, {}, false}, {});
  EXPECT_THAT(refusal(path, "none"), HasSubstr("no cells (0 x 5)"));
}

TEST_F(BadInput, attributes_that_are_no_numbers) {
  for (const char* attribute : {"_FillValue", "missing_value", "scale_factor", "add_offset"}) {
    {
      testing::H5File file(path);
      file.dataset({"z", H5T_STD_I16LE, {1, 1}, {}, false}, {1});
      file.text("z", attribute, "none");
    }
    EXPECT_THAT(refusal(path, "z"), AllOf(HasSubstr(attribute), HasSubstr("not a number")));
  }
}

TEST_F(BadInput, the_librarys_own_messages_stay_silent_and_its_setting_is_kept) {
  H5E_auto2_t before = nullptr;
  H5E_auto2_t after = nullptr;
  void* data = nullptr;
  H5Eget_auto2(H5E_DEFAULT, &before, &data);
  ASSERT_NE(before, nullptr);
  { const testing::H5File file(path); }
  ::testing::internal::CaptureStderr();
  (void)refusal(path, "missing");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  H5Eget_auto2(H5E_DEFAULT, &after, &data);
  EXPECT_EQ(before, after);
}

}  // namespace
}  // namespace relief
