// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Lists as Python's streams have them. That Python reads and writes them is shown in tests/python.
#include <thread>

#include "proxystore/stream/redis_list.hpp"
#include "support.hpp"

namespace proxystore::testing {
namespace {

using namespace std::chrono_literals;

class RedisLists : public ::testing::Test {
 protected:
  [[nodiscard]] RedisOptions at() const { return server_.options(); }
  static Bytes message(const std::string& text) { return Bytes::copy_of(bytes_of(text)); }

  RedisServer server_;
};

TEST_F(RedisLists, give_messages_in_order_and_leave_nothing) {
  RedisListPublisher publisher(at());
  RedisListSubscriber subscriber(at(), "t");
  EXPECT_TRUE(publisher.send_message("t", message("first")).empty());
  EXPECT_TRUE(publisher.send_message("other", message("elsewhere")).empty());
  publisher.send_end("t", message(std::string(3'000'000, 'e')));
  EXPECT_EQ(subscriber.next_message(patience)->text(), "first");
  EXPECT_EQ(subscriber.next_message(patience)->size(), 3'000'000U);
  EXPECT_THROW((void)subscriber.next_message(50ms), TimeoutError);
  EXPECT_EQ(server_.ask("DBSIZE"), ":1\r\n");
}

TEST_F(RedisLists, wake_who_waits) {
  RedisListSubscriber subscriber(at(), "t");
  std::thread later([&] {
    std::this_thread::sleep_for(100ms);
    (void)RedisListPublisher(at()).send_message("t", message("late"));
  });
  EXPECT_EQ(subscriber.next_message(patience)->text(), "late");
  later.join();
}

TEST_F(RedisLists, lose_no_message_with_a_connection) {
  RedisListPublisher publisher(at());
  RedisListSubscriber subscriber(at(), "t");
  for (int i = 0; i < 50; ++i) {
    (void)publisher.send_message("t", message(std::to_string(i)));
    if (i % 5 == 0) (void)server_.ask("CLIENT KILL TYPE normal SKIPME yes");
    EXPECT_EQ(subscriber.next_message(patience)->text(), std::to_string(i));
  }
  EXPECT_EQ(server_.ask("DBSIZE"), ":0\r\n");
}

TEST_F(RedisLists, end_when_they_are_closed) {
  RedisListSubscriber subscriber(at(), "t");
  std::thread closing([&] {
    std::this_thread::sleep_for(50ms);
    subscriber.close();
  });
  EXPECT_FALSE(subscriber.next_message(patience));
  closing.join();
  RedisListPublisher publisher(at());
  publisher.close();
  EXPECT_THROW((void)publisher.send_message("t", message("x")), StoreClosedError);
}

TEST_F(RedisLists, have_names_without_braces) {
  EXPECT_THROW(RedisListSubscriber(at(), ""), ArgumentError);
  EXPECT_THROW(RedisListSubscriber(at(), "{t}"), ArgumentError);
  (void)server_.ask("SET t 1");
  RedisListSubscriber subscriber(at(), "t");
  EXPECT_THROW((void)subscriber.next_message(patience), ConnectorError);  // it is no list
}

}  // namespace
}  // namespace proxystore::testing
