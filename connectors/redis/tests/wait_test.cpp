// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Waiting for objects: of whom parts are lost, and many at once.
#include <future>
#include <thread>
#include <vector>

#include <unistd.h>

#include "proxystore/future.hpp"
#include "proxystore/store.hpp"
#include "support.hpp"

namespace proxystore::testing {
namespace {

using namespace std::chrono_literals;

class RedisWaits : public ::testing::Test {
 protected:
  /// Removes one part of an object.
  void lose_part(const std::string& name) const {
    const std::string manifest = server_.ask("GET " + name);
    const auto from = manifest.find("PARTS 1\n") + 8;
    const std::string nonce = manifest.substr(from, manifest.find(' ', from) - from);
    EXPECT_EQ(server_.ask("DEL {" + name + "}:" + nonce + ":1"), ":1\r\n");
  }
  [[nodiscard]] int number(const std::string& section, const std::string& name) const {
    const std::string info = server_.ask("INFO " + section);
    const auto at = info.find(name + ":");
    return at == std::string::npos ? -1 : std::stoi(info.substr(at + name.size() + 1));
  }
  void await(const std::string& section, const std::string& name, int least) const {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (number(section, name) < least && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(5ms);
    }
    EXPECT_GE(number(section, name), least);
  }

  RedisServer server_;
};

TEST_F(RedisWaits, object_that_lost_a_part_is_absent_for_all_verbs_and_may_be_set_again) {
  auto options = server_.options();
  options.part_size = 10;
  const auto store = open_store(options);
  const Key key = store->new_key();
  set(*store, key, std::string(30, 'x'), {.only_first = true});
  lose_part(key.to_string());
  EXPECT_EQ(get(*store, key), "(absent)");
  EXPECT_FALSE(store->exists(key));
  EXPECT_EQ(store->exists_batch(std::vector{key, key}), (std::vector{false, false}));
  EXPECT_FALSE(store->wait(key, 50ms));
  set(*store, key, std::string(40, 'y'), {.only_first = true});
  EXPECT_EQ(get(*store, key), std::string(40, 'y'));
  EXPECT_TRUE(store->evict(key));
  EXPECT_EQ(server_.ask("DBSIZE"), ":0\r\n") << "parts of the first version are gone, too";
}

TEST_F(RedisWaits, empty_object_is_there) {
  const auto store = open_store(server_.options());
  const Key key = put(*store, "");
  EXPECT_TRUE(store->exists(key));
  EXPECT_TRUE(store->wait(key, 0ms));
}

TEST_F(RedisWaits, proxy_of_an_object_that_lost_a_part_ends_in_time) {
  auto options = server_.options();
  options.part_size = 1000;
  ChildProcess waiting([&] {
    ::alarm(20);
    const auto store = Store::create("s", options);
    const auto future = store->future<std::string>({.polling = Polling{.timeout = 300ms}});
    future.set_result(std::string(3000, 'x'));
    lose_part(future.key().to_string());
    const auto proxy = future.proxy();
    try {
      (void)proxy->size();
    } catch (const ProxyResolveError&) {
      return;
    }
    throw std::runtime_error("it is there");
  });
  EXPECT_EQ(waiting.wait(), 0);
  EXPECT_LT(number("stats", "total_commands_processed"), 1000);
}

TEST_F(RedisWaits, many_share_a_connection) {
  constexpr int count = 40;
  auto options = server_.options();
  options.pool_size = 2;
  const auto store = open_store(options);
  std::vector<Key> keys;
  for (int i = 0; i < count; ++i) keys.push_back(store->new_key());
  std::vector<std::future<bool>> waits;
  for (const Key& key : keys) {
    waits.push_back(
        std::async(std::launch::async, [&, key] { return store->wait(key, patience); }));
  }
  await("stats", "pubsub_channels", count);
  EXPECT_LE(number("clients", "connected_clients"), 2 + 1 + 1) << "and the one that asks";
  for (const Key& key : keys) set(*store, key, "object");
  for (auto& wait : waits) EXPECT_TRUE(wait.get());
}

TEST_F(RedisWaits, connection_that_is_cut_is_made_again) {
  const auto store = open_store(server_.options());
  const Key key = store->new_key();
  const Key other = store->new_key();
  auto first = std::async(std::launch::async, [&] { return store->wait(key, patience); });
  auto second = std::async(std::launch::async, [&] { return store->wait(other, patience); });
  for (int i = 0; i < 3; ++i) {
    await("stats", "pubsub_channels", 2);
    (void)server_.ask("CLIENT KILL TYPE pubsub");
  }
  await("stats", "pubsub_channels", 2);
  set(*store, key, "object");
  EXPECT_TRUE(first.get());
  set(*store, other, "object");
  EXPECT_TRUE(second.get());
}

TEST_F(RedisWaits, end_in_time_and_leave_no_channel) {
  const auto store = open_store(server_.options());
  const Key key = store->new_key();
  auto wait = std::async(std::launch::async, [&] { return store->wait(key, patience); });
  await("stats", "pubsub_channels", 1);
  for (int i = 0; i < 30; ++i) EXPECT_FALSE(store->wait(store->new_key(), 25ms));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (number("stats", "pubsub_channels") > 1 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_EQ(number("stats", "pubsub_channels"), 1);
  set(*store, key, "object");
  EXPECT_TRUE(wait.get());
}

}  // namespace
}  // namespace proxystore::testing
