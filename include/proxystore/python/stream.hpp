// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Streams between C++ and Python's ProxyStore 1.x: transports that speak its messages. Items are
/// what both languages read: text, bytes and arrays of numbers. With the lists of a Redis server
/// (stream/redis_list.hpp), which are Python's RedisQueuePublisher and RedisQueueSubscriber:
///
///     auto lists = std::make_shared<RedisListPublisher>(RedisOptions{.hostname = host});
///     StreamProducer<std::string> producer(
///         std::make_shared<python::StreamPublisher<std::string>>(lists), {.default_store =
///         store});

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "proxystore/bytes.hpp"
#include "proxystore/error.hpp"
#include "proxystore/export.hpp"
#include "proxystore/proxy.hpp"
#include "proxystore/python/pickle.hpp"
#include "proxystore/store_factory.hpp"
#include "proxystore/stream.hpp"
#include "proxystore/stream/events.hpp"
#include "proxystore/stream/transport.hpp"

namespace proxystore::inline v0::python {

namespace detail {

/// An item in a message: in a store, or its stored form.
struct PickledItem {
  StreamMetadata metadata{};
  std::optional<PickledProxy> stored{};
  Bytes object{};
};

/// A message of Python's.
struct PickledBatch {
  std::string topic{};
  std::vector<PickledItem> items{};
  bool ends = false;  ///< Whether its producer sends no more to the topic
};

/// @throws UnsupportedError for items that Python cannot read or find
[[nodiscard]] PROXYSTORE_EXPORT Bytes write_batch(const PickledBatch& batch);
/// @throws MessageError if @p message is no such message
[[nodiscard]] PROXYSTORE_EXPORT PickledBatch read_batch(ByteSpan message);

template <class T>
Bytes to_python(const Bytes& message) {
  const EventBatch batch = bytes_to_event(message);
  PickledBatch pickled{.topic = batch.topic};
  for (const StreamEvent& event : batch.events) {
    if (const auto* here = std::get_if<NewObjectEvent>(&event)) {
      pickled.items.push_back({.metadata = here->metadata, .object = here->object});
    } else if (const auto* stored = std::get_if<NewObjectKeyEvent>(&event)) {
      const auto proxy = from_bytes<T>(stored->proxy);
      const auto& factory = v0::detail::store_factory_of(v0::detail::factory_of(proxy));
      pickled.items.push_back(
          {.metadata = stored->metadata,
           .stored = PickledProxy{
               .key = *factory.key(), .config = factory.config(), .evict = factory.evicts()}});
    } else {
      pickled.ends = true;
    }
  }
  return write_batch(pickled);
}

template <class T>
EventBatch from_python(ByteSpan message) {
  PickledBatch pickled = read_batch(message);
  EventBatch batch{.topic = std::move(pickled.topic)};
  for (PickledItem& item : pickled.items) {
    if (item.stored) {
      const Proxy<T> proxy(
          StoreFactory<T>(item.stored->key, item.stored->config, {.evict = item.stored->evict}));
      batch.events.emplace_back(NewObjectKeyEvent{std::move(item.metadata), to_bytes(proxy)});
    } else {
      batch.events.emplace_back(NewObjectEvent{std::move(item.metadata), std::move(item.object)});
    }
  }
  if (pickled.ends) batch.events.emplace_back(EndOfStreamEvent{});
  return batch;
}

}  // namespace detail

/// Sends the messages of a StreamProducer<T> as Python's StreamConsumer reads them, through another
/// publisher. @threadsafe if that is
template <class T>
class StreamPublisher final : public MessagePublisher {
  static_assert(!detail::class_name<T>.empty(),
                "Python reads text (std::string), Bytes, arrays, and vectors of numbers");

 public:
  /// @throws ArgumentError without a publisher
  explicit StreamPublisher(std::shared_ptr<MessagePublisher> carrier)
      : carrier_(std::move(carrier)) {
    if (!carrier_) throw ArgumentError("a python::StreamPublisher needs a publisher");
  }

  /// @throws UnsupportedError for an item whose store Python cannot open, and as the carrier
  [[nodiscard]] Dropped send_message(std::string_view topic, const Bytes& message) override {
    Dropped dropped = carrier_->send_message(topic, detail::to_python<T>(message));
    for (Bytes& one : dropped) one = event_to_bytes(detail::from_python<T>(one.span()));
    return dropped;
  }
  void send_end(std::string_view topic, const Bytes& message) override {
    carrier_->send_end(topic, detail::to_python<T>(message));
  }
  void close() override { carrier_->close(); }

 private:
  const std::shared_ptr<MessagePublisher> carrier_;
};

/// Gives a StreamConsumer<T> the messages of Python's StreamProducer, from another subscriber. They
/// say nothing of their producer, so each end counts as that of another one, and a message that
/// comes twice is taken twice. Not thread-safe.
template <class T>
class StreamSubscriber final : public MessageSubscriber {
 public:
  /// @throws ArgumentError without a subscriber
  explicit StreamSubscriber(std::shared_ptr<MessageSubscriber> carrier)
      : carrier_(std::move(carrier)) {
    if (!carrier_) throw ArgumentError("a python::StreamSubscriber needs a subscriber");
  }

  /// @throws MessageError for a message that is not Python's, or has an item that is neither in a
  /// store nor text or bytes; and as the carrier
  [[nodiscard]] std::optional<Bytes> next_message(std::chrono::milliseconds timeout) override {
    const auto message = carrier_->next_message(timeout);
    if (!message) return std::nullopt;
    EventBatch batch = detail::from_python<T>(message->span());
    const bool ends =
        !batch.events.empty() && std::holds_alternative<EndOfStreamEvent>(batch.events.back());
    batch.producer = ends ? v0::detail::random_stream_id() : id_;
    batch.sequence = ends ? 1 : ++sequence_;
    return event_to_bytes(batch);
  }
  void close() override { carrier_->close(); }
  void note_end(std::uint64_t producer, std::string_view topic, std::size_t producers) override {
    carrier_->note_end(producer, topic, producers);
  }

 private:
  const std::shared_ptr<MessageSubscriber> carrier_;
  const std::uint64_t id_ = v0::detail::random_stream_id();
  std::uint64_t sequence_ = 0;
};

}  // namespace proxystore::inline v0::python
