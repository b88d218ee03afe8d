// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Queues in a server, between processes. Cases are those of docs/from-python.md.
#include <algorithm>
#include <atomic>
#include <future>
#include <set>
#include <thread>
#include <vector>

#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"
#include "proxystore/stream.hpp"
#include "proxystore/stream/redis_queue.hpp"
#include "support.hpp"

namespace proxystore::testing {
namespace {

using namespace std::chrono_literals;

Bytes message(const std::string& text) {
  return Bytes::copy_of(bytes_of(text));
}
std::string pop_text(MessageQueue& queue, std::chrono::milliseconds timeout = patience) {
  const auto popped = queue.pop(timeout);
  return popped ? std::string(popped->text()) : "(over)";
}

class RedisQueues : public ::testing::Test {
 protected:
  [[nodiscard]] RedisOptions at() const { return server_.options(); }

  RedisServer server_;
};

TEST_F(RedisQueues, case218_messages_come_in_order_between_processes) {
  RedisQueue queue(at(), "q", {.capacity = 3});
  ChildProcess producer([&] {
    RedisQueue mine(at(), "q", {.capacity = 3, .timeout = patience});
    for (int i = 0; i < 10; ++i) (void)mine.push(message(std::to_string(i)));
    mine.close();
  });
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pop_text(queue), std::to_string(i));
  EXPECT_EQ(pop_text(queue), "(over)");
  EXPECT_EQ(producer.wait(), 0);
  EXPECT_EQ(queue.size(), 0U);
  RedisQueue::remove(at(), "q");
  EXPECT_EQ(server_.ask("DBSIZE"), ":0\r\n");
}

TEST_F(RedisQueues, each_message_goes_to_one_of_many_processes) {
  constexpr int messages = 200;
  const Pipe sums;
  RedisQueue queue(at(), "q", {.capacity = 50});
  const auto consume = [&] {
    RedisQueue mine(at(), "q");
    int sum = 0;
    while (const auto popped = mine.pop(patience)) sum += std::stoi(std::string(popped->text()));
    sums.send(sum);
  };
  ChildProcess first(consume), second(consume), third(consume);
  for (int i = 1; i <= messages; ++i) (void)queue.push(message(std::to_string(i)));
  queue.close();
  int sum = 0;
  for (ChildProcess* child : {&first, &second, &third}) {
    EXPECT_EQ(child->wait(), 0);
    sum += sums.receive<int>();
  }
  EXPECT_EQ(sum, messages * (messages + 1) / 2);
}

TEST_F(RedisQueues, streams_run_over_them_with_items_in_a_redis_store) {
  const auto store = Store::create("queued", at());
  const StoreRegistration registration(store);
  const auto produce = [&](int of) {
    return [this, of, config = store->config()] {
      const auto mine = get_or_create_store(config);
      StreamProducer<std::vector<int>> producer(
          std::make_shared<QueuePublisher>(QueuePublisher::Queues{
              {"t", std::make_shared<RedisQueue>(at(), "q", QueueOptions{.capacity = 4})}}),
          {.default_store = mine, .inline_limit = 100});
      for (int i = 0; i < 20; ++i) {
        producer.send("t", std::vector<int>(i % 2 == 0 ? 1 : 1000, of));
      }
    };
  };
  ChildProcess first(produce(1)), second(produce(2));
  StreamConsumer<std::vector<int>> consumer(
      std::make_shared<QueueSubscriber>(std::make_shared<RedisQueue>(at(), "q")),
      {.producers = 2, .timeout = patience});
  std::vector<int> counts(3);
  while (const auto item = consumer.next_object()) {
    int& count = counts.at(static_cast<std::size_t>(item->front()));
    EXPECT_EQ(item->size(), count++ % 2 == 0 ? 1U : 1000U);
  }
  EXPECT_EQ(counts, (std::vector<int>{0, 20, 20}));
  EXPECT_EQ(first.wait(), 0);
  EXPECT_EQ(second.wait(), 0);
  RedisQueue::remove(at(), "q");
  EXPECT_EQ(server_.ask("DBSIZE"), ":0\r\n") << "items leave the store when they are fetched";
}

TEST_F(RedisQueues, full_ones_block_or_shed_and_keep_ends) {
  RedisQueue blocking(at(), "q", {.capacity = 2, .timeout = 20ms});
  (void)blocking.push(message("1"));
  (void)blocking.push(message("2"));
  EXPECT_THAT([&] { (void)blocking.push(message("3")); },
              ThrowsMessage<TimeoutError>(AllOf(HasSubstr("queue q"), HasSubstr("20 ms"))));
  EXPECT_EQ(blocking.size(), 2U);

  RedisQueue newest(at(), "q", {.capacity = 2, .overflow = Overflow::drop_newest, .timeout = 20ms});
  EXPECT_EQ(newest.push(message("3"))->text(), "3");
  EXPECT_THROW(newest.push_end(message("end")), TimeoutError);
  EXPECT_EQ(pop_text(newest), "1");
  newest.push_end(message("end"));

  RedisQueue oldest(at(), "q", {.capacity = 2, .overflow = Overflow::drop_oldest});
  EXPECT_EQ(oldest.push(message("4"))->text(), "2");
  EXPECT_EQ(oldest.push(message("5"))->text(), "4") << "no end is shed";
  EXPECT_EQ(oldest.dropped(), 2U);
  EXPECT_EQ(pop_text(oldest), "end");
  EXPECT_EQ(pop_text(oldest), "5");
  EXPECT_THROW((void)oldest.pop(5ms), TimeoutError);
}

TEST_F(RedisQueues, closed_ones_take_no_more_and_wake_who_waits) {
  RedisQueue queue(at(), "q");
  (void)queue.push(message(""));
  EXPECT_EQ(pop_text(queue), "") << "an empty message, and not the end";
  auto waiting = std::async(std::launch::async, [&] { return pop_text(queue); });
  ChildProcess other([&] { RedisQueue(at(), "q").close(); });
  EXPECT_EQ(other.wait(), 0);
  EXPECT_EQ(waiting.get(), "(over)");
  EXPECT_THROW((void)queue.push(message("1")), StoreClosedError);
}

TEST_F(RedisQueues, names_and_sizes_that_cannot_be_are_refused) {
  EXPECT_THROW(RedisQueue(at(), "q", {.capacity = 0}), ArgumentError);
  EXPECT_THROW(RedisQueue(at(), ""), ArgumentError);
  EXPECT_THROW(RedisQueue(at(), "a{b"), ArgumentError);
  EXPECT_EQ(server_.ask("SET {proxystore:queue:text}:messages word"), "+OK\r\n");
  EXPECT_THAT([&] { RedisQueue(at(), "text"); },
              ThrowsMessage<ConnectorError>(HasSubstr("WRONGTYPE")));
}

TEST_F(RedisQueues, what_a_dead_consumer_was_being_sent_goes_to_another) {
  RedisQueue queue(at(), "q");
  (void)queue.push(message("object"));
  const std::string stream = "{proxystore:queue:q}:messages";
  const std::string read =
      server_.ask("XREADGROUP GROUP consumers dead COUNT 1 STREAMS " + stream + " >");
  const std::size_t dash = read.find('-');
  const std::size_t begin = read.rfind('\n', dash) + 1;
  const std::string id = read.substr(begin, read.find('\r', dash) - begin);
  EXPECT_THROW((void)queue.pop(50ms), TimeoutError) << "it may live still";
  EXPECT_EQ(queue.size(), 1U);
  (void)server_.ask("XCLAIM " + stream + " consumers dead 0 " + id + " IDLE 60000");
  EXPECT_EQ(pop_text(queue), "object");
  EXPECT_EQ(queue.size(), 0U);
}

TEST_F(RedisQueues, connections_that_are_cut_lose_and_double_nothing) {
  constexpr int messages = 2000;
  auto options = at();
  options.retries = 100;
  std::atomic<int> cuts{0};
  std::jthread cutter([&](const std::stop_token& is_over) {
    while (!is_over.stop_requested()) {
      std::this_thread::sleep_for(20ms);
      cuts += server_.ask("CLIENT KILL TYPE normal SKIPME yes") != ":0\r\n" ? 1 : 0;
    }
  });
  auto popped = std::async(std::launch::async, [&] {
    RedisQueue mine(options, "q");
    std::vector<int> all;
    while (const auto one = mine.pop(patience)) all.push_back(std::stoi(std::string(one->text())));
    return all;
  });
  RedisQueue queue(options, "q", {.capacity = 100});
  for (int i = 0; i < messages; ++i) (void)queue.push(message(std::to_string(i)));
  queue.close();
  const std::vector<int> all = popped.get();
  EXPECT_GT(cuts, 2);
  EXPECT_EQ(all.size(), static_cast<std::size_t>(messages));
  EXPECT_TRUE(std::ranges::is_sorted(all)) << "each once, in order";
  EXPECT_EQ(std::set<int>(all.begin(), all.end()).size(), all.size());
}

TEST_F(RedisQueues, restarted_server_has_an_empty_queue) {
  auto options = at();
  options.retries = 20;
  RedisQueue queue(options, "q");
  (void)queue.push(message("lost"));
  server_.kill();
  server_.start();
  EXPECT_THROW((void)queue.pop(100ms), TimeoutError);
  (void)queue.push(message("after"));
  EXPECT_EQ(pop_text(queue), "after");
}

// As it goes for who waits while a cluster moves the queue to another server.
TEST_F(RedisQueues, queue_that_is_taken_away_is_waited_for_anew) {
  RedisQueue queue(at(), "q");
  auto waiting = std::async(std::launch::async, [&] { return pop_text(queue); });
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (server_.ask("INFO clients").find("blocked_clients:1") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "nobody waits";
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(server_.ask("DEL {proxystore:queue:q}:messages"), ":1\r\n");
  (void)queue.push(message("after"));
  EXPECT_EQ(waiting.get(), "after");
}

}  // namespace
}  // namespace proxystore::testing
