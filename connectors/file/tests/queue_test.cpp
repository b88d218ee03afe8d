// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Queues in a folder, between processes.
#include <numeric>
#include <set>
#include <vector>

#include "proxystore/connectors/file.hpp"
#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"
#include "proxystore/stream.hpp"
#include "proxystore/stream/file_queue.hpp"
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

class FileQueues : public ::testing::Test {
 protected:
  [[nodiscard]] fs::path path() const { return folder_.path() / "queue"; }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(path()), fs::directory_iterator()));
  }

  TemporaryFolder folder_;
};

TEST_F(FileQueues, case217_messages_come_in_order_between_processes) {
  FileQueue queue(path(), {.capacity = 3});
  ChildProcess producer([&] {
    FileQueue mine(path(), {.capacity = 3, .timeout = patience});
    for (int i = 0; i < 10; ++i) (void)mine.push(message(std::to_string(i)));
    mine.close();
  });
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pop_text(queue), std::to_string(i));
  EXPECT_EQ(pop_text(queue), "(over)");
  EXPECT_EQ(producer.wait(), 0);
  EXPECT_EQ(files(), 2U) << "but for what says that it is closed";
  FileQueue::remove(path());
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(FileQueues, each_message_goes_to_one_of_many_processes) {
  constexpr int messages = 200;
  const Pipe sums;
  FileQueue queue(path(), {.capacity = 50});
  const auto consume = [&] {
    FileQueue mine(path());
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

TEST_F(FileQueues, streams_run_over_them_with_items_in_a_file_store) {
  const auto store = Store::create("queued", FileOptions{.store_dir = folder_.path() / "store"});
  const StoreRegistration registration(store);
  const auto produce = [&](int of) {
    return [this, of, config = store->config()] {
      const auto mine = get_or_create_store(config);
      StreamProducer<std::vector<int>> producer(
          std::make_shared<QueuePublisher>(QueuePublisher::Queues{
              {"t", std::make_shared<FileQueue>(path(), QueueOptions{.capacity = 4})}}),
          {.default_store = mine, .inline_limit = 100});
      for (int i = 0; i < 20; ++i) {
        producer.send("t", std::vector<int>(i % 2 == 0 ? 1 : 1000, of));
      }
    };
  };
  ChildProcess first(produce(1)), second(produce(2));
  StreamConsumer<std::vector<int>> consumer(
      std::make_shared<QueueSubscriber>(std::make_shared<FileQueue>(path())),
      {.producers = 2, .timeout = patience});
  std::vector<int> counts(3);
  while (const auto item = consumer.next_object()) {
    int& count = counts.at(static_cast<std::size_t>(item->front()));
    EXPECT_EQ(item->size(), count++ % 2 == 0 ? 1U : 1000U);
  }
  EXPECT_EQ(counts, (std::vector<int>{0, 20, 20}));
  EXPECT_EQ(first.wait(), 0);
  EXPECT_EQ(second.wait(), 0);
  EXPECT_THAT(objects_in(folder_.path() / "store"), IsEmpty())
      << "items leave it when they are fetched";
}

TEST_F(FileQueues, full_ones_block_or_shed_and_keep_ends) {
  FileQueue blocking(path(), {.capacity = 2, .timeout = 20ms});
  (void)blocking.push(message("1"));
  (void)blocking.push(message("2"));
  EXPECT_THAT([&] { (void)blocking.push(message("3")); },
              ThrowsMessage<TimeoutError>(AllOf(HasSubstr(path().string()), HasSubstr("20 ms"))));
  EXPECT_EQ(blocking.size(), 2U);

  FileQueue newest(path(), {.capacity = 2, .overflow = Overflow::drop_newest, .timeout = 20ms});
  EXPECT_EQ(newest.push(message("3"))->text(), "3");
  EXPECT_THROW(newest.push_end(message("end")), TimeoutError);
  EXPECT_EQ(pop_text(newest), "1");
  newest.push_end(message("end"));

  FileQueue oldest(path(), {.capacity = 2, .overflow = Overflow::drop_oldest});
  EXPECT_EQ(oldest.push(message("4"))->text(), "2");
  EXPECT_EQ(oldest.push(message("5"))->text(), "4") << "no end is shed";
  EXPECT_EQ(oldest.push(message("6"))->text(), "5");
  EXPECT_EQ(oldest.dropped(), 3U);
  EXPECT_EQ(oldest.size(), 2U);
  EXPECT_EQ(pop_text(oldest), "end");
  EXPECT_EQ(pop_text(oldest), "6");
  EXPECT_THROW((void)oldest.pop(5ms), TimeoutError);
}

TEST_F(FileQueues, closed_ones_take_no_more_in_any_process) {
  FileQueue queue(path());
  (void)queue.push(message(""));
  ChildProcess other([&] { FileQueue(path()).close(); });
  EXPECT_EQ(other.wait(), 0);
  EXPECT_THROW((void)queue.push(message("1")), StoreClosedError);
  EXPECT_EQ(pop_text(queue), "") << "an empty message, and not the end";
  EXPECT_EQ(pop_text(queue), "(over)");
}

TEST_F(FileQueues, killed_producer_leaves_whole_messages_and_no_lock) {
  const Pipe begun;
  ChildProcess producer([&] {
    FileQueue mine(path(), {.capacity = 1'000'000});
    begun.send(true);
    for (int i = 0;; ++i) (void)mine.push(message(std::to_string(i) + std::string(10'000, 'x')));
  });
  (void)begun.receive<bool>();
  FileQueue queue(path());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(pop_text(queue).size(), 10'001U);
  producer.kill();
  std::size_t more = queue.size();
  for (std::size_t i = 0; i < more; ++i) EXPECT_GE(pop_text(queue).size(), 10'001U);
  EXPECT_THROW((void)queue.pop(1ms), TimeoutError);
  (void)queue.push(message("after"));
  EXPECT_EQ(pop_text(queue), "after");
}

TEST_F(FileQueues, damaged_ones_are_an_error_that_names_the_file) {
  FileQueue queue(path());
  for (const std::string text :
       {"", "v2 0 0 open\n", "after \n", "after \nv2", "after \nv2 5 3 open\n",
        "after \nv2 0 1 ajar\n", "after \nv2 0 0 open\n7\n", "after \nv1 0 0 open\n",
        "after \nv2 99999999999999999999 0 open\n", "after \nv2 0 1 open\nlast ../x\n",
        "after \nv2 0 9 open\ngap 0 1\n", "after \nv2 0 9 open\ngap 2 10\n",
        "after \nv2 0 9 open\ngap 2 4\ngap 3 5\n"}) {
    write_shared_text(path() / "queue", text);
    EXPECT_THAT([&] { (void)queue.push(message("1")); },
                ThrowsMessage<IntegrityError>(HasSubstr((path() / "queue").string())))
        << text;
  }
}

TEST_F(FileQueues, a_missing_message_is_an_error_that_names_its_file) {
  FileQueue queue(path());
  for (const char* text : {"0", "1", "2"}) (void)queue.push(message(text));
  fs::remove(path() / "0.message");
  EXPECT_THAT([&] { (void)queue.pop(patience); },
              ThrowsMessage<IntegrityError>(HasSubstr((path() / "0.message").string())));
  EXPECT_EQ(pop_text(queue), "1");
  EXPECT_EQ(pop_text(queue), "2");
}

TEST_F(FileQueues, removal_leaves_what_is_not_theirs) {
  {
    FileQueue queue(path());
    (void)queue.push(message("1"));
    queue.push_end(message("2"));
  }
  write_file(path() / "1.messages", "notes");
  write_file(path() / "x.end", "notes");
  FileQueue::remove(path());
  EXPECT_EQ(files(), 2U);
  EXPECT_NO_THROW(FileQueue::remove(folder_.path() / "nothing"));
  EXPECT_THROW(FileQueue(path(), {.capacity = 0}), ArgumentError);
  EXPECT_THROW(FileQueue(path() / "x.end"), Error);
}

}  // namespace
}  // namespace proxystore::testing
