// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// What is in the files.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>

#include <hdf5.h>
#include <sys/stat.h>

#include <gmock/gmock.h>

#include "conformance/temporary_folder.hpp"
#include "proxystore/array.hpp"
#include "proxystore/connectors/hdf5.hpp"
#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"

namespace proxystore::testing {

/// With padding behind `id` and at the end.
struct Particle {
  std::int32_t id;
  double place[3];
  bool is_alive;
  friend bool operator==(const Particle& a, const Particle& b) {
    return a.id == b.id && std::ranges::equal(a.place, b.place) && a.is_alive == b.is_alive;
  }
};
struct Sealed {
  std::uint64_t word;
  friend bool operator==(const Sealed&, const Sealed&) = default;
};

}  // namespace proxystore::testing

PROXYSTORE_TRIVIAL_TYPE(proxystore::testing::Particle, "particle/1", id, place, is_alive);
PROXYSTORE_TRIVIAL_TYPE(proxystore::testing::Sealed, "sealed/1");

namespace proxystore::testing {
namespace {

namespace fs = std::filesystem;

class Hdf5Files : public ::testing::Test {
 protected:
  [[nodiscard]] std::shared_ptr<Store> open(Hdf5Options options = {}) const {
    options.store_dir = folder_.path();
    options.clear = false;
    return Store::create("h", options);
  }
  [[nodiscard]] std::vector<fs::path> files() const {
    std::vector<fs::path> all;
    for (const auto& entry : fs::directory_iterator(folder_.path())) all.push_back(entry.path());
    return all;
  }
  /// The dataset of an object, open until the end of the test.
  [[nodiscard]] hid_t dataset(const Key& key) {
    const std::string name = key.to_string();
    const hid_t file =
        H5Fopen((folder_.path() / (name + ".h5")).c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    open_.push_back(file);
    return H5Dopen2(file, name.c_str(), H5P_DEFAULT);
  }
  ~Hdf5Files() override {
    for (const hid_t file : open_) {
      // With what is open in it.
      hid_t inside[8];
      const auto count = H5Fget_obj_ids(file, H5F_OBJ_DATASET, 8, inside);
      for (ssize_t i = 0; i < count; ++i) H5Dclose(inside[i]);
      H5Fclose(file);
    }
  }

  TemporaryFolder folder_;
  std::vector<hid_t> open_;
};

TEST_F(Hdf5Files, are_gone_when_a_proxy_that_evicts_was_used) {
  const auto store = open();
  for (const std::size_t count : {100U, 200'000U}) {  // 800 bytes, and 1.6 MB
    const auto proxy = store->proxy(std::vector<double>(count, 1.5), {.evict = true});
    EXPECT_EQ(files().size(), 1U);
    EXPECT_EQ(proxy->size(), count);
    EXPECT_TRUE(files().empty());
  }
}

TEST_F(Hdf5Files, of_a_batch_are_one_with_many_names) {
  const auto store = open();
  const auto keys = store->put_batch(std::vector<std::string>{"a", "b", "c"});
  std::set<ino_t> inodes;
  for (const auto& path : files()) {
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    inodes.insert(info.st_ino);
    EXPECT_EQ(info.st_nlink, 3U);
  }
  EXPECT_EQ(files().size(), 3U);
  EXPECT_EQ(inodes.size(), 1U);
  EXPECT_TRUE(store->evict(keys[0]));
  EXPECT_FALSE(store->evict(keys[0]));
  EXPECT_EQ(*store->get<std::string>(keys[1]), "b");
  store->evict_batch(keys);
  EXPECT_TRUE(files().empty());
}

TEST_F(Hdf5Files, have_arrays_with_type_and_extents) {
  const auto store = open();
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  const Key key = store->put(Array<float, 2>::copy_of(values, {2, 3}));
  const hid_t set = dataset(key);
  ASSERT_GE(set, 0);
  const hid_t type = H5Dget_type(set);
  EXPECT_GT(H5Tequal(type, H5T_IEEE_F32LE), 0);
  H5Tclose(type);
  const hid_t space = H5Dget_space(set);
  hsize_t extents[2]{};
  EXPECT_EQ(H5Sget_simple_extent_dims(space, extents, nullptr), 2);
  EXPECT_EQ(extents[1], 3U);
  H5Sclose(space);
  std::vector<float> read(6);
  EXPECT_GE(H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, read.data()), 0);
  EXPECT_EQ(read, values);
}

TEST_F(Hdf5Files, have_structs_as_compounds) {
  const std::vector<Particle> particles{{1, {1.5, 2.5, 3.5}, true}, {2, {4.5, 5.5, 6.5}, false}};
  for (const int deflate : {0, 6}) {
    const auto store = open({.checksum = true, .deflate = deflate});
    const Key key = store->put(particles);
    EXPECT_EQ(*store->get<std::vector<Particle>>(key), particles);
    const auto box = store->proxy_from_key<Array<Particle, 1>>(key).box({1}, {1});
    EXPECT_EQ((*box)(0), particles[1]);
    const Key sealed = store->put(std::vector<Sealed>{{7}, {8}});
    EXPECT_EQ((*store->get<std::vector<Sealed>>(sealed)), (std::vector<Sealed>{{7}, {8}}));

    const hid_t set = dataset(key);
    const hid_t type = H5Dget_type(set);
    EXPECT_EQ(H5Tget_class(type), H5T_COMPOUND);
    EXPECT_EQ(H5Tget_nmembers(type), 3);
    EXPECT_EQ(H5Tget_member_offset(type, 1), offsetof(Particle, place));
    EXPECT_EQ(H5Tget_member_class(type, 1), H5T_ARRAY);
    H5Tclose(type);
    // As another program reads one field of it.
    const hid_t ids = H5Tcreate(H5T_COMPOUND, sizeof(std::int64_t));
    H5Tinsert(ids, "id", 0, H5T_NATIVE_INT64);
    std::int64_t read[2]{};
    EXPECT_GE(H5Dread(set, ids, H5S_ALL, H5S_ALL, H5P_DEFAULT, read), 0);
    H5Tclose(ids);
    EXPECT_EQ(read[0], 1);
    EXPECT_EQ(read[1], 2);
    store->close();
  }
}

TEST_F(Hdf5Files, align_large_data) {
  const auto store = open({.alignment = 1U << 16U});
  const Key key = store->put(std::vector<double>(100'000, 1.5));
  EXPECT_EQ(H5Dget_offset(dataset(key)) % (1U << 16U), 0U);
}

TEST_F(Hdf5Files, are_smaller_with_compression) {
  const Array<double, 2> zeros =
      Array<double, 2>::copy_of(std::vector<double>(1'000'000), {1000, 1000});
  const auto store = open({.deflate = 6, .chunk_size = 100'000});
  const Key key = store->put(zeros);
  EXPECT_LT(fs::file_size(files().front()), 200'000U);
  EXPECT_EQ((*store->get<Array<double, 2>>(key)), zeros);
}

TEST_F(Hdf5Files, keep_every_kind_of_object) {
  const auto store = open();
  const std::string with_zero("a\0b", 3);
  const std::map<std::string, int> own{{"x", 1}};
  const Bytes bytes = Bytes::copy_of("bytes");
  const std::vector<bool> flags{true, false};
  using Scalar = Array<std::complex<double>, 0>;
  using Cube = Array<int, 3>;
  const auto scalar = Scalar::copy_of(std::vector<std::complex<double>>{{1, 2}}, {});
  const auto empty = Cube::copy_of({}, {4, 0, 2}, Order::fortran);
  EXPECT_EQ(*store->get<std::string>(store->put(std::string())), "");
  EXPECT_EQ(*store->get<std::string>(store->put(with_zero)), with_zero);
  EXPECT_EQ(*store->get<std::string>(store->put(std::string("\xff"))), "\xff");
  EXPECT_EQ((*store->get<std::map<std::string, int>>(store->put(own))), own);
  EXPECT_EQ(*store->get<Bytes>(store->put(bytes)), bytes);
  EXPECT_EQ(*store->get<Bytes>(store->put(Bytes())), Bytes());
  EXPECT_EQ(*store->get<std::vector<bool>>(store->put(flags)), flags);
  EXPECT_EQ(*store->get<Scalar>(store->put(scalar)), scalar);
  EXPECT_EQ(*store->get<Cube>(store->put(empty)), empty);
}

}  // namespace
}  // namespace proxystore::testing
