// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Waiting for objects of whom parts are lost.
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

}  // namespace
}  // namespace proxystore::testing
