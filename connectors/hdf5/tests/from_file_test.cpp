// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Data that other programs wrote.
#include <complex>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string_view>

#include <hdf5.h>

#include <gmock/gmock.h>

#include "conformance/temporary_folder.hpp"
#include "proxystore/array.hpp"
#include "proxystore/error.hpp"
#include "proxystore/proxy_from_file.hpp"
#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"

namespace proxystore::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using Ints = Array<std::int32_t, 2>;

class FromFile : public ::testing::Test {
 protected:
  /// A file with "/group/numbers" of 2 x 3 in big-endian order, "/text", and links.
  FromFile() {
    const hid_t file = H5Fcreate(path().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t group = H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const hsize_t extents[] = {2, 3};
    const hid_t plane = H5Screate_simple(2, extents, nullptr);
    const hid_t numbers =
        H5Dcreate2(group, "numbers", H5T_STD_I32BE, plane, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const int values[] = {0, 1, 2, 3, 4, 5};
    H5Dwrite(numbers, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    const hid_t string = H5Tcopy(H5T_C_S1);
    H5Tset_size(string, 5);
    const hid_t scalar = H5Screate(H5S_SCALAR);
    const hid_t text =
        H5Dcreate2(file, "text", string, scalar, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(text, string, H5S_ALL, H5S_ALL, H5P_DEFAULT, "hello");
    H5Lcreate_soft("/group/numbers", file, "latest", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/nothing", file, "broken", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("other.h5", "/", file, "elsewhere", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/elsewhere/data", file, "by_detour", H5P_DEFAULT, H5P_DEFAULT);
    for (const hid_t set : {numbers, text}) H5Dclose(set);
    for (const hid_t space : {plane, scalar}) H5Sclose(space);
    H5Tclose(string);
    H5Gclose(group);
    H5Fclose(file);
  }
  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "data.h5"; }

  TemporaryFolder folder_;
};

TEST_F(FromFile, a_file_that_the_program_has_open_itself_is_read_too) {
  const hid_t file = H5Fopen(path().c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t numbers = H5Dopen2(file, "group/numbers", H5P_DEFAULT);
  EXPECT_EQ(proxy_from_file<Ints>(path(), "/group/numbers")->at(1, 2), 5);
  int values[6] = {};
  EXPECT_GE(H5Dread(numbers, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
  EXPECT_EQ(values[4], 4);
  H5Dclose(numbers);
  H5Fclose(file);
}

TEST_F(FromFile, boxes_are_read_alone) {
  const auto proxy = proxy_from_file<Ints>(path(), "/group/numbers");
  EXPECT_EQ(proxy.extents(), (Ints::Extents{2, 3}));
  const auto box = proxy.box({0, 0}, {2, 2}, {1, 2}).share();
  EXPECT_THAT(box->values(), ::testing::ElementsAre(0, 2, 3, 5));
}

TEST_F(FromFile, numbers_of_any_byte_order_are_an_array) {
  const auto proxy = proxy_from_file<Ints>(path(), "/group/numbers");
  EXPECT_FALSE(proxy.resolved());
  EXPECT_EQ(proxy->extents(), (Ints::Extents{2, 3}));
  EXPECT_EQ((*proxy)(1, 2), 5);
  const auto sent = from_bytes<Ints>(to_bytes(proxy));
  EXPECT_EQ(sent, proxy);
  EXPECT_EQ((*sent)(0, 1), 1);
}

TEST_F(FromFile, text_is_text_and_links_in_the_file_are_followed) {
  EXPECT_EQ(proxy_from_file<std::string>(path(), "text").copy(), "hello");
  EXPECT_EQ(proxy_from_file<Ints>(path(), "latest").copy()(1, 1), 4);
  std::filesystem::create_symlink("data.h5", folder_.path() / "link.h5");
  EXPECT_EQ(proxy_from_file<Ints>(folder_.path() / "link.h5", "//group//numbers").copy()(0, 2), 2);
}

/// Adds a dataset of the elements in @p data, a scalar if it is one.
void add(const std::filesystem::path& path, const char* name, hid_t type, std::string_view data) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hsize_t count = data.size() / H5Tget_size(type);
  const hid_t space = count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &count, nullptr);
  const hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  ASSERT_GE(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data.data()), 0);
  H5Dclose(set);
  H5Sclose(space);
  H5Fclose(file);
}

TEST_F(FromFile, text_of_fixed_length_comes_without_its_padding) {
  using namespace std::string_view_literals;
  const auto read = [&](const char* name, H5T_str_t padding, std::string_view data) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, data.size());
    H5Tset_strpad(type, padding);
    add(path(), name, type, data);
    H5Tclose(type);
    return proxy_from_file<std::string>(path(), name).copy();
  };
  EXPECT_EQ(read("numpy", H5T_STR_NULLPAD, "abc\0\0\0\0\0\0\0"sv), "abc");
  EXPECT_EQ(read("c", H5T_STR_NULLTERM, "abc\0rest"sv), "abc");
  EXPECT_EQ(read("unended", H5T_STR_NULLTERM, "abc"sv), "abc");
  EXPECT_EQ(read("fortran", H5T_STR_SPACEPAD, " a c      "sv), " a c");
  EXPECT_EQ(read("inner", H5T_STR_NULLPAD, "a\0c\0"sv), "a\0c"sv);
  EXPECT_EQ(read("empty", H5T_STR_NULLPAD, "\0\0"sv), "");
  EXPECT_EQ(read("blank", H5T_STR_SPACEPAD, "  "sv), "");
}

TEST_F(FromFile, complex_and_half_numbers_of_any_byte_order_are_an_array) {
  using namespace std::string_view_literals;
  const hid_t complex = H5Tcreate(H5T_COMPOUND, 8);
  H5Tinsert(complex, "r", 0, H5T_IEEE_F32BE);
  H5Tinsert(complex, "i", 4, H5T_IEEE_F32BE);
  add(path(), "complex", complex, "\x3f\x80\0\0\x40\0\0\0\x40\x40\0\0\xbf\x80\0\0"sv);
  EXPECT_THAT((proxy_from_file<Array<std::complex<float>, 1>>(path(), "complex")->values()),
              ::testing::ElementsAre(std::complex(1.F, 2.F), std::complex(3.F, -1.F)));
  const hid_t wide = H5Tcreate(H5T_COMPOUND, 16);
  H5Tinsert(wide, "r", 0, H5T_IEEE_F64BE);
  H5Tinsert(wide, "i", 8, H5T_IEEE_F64BE);
  add(path(), "wide", wide, "\x3f\xf0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0"sv);
  EXPECT_EQ((proxy_from_file<Array<std::complex<double>, 0>>(path(), "wide").copy()()),
            std::complex(1.0, 2.0));

  const hid_t half = H5Tcopy(H5T_IEEE_F32BE);
  H5Tset_fields(half, 15, 10, 5, 0, 10);
  H5Tset_size(half, 2);
  H5Tset_ebias(half, 15);
  add(path(), "half", half, "\x3c\x00\x44\x01"sv);
  const auto halves = proxy_from_file<Array<Float16, 1>>(path(), "half").copy();
  EXPECT_EQ(halves(0).bits, 0x3c00);
  EXPECT_EQ(halves(1).bits, 0x4401);

  const hid_t boolean = H5Tenum_create(H5T_STD_I8BE);
  for (const std::int8_t value : {std::int8_t{0}, std::int8_t{1}}) {
    H5Tenum_insert(boolean, value == 0 ? "FALSE" : "TRUE", &value);
  }
  add(path(), "boolean", boolean, "\1\0\1"sv);
  EXPECT_THAT((proxy_from_file<Array<bool, 1>>(path(), "boolean")->values()),
              ::testing::ElementsAre(true, false, true));
  for (const hid_t type : {complex, wide, half, boolean}) H5Tclose(type);
}

TEST_F(FromFile, compounds_that_are_no_complex_numbers_are_named) {
  const hid_t point = H5Tcreate(H5T_COMPOUND, 8);
  H5Tinsert(point, "x", 0, H5T_IEEE_F32BE);
  H5Tinsert(point, "y", 4, H5T_IEEE_F32BE);
  add(path(), "point", point, std::string_view("12345678"));
  H5Tclose(point);
  EXPECT_THAT([&] { proxy_from_file<Ints>(path(), "point").resolve(); },
              ThrowsMessage<ProxyResolveError>(HasSubstr("not numbers")));
}

/// A copy of a file that a writer has open, which is one that a writer has left.
std::filesystem::path left_open(const std::filesystem::path& folder, bool swmr) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  const auto path = folder / "open.h5";
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  const hsize_t extent = 3;
  const hid_t space = H5Screate_simple(1, &extent, nullptr);
  const hid_t set =
      H5Dcreate2(file, "data", H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const int values[] = {1, 2, 3};
  H5Dwrite(set, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  EXPECT_GE(swmr ? H5Fstart_swmr_write(file) : 0, 0);
  H5Fflush(file, H5F_SCOPE_GLOBAL);
  std::filesystem::copy_file(path, folder / "left.h5");
  H5Dclose(set);
  H5Sclose(space);
  H5Fclose(file);
  H5Pclose(access);
  return folder / "left.h5";
}

TEST_F(FromFile, a_file_that_a_writer_has_open_is_named_with_the_remedy) {
  const auto file = left_open(folder_.path(), false);
  EXPECT_THAT([&] { (proxy_from_file<Array<int, 1>>(file, "data").resolve()); },
              ThrowsMessage<ProxyResolveError>(
                  ::testing::AllOf(HasSubstr("already open for write"), HasSubstr("h5clear -s"),
                                   ::testing::Not(HasSubstr("damaged")))));
}

TEST_F(FromFile, a_file_that_a_writer_has_open_for_readers_is_read) {
  const auto file = left_open(folder_.path(), true);
  EXPECT_THAT((proxy_from_file<Array<int, 1>>(file, "data")->values()),
              ::testing::ElementsAre(1, 2, 3));
}

TEST_F(FromFile, what_is_not_there_is_missing) {
  for (const char* dataset : {"other", "group/other", "other/numbers", "broken", "text/numbers"}) {
    EXPECT_THAT([&] { proxy_from_file<Ints>(path(), dataset).resolve(); },
                ThrowsMessage<ProxyResolveError>(::testing::AllOf(
                    HasSubstr("no such dataset"), ::testing::Not(HasSubstr("evicted")))))
        << dataset;
  }
  EXPECT_THAT([&] { proxy_from_file<Ints>(folder_.path() / "no.h5", "group/numbers").resolve(); },
              ThrowsMessage<ProxyResolveError>(HasSubstr("no.h5:group/numbers")));
}

TEST_F(FromFile, what_is_something_else_is_named) {
  const auto resolve = [this](const char* dataset) {
    return [this, dataset] { proxy_from_file<Ints>(path(), dataset).resolve(); };
  };
  EXPECT_THAT(resolve("group"), ThrowsMessage<ProxyResolveError>(HasSubstr("is no dataset")));
  EXPECT_THAT(resolve("text"), ThrowsMessage<ProxyResolveError>(HasSubstr("holds text")));
  EXPECT_THAT(resolve("elsewhere/data"),
              ThrowsMessage<ProxyResolveError>(HasSubstr("link to elsewhere")));
  EXPECT_THAT(resolve("by_detour"),
              ThrowsMessage<ProxyResolveError>(HasSubstr("link to elsewhere")));
  using Wide = Array<std::int64_t, 2>;
  EXPECT_THAT([&] { proxy_from_file<Wide>(path(), "latest").resolve(); },
              ThrowsMessage<ProxyResolveError>(HasSubstr("'<i4' and shape (2, 3)")));
  std::ofstream(folder_.path() / "text.h5") << "no HDF5";
  EXPECT_THAT([&] { proxy_from_file<Ints>(folder_.path() / "text.h5", "x").resolve(); },
              ThrowsMessage<ProxyResolveError>(HasSubstr("no HDF5 file")));
  EXPECT_THROW((void)proxy_from_file<Ints>("", "x"), ArgumentError);
  EXPECT_THROW((void)proxy_from_file<Ints>(path(), "/"), ArgumentError);
}

TEST_F(FromFile, is_read_anew_each_time) {
  const auto first = proxy_from_file<Ints>(path(), "latest");
  first.resolve();
  std::filesystem::remove(path());
  EXPECT_THROW(proxy_from_file<Ints>(path(), "latest").resolve(), ProxyResolveError);
  EXPECT_EQ((*first)(1, 2), 5);
}

TEST_F(FromFile, cannot_be_written_or_evicted) {
  const auto store = get_store(proxy_from_file<Ints>(path(), "latest"));
  EXPECT_THROW((void)store->put(std::string("x")), UnsupportedError);
  EXPECT_THROW((void)store->evict(Key::random()), UnsupportedError);
}

}  // namespace
}  // namespace proxystore::testing
