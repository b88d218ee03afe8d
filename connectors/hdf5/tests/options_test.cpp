// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include <fstream>

#include <gmock/gmock.h>

#include "conformance/temporary_folder.hpp"
#include "proxystore/connectors/hdf5.hpp"
#include "proxystore/error.hpp"
#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"

namespace proxystore::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Files in @p folder, without what creators of a store leave there while it is open.
std::size_t files_in(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    count += entry.path().filename().string() == ".proxystore" ? 0U : 1U;
  }
  return count;
}

TEST(Hdf5Options, come_back_from_the_configuration_but_for_clearing) {
  const TemporaryFolder folder;
  const Hdf5Options options{.store_dir = folder.path(),
                            .clear = false,
                            .fsync = true,
                            .checksum = false,
                            .deflate = 4,
                            .fletcher32 = true,
                            .chunk_size = 4096,
                            .alignment = 1 << 20,
                            .visibility_timeout = std::chrono::milliseconds(5)};
  const ConnectorConfig config = options;
  EXPECT_EQ(Store::create("h", options)->connector().config(), config);
}

TEST(Hdf5Options, that_cannot_be_are_named) {
  const auto open = [](ConfigTable options) {
    return [options] { (void)Store::create("h", ConnectorConfig{"hdf5", options}); };
  };
  EXPECT_THAT(open({}), ThrowsMessage<ConfigError>(HasSubstr("store_dir")));
  EXPECT_THAT(open({{"store_dir", "/tmp/x"}, {"deflate", 10}}),
              ThrowsMessage<ConfigError>(HasSubstr("deflate")));
  EXPECT_THAT(open({{"store_dir", "/tmp/x"}, {"gzip", 1}}),
              ThrowsMessage<ConfigError>(HasSubstr("fletcher32")));
}

TEST(Hdf5Options, of_attributes_that_are_ours_are_refused) {
  const TemporaryFolder folder;
  const auto store = Store::create("h", Hdf5Options{.store_dir = folder.path()});
  for (const char* name : {"proxystore_kind", "units", ""}) {
    PutOptions options;
    options.info.attributes[name] = "value";
    EXPECT_THROW((void)store->put(std::string("x"), {.options = options}), ArgumentError) << name;
  }
  EXPECT_EQ(files_in(folder.path()), 0U);
}

TEST(Hdf5Store, makes_its_folder_and_clears_it) {
  const TemporaryFolder folder;
  const auto made = folder.path() / "a" / "b";
  const auto store = Store::create("h", Hdf5Options{.store_dir = made});
  const Key key = store->put(std::string("x"));
  const auto second = Store::create("i", Hdf5Options{.store_dir = made});
  (void)second->put(std::string("y"));
  second->close({.clear = true});
  EXPECT_TRUE(store->exists(key)) << "there is another creator";
  store->close({.clear = true});
  EXPECT_FALSE(std::filesystem::exists(made));
}

TEST(Hdf5Store, clears_what_it_put_in_a_folder_that_existed) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "other.h5") << "somebody else's";
  const auto store = Store::create("h", Hdf5Options{.store_dir = folder.path()});
  (void)store->put_batch(std::vector<std::string>{"x", "y"});
  const auto other = Store::create("o", Hdf5Options{.store_dir = folder.path(), .clear = false});
  const Key stays = other->put(std::string("stays"));
  store->close({.clear = true});
  EXPECT_EQ(files_in(folder.path()), 2U);
  std::filesystem::remove(folder.path() / "other.h5");
  other->evict(stays);
  const auto last = Store::create("l", Hdf5Options{.store_dir = folder.path()});
  (void)last->put(std::string("z"));
  last->close({.clear = true});
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "the folder stays, though it is empty";
}

TEST(Hdf5Store, a_close_that_threw_can_be_repeated) {
  const TemporaryFolder folder;
  const auto store = Store::create("h", Hdf5Options{.store_dir = folder.path()});
  const auto keys = store->put_batch(std::vector<std::string>{"x", "y", "z"});
  const auto obstacle = folder.path() / (keys[1].to_string() + ".h5");
  std::filesystem::remove(obstacle);
  std::filesystem::create_directory(obstacle);
  EXPECT_THROW(store->close({.clear = true}), ConnectorError);
  std::filesystem::remove(obstacle);
  EXPECT_NO_THROW(store->close({.clear = true}));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace proxystore::testing
