// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// A full disk: a small file system in memory.
#include <filesystem>
#include <functional>

#include <gmock/gmock.h>

#include "conformance/tmpfs.hpp"
#include "proxystore/connectors/hdf5.hpp"
#include "proxystore/error.hpp"
#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"

namespace proxystore::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Puts, batches and sets that find no room, for some more bytes each time, leave nothing.
TEST(Hdf5FullDisk, leaves_nothing_of_what_did_not_fit) {
  if (!Tmpfs::obstacle().empty()) GTEST_SKIP() << Tmpfs::obstacle();
  const Tmpfs disk("1m");
  const auto store =
      Store::create("h", Hdf5Options{.store_dir = disk.path(), .clear = false, .fsync = true});
  const std::vector<double> kept(1000, 1.5);
  const Key key = store->put(kept);
  const Key deferred = store->connector().new_key();
  store->set(deferred, kept);
  const auto count = [&] {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(disk.path())) {
      files += entry.is_regular_file() ? 1U : 0U;
    }
    return files;
  };
  EXPECT_THAT([&] { (void)store->put(std::vector<double>(500'000)); },
              ThrowsMessage<CapacityError>(HasSubstr("No space left")));
  int refused = 0;
  for (std::size_t size = 100'000; size < 140'000; size += 1'000) {
    const std::vector<double> large(size);
    for (const auto& put : std::vector<std::function<std::vector<Key>()>>{
             [&] { return std::vector{store->put(large)}; },
             [&] {
               return store->put_batch(std::vector{kept, large});
             }}) {
      try {
        store->evict_batch(put());
      } catch (const CapacityError&) {
        ++refused;
      }
      ASSERT_EQ(count(), 2U) << size;
    }
    try {
      store->set(deferred, large);
      store->set(deferred, kept);
    } catch (const CapacityError&) {
      ++refused;
    }
    EXPECT_EQ(*store->get<std::vector<double>>(deferred), kept);
  }
  EXPECT_GT(refused, 10);
  EXPECT_EQ(*store->get<std::vector<double>>(key), kept);
}

}  // namespace
}  // namespace proxystore::testing
