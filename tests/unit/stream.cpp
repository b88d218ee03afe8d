// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Streams inside a process. The numbers are those of the cases in docs/from-python.md.
#include "proxystore/stream.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxystore/connectors/local.hpp"
#include "proxystore/error.hpp"
#include "proxystore/store_registry.hpp"
#include "proxystore/stream/local_queue.hpp"
#include "support.hpp"

namespace proxystore {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace proxystore::testing;
using ::testing::HasSubstr;
using Ints = std::vector<int>;

/// A queue for the topic "t", and both of its ends.
struct Pipe {
  explicit Pipe(const QueueOptions& options = {}) : queue(std::make_shared<LocalQueue>(options)) {}

  [[nodiscard]] std::shared_ptr<QueuePublisher> publisher() const {
    return std::make_shared<QueuePublisher>(QueuePublisher::Queues{{"t", queue}});
  }
  [[nodiscard]] std::shared_ptr<QueueSubscriber> subscriber() const {
    return std::make_shared<QueueSubscriber>(queue);
  }

  std::shared_ptr<LocalQueue> queue;
};

/// Batch size, and whether items go through a store.
class Streams : public ::testing::TestWithParam<std::tuple<std::size_t, bool>> {
 protected:
  [[nodiscard]] StreamProducerArgs<Ints> args() const {
    StreamProducerArgs<Ints> args{.batch_size = std::get<0>(GetParam()), .inline_limit = 0};
    if (std::get<1>(GetParam())) args.default_store = store;
    return args;
  }
  [[nodiscard]] bool has_store() const { return std::get<1>(GetParam()); }

  Pipe pipe;
  std::shared_ptr<Store> store = Store::create(unique_name(), LocalOptions{});
  StoreRegistration registration{store};
};
INSTANTIATE_TEST_SUITE_P(All, Streams,
                         ::testing::Combine(::testing::Values(1U, 2U, 3U), ::testing::Bool()));

TEST_P(Streams, case202_items_come_in_order) {
  StreamProducer<Ints> producer(pipe.publisher(), args());
  StreamConsumer<Ints> consumer(pipe.subscriber());
  for (int i = 0; i < 10; ++i) producer.send("t", {i});
  producer.close();
  int expected = 0;
  for (const Proxy<Ints>& item : consumer) {
    EXPECT_EQ(item.resolved(), !has_store());
    EXPECT_EQ(*item, Ints{expected++});
  }
  EXPECT_EQ(expected, 10);
}

TEST_P(Streams, case203_leaving_the_scope_flushes_and_ends) {
  StreamConsumer<Ints> consumer(pipe.subscriber());
  {
    StreamProducer<Ints> producer(pipe.publisher(), args());
    producer.send("t", {7});
  }
  EXPECT_EQ(*consumer.next_object(), Ints{7});
  EXPECT_EQ(consumer.next_object(), nullptr);
  EXPECT_EQ(consumer.next_object(), nullptr) << "over is over";
}

TEST_P(Streams, case205_closing_a_topic_ends_its_consumer_once) {
  StreamProducer<Ints> producer(pipe.publisher(), args());
  producer.send("t", {1});
  producer.close_topic("t");
  producer.close_topic("t");
  producer.flush();
  EXPECT_LE(pipe.queue->size(), 2U);
  StreamConsumer<Ints> consumer(pipe.subscriber());
  EXPECT_TRUE(consumer.next().has_value());
  EXPECT_FALSE(consumer.next().has_value());
}

TEST_P(Streams, case206_nothing_is_sent_to_a_closed_topic) {
  StreamProducer<Ints> producer(pipe.publisher(), args());
  producer.close_topic("t");
  EXPECT_THROW(producer.send("t", {1}), TopicClosedError);
}

TEST_P(Streams, case208_filters_of_either_side_drop_and_evict) {
  for (const bool at_producer : {true, false}) {
    Pipe filtered;
    const StreamFilter odd = [](const StreamMetadata& metadata) {
      return std::stoi(metadata.at("number")) % 2 == 1;
    };
    auto arguments = args();
    if (at_producer) arguments.filter = odd;
    StreamProducer<Ints> producer(filtered.publisher(), arguments);
    StreamConsumer<Ints> consumer(filtered.subscriber(),
                                  {.filter = at_producer ? StreamFilter() : odd});
    for (int i = 0; i < 10; ++i) {
      producer.send("t", {i}, {.metadata = {{"number", std::to_string(i)}}});
    }
    producer.close();
    Ints seen;
    while (const auto item = consumer.next_with_metadata()) {
      EXPECT_EQ(item->metadata.at("number"), std::to_string(item->proxy->front()));
      if (has_store()) {
        EXPECT_FALSE(store->exists(item->proxy.key())) << "it was fetched";
      }
      seen.push_back(item->proxy->front());
    }
    EXPECT_EQ(seen, (Ints{0, 2, 4, 6, 8}));
  }
}

TEST_P(Streams, case209_aggregator_makes_one_item_of_a_batch) {
  auto arguments = args();
  arguments.aggregator = [](const std::vector<Ints>& items) {
    return std::accumulate(items.begin(), items.end(), Ints{0},
                           [](Ints sum, const Ints& item) { return Ints{sum[0] + item[0]}; });
  };
  StreamProducer<Ints> producer(pipe.publisher(), arguments);
  StreamConsumer<Ints> consumer(pipe.subscriber());
  for (int i = 0; i < 10; ++i) producer.send("t", {i});
  producer.close();
  std::size_t count = 0;
  int sum = 0;
  while (const auto item = consumer.next_object()) {
    ++count;
    sum += item->front();
  }
  EXPECT_EQ(count, (10 + arguments.batch_size - 1) / arguments.batch_size);
  EXPECT_EQ(sum, 45);
}

TEST_P(Streams, case212_item_is_evicted_exactly_if_it_shall_be) {
  if (!has_store()) GTEST_SKIP() << "nothing is stored";
  for (const bool evict : {true, false}) {
    Pipe own;
    StreamProducer<Ints> producer(own.publisher(), args());
    StreamConsumer<Ints> consumer(own.subscriber());
    producer.send("t", {1}, {.evict = evict});
    producer.flush();
    const auto item = consumer.next();
    ASSERT_TRUE(item.has_value());
    EXPECT_TRUE(store->exists(item->key()));
    item->resolve();
    EXPECT_EQ(store->exists(item->key()), !evict);
  }
}

TEST(Stream, case204_left_open_both_ends_can_be_used_again) {
  const Pipe pipe;
  const auto publisher = pipe.publisher();
  for (int round = 0; round < 2; ++round) {
    StreamProducer<int> producer(publisher);
    producer.send("t", round);
    producer.close({.transport = false});
  }
  StreamConsumer<int> consumer(pipe.subscriber(), {.producers = 2});
  EXPECT_EQ(*consumer.next_object(), 0);
  EXPECT_EQ(*consumer.next_object(), 1);
  EXPECT_EQ(consumer.next_object(), nullptr);
}

TEST(Stream, case207_a_topic_without_its_own_store_uses_the_default_one) {
  const auto own = Store::create(unique_name(), LocalOptions{});
  const auto common = Store::create(unique_name(), LocalOptions{});
  const auto first = std::make_shared<LocalQueue>();
  const auto second = std::make_shared<LocalQueue>();
  StreamProducer<Ints> producer(
      std::make_shared<QueuePublisher>(QueuePublisher::Queues{{"a", first}, {"b", second}}),
      {.default_store = common, .stores = {{"a", own}}, .inline_limit = 0});
  producer.send("a", {1});
  producer.send("b", {2});
  StreamConsumer<Ints> a(std::make_shared<QueueSubscriber>(first));
  StreamConsumer<Ints> b(std::make_shared<QueueSubscriber>(second));
  EXPECT_EQ(a.next()->store_name(), own->name());
  EXPECT_EQ(b.next()->store_name(), common->name());
  EXPECT_NE(get_store(own->name()), nullptr) << "the consumer opened and registered it";
  a.close({.transport = false, .stores = true});
  EXPECT_EQ(get_store(own->name()), nullptr);
  producer.close({.stores = true});
  EXPECT_TRUE(own->is_closed());
  EXPECT_TRUE(common->is_closed());
  b.close({.stores = true});
}

TEST(Stream, case213_item_that_was_evicted_is_an_error) {
  const Pipe pipe;
  const auto store = Store::create(unique_name(), LocalOptions{});
  StreamProducer<Ints> producer(pipe.publisher(), {.default_store = store, .inline_limit = 0});
  StreamConsumer<Ints> consumer(pipe.subscriber());
  producer.send("t", {1});
  const auto item = consumer.next();
  store->evict(item->key());
  EXPECT_THROW(item->resolve(), ProxyResolveError);
}

TEST(Stream, small_items_travel_in_their_events) {
  const Pipe pipe;
  const auto store = Store::create(unique_name(), LocalOptions{});
  StreamProducer<std::string> producer(pipe.publisher(), {.default_store = store});
  StreamConsumer<std::string> consumer(pipe.subscriber());
  producer.send("t", "small");
  producer.send("t", std::string(10'000, 'x'));
  EXPECT_TRUE(consumer.next()->resolved());
  EXPECT_FALSE(consumer.next()->resolved());
}

TEST(Stream, several_producers_end_one_by_one) {
  const Pipe pipe;
  std::vector<std::thread> producers;
  for (int p = 0; p < 3; ++p) {
    producers.emplace_back([&, p] {
      StreamProducer<int> producer(pipe.publisher(), {.batch_size = 4});
      for (int i = 0; i < 50; ++i) producer.send("t", p);
    });
  }
  StreamConsumer<int> consumer(pipe.subscriber(), {.producers = 3});
  int count = 0;
  while (consumer.next()) ++count;
  EXPECT_EQ(count, 150);
  for (auto& producer : producers) producer.join();
}

TEST(Stream, several_consumers_share_the_items_and_all_end) {
  const Pipe pipe;
  std::atomic<int> count{0};
  std::vector<std::thread> threads;
  for (int c = 0; c < 3; ++c) {
    threads.emplace_back([&] {
      StreamConsumer<int> consumer(pipe.subscriber(), {.producers = 2});
      while (consumer.next()) ++count;
    });
  }
  for (int p = 0; p < 2; ++p) {
    threads.emplace_back([&] {
      StreamProducer<int> producer(pipe.publisher());
      for (int i = 0; i < 50; ++i) producer.send("t", i);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count, 100);
}

TEST_P(Streams, case210_and_211_metadata_come_with_their_items) {
  StreamProducer<Ints> producer(pipe.publisher(), args());
  StreamConsumer<Ints> consumer(pipe.subscriber());
  for (int i = 0; i < 5; ++i) {
    producer.send("t", {i}, {.metadata = {{"number", std::to_string(i)}}});
  }
  producer.close();
  int expected = 0;
  while (const auto item = consumer.next_with_metadata()) {
    EXPECT_EQ(item->metadata, (StreamMetadata{{"number", std::to_string(expected)}}));
    EXPECT_EQ(*item->proxy, Ints{expected++});
  }
  EXPECT_EQ(expected, 5);
}

TEST(Stream, slow_consumer_blocks_or_sheds_by_policy) {
  const Pipe blocking({.capacity = 2, .timeout = 20ms});
  StreamProducer<int> producer(blocking.publisher());
  producer.send("t", 1);
  producer.send("t", 2);
  EXPECT_THROW(producer.send("t", 3), TimeoutError);
  EXPECT_EQ(blocking.queue->size(), 2U);

  for (const auto policy : {Overflow::drop_oldest, Overflow::drop_newest}) {
    const Pipe shedding({.capacity = 2, .overflow = policy});
    StreamProducer<int> sender(shedding.publisher());
    for (int i = 0; i < 5; ++i) sender.send("t", i);
    EXPECT_EQ(shedding.queue->dropped(), 3U);
    StreamConsumer<int> consumer(shedding.subscriber());
    EXPECT_EQ(*consumer.next_object(), policy == Overflow::drop_oldest ? 3 : 0);
  }
  (void)blocking.queue->pop(1s);
}

TEST(Stream, ends_are_not_dropped_and_what_is_leaves_the_store) {
  for (const auto policy : {Overflow::drop_oldest, Overflow::drop_newest}) {
    const Pipe shedding({.capacity = 2, .overflow = policy, .timeout = 5s});
    const auto store = Store::create(unique_name(), LocalOptions{}, {.metrics = true});
    const StoreRegistration registration(store);
    StreamConsumer<Ints> consumer(shedding.subscriber(), {.producers = 2});
    std::thread other([&] {
      StreamProducer<Ints> producer(shedding.publisher());
      producer.close_topic("t");
      StreamProducer<Ints> sender(shedding.publisher(),
                                  {.default_store = store, .inline_limit = 0});
      for (int i = 0; i < 5; ++i) sender.send("t", {i});
    });
    int seen = 0;
    while (const auto item = consumer.next()) {
      EXPECT_EQ((*item)->size(), 1U);
      ++seen;
    }
    other.join();
    EXPECT_EQ(static_cast<std::uint64_t>(seen) + shedding.queue->dropped(), 5U);
    EXPECT_EQ(store->metrics()->summary().times.at("store.evict").count(), 5U)
        << "what was dropped, and what was fetched, is gone";
  }
}

TEST(Stream, what_was_not_sent_is_not_left_in_the_store) {
  const Pipe pipe({.capacity = 1, .timeout = 5ms});
  const auto store = Store::create(unique_name(), LocalOptions{}, {.metrics = true});
  StreamProducer<Ints> producer(pipe.publisher(), {.default_store = store, .inline_limit = 0});
  producer.send("t", {1});
  EXPECT_THROW(producer.send("t", {2}), TimeoutError);
  const auto counts = store->metrics()->summary();
  EXPECT_EQ(counts.times.at("store.put").count(), 2U);
  (void)pipe.queue->pop(1s);
}

TEST(Stream, silent_producer_is_a_timeout) {
  const Pipe pipe;
  StreamConsumer<int> consumer(pipe.subscriber(), {.timeout = 5ms});
  EXPECT_THROW((void)consumer.next(), TimeoutError);
}

TEST(Stream, batch_that_comes_twice_is_dropped) {
  const Pipe pipe;
  const Bytes message =
      event_to_bytes({.topic = "t",
                      .producer = 5,
                      .sequence = 1,
                      .events = {NewObjectEvent{{}, Bytes::copy_of(serialize(7).parts())}}});
  pipe.queue->push(message);
  pipe.queue->push(message);
  pipe.queue->close();
  StreamConsumer<int> consumer(pipe.subscriber());
  EXPECT_EQ(*consumer.next_object(), 7);
  EXPECT_EQ(consumer.next_object(), nullptr);
  EXPECT_EQ(consumer.duplicates(), 1U);
}

TEST(Stream, consumer_that_leaves_ends_the_queue_for_its_producer) {
  const Pipe pipe;
  {
    StreamConsumer<int> consumer(pipe.subscriber());
    consumer.close();
  }
  StreamProducer<int> producer(pipe.publisher());
  EXPECT_THROW(producer.send("t", 1), StoreClosedError);
}

TEST(Stream, closing_tells_the_other_topics_although_one_consumer_left) {
  const auto left = std::make_shared<LocalQueue>();
  const auto there = std::make_shared<LocalQueue>();
  StreamProducer<int> producer(
      std::make_shared<QueuePublisher>(QueuePublisher::Queues{{"a", left}, {"b", there}}));
  producer.send("a", 1);
  producer.send("b", 2);
  left->close();
  EXPECT_THROW(producer.close(), StoreClosedError);
  StreamConsumer<int> consumer(std::make_shared<QueueSubscriber>(there));
  EXPECT_EQ(*consumer.next_object(), 2);
  EXPECT_EQ(consumer.next_object(), nullptr);
}

TEST(Stream, filter_that_throws) {
  const Pipe pipe;
  const StreamFilter throwing = [](const StreamMetadata& metadata) {
    return metadata.at("number") == "1";
  };
  StreamProducer<int> producer(pipe.publisher(), {.filter = throwing});
  EXPECT_THROW(producer.send("t", 1), std::out_of_range);
  producer.send("t", 2, {.metadata = {{"number", "2"}}});
  StreamConsumer<int> consumer(pipe.subscriber());
  EXPECT_EQ(*consumer.next_object(), 2);
}

TEST(Stream, senseless_arguments) {
  const Pipe pipe;
  EXPECT_THROW(StreamProducer<int>(nullptr), ArgumentError);
  EXPECT_THROW(StreamConsumer<int>(nullptr), ArgumentError);
  EXPECT_THROW(StreamProducer<int>(pipe.publisher(), {.batch_size = 0}), ArgumentError);
  EXPECT_THROW(StreamConsumer<int>(pipe.subscriber(), {.producers = 0}), ArgumentError);
  EXPECT_THROW(LocalQueue({.capacity = 0}), ArgumentError);
  EXPECT_THROW(QueueSubscriber(nullptr), ArgumentError);
}

TEST(StreamEvents, case214_and_215_survive_their_encoding) {
  const Bytes proxy = to_bytes(Store::create(unique_name(), LocalOptions{})->proxy(7));
  const EventBatch batch{
      .topic = "topic",
      .producer = UINT64_MAX,
      .sequence = 1U << 20U,
      .events = {NewObjectEvent{{{"a", "1"}, {"b", ""}}, Bytes::copy_of(serialize(7).parts())},
                 NewObjectKeyEvent{{{"c", "3"}}, proxy}, NewObjectEvent{}, EndOfStreamEvent{}}};
  const Bytes bytes = event_to_bytes(batch);
  EXPECT_EQ(bytes_to_event(bytes), batch);
  EXPECT_EQ(bytes_to_event(event_to_bytes({})), EventBatch{});
  for_each_truncation(
      bytes, [](const Bytes& part) { EXPECT_THROW((void)bytes_to_event(part), MessageError); });
  for_each_bit_flip(bytes, [](const Bytes& damaged) {
    (void)succeeds_or_throws<MessageError>([&] { (void)bytes_to_event(damaged); });
  });
}

TEST(StreamFilters, case216_sampling) {
  EXPECT_TRUE(SamplingFilter(0.2, [] { return 0.1; })({}));
  EXPECT_FALSE(SamplingFilter(0.2, [] { return 0.3; })({}));
  EXPECT_TRUE(SamplingFilter(1)({}));
  EXPECT_FALSE(SamplingFilter(0)({}));
  EXPECT_THROW(SamplingFilter(-0.1), ArgumentError);
  EXPECT_THROW(SamplingFilter(1.1), ArgumentError);
}

TEST(StreamQueue, case217_unknown_topic_is_named) {
  const Pipe pipe;
  StreamProducer<int> producer(pipe.publisher());
  const auto error = thrown_by<ArgumentError>([&] { producer.send("x", 1); });
  EXPECT_THAT(error.what(), HasSubstr("Unknown topic \"x\""));
  EXPECT_THAT(error.what(), HasSubstr("'t'"));
  producer.close({.transport = false});
}

TEST(StreamQueue, case217_close_ends_an_empty_stream) {
  const Pipe pipe;
  std::thread closing([&] {
    std::this_thread::sleep_for(10ms);
    pipe.queue->close();
  });
  EXPECT_EQ(pipe.queue->pop(60s), std::nullopt);
  closing.join();
}

}  // namespace
}  // namespace proxystore
