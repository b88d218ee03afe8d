// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Masters that become replicas while connections to them are open.
#include <future>
#include <thread>
#include <vector>

#include "proxystore/stream/redis_list.hpp"
#include "proxystore/stream/redis_queue.hpp"
#include "relay.hpp"
#include "support.hpp"

namespace proxystore::testing {
namespace {

using namespace std::chrono_literals;

std::string replica_of(const RedisServer& master) {
  return "REPLICAOF 127.0.0.1 " + std::to_string(master.port());
}

class RedisFailOver : public ::testing::Test {
 protected:
  RedisFailOver() {
    EXPECT_EQ(next_.ask(replica_of(master_)), "+OK\r\n");
    await_link(next_);
  }

  static void await_link(const RedisServer& replica) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (replica.ask("INFO replication").find("master_link_status:up") == std::string::npos &&
           std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(5ms);
    }
  }
  /// As a managed server does it: its address leads to the new master, and connections to the old
  /// one stay.
  void fail_over() {
    EXPECT_EQ(next_.ask("REPLICAOF NO ONE"), "+OK\r\n");
    EXPECT_EQ(master_.ask(replica_of(next_)), "+OK\r\n");
    address_.lead_to(next_.port());
  }
  /// Has several connections open.
  static void warm_up(Connector& store) {
    std::vector<std::future<void>> all;
    for (int i = 0; i < 8; ++i) {
      all.push_back(std::async(std::launch::async, [&] {
        for (int j = 0; j < 20; ++j) (void)put(store, "before");
      }));
    }
    for (auto& one : all) one.get();
  }

  RedisServer master_{{"--repl-diskless-sync-delay", "0"}};
  RedisServer next_{{"--repl-diskless-sync-delay", "0"}};
  Relay address_{master_.port()};
};

TEST_F(RedisFailOver, behind_one_address_is_followed_by_connections_that_are_open) {
  for (const int retries : {0, 3}) {
    auto options = address_.options();
    options.retries = retries;
    const auto store = open_store(options);
    warm_up(*store);
    if (retries == 0) fail_over();
    std::vector<Key> keys;
    for (int i = 0; i < 20; ++i) keys.push_back(put(*store, "after"));
    const Key deferred = store->new_key();
    set(*store, deferred, "first", {.only_first = true});
    set(*store, deferred, std::string(100, 's'));
    store->evict_batch(std::span(keys).first(10));
    for (std::size_t i = 10; i < 20; ++i)
      EXPECT_EQ(get(*open_store(next_.options()), keys[i]), "after");
    EXPECT_EQ(get(*open_store(next_.options()), deferred), std::string(100, 's'));
  }
}

TEST_F(RedisFailOver, is_followed_by_scripts_and_batches) {
  auto options = address_.options();
  options.part_size = 10;
  options.retries = 0;
  const auto store = open_store(options);
  const Key key = put(*store, std::string(50, 'x'));
  warm_up(*store);
  EXPECT_TRUE(store->lease(key, LeaseMode::shared, 60s));
  await_link(next_);
  fail_over();
  EXPECT_TRUE(store->lease(key, LeaseMode::shared, 60s)) << "by a script";
  const ByteSpan part = bytes_of("object");
  const PutRequest requests[] = {{.parts = std::span(&part, 1)}};
  EXPECT_EQ(get(*store, store->put_batch(requests).front()), "object");
}

TEST_F(RedisFailOver, is_followed_by_queues_and_lists) {
  RedisQueue queue(address_.options(), "q");
  RedisListPublisher publisher(address_.options());
  RedisListSubscriber subscriber(address_.options(), "t");
  (void)queue.push(Bytes::copy_of("1"));
  EXPECT_EQ(queue.pop(patience)->text(), "1");
  (void)publisher.send_message("t", Bytes::copy_of("1"));
  EXPECT_EQ(subscriber.next_message(patience)->text(), "1");
  fail_over();
  (void)queue.push(Bytes::copy_of("2"));
  EXPECT_EQ(queue.pop(patience)->text(), "2");
  (void)publisher.send_message("t", Bytes::copy_of("2"));
  EXPECT_EQ(subscriber.next_message(patience)->text(), "2");
}

TEST_F(RedisFailOver, is_waited_for_until_the_server_is_a_master_again) {
  auto options = master_.options();
  options.retries = 0;
  const auto store = open_store(options);
  const Key key = put(*store, "object");
  EXPECT_EQ(master_.ask("CONFIG SET replica-serve-stale-data no"), "+OK\r\n");
  EXPECT_EQ(master_.ask("REPLICAOF 127.0.0.1 " + std::to_string(free_port())), "+OK\r\n");
  auto putting = std::async(std::launch::async, [&] { return put(*store, "other"); });
  auto getting = std::async(std::launch::async, [&] { return get(*store, key); });
  std::this_thread::sleep_for(300ms);
  EXPECT_NE(putting.wait_for(0s), std::future_status::ready) << "READONLY";
  EXPECT_NE(getting.wait_for(0s), std::future_status::ready) << "MASTERDOWN";
  EXPECT_EQ(master_.ask("REPLICAOF NO ONE"), "+OK\r\n");
  EXPECT_NO_THROW((void)putting.get());
  EXPECT_EQ(getting.get(), "object");
}

TEST_F(RedisFailOver, that_does_not_end_is_told_when_the_time_is_over) {
  auto options = next_.options();
  options.timeout = 300ms;
  EXPECT_THAT([&] { (void)put(*open_store(options), "object"); },
              ThrowsMessage<ConnectorError>(HasSubstr("READONLY")));
}

}  // namespace
}  // namespace proxystore::testing
