// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// StreamProducer and StreamConsumer: items in order from producers to consumers. Small events go
/// through a transport (stream/transport.hpp); large items stay in a store, and events carry their
/// proxies. So whoever passes events on, or drops them by their metadata, moves no data.
///
/// Each producer numbers its batches for a topic, and ends the topic with an event of its own. A
/// consumer drops batches that it has seen, and its stream is over when as many producers as it was
/// told of have ended it, so that none of them ends it for the others.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxystore/error.hpp"
#include "proxystore/export.hpp"
#include "proxystore/proxy.hpp"
#include "proxystore/serialize.hpp"
#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"
#include "proxystore/stream/error.hpp"
#include "proxystore/stream/events.hpp"
#include "proxystore/stream/transport.hpp"

namespace proxystore::inline v0 {

/// Whether an item of this metadata is dropped.
using StreamFilter = std::function<bool(const StreamMetadata&)>;

namespace detail {
[[nodiscard]] PROXYSTORE_EXPORT std::uint64_t random_stream_id();
/// Calls @p function; what it throws is logged as the failure of @p what.
PROXYSTORE_EXPORT void log_errors(const char* what, const std::function<void()>& function) noexcept;
}  // namespace detail

/// Drops items at random, and keeps the others.
class PROXYSTORE_EXPORT SamplingFilter {
 public:
  /// Drops with probability @p p. @p random gives numbers from 0 to 1; by default good ones.
  /// @throws ArgumentError unless @p p is from 0 to 1
  explicit SamplingFilter(double p, std::function<double()> random = {});
  bool operator()(const StreamMetadata&) const { return random_() <= p_; }

 private:
  double p_;
  std::function<double()> random_;
};

/// Arguments of StreamProducer.
template <class T>
struct StreamProducerArgs {
  std::size_t batch_size = 1;  ///< Items for which a topic's events wait, to go as one message
  /// Makes one item of a batch. Its metadata are those of all, of which later ones win.
  std::function<T(const std::vector<T>&)> aggregator{};
  StreamFilter filter{};                   ///< Of what is sent at all
  std::shared_ptr<Store> default_store{};  ///< Where items of all topics go but
  std::map<std::string, std::shared_ptr<Store>>
      stores{};                     ///< those, which have stores of their own
  std::size_t inline_limit = 4096;  ///< Items up to this size, as stored, travel in their events
};

/// Arguments of StreamProducer::send.
struct SendItemArgs {
  bool evict = true;  ///< Remove the item from its store once a consumer fetched it
  StreamMetadata metadata{};
};

/// Arguments of StreamProducer::close and StreamConsumer::close.
struct StreamCloseArgs {
  bool transport = true;  ///< Close the publisher or subscriber, too
  bool stores = false;    ///< Close the stores, too
};

/// Sends items of type T to topics. Not thread-safe. Without a store for a topic its items travel
/// in their events, whatever their size.
template <class T>
class StreamProducer {
  static_assert(Proxiable<T>, "items of streams are what proxies stand for");

 public:
  /// @throws ArgumentError without a publisher, or for a batch of no items
  explicit StreamProducer(std::shared_ptr<MessagePublisher> publisher,
                          StreamProducerArgs<T> args = {});
  StreamProducer(const StreamProducer&) = delete;
  StreamProducer& operator=(const StreamProducer&) = delete;
  /// Closes it; errors are logged.
  ~StreamProducer();

  /// Sends @p item, now or with its batch. What has to wait for others, or for the aggregator, is
  /// moved here, or copied if it is an lvalue; what is sent at once is neither.
  /// @throws TopicClosedError; what the filter, the aggregator, the store or the publisher throws:
  ///         then nothing of the batch was sent, nor left in a store
  void send(const std::string& topic, const T& item, const SendItemArgs& args = {}) {
    send_item(topic, item, args);
  }
  void send(const std::string& topic, T&& item, const SendItemArgs& args = {}) {
    send_item(topic, std::move(item), args);
  }

  /// Sends what waits for its batch to be complete.
  void flush_topic(const std::string& topic);
  void flush();

  /// Flushes the topic, and tells its consumers that no more will come. Once: again does nothing.
  void close_topic(const std::string& topic);

  /// Closes all topics that were used. @throws what flush() throws first, after all are closed
  void close(const StreamCloseArgs& args = {});

 private:
  struct Item {
    T value;
    bool evict;
    StreamMetadata metadata;
  };
  struct Topic {
    std::vector<Item> waiting{};
    std::uint64_t sequence = 0;
    bool used = false;  // something was sent
    bool closed = false;
  };

  /// An item where it is, on its way.
  struct Outgoing {
    const T& value;
    bool evict;
    const StreamMetadata& metadata;
  };

  template <class Value>
  void send_item(const std::string& name, Value&& item, const SendItemArgs& args);
  void send_items(const std::string& name, Topic& topic, std::span<const Outgoing> items);
  [[nodiscard]] std::vector<Item> aggregate(std::vector<Item> items) const;
  [[nodiscard]] std::vector<StreamEvent> to_events(std::span<const Outgoing> items, Store* store,
                                                   std::vector<Key>& stored) const;
  void publish(const std::string& name, Topic& topic, std::vector<StreamEvent> events);
  [[nodiscard]] Store* store_of(const std::string& topic) const;

  const std::shared_ptr<MessagePublisher> publisher_;
  const StreamProducerArgs<T> args_;
  const std::uint64_t id_ = detail::random_stream_id();
  std::map<std::string, Topic> topics_;
};

/// Arguments of StreamConsumer.
struct StreamConsumerArgs {
  StreamFilter filter{};  ///< Of what is given to the caller; the rest is evicted, if it shall be
  /// How many must end a topic until the stream is over: producers, times the topics of each. All
  /// consumers that share one subscriber's messages are told the same.
  std::size_t producers = 1;
  std::chrono::milliseconds timeout{300'000};  ///< For which the next message is awaited
};

/// An item of a stream.
template <class T>
struct StreamItem {
  StreamMetadata metadata{};
  /// Resolved already if the item came in its event; that one has no store, and cannot be sent on.
  Proxy<T> proxy{};
};

/// Receives items of type T. Not thread-safe.
template <class T>
class StreamConsumer {
 public:
  /// @throws ArgumentError without a subscriber, or for a stream of no producers
  explicit StreamConsumer(std::shared_ptr<MessageSubscriber> subscriber,
                          StreamConsumerArgs args = {});
  StreamConsumer(const StreamConsumer&) = delete;
  StreamConsumer& operator=(const StreamConsumer&) = delete;
  /// Closes it; errors are logged.
  ~StreamConsumer();

  /// The next item; nothing if the stream is over. Its object is not fetched.
  /// @blocking until one comes @throws TimeoutError, MessageError, SerializationError, and what the
  /// filter or the subscriber throws
  [[nodiscard]] std::optional<StreamItem<T>> next_with_metadata();
  [[nodiscard]] std::optional<Proxy<T>> next();
  /// The next item itself, fetched, and evicted if the producer said so; null if the stream is
  /// over.
  /// @throws ProxyResolveError if it is in its store no more
  [[nodiscard]] std::shared_ptr<const T> next_object();

  /// Batches that came twice, and were dropped.
  [[nodiscard]] std::uint64_t duplicates() const noexcept { return duplicates_; }

  /// Ends receiving. What was not received stays in its stores.
  void close(const StreamCloseArgs& args = {});

  /// For range-for over what comes, once: `for (const Proxy<T>& item : consumer)`.
  class Iterator;
  [[nodiscard]] Iterator begin() { return Iterator(this); }
  [[nodiscard]] Iterator end() { return Iterator(nullptr); }

 private:
  void take(EventBatch batch);
  [[nodiscard]] std::optional<StreamItem<T>> to_item(StreamEvent event);

  const std::shared_ptr<MessageSubscriber> subscriber_;
  const StreamConsumerArgs args_;
  std::deque<StreamEvent> waiting_;
  std::map<std::pair<std::uint64_t, std::string>, std::uint64_t> seen_;  // the last sequence
  std::set<std::pair<std::uint64_t, std::string>> ended_;
  std::set<std::shared_ptr<Store>> stores_;
  std::uint64_t duplicates_ = 0;
  bool closed_ = false;
};

// ---------------------------------------------------------------------------------------------

namespace detail {

/// Removes what @p proxy stands for from its store, if whoever fetched it would.
template <class T>
void evict_item(const Proxy<T>& proxy) {
  const auto& factory = store_factory_of(factory_of(proxy));
  if (factory.evicts()) (void)factory.get_store()->evict(proxy.key());
}

/// The same for all items that @p message tells of.
template <class T>
void evict_items(const Bytes& message) {
  for (const StreamEvent& event : bytes_to_event(message).events) {
    const auto* stored = std::get_if<NewObjectKeyEvent>(&event);
    if (stored != nullptr) evict_item(from_bytes<T>(stored->proxy));
  }
}

}  // namespace detail

template <class T>
StreamProducer<T>::StreamProducer(std::shared_ptr<MessagePublisher> publisher,
                                  StreamProducerArgs<T> args)
    : publisher_(std::move(publisher)), args_(std::move(args)) {
  if (!publisher_) throw ArgumentError("a StreamProducer needs a publisher");
  if (args_.batch_size == 0) throw ArgumentError("a batch of a stream has one item or more");
}

template <class T>
StreamProducer<T>::~StreamProducer() {
  detail::log_errors("closing a stream's producer", [this] { close(); });
}

template <class T>
template <class Value>
void StreamProducer<T>::send_item(const std::string& name, Value&& item, const SendItemArgs& args) {
  Topic& topic = topics_[name];
  if (topic.closed) {
    throw TopicClosedError("topic '" + name + "' was closed; nothing can be sent to it");
  }
  if (args_.filter && args_.filter(args.metadata)) return;
  if (args_.batch_size == 1 && !args_.aggregator) {
    const Outgoing alone{item, args.evict, args.metadata};
    return send_items(name, topic, {&alone, 1});
  }
  topic.waiting.push_back({std::forward<Value>(item), args.evict, args.metadata});
  if (topic.waiting.size() >= args_.batch_size) flush_topic(name);
}

template <class T>
void StreamProducer<T>::flush_topic(const std::string& name) {
  const auto found = topics_.find(name);
  if (found == topics_.end() || found->second.waiting.empty()) return;
  Topic& topic = found->second;
  const auto items = aggregate(std::exchange(topic.waiting, {}));
  std::vector<Outgoing> outgoing;
  outgoing.reserve(items.size());
  for (const Item& item : items) outgoing.push_back({item.value, item.evict, item.metadata});
  send_items(name, topic, outgoing);
}

template <class T>
void StreamProducer<T>::send_items(const std::string& name, Topic& topic,
                                   std::span<const Outgoing> items) {
  Store* store = store_of(name);
  std::vector<Key> stored;
  try {
    publish(name, topic, to_events(items, store, stored));
  } catch (...) {
    if (store != nullptr) detail::log_errors("evicting", [&] { store->evict_batch(stored); });
    throw;
  }
}

template <class T>
auto StreamProducer<T>::aggregate(std::vector<Item> items) const -> std::vector<Item> {
  if (!args_.aggregator) return items;
  std::vector<T> values;
  bool evict = false;
  StreamMetadata metadata;
  for (Item& item : items) {
    values.push_back(std::move(item.value));
    evict = evict || item.evict;
    for (auto& [key, value] : item.metadata) metadata[key] = std::move(value);
  }
  std::vector<Item> one;
  one.push_back({args_.aggregator(values), evict, std::move(metadata)});
  return one;
}

template <class T>
std::vector<StreamEvent> StreamProducer<T>::to_events(std::span<const Outgoing> items, Store* store,
                                                      std::vector<Key>& stored) const {
  std::vector<StreamEvent> events;
  for (const Outgoing& item : items) {
    const SerializedObject object = serialize(item.value);
    if (store == nullptr || object.size() <= args_.inline_limit) {
      events.push_back(NewObjectEvent{item.metadata, Bytes::copy_of(object.parts())});
      continue;
    }
    stored.push_back(store->put(item.value));
    const auto proxy = store->template proxy_from_key<T>(stored.back(), {.evict = item.evict});
    events.push_back(NewObjectKeyEvent{item.metadata, to_bytes(proxy)});
  }
  return events;
}

template <class T>
void StreamProducer<T>::publish(const std::string& name, Topic& topic,
                                std::vector<StreamEvent> events) {
  const EventBatch batch{
      .topic = name, .producer = id_, .sequence = ++topic.sequence, .events = std::move(events)};
  const bool is_end = std::holds_alternative<EndOfStreamEvent>(batch.events.back());
  if (is_end) {
    publisher_->send_end(name, event_to_bytes(batch));
  } else {
    for (const Bytes& dropped : publisher_->send_message(name, event_to_bytes(batch))) {
      detail::log_errors("evicting what was dropped", [&] { detail::evict_items<T>(dropped); });
    }
  }
  topic.used = true;
}

template <class T>
Store* StreamProducer<T>::store_of(const std::string& topic) const {
  const auto own = args_.stores.find(topic);
  return own != args_.stores.end() ? own->second.get() : args_.default_store.get();
}

template <class T>
void StreamProducer<T>::flush() {
  for (auto& [name, topic] : topics_) flush_topic(name);
}

template <class T>
void StreamProducer<T>::close_topic(const std::string& name) {
  Topic& topic = topics_[name];
  if (topic.closed) return;
  flush_topic(name);
  publish(name, topic, {EndOfStreamEvent{}});
  topic.closed = true;
}

template <class T>
void StreamProducer<T>::close(const StreamCloseArgs& args) {
  std::exception_ptr first;
  for (auto& [name, topic] : topics_) {
    try {
      if (topic.used || !topic.waiting.empty()) close_topic(name);
    } catch (...) {  // such as a consumer that left: the others shall be told all the same
      if (!first) first = std::current_exception();
      topic.closed = true;
    }
  }
  if (args.transport) publisher_->close();
  if (args.stores && args_.default_store) args_.default_store->close();
  for (const auto& [name, store] : args_.stores) {
    if (args.stores && store) store->close();
  }
  if (first) std::rethrow_exception(first);
}

template <class T>
StreamConsumer<T>::StreamConsumer(std::shared_ptr<MessageSubscriber> subscriber,
                                  StreamConsumerArgs args)
    : subscriber_(std::move(subscriber)), args_(std::move(args)) {
  if (!subscriber_) throw ArgumentError("a StreamConsumer needs a subscriber");
  if (args_.producers == 0) throw ArgumentError("a stream has one producer or more");
}

template <class T>
StreamConsumer<T>::~StreamConsumer() {
  detail::log_errors("closing a stream's consumer", [this] { close({.transport = false}); });
}

template <class T>
void StreamConsumer<T>::take(EventBatch batch) {
  const std::pair source{batch.producer, batch.topic};
  auto& last = seen_[source];
  if (batch.sequence <= last) {
    ++duplicates_;
    return;
  }
  last = batch.sequence;
  for (StreamEvent& event : batch.events) {
    if (std::holds_alternative<EndOfStreamEvent>(event)) {
      ended_.insert(source);
      subscriber_->note_end(batch.producer, batch.topic, args_.producers);
    } else {
      waiting_.push_back(std::move(event));
    }
  }
}

template <class T>
std::optional<StreamItem<T>> StreamConsumer<T>::next_with_metadata() {
  while (true) {
    while (!waiting_.empty()) {
      StreamEvent event = std::move(waiting_.front());
      waiting_.pop_front();
      if (auto item = to_item(std::move(event))) return item;
    }
    if (closed_ || ended_.size() >= args_.producers) return std::nullopt;
    const auto message = subscriber_->next_message(args_.timeout);
    if (!message) {
      closed_ = true;
    } else {
      take(bytes_to_event(*message));
    }
  }
}

template <class T>
std::optional<StreamItem<T>> StreamConsumer<T>::to_item(StreamEvent event) {
  if (auto* here = std::get_if<NewObjectEvent>(&event)) {
    if (args_.filter && args_.filter(here->metadata)) return std::nullopt;
    auto object = std::make_shared<const T>(deserialize<T>(here->object));
    Proxy<T> proxy([object] { return object; });
    proxy.resolve();
    return StreamItem<T>{std::move(here->metadata), std::move(proxy)};
  }
  auto& stored = std::get<NewObjectKeyEvent>(event);
  auto proxy = from_bytes<T>(stored.proxy);
  stores_.insert(detail::store_factory_of(detail::factory_of(proxy)).get_store());
  if (args_.filter && args_.filter(stored.metadata)) {
    detail::evict_item(proxy);
    return std::nullopt;
  }
  return StreamItem<T>{std::move(stored.metadata), std::move(proxy)};
}

template <class T>
std::optional<Proxy<T>> StreamConsumer<T>::next() {
  auto item = next_with_metadata();
  if (!item) return std::nullopt;
  return std::move(item->proxy);
}

template <class T>
std::shared_ptr<const T> StreamConsumer<T>::next_object() {
  const auto item = next_with_metadata();
  return item ? item->proxy.share() : nullptr;
}

template <class T>
void StreamConsumer<T>::close(const StreamCloseArgs& args) {
  closed_ = true;
  if (args.transport) subscriber_->close();
  if (!args.stores) return;
  for (const auto& store : std::exchange(stores_, {})) store->close();
}

/// An input iterator.
template <class T>
class StreamConsumer<T>::Iterator {
 public:
  using value_type = Proxy<T>;
  using difference_type = std::ptrdiff_t;

  explicit Iterator(StreamConsumer* consumer) : consumer_(consumer) {
    if (consumer_ != nullptr) ++*this;
  }
  const Proxy<T>& operator*() const { return *item_; }
  Iterator& operator++() {
    item_ = consumer_->next();
    if (!item_) consumer_ = nullptr;
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(const Iterator& a, const Iterator& b) {
    return a.consumer_ == b.consumer_;
  }

 private:
  StreamConsumer* consumer_;
  std::optional<Proxy<T>> item_;
};

}  // namespace proxystore::inline v0
