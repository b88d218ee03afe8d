// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Connections that are cut in the middle of a value, or between a command and its answer.
#include <thread>

#include "relay.hpp"
#include "support.hpp"

namespace proxystore::testing {
namespace {

using namespace std::chrono_literals;

class RedisCuts : public ::testing::Test {
 protected:
  RedisServer server_;
  Relay relay_{server_.port()};
};

TEST_F(RedisCuts, large_value_is_fetched_again) {
  for (const std::size_t part_size : {64'000'000UL, 1'000'000UL}) {
    auto options = relay_.options();
    options.part_size = part_size;
    const auto store = open_store(options);
    const std::string text = std::string(5'000'000, 'x') + std::string(5'000'000, 'y');
    const Key key = put(*store, text);
    for (const std::size_t after : {0UL, 5UL, 100'000UL, 600'000UL, 900'000UL}) {
      const int before = relay_.cuts();
      relay_.cut_after(never, after);
      EXPECT_EQ(get(*store, key), text) << after;
      EXPECT_EQ(relay_.cuts(), before + 1);
    }
  }
}

TEST_F(RedisCuts, large_value_is_put_again_and_its_parts_are_not_doubled) {
  for (const std::size_t part_size : {64'000'000UL, 1'000'000UL}) {
    auto options = relay_.options();
    options.part_size = part_size;
    const auto store = open_store(options);
    const std::string text(5'500'000, 'x');
    const std::string first = part_size > text.size() ? ":1\r\n" : ":7\r\n";
    for (const std::size_t after : {0UL, 10UL, 200'000UL, 900'000UL}) {
      const int before = relay_.cuts();
      relay_.cut_after(after, never);
      const Key key = put(*store, text);
      EXPECT_EQ(relay_.cuts(), before + 1);
      EXPECT_EQ(get(*store, key), text);
      EXPECT_EQ(server_.ask("DBSIZE"), first);
      EXPECT_TRUE(store->evict(key));
    }
    EXPECT_EQ(server_.ask("DBSIZE"), ":0\r\n");
  }
}

TEST_F(RedisCuts, answers_that_are_lost_change_nothing) {
  auto options = relay_.options();
  options.part_size = 1000;
  const auto store = open_store(options);
  (void)store->exists(Key::random());  // so that there is a connection

  relay_.cut_after(never, 0);
  const Key key = put(*store, "object");
  EXPECT_EQ(get(*store, key), "object");

  // Each answer of a put in parts, and of setting a deferred object for the first time, is lost in
  // its turn.
  const std::string text(3500, 'x');
  for (std::size_t after = 0; after < 100; after += 4) {
    relay_.cut_after(never, after);
    const Key in_parts = put(*store, text);
    EXPECT_EQ(get(*store, in_parts), text) << after;
    EXPECT_TRUE(store->evict(in_parts));
  }
  for (std::size_t after = 0; after < 60; after += 4) {
    const Key deferred = store->new_key();
    relay_.cut_after(never, after);
    set(*store, deferred, text, {.only_first = true});
    relay_.cut_after(never, never);
    EXPECT_EQ(get(*store, deferred), text) << after;
    EXPECT_THROW(set(*store, deferred, "other", {.only_first = true}), AlreadySetError);
    EXPECT_TRUE(store->evict(deferred));
  }
  EXPECT_EQ(server_.ask("DBSIZE"), ":1\r\n") << "no part is left";
  EXPECT_GT(relay_.cuts(), 20);
}

/// A producer that is killed when it has sent so much of a set().
void kill_in_set(Relay& relay, const RedisOptions& options, const Key& key, std::size_t sent) {
  const int before = relay.held();
  relay.hold_after(sent);
  ChildProcess producer([&] {
    set(*open_store(options), key, std::string(3500, 'k'), {.only_first = true});
    while (true) ::pause();
  });
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (relay.held() == before && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(relay.held(), before + 1) << "it has sent less than " << sent;
}

TEST_F(RedisCuts, producer_that_dies_leaves_the_result_to_another) {
  for (const std::size_t part_size : {64'000'000UL, 1'000UL}) {
    auto options = relay_.options();
    options.part_size = part_size;
    const auto store = open_store(server_.options());
    for (std::size_t sent = 0; sent < 4400; sent += sent < 400 || sent > 3500 ? 50 : 800) {
      const Key key = store->new_key();
      kill_in_set(relay_, options, key, sent);
      const bool was_set = store->exists(key);
      if (was_set) {
        EXPECT_THROW(set(*store, key, "second", {.only_first = true}), AlreadySetError);
      } else {
        EXPECT_NO_THROW(set(*store, key, "second", {.only_first = true})) << sent;
      }
      EXPECT_EQ(get(*store, key), was_set ? std::string(3500, 'k') : "second") << sent;
      EXPECT_TRUE(store->evict(key));
    }
  }
}

TEST_F(RedisCuts, evict_tells_that_it_does_not_know) {
  const auto store = open_store(relay_.options());
  const Key key = put(*store, "object");
  relay_.cut_after(never, 0);
  EXPECT_THAT([&] { (void)store->evict(key); },
              ThrowsMessage<ConnectorError>(HasSubstr("is lost")));
  EXPECT_FALSE(store->evict(key)) << "it was done";
}

}  // namespace
}  // namespace proxystore::testing
