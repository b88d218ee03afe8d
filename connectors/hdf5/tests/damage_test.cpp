// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Files that are no longer what was written, or never were.
#include <filesystem>
#include <fstream>

#include <hdf5.h>

#include <gmock/gmock.h>

#include "conformance/temporary_folder.hpp"
#include "proxystore/connectors/hdf5.hpp"
#include "proxystore/error.hpp"
#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"

// HDF5 takes memory on a damaged file's word, and gives up when it gets none, where a sanitizer
// would rather end the program; and when it gives up it loses some of its own.
extern "C" const char* __asan_default_options() {  // NOLINT(*-reserved-identifier)
  return "allocator_may_return_null=1";
}
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(*-reserved-identifier)
  return "leak:libhdf5\n";
}

namespace proxystore::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class Hdf5Damage : public ::testing::Test {
 protected:
  Hdf5Damage() { key_ = store_->put(numbers_); }

  [[nodiscard]] fs::path file() const { return folder_.path() / (key_.to_string() + ".h5"); }
  void get() const { (void)store_->get<std::vector<double>>(key_); }

  /// Replaces the file by one that @p write fills.
  template <class Write>
  void replace(const Write& write) {
    fs::remove(file());
    const hid_t made = H5Fcreate(file().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    ASSERT_GE(made, 0);
    write(made, key_.to_string());
    H5Fclose(made);
  }
  /// A dataset of 100 doubles.
  static void write_numbers(hid_t file, const std::string& name, hid_t properties = H5P_DEFAULT,
                            hid_t type = H5T_IEEE_F64LE, hsize_t count = 100) {
    const hid_t space = H5Screate_simple(1, &count, nullptr);
    const hid_t set =
        H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    ASSERT_GE(set, 0);
    H5Dclose(set);
    H5Sclose(space);
  }

  TemporaryFolder folder_;
  const std::vector<double> numbers_ = std::vector<double>(100, 2.5);
  std::shared_ptr<Store> store_ = Store::create("h", Hdf5Options{.store_dir = folder_.path()});
  Key key_{};
};

TEST_F(Hdf5Damage, of_any_byte_is_an_error_or_does_not_matter) {
  std::ifstream in(file(), std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  const auto connector = &store_->connector();
  const auto good = connector->get(key_);
  std::size_t refused = 0;
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    fs::remove(file());
    std::ofstream(file(), std::ios::binary) << changed;
    try {
      const auto found = connector->get(key_);
      EXPECT_TRUE(found && *found == *good) << at;
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 100U);
}

TEST_F(Hdf5Damage, by_truncation_is_an_error) {
  const auto size = fs::file_size(file());
  for (std::uintmax_t left = 0; left < size; left += 97) {
    fs::resize_file(file(), size - left - 1);
    EXPECT_THROW(get(), Error) << left;
  }
}

TEST_F(Hdf5Damage, to_no_hdf5_file_at_all_is_named) {
  std::ofstream(file(), std::ios::trunc) << "not HDF5";
  EXPECT_THAT([&] { get(); }, ThrowsMessage<IntegrityError>(HasSubstr("no HDF5 file")));
}

TEST_F(Hdf5Damage, other_datasets_are_named) {
  replace([](hid_t made, const std::string&) { write_numbers(made, "other"); });
  EXPECT_THAT([&] { get(); }, ThrowsMessage<IntegrityError>(HasSubstr("dataset of its name")));
  replace([](hid_t made, const std::string& name) { write_numbers(made, name); });
  EXPECT_THROW(get(), IntegrityError);  // the checksum
  replace([](hid_t made, const std::string& name) {
    write_numbers(made, name, H5P_DEFAULT, H5T_IEEE_F64BE);
  });
  EXPECT_THROW(get(), IntegrityError);
  replace([](hid_t made, const std::string& name) {
    write_numbers(made, name, H5P_DEFAULT, H5T_IEEE_F64LE, 99);
  });
  EXPECT_THAT([&] { get(); }, ThrowsMessage<IntegrityError>(HasSubstr("were stored")));
  replace([](hid_t made, const std::string& name) {
    write_numbers(made, name, H5P_DEFAULT, H5T_STD_REF_OBJ);
  });
  EXPECT_THAT([&] { get(); }, ThrowsMessage<ConnectorError>(HasSubstr("not numbers")));
}

TEST_F(Hdf5Damage, links_to_elsewhere_are_not_followed) {
  replace([](hid_t made, const std::string& name) {
    H5Lcreate_external("/etc/passwd", "x", made, name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
  });
  EXPECT_THAT([&] { get(); }, ThrowsMessage<ConnectorError>(HasSubstr("link to elsewhere")));
  replace([](hid_t made, const std::string& name) {
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(properties, "/etc/passwd", 0, 800);
    write_numbers(made, name, properties);
    H5Pclose(properties);
  });
  EXPECT_THAT([&] { get(); }, ThrowsMessage<ConnectorError>(HasSubstr("in other files")));
  fs::rename(file(), folder_.path() / "elsewhere.h5");
  fs::create_symlink("elsewhere.h5", file());
  EXPECT_THAT([&] { get(); }, ThrowsMessage<ConnectorError>(HasSubstr("is a link")));
}

TEST_F(Hdf5Damage, a_filter_that_is_missing_is_named) {
  replace([](hid_t made, const std::string& name) {
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk = 10;
    H5Pset_chunk(properties, 1, &chunk);
    H5Pset_filter(properties, 32015, H5Z_FLAG_OPTIONAL, 0, nullptr);  // registered for Zstandard
    write_numbers(made, name, properties);
    H5Pclose(properties);
  });
  EXPECT_THAT([&] { get(); }, ThrowsMessage<ConnectorError>(HasSubstr("filter 32015")));
}

TEST_F(Hdf5Damage, a_newer_format_is_named) {
  replace([](hid_t made, const std::string& name) {
    write_numbers(made, name);
    const hid_t scalar = H5Screate(H5S_SCALAR);
    const hid_t attribute =
        H5Acreate2(made, "proxystore_format", H5T_STD_I32LE, scalar, H5P_DEFAULT, H5P_DEFAULT);
    const int version = 2;
    H5Awrite(attribute, H5T_NATIVE_INT, &version);
    H5Aclose(attribute);
    H5Sclose(scalar);
  });
  EXPECT_THAT([&] { get(); }, ThrowsMessage<ConnectorError>(HasSubstr("has format 2")));
}

TEST_F(Hdf5Damage, a_size_beyond_all_memory_takes_none) {
  Key key = key_;
  key.flags = 0;
  key.size = Key::unknown_size;
  key_ = key;
  replace([](hid_t made, const std::string& name) {
    write_numbers(made, name, H5P_DEFAULT, H5T_IEEE_F64LE, hsize_t{1} << 50U);
  });
  EXPECT_THAT([&] { get(); }, ThrowsMessage<CapacityError>(HasSubstr("more than this process")));
}

}  // namespace
}  // namespace proxystore::testing
