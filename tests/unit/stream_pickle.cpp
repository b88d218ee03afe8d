// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Messages of Python's streams that are damaged, or of something else. That Python takes ours, and
// the reverse, is shown in tests/python.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/temporary_folder.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/proxystore.hpp"
#include "proxystore/python/stream.hpp"

namespace proxystore::testing {
namespace {

using python::detail::PickledBatch;
using python::detail::read_batch;
using python::detail::write_batch;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

ByteSpan span_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

Bytes stored_form(const std::string& text) {
  return Bytes::copy_of(serialize(text).parts());
}

PickledBatch batch_of_all() {
  const StoreConfig config{.name = "s", .connector = FileOptions{.store_dir = "/tmp/somewhere"}};
  return {.topic = "t",
          .items = {{.metadata = {{"step", "1"}}, .object = stored_form("here")},
                    {.metadata = {},
                     .stored =
                         python::detail::PickledProxy{
                             .key = Key::random(), .config = config, .evict = true}}},
          .ends = true};
}

TEST(StreamPickle, says_what_was_written) {
  const PickledBatch written = batch_of_all();
  const PickledBatch read = read_batch(write_batch(written).span());
  EXPECT_EQ(read.topic, "t");
  EXPECT_TRUE(read.ends);
  ASSERT_EQ(read.items.size(), 2U);
  EXPECT_EQ(read.items[0].metadata, written.items[0].metadata);
  EXPECT_EQ(read.items[0].object, written.items[0].object);
  ASSERT_TRUE(read.items[1].stored);
  EXPECT_EQ(read.items[1].stored->key, written.items[1].stored->key);
  EXPECT_EQ(read.items[1].stored->config.name, "s");
  EXPECT_TRUE(read.items[1].stored->evict);
}

TEST(StreamPickle, cut_or_changed_anywhere_is_a_named_error_or_a_message) {
  const std::string whole(write_batch(batch_of_all()).text());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW((void)read_batch(span_of(whole.substr(0, size))), MessageError);
  }
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char other : {'\x00', '\x28', '\x94', '\xff', 'R', '}', 't', 'h', 'u', ']'}) {
      std::string changed = whole;
      changed[at] = other;
      try {
        (void)read_batch(span_of(changed));
      } catch (const MessageError&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(StreamPickle, of_something_else_is_named) {
  const auto read = [](const std::string& text) {
    return [text] { (void)read_batch(span_of(text)); };
  };
  EXPECT_THAT(read(""), ThrowsMessage<MessageError>(HasSubstr("frames 'PK' and 'CP'")));
  EXPECT_THAT(read("US\ntext"), ThrowsMessage<MessageError>(HasSubstr("frames 'PK' and 'CP'")));
  EXPECT_THAT(read("PK\n\x80\x04N."), ThrowsMessage<MessageError>(HasSubstr("batch of events")));
  EXPECT_THAT(read("PK\n\x80\x04}."), ThrowsMessage<MessageError>(HasSubstr("no event_type")));
}

TEST(StreamPickle, an_item_of_python_alone_is_named) {
  using namespace std::string_literals;
  const auto word = [](const std::string& text) {
    return "\x8c"s + static_cast<char>(text.size()) + text;
  };
  const std::string event =
      "}(" + word("event_type") + word("NEW_OBJECT") + word("metadata") + "}" + word("obj") + "]u";
  const std::string message = "PK\n\x80\x04}(" + word("events") + "](" + event + "e" +
                              word("topic") + word("t") + word("event_type") + word("EVENT_BATCH") +
                              "u.";
  EXPECT_THAT([&] { (void)read_batch(span_of(message)); },
              ThrowsMessage<MessageError>(HasSubstr("give the producer a store")));
}

/// A batch of @p count events that are one value, which @p event pushes.
std::string repeated(const std::string& event, int count) {
  const auto text = [](const std::string& word) {
    return "\x8c" + std::string(1, static_cast<char>(word.size())) + word;
  };
  std::string pickle =
      std::string("PK\n\x80\x04", 5) + "}(" + text("events") + "](" + event + "q\x09";
  for (int i = 1; i < count; ++i) pickle += "h\x09";
  return pickle + "e" + text("topic") + text("t") + text("event_type") + text("EVENT_BATCH") + "u.";
}

std::string long_text(std::size_t size) {
  std::string pickle = "X";
  for (std::size_t i = 0; i < 4; ++i) pickle += static_cast<char>(size >> (8 * i) & 0xffU);
  return pickle + std::string(size, 'x');
}

TEST(StreamPickle, items_that_are_one_value_share_its_bytes) {
  const std::string event = "}(\x8c\x03obj" + long_text(1'000'000) +
                            "\x8c\x08metadata}\x8c\x0a"
                            "event_type\x8c\x0aNEW_OBJECTu";
  const PickledBatch batch = read_batch(span_of(repeated(event, 2000)));
  ASSERT_EQ(batch.items.size(), 2000U);
  EXPECT_EQ(batch.items.front().object.size(), 1'000'003U);
  EXPECT_EQ(batch.items.front().object.data(), batch.items.back().object.data());
}

TEST(StreamPickle, that_makes_much_of_little_is_refused) {
  const std::string metadata = "}\x8c\x01m" + long_text(1'000'000) + "s";
  const std::string event = "}(\x8c\x03obj\x8c\x01o\x8c\x08metadata" + metadata +
                            "\x8c\x0a"
                            "event_type\x8c\x0aNEW_OBJECTu";
  EXPECT_EQ(read_batch(span_of(repeated(event, 20))).items.size(), 20U);
  for (const int count : {200, 100'000}) {
    EXPECT_THAT([&] { (void)read_batch(span_of(repeated(event, count))); },
                ThrowsMessage<MessageError>(HasSubstr("far larger")));
  }
  std::string names = std::string("PK\n\x80\x04", 5) + long_text(1'000'000) + "q\x01";
  for (int i = 0; i < 2000; ++i) names += "h\x01h\x01\x93";
  EXPECT_THAT([&] { (void)read_batch(span_of(names + ".")); },
              ThrowsMessage<MessageError>(HasSubstr("name of a global")));
}

TEST(StreamPickle, stores_that_python_cannot_open_are_refused) {
  const auto store = Store::create("here", LocalOptions{});
  const auto proxy = store->proxy(std::string(5000, 'x'));
  EventBatch batch{.topic = "t", .producer = 1, .sequence = 1};
  batch.events.emplace_back(NewObjectKeyEvent{{}, to_bytes(proxy)});
  const Bytes message = event_to_bytes(batch);
  EXPECT_THAT([&] { (void)python::detail::to_python<std::string>(message); },
              ThrowsMessage<UnsupportedError>(HasSubstr("kind 'local'")));
}

TEST(StreamPickle, transports_need_a_carrier) {
  EXPECT_THROW(python::StreamPublisher<std::string>(nullptr), ArgumentError);
  EXPECT_THROW(python::StreamSubscriber<std::string>(nullptr), ArgumentError);
}

/// Each end is that of another producer: several can end a topic.
TEST(StreamPickle, ends_of_several_producers_count) {
  const auto queue = std::make_shared<LocalQueue>(QueueOptions{});
  const auto carrier = std::make_shared<QueuePublisher>(QueuePublisher::Queues{{"t", queue}});
  const auto producer = [&] {
    return StreamProducer<std::string>(
        std::make_shared<python::StreamPublisher<std::string>>(carrier));
  };
  {
    auto first = producer();
    auto second = producer();
    first.send("t", "1");
    second.send("t", "2");
    first.close();
    second.send("t", "3");
    second.close();
  }
  StreamConsumer<std::string> consumer(std::make_shared<python::StreamSubscriber<std::string>>(
                                           std::make_shared<QueueSubscriber>(queue)),
                                       {.producers = 2, .timeout = std::chrono::seconds(10)});
  std::string all;
  while (const auto item = consumer.next_object()) all += *item;
  EXPECT_EQ(all, "123");
}

}  // namespace
}  // namespace proxystore::testing
