// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// new_key, set and wait.
#include <atomic>
#include <future>
#include <thread>

#include "child_process.hpp"
#include "proxystore/error.hpp"
#include "suite.hpp"

namespace proxystore::testing {
namespace {

using std::chrono::milliseconds;

class Deferred : public StoringConnectorTest {
 protected:
  void SetUp() override {
    StoringConnectorTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    PROXYSTORE_NEEDS(deferrable);
  }
};
PROXYSTORE_FOR_ALL_CONNECTORS(Deferred);

TEST_P(Deferred, case10_a_new_key_has_no_object_yet) {
  const Key key = connector().new_key();
  EXPECT_TRUE(key.is_versioned());
  EXPECT_FALSE(connector().exists(key));
  EXPECT_FALSE(connector().get(key).has_value());
  EXPECT_NE(key, connector().new_key());
}

TEST_P(Deferred, set_publishes_under_the_same_key) {
  for (const std::size_t size : {0U, 1U, 100U, 200'000U}) {
    const Key key = connector().new_key();
    const Bytes object = pattern(size);
    set(key, object);
    EXPECT_TRUE(connector().exists(key));
    EXPECT_TRUE(connector().get(key) == object);
    std::vector<std::byte> target(size);
    EXPECT_EQ(connector().get_into(key, target), size);
    EXPECT_TRUE(Bytes::own(std::move(target)) == object);
    EXPECT_TRUE(connector().get_range(key, size / 2, 10) == object.slice(size / 2, 10));
  }
}

TEST_P(Deferred, set_joins_its_parts) {
  const Key key = connector().new_key();
  const Bytes object = pattern(100);
  const std::vector<ByteSpan> parts = {object.span().first(3), {}, object.span().subspan(3)};
  connector().set(key, parts, {});
  EXPECT_TRUE(connector().get(key) == object);
}

TEST_P(Deferred, case11_a_second_set_replaces_and_old_bytes_stay) {
  for (const std::size_t size : {100U, 200'000U}) {
    const Key key = connector().new_key();
    set(key, pattern(size, 1));
    const auto old = connector().get(key);
    set(key, pattern(size / 2, 2));
    EXPECT_TRUE(connector().get(key) == pattern(size / 2, 2));
    ASSERT_TRUE(old.has_value());
    EXPECT_TRUE(*old == pattern(size, 1));
  }
}

TEST_P(Deferred, only_the_first_set_is_taken_where_only_that_is_wanted) {
  const Key key = connector().new_key();
  const Bytes first = pattern(100);
  const PutOptions only_first{.only_first = true};
  const auto set_first = [&](const Bytes& object) {
    const ByteSpan part = object.span();
    connector().set(key, {&part, 1}, only_first);
  };
  set_first(first);
  EXPECT_THROW(set_first(pattern(7)), AlreadySetError);
  EXPECT_TRUE(connector().get(key) == first);
  set(key, pattern(50));
  EXPECT_THROW(set_first(pattern(7)), AlreadySetError);
  EXPECT_EQ(connector().get(key)->size(), 50U);
}

TEST_P(Deferred, of_many_first_sets_at_once_one_is_taken) {
  for (int round = 0; round < 10; ++round) {
    const Key key = connector().new_key();
    std::atomic<int> taken{0};
    std::atomic<std::size_t> size{0};
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i <= 4; ++i) {
      threads.emplace_back([&, i] {
        const Bytes object = pattern(1000 * i);
        const ByteSpan part = object.span();
        try {
          connector().set(key, {&part, 1}, {.only_first = true});
          ++taken;
          size = object.size();
        } catch (const AlreadySetError&) {
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(taken, 1);
    EXPECT_EQ(connector().get(key)->size(), size);
  }
}

TEST_P(Deferred, evicting_an_object_that_was_set) {
  const Key key = connector().new_key();
  set(key, pattern(100));
  EXPECT_TRUE(connector().evict(key));
  EXPECT_FALSE(connector().evict(key));
}

TEST_P(Deferred, evict_ends_all_versions) {
  const Key key = connector().new_key();
  set(key, pattern(10, 1));
  set(key, pattern(10, 2));
  connector().evict(key);
  EXPECT_FALSE(connector().exists(key));
  EXPECT_FALSE(connector().get(key).has_value());
}

/// Versions of one byte value each, and of different sizes: a mixture would show.
TEST_P(Deferred, a_reader_sees_one_version_whole) {
  const Key key = connector().new_key();
  const auto version = [](unsigned n) {
    return Bytes::own(std::vector<std::byte>(1'000 + 30'000 * (n % 4), static_cast<std::byte>(n)));
  };
  set(key, version(0));
  std::atomic<bool> is_over{false};
  auto setting = std::async(std::launch::async, [&] {
    for (unsigned n = 1; n <= 200; ++n) set(key, version(n));
    is_over = true;
  });
  unsigned last = 0;
  while (!is_over) {
    const auto found = connector().get(key);
    ASSERT_TRUE(found && !found->empty());
    const auto seen = static_cast<unsigned>(found->data()[0]);
    ASSERT_TRUE(*found == version(seen)) << "a mixture, from " << seen;
    ASSERT_GE(seen, last) << "an older version came back";
    last = seen;
  }
  setting.get();
  EXPECT_TRUE(connector().get(key) == version(200));
}

TEST_P(Deferred, two_setters_at_once_leave_one_version) {
  const Key key = connector().new_key();
  const auto set_many = [&](unsigned seed) {
    for (unsigned i = 0; i < 50; ++i) set(key, pattern(2'000 + seed, seed));
  };
  auto other = std::async(std::launch::async, set_many, 1);
  set_many(2);
  other.get();
  const auto found = connector().get(key);
  EXPECT_TRUE(found == pattern(2'001, 1) || found == pattern(2'002, 2));
}

class Wait : public Deferred {};
PROXYSTORE_FOR_ALL_CONNECTORS(Wait);

TEST_P(Wait, returns_at_once_for_what_exists) {
  EXPECT_TRUE(connector().wait(put(pattern(1)), milliseconds(0)));
  const Key key = connector().new_key();
  set(key, pattern(1));
  EXPECT_TRUE(connector().wait(key, patience));
}

TEST_P(Wait, is_false_when_the_time_is_over) {
  EXPECT_FALSE(connector().wait(connector().new_key(), milliseconds(0)));
  EXPECT_FALSE(connector().wait(connector().new_key(), milliseconds(30)));
  EXPECT_FALSE(connector().wait(Key::random(), milliseconds(30)));
}

TEST_P(Wait, ends_when_another_thread_sets) {
  const Key key = connector().new_key();
  auto waiting = std::async(std::launch::async, [&] { return connector().wait(key, patience); });
  std::this_thread::sleep_for(milliseconds(20));  // most likely it waits by now
  set(key, pattern(10));
  EXPECT_TRUE(waiting.get());
  EXPECT_TRUE(connector().get(key) == pattern(10));
}

TEST_P(Wait, ends_for_all_who_wait) {
  std::vector<Key> keys;
  for (int i = 0; i < 4; ++i) keys.push_back(connector().new_key());
  std::vector<std::future<bool>> waiting;
  for (int i = 0; i < 8; ++i) {
    waiting.push_back(std::async(std::launch::async, [&, i] {
      return connector().wait(keys[static_cast<std::size_t>(i) % keys.size()], patience);
    }));
  }
  for (const auto& key : keys) set(key, pattern(1));
  for (auto& one : waiting) EXPECT_TRUE(one.get());
}

TEST_P(Wait, sleeps_through_the_set_of_another_key) {
  const Key key = connector().new_key();
  auto waiting =
      std::async(std::launch::async, [&] { return connector().wait(key, milliseconds(50)); });
  set(connector().new_key(), pattern(1));
  EXPECT_FALSE(waiting.get());
}

TEST_P(Wait, ends_when_the_connector_is_closed) {
  const Key key = connector().new_key();
  auto waiting = std::async(std::launch::async, [&] { return connector().wait(key, patience); });
  std::this_thread::sleep_for(milliseconds(20));
  connector().close();
  EXPECT_THROW(waiting.get(), StoreClosedError);
}

TEST_P(Wait, takes_the_longest_time_out) {
  const Key key = connector().new_key();
  auto waiting =
      std::async(std::launch::async, [&] { return connector().wait(key, milliseconds::max()); });
  std::this_thread::sleep_for(milliseconds(20));
  set(key, pattern(1));
  EXPECT_TRUE(waiting.get());
}

}  // namespace
}  // namespace proxystore::testing
