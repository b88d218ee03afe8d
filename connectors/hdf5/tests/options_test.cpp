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
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Hdf5Store, makes_its_folder_and_clears_it) {
  const TemporaryFolder folder;
  const auto made = folder.path() / "a" / "b";
  {
    const auto store = Store::create("h", Hdf5Options{.store_dir = made});
    (void)store->put(std::string("x"));
    EXPECT_FALSE(std::filesystem::is_empty(made));
  }
  EXPECT_FALSE(std::filesystem::exists(made));
  std::filesystem::create_directories(made);
  std::ofstream(made / "other.h5") << "somebody else's";
  {
    const auto store = Store::create("h", Hdf5Options{.store_dir = made});
    (void)store->put_batch(std::vector<std::string>{"x", "y"});
    const auto other = Store::create("o", Hdf5Options{.store_dir = made, .clear = false});
    (void)other->put(std::string("stays"));
  }
  std::size_t left = 0;
  for (const auto& entry : std::filesystem::directory_iterator(made))
    left += entry.exists() ? 1U : 0U;
  EXPECT_EQ(left, 2U);
}

}  // namespace
}  // namespace proxystore::testing
