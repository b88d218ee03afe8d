// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// exists and evict, keys that name nothing, and keys made by an enemy.
#include <atomic>
#include <thread>
#include <vector>

#include "proxystore/error.hpp"
#include "suite.hpp"

namespace proxystore::testing {
namespace {

class ExistsEvict : public StoringConnectorTest {};
PROXYSTORE_FOR_ALL_CONNECTORS(ExistsEvict);

TEST_P(ExistsEvict, case3_and_4_and_5_an_object_exists_from_put_to_evict) {
  const Key key = put(pattern(100));
  EXPECT_TRUE(connector().exists(key));
  connector().evict(key);
  EXPECT_FALSE(connector().exists(key));
  EXPECT_FALSE(connector().get(key).has_value());
  EXPECT_FALSE(connector().get_range(key, 0, 1).has_value());
  std::vector<std::byte> target(100);
  EXPECT_FALSE(connector().get_into(key, target).has_value());
}

TEST_P(ExistsEvict, evict_leaves_other_objects) {
  const Bytes object = pattern(100);
  const Key kept = put(object);
  connector().evict(put(object));
  EXPECT_TRUE(connector().get(kept) == object);
}

TEST_P(ExistsEvict, case6_evicting_twice_is_no_error) {
  const Key key = put(pattern(1));
  connector().evict(key);
  EXPECT_NO_THROW(connector().evict(key));
}

TEST_P(ExistsEvict, evict_tells_whether_there_was_an_object) {
  const Key key = put(pattern(1));
  EXPECT_TRUE(connector().evict(key));
  EXPECT_FALSE(connector().evict(key));
}

TEST_P(ExistsEvict, of_all_who_evict_one_object_exactly_one_did) {
  constexpr int rounds = 50;
  std::vector<Key> keys;
  for (int i = 0; i < rounds; ++i) keys.push_back(put(pattern(100)));
  std::atomic<int> evicted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (const Key& key : keys) {
        if (connector().evict(key)) ++evicted;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(evicted, rounds);
}

TEST_P(ExistsEvict, bytes_outlive_the_object) {
  for (const std::size_t size : {100U, 4'096U, 1'000'000U}) {
    const Bytes object = pattern(size, 1);
    const Key key = put(object);
    const auto held = connector().get(key);
    const auto range = connector().get_range(key, 10, 50);
    ASSERT_TRUE(held && range);
    connector().evict(key);
    // If the memory were given back, the next objects would take it.
    for (unsigned i = 2; i < 10; ++i) (void)put(pattern(size, i));
    EXPECT_TRUE(*held == object);
    EXPECT_TRUE(*range == object.slice(10, 50));
  }
}

class UnknownKey : public ConnectorTest {
 protected:
  void expect_absent(const Key& key) {
    EXPECT_FALSE(connector().exists(key));
    EXPECT_FALSE(connector().get(key).has_value());
    EXPECT_FALSE(connector().get_range(key, SIZE_MAX, SIZE_MAX).has_value());
    std::vector<std::byte> target(16);
    EXPECT_FALSE(connector().get_into(key, target).has_value());
    EXPECT_NO_THROW(connector().evict(key));
  }
  /// A locator, or a child, that cannot be right may be refused by name.
  void expect_absent_or_refused(const Key& key) {
    try {
      expect_absent(key);
    } catch (const Error&) {
    }
  }
};
PROXYSTORE_FOR_ALL_CONNECTORS(UnknownKey);

TEST_P(UnknownKey, is_absent) {
  expect_absent(Key::random());
}

TEST_P(UnknownKey, nil_and_all_ones) {
  expect_absent(Key{});
  Key ones;
  ones.id.fill(std::byte{0xFF});
  ones.size = 0;
  expect_absent(ones);
}

TEST_P(UnknownKey, hostile_fields_are_not_believed) {
  const auto neighbour = put(pattern(64));
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1} << 62U, Key::unknown_size}) {
    for (const std::uint32_t flags : {0U, Key::versioned, Key::has_checksum, 0xFFFF'FFFFU}) {
      for (const std::byte fill : {std::byte{0}, std::byte{0x2F}, std::byte{0xFF}}) {
        Key key = Key::random();
        key.size = size;
        key.flags = flags;
        key.checksum = 0xDEAD'BEEF;
        key.locator.fill(fill);
        expect_absent_or_refused(key);
        // The locator of a real object under another id must not lead to that object.
        key.locator = neighbour.locator;
        expect_absent_or_refused(key);
      }
    }
  }
  EXPECT_EQ(connector().exists(neighbour), has(Capability::stores));
}

/// A key of a real object with a lie about its size: the whole object or a named error, and no
/// memory taken on the word of the key.
TEST_P(UnknownKey, lies_about_the_size_do_no_harm) {
  PROXYSTORE_NEEDS(stores);
  const Bytes object = pattern(1'000);
  const Key key = put(object);
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{999}, std::uint64_t{1'001},
                                   std::uint64_t{1} << 62U, Key::unknown_size - 1}) {
    Key lie = key;
    lie.size = size;
    try {
      EXPECT_TRUE(connector().get(lie) == object) << size;
    } catch (const IntegrityError&) {  // the other right answer
    }
    std::vector<std::byte> target(1'000);
    try {
      EXPECT_EQ(connector().get_into(lie, target), 1'000U) << size;
    } catch (const IntegrityError&) {
    }
  }
  EXPECT_TRUE(connector().get(key) == object);
}

}  // namespace
}  // namespace proxystore::testing
