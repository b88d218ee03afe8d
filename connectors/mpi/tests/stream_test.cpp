// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Streams between ranks. Items stay in an mpi store, or travel in their events.
#include "proxystore/mpi/stream.hpp"

#include <chrono>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "memory_test.hpp"
#include "proxystore/error.hpp"
#include "proxystore/mpi/progress.hpp"
#include "proxystore/stream.hpp"

namespace proxystore::mpi_test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using Ints = std::vector<int>;
using mpi::Delivery;
using mpi::MpiPublisher;
using mpi::MpiPublisherOptions;
using mpi::MpiSubscriber;

class StreamTest : public MemoryTest {
 protected:
  void SetUp() override {
    MemoryTest::SetUp();
    store_ = Store::create("streams", MpiOptions{}, {.auto_register = true});
  }
  void TearDown() override {
    barrier();
    MemoryTest::TearDown();
  }

  [[nodiscard]] const std::shared_ptr<Store>& store() const { return store_; }

  static std::shared_ptr<MpiPublisher> publisher(MpiPublisherOptions options) {
    return std::make_shared<MpiPublisher>(std::move(options));
  }
  static std::shared_ptr<MpiSubscriber> subscriber(int tag = 0) {
    return std::make_shared<MpiSubscriber>(mpi::MpiSubscriberOptions{.tag = tag});
  }
  [[nodiscard]] Ints all_ranks() const {
    Ints ranks(index(size()));
    std::iota(ranks.begin(), ranks.end(), 0);
    return ranks;
  }
  [[nodiscard]] int sum(int value) const {
    const auto all = mpi::allgather(value, {.comm = comm()});
    return std::accumulate(all.begin(), all.end(), 0);
  }
  static Bytes message(std::size_t size, std::uint64_t seed) {
    const auto bytes = testing::contents(size, seed);
    return Bytes::copy_of(bytes);
  }

 private:
  std::shared_ptr<Store> store_;
};

TEST_F(StreamTest, case202_items_come_in_order_around_a_ring) {
  for (const std::size_t batch : {1U, 2U, 3U}) {
    for (const bool has_store : {true, false}) {
      StreamConsumer<Ints> consumer(subscriber());
      StreamProducer<Ints> producer(
          publisher({.topics = {{"ring", {next()}}}}),
          {.batch_size = batch, .default_store = has_store ? store() : nullptr, .inline_limit = 0});
      for (int i = 0; i < 10; ++i) producer.send("ring", {i, rank()});
      producer.close();
      int expected = 0;
      for (const Proxy<Ints>& item : consumer) {
        EXPECT_EQ(item.resolved(), !has_store);
        EXPECT_EQ(*item, (Ints{expected++, previous()}));
      }
      EXPECT_EQ(expected, 10);
      barrier();
      EXPECT_EQ(total(&mpi::RankReport::objects), 0U) << "each was evicted when it was fetched";
    }
  }
}

TEST_F(StreamTest, case205_stream_is_over_when_all_its_producers_have_ended_it) {
  constexpr std::size_t items = 50;
  auto receiving = rank() == 0 ? subscriber() : nullptr;
  barrier();
  {
    // Rank 0 sends to itself: it has room for all it sends.
    StreamProducer<Ints> producer(
        publisher({.topics = {{"gather", {0}}}, .capacity = rank() == 0 ? items + 1 : 4}),
        {.default_store = store(), .inline_limit = 100});
    for (std::size_t i = 0; i < items; ++i)
      producer.send("gather", Ints(i % 2 == 0 ? 1 : 1000, rank()));
  }
  if (rank() == 0) {
    StreamConsumer<Ints> consumer(receiving, {.producers = index(size())});
    Ints seen(index(size()));
    while (const auto item = consumer.next_object()) {
      int& count = seen.at(index(item->front()));
      EXPECT_EQ(item->size(), count++ % 2 == 0 ? 1U : 1000U) << "in the order of its producer";
    }
    EXPECT_EQ(seen, Ints(index(size()), static_cast<int>(items)));
    EXPECT_EQ(consumer.duplicates(), 0U);
  }
}

TEST_F(StreamTest, each_item_goes_to_one_of_the_readers_and_the_end_to_all) {
  constexpr int items = 200;
  int mine = 0;
  const auto consume = [&](const std::shared_ptr<MpiSubscriber>& from) {
    StreamConsumer<Ints> consumer(from);
    for (const Proxy<Ints>& item : consumer) mine += item->front();
  };
  const auto from = subscriber(3);
  barrier();
  if (rank() == 0) {
    // Others work while this rank sends; it takes its own part afterwards.
    StreamProducer<Ints> producer(
        publisher({.topics = {{"work", all_ranks()}}, .tag = 3, .capacity = items + 1}),
        {.default_store = store(), .inline_limit = 0});
    for (int i = 1; i <= items; ++i) producer.send("work", {i});
  }
  consume(from);
  EXPECT_EQ(sum(mine), items * (items + 1) / 2);
  if (size() > 1 && rank() == 0) {
    EXPECT_LT(mine, items * (items + 1) / 2) << "others had some";
  }
}

TEST_F(StreamTest, each_reader_gets_every_message) {
  const auto from = subscriber();
  barrier();
  if (rank() == 0) {
    StreamProducer<Ints> producer(
        publisher({.topics = {{"news", all_ranks()}}, .delivery = Delivery::to_each}),
        {.default_store = store(), .inline_limit = 0});
    for (int i = 0; i < 20; ++i) producer.send("news", {i}, {.evict = false});
  }
  StreamConsumer<Ints> consumer(from);
  int expected = 0;
  while (const auto item = consumer.next_object()) EXPECT_EQ(*item, Ints{expected++});
  EXPECT_EQ(expected, 20);
}

TEST_F(StreamTest, case208_filtered_items_leave_the_store_of_another_rank) {
  const auto from = subscriber();
  StreamProducer<Ints> producer(publisher({.topics = {{"t", {next()}}}}),
                                {.default_store = store(), .inline_limit = 0});
  for (int i = 0; i < 10; ++i) {
    producer.send("t", {i}, {.metadata = {{"parity", i % 2 == 0 ? "even" : "odd"}}});
  }
  producer.close();
  StreamConsumer<Ints> consumer(from, {.filter = [](const StreamMetadata& metadata) {
                                  return metadata.at("parity") == "odd";
                                }});
  Ints seen;
  while (const auto item = consumer.next_object()) seen.push_back(item->front());
  EXPECT_EQ(seen, (Ints{0, 2, 4, 6, 8}));
  EXPECT_EQ(total(&mpi::RankReport::objects), 0U);
}

TEST_F(StreamTest, reader_that_takes_nothing_is_named_when_the_time_is_over) {
  const auto to = publisher({.topics = {{"t", {next()}}}, .capacity = 3, .timeout = 50ms});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(to->send_message("t", message(10, 1)).empty());
  EXPECT_THAT([&] { (void)to->send_message("t", message(10, 1)); },
              ThrowsMessage<TimeoutError>(AllOf(
                  HasSubstr("rank " + std::to_string(next()) + " took none of the 3 messages"),
                  HasSubstr("within 50 ms"))));
  barrier();
  // They are not lost.
  const auto from = subscriber();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(from->next_message(60s)->size(), 10U);
  EXPECT_THAT([&] { (void)from->next_message(20ms); },
              ThrowsMessage<TimeoutError>(HasSubstr("no message came in the stream with tag 0")));
}

TEST_F(StreamTest, full_stream_sheds_by_policy_and_keeps_ends_and_store_clean) {
  for (const auto policy : {Overflow::drop_newest, Overflow::drop_oldest}) {
    const auto to =
        publisher({.topics = {{"t", {next()}}}, .tag = 5, .capacity = 3, .overflow = policy});
    StreamProducer<Ints> producer(to, {.default_store = store(), .inline_limit = 0});
    for (int i = 0; i < 10; ++i) producer.send("t", {i});
    EXPECT_EQ(to->dropped(), 7U);
    barrier();
    StreamConsumer<Ints> consumer(subscriber(5));
    Ints seen;
    // The end waits for room, so it is sent when the first was taken.
    seen.push_back(consumer.next_object()->front());
    barrier();
    producer.close();
    while (const auto item = consumer.next_object()) seen.push_back(item->front());
    EXPECT_EQ(seen, policy == Overflow::drop_newest ? (Ints{0, 1, 2}) : (Ints{0, 8, 9}));
    EXPECT_EQ(total(&mpi::RankReport::objects), 0U) << "what was dropped is in no store";
  }
}

TEST_F(StreamTest, producer_hears_that_its_reader_left) {
  auto from = subscriber();
  barrier();
  const auto to = publisher({.topics = {{"t", {next()}}}, .capacity = 2});
  if (rank() % 2 == 1 || rank() == last()) (void)to->send_message("t", message(1, 1));
  from.reset();
  barrier();
  const auto send_on = [&] {
    for (int i = 0; i < 1000; ++i) (void)to->send_message("t", message(1, 1));
  };
  EXPECT_THAT(send_on, ThrowsMessage<StoreClosedError>(
                           HasSubstr("rank " + std::to_string(next()) + " left the stream")));
  // Where somebody reads again, others may send again.
  barrier();
  from = subscriber();
  barrier();
  const auto again = publisher({.topics = {{"t", {next()}}}});
  for (std::size_t i = 10; i < 15; ++i) (void)again->send_message("t", message(i, i));
  // What was under way when nobody read is not lost if somebody does in time.
  auto received = from->next_message(60s);
  while (received == message(1, 1)) received = from->next_message(60s);
  for (std::size_t i = 10; i < 15; ++i) {
    EXPECT_EQ(received, message(i, i));
    if (i < 14) received = from->next_message(60s);
  }
}

TEST_F(StreamTest, work_goes_to_those_who_stayed) {
  PROXYSTORE_SKIP_ALL(size() < 3, "one reader leaves, and one stays");
  auto from = subscriber();
  if (rank() == 1) from.reset();
  barrier();
  if (rank() == 0) {
    const auto to = publisher({.topics = {{"t", {1, 2}}}, .capacity = 1});
    int sent = 0;
    while (sent < 30) {
      (void)to->send_message("t", message(4, 4));
      ++sent;
    }
    to->send_end("t", message(0, 0));
  } else if (rank() == 2) {
    int taken = 0;
    while (from->next_message(60s)->size() > 0) ++taken;
    // What went to the other before it was known to have left is lost.
    EXPECT_GE(taken, 10);
  }
}

TEST_F(StreamTest, messages_of_any_size_arrive_as_they_are) {
  const auto from = subscriber();
  const auto to = publisher({.topics = {{"t", {next()}}}});
  const std::size_t sizes[] = {0, 1, 4096, 65'537, 20'000'000};
  for (const std::size_t size : sizes) (void)to->send_message("t", message(size, size));
  for (const std::size_t size : sizes) {
    const auto received = from->next_message(60s);
    EXPECT_EQ(received, message(size, size)) << size << " bytes";
  }
}

TEST_F(StreamTest, environment_ends_with_messages_that_nobody_reads) {
  {
    const auto to = publisher({.topics = {{"t", all_ranks()}}, .tag = 9});
    for (int i = 0; i < 3; ++i) (void)to->send_message("t", message(100'000, 1));
    const auto opened = rank() == 0 ? subscriber(8) : nullptr;
    const auto other = publisher({.topics = {{"t", {0}}}, .tag = 8});
    (void)other->send_message("t", message(1'000'000, 1));
    stop();
    EXPECT_THROW((void)to->send_message("t", message(1, 1)), StoreClosedError);
    if (opened) {
      EXPECT_EQ(opened->next_message(10ms), std::nullopt);
    }
  }
  EXPECT_THAT([] { return MpiSubscriber(); },
              ThrowsMessage<Error>(HasSubstr("need an mpi::Environment")));
  start({});
  const auto from = subscriber(8);
  EXPECT_THROW((void)from->next_message(10ms), TimeoutError) << "nothing is left of the last one";
}

TEST_F(StreamTest, what_was_sent_arrives_after_its_publisher_closed) {
  const auto from = subscriber();
  for (int i = 0; i < 3; ++i) {
    const auto to = publisher({.topics = {{"t", {next()}}}});
    (void)to->send_message("t", message(50'000, static_cast<std::uint64_t>(i)));
    to->close();
  }
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(from->next_message(60s), message(50'000, static_cast<std::uint64_t>(i)));
  }
}

TEST_F(StreamTest, wrong_arguments_are_named) {
  const auto make = [&](MpiPublisherOptions options) {
    return [options] { return MpiPublisher(options).dropped(); };
  };
  EXPECT_THAT(make({.topics = {{"t", {size()}}}}),
              ThrowsMessage<ArgumentError>(
                  AllOf(HasSubstr("no rank " + std::to_string(size()) + " can read the topic 't'"),
                        HasSubstr("ranks 0 to " + std::to_string(last())))));
  EXPECT_THAT(make({.topics = {{"t", {}}}}),
              ThrowsMessage<ArgumentError>(HasSubstr("nobody reads the topic 't'")));
  EXPECT_THAT(make({.topics = {{"t", {0, 0}}}}),
              ThrowsMessage<ArgumentError>(HasSubstr("rank 0 is named twice")));
  EXPECT_THAT(make({.topics = {{"t", {0}}}, .tag = -1}),
              ThrowsMessage<ArgumentError>(HasSubstr("no tag -1")));
  EXPECT_THAT(make({.topics = {{"t", {0}}}, .capacity = 0}),
              ThrowsMessage<ArgumentError>(HasSubstr("room for one message")));
  const auto to = publisher({.topics = {{"a", {0}}, {"b", {0}}}});
  EXPECT_THAT(
      [&] { (void)to->send_message("c", message(1, 1)); },
      ThrowsMessage<ArgumentError>(AllOf(HasSubstr("Unknown topic \"c\""), HasSubstr("'a', 'b'"))));
}

}  // namespace
}  // namespace proxystore::mpi_test
