// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Datasets that are larger than what was written of them.
#include <filesystem>
#include <numeric>
#include <vector>

#include <hdf5.h>

#include <gmock/gmock.h>

#include "conformance/temporary_folder.hpp"
#include "proxystore/array.hpp"
#include "proxystore/error.hpp"
#include "proxystore/proxy_from_file.hpp"

namespace proxystore::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using Doubles = Array<double, 1>;

class Unwritten : public ::testing::Test {
 protected:
  Unwritten()
      : file_(H5Fcreate(path().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)),
        properties_(H5Pcreate(H5P_DATASET_CREATE)) {}
  ~Unwritten() override { H5Pclose(properties_); }

  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "data.h5"; }

  void make_chunked(hsize_t chunk, unsigned deflate) const {
    H5Pset_chunk(properties_, 1, &chunk);
    if (deflate > 0) H5Pset_deflate(properties_, deflate);
  }

  /// Makes a dataset of @p extents of which the first @p values are written, and closes the file.
  void write(const std::vector<hsize_t>& extents, const std::vector<double>& values = {}) const {
    const hid_t space = H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr);
    const hid_t set =
        H5Dcreate2(file_, "data", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties_, H5P_DEFAULT);
    ASSERT_GE(set, 0);
    if (!values.empty()) {
      const hsize_t start = 0;
      const hsize_t count = values.size();
      H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, nullptr, &count, nullptr);
      const hid_t memory = H5Screate_simple(1, &count, nullptr);
      ASSERT_GE(H5Dwrite(set, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values.data()), 0);
      H5Sclose(memory);
    }
    H5Dclose(set);
    H5Sclose(space);
    H5Fclose(file_);
  }
  [[nodiscard]] Proxy<Doubles> proxy() const { return proxy_from_file<Doubles>(path(), "data"); }

  TemporaryFolder folder_;
  const hid_t file_;
  const hid_t properties_;
};

TEST_F(Unwritten, of_nothing_written_all_is_the_fill_value) {
  const double fill = 1.5;
  H5Pset_fill_value(properties_, H5T_NATIVE_DOUBLE, &fill);
  write({300'000});
  const auto data = proxy().copy();
  EXPECT_EQ(data.size(), 300'000U);
  EXPECT_THAT(data.values(), Each(1.5));
}

TEST_F(Unwritten, of_some_chunks_written_the_others_are_the_fill_value) {
  make_chunked(1000, 0);
  write({1'600'000}, std::vector<double>(1000, 2.5));
  const auto data = proxy().copy();
  EXPECT_EQ(data.size(), 1'600'000U);
  EXPECT_EQ(std::accumulate(data.values().begin(), data.values().end(), 0.0), 2500.0);
  EXPECT_EQ(data(999), 2.5);
}

TEST_F(Unwritten, of_one_compressed_step_of_a_year_the_others_are_the_fill_value) {
  make_chunked(10'000, 9);
  write({3'650'000}, std::vector<double>(10'000, 1.0));
  const auto data = proxy().copy();
  EXPECT_EQ(std::accumulate(data.values().begin(), data.values().end(), 0.0), 10'000.0);
  const auto box = proxy().box({9'998}, {4}).share();
  EXPECT_THAT(box->values(), ::testing::ElementsAre(1, 1, 0, 0));
}

/// Memory that nobody wrote would show what was there before.
TEST_F(Unwritten, without_a_fill_value_elements_are_0) {
  H5Pset_fill_value(properties_, H5T_NATIVE_DOUBLE, nullptr);
  H5Pset_fill_time(properties_, H5D_FILL_TIME_NEVER);
  make_chunked(1000, 0);
  write({100'000}, std::vector<double>(1000, 2.5));
  for (int i = 0; i < 10; ++i) {
    { const std::vector<double> freed(100'000, 7.5); }
    const auto data = proxy().copy();
    EXPECT_THAT(data.values().subspan(1000), Each(0.0));
    EXPECT_THAT(proxy().box({1000}, {90'000}).share()->values(), Each(0.0));
  }
}

TEST_F(Unwritten, what_no_memory_holds_is_refused) {
  write({hsize_t{1} << 40U});
  const auto expected = ThrowsMessage<ProxyResolveError>(HasSubstr("more than this process"));
  EXPECT_THAT([&] { proxy().resolve(); }, expected);
  EXPECT_THAT([&] { (void)proxy().box({0}, {std::uint64_t{1} << 39U}).share(); }, expected);
  EXPECT_THAT(proxy().box({std::uint64_t{1} << 38U}, {2}).share()->values(), Each(0.0));
}

TEST_F(Unwritten, a_size_of_more_than_64_bits_is_refused) {
  make_chunked(1, 0);
  H5Pset_chunk(properties_, 2, std::vector<hsize_t>{1, 1}.data());
  write({hsize_t{1} << 32U, hsize_t{1} << 32U});
  EXPECT_THAT([&] { (proxy_from_file<Array<double, 2>>(path(), "data").resolve()); },
              ThrowsMessage<ProxyResolveError>(HasSubstr("more than this process")));
}

}  // namespace
}  // namespace proxystore::testing
