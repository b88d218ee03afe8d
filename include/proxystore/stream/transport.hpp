// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How the messages of streams get from producers to consumers: the seam that transports fill, and
/// the one over queues.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxystore/bytes.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// Where a producer's messages go. Implementations say whether they are thread-safe.
class PROXYSTORE_EXPORT MessagePublisher {
 public:
  MessagePublisher() = default;
  MessagePublisher(const MessagePublisher&) = delete;
  MessagePublisher& operator=(const MessagePublisher&) = delete;
  virtual ~MessagePublisher();

  /// Messages that nobody will get.
  using Dropped = std::vector<Bytes>;

  /// Sends @p message to those who read @p topic. Returns what had to give way, be it @p message
  /// itself or an older one; whoever sends removes from their stores the items that it tells of.
  /// @blocking as the transport's policy is for slow consumers, and never without end
  /// @throws ArgumentError for a topic that it does not know, TimeoutError, ConnectorError
  [[nodiscard]] virtual Dropped send_message(std::string_view topic, const Bytes& message) = 0;

  /// Sends @p message, which ends @p topic, to all who read it, also where each of the others goes
  /// to one reader only. It is never dropped: it waits for room.
  virtual void send_end(std::string_view topic, const Bytes& message) = 0;

  /// Ends sending; a second call does nothing.
  virtual void close() = 0;
};

/// Where a consumer's messages come from.
class PROXYSTORE_EXPORT MessageSubscriber {
 public:
  MessageSubscriber() = default;
  MessageSubscriber(const MessageSubscriber&) = delete;
  MessageSubscriber& operator=(const MessageSubscriber&) = delete;
  virtual ~MessageSubscriber();

  /// The next message; nothing if no more can come. @blocking for @p timeout at most
  /// @throws TimeoutError, ConnectorError
  [[nodiscard]] virtual std::optional<Bytes> next_message(std::chrono::milliseconds timeout) = 0;

  /// Ends receiving: whoever waits gets nothing. A second call does nothing.
  virtual void close() = 0;

  /// Called by a consumer that saw @p producer end @p topic, which is one of @p producers ends that
  /// make the stream over. Where consumers share messages, the others must get to know.
  virtual void note_end(std::uint64_t producer, std::string_view topic, std::size_t producers);
};

/// What a full queue does with one message more.
enum class Overflow : std::uint8_t {
  block,        ///< The producer waits for the consumer, then gets a TimeoutError
  drop_newest,  ///< The message is lost
  drop_oldest,  ///< The one that waited longest is lost; no end of a topic is
};

/// Arguments of queues.
struct QueueOptions {
  std::size_t capacity = 1024;  ///< Messages, at least 1
  Overflow overflow = Overflow::block;
  std::chrono::milliseconds timeout{300'000};  ///< For which a producer blocks at most
};

/// A bounded number of messages in their order. Each goes to one consumer. LocalQueue keeps them in
/// this process, FileQueue in a folder.
class PROXYSTORE_EXPORT MessageQueue {
 public:
  MessageQueue() = default;
  MessageQueue(const MessageQueue&) = delete;
  MessageQueue& operator=(const MessageQueue&) = delete;
  virtual ~MessageQueue();

  /// Returns the message that had to give way, if one had to.
  /// @throws TimeoutError if it stays full, StoreClosedError if it was closed, ConnectorError
  virtual std::optional<Bytes> push(Bytes message) = 0;
  /// As push(), for the end of a topic: it waits for room whatever the policy is.
  virtual void push_end(Bytes message) = 0;
  /// The next message; nothing if it is closed and empty. @throws TimeoutError, ConnectorError
  [[nodiscard]] virtual std::optional<Bytes> pop(std::chrono::milliseconds timeout) = 0;
  /// As MessageSubscriber::note_end: after the last end the queue is closed for all consumers.
  virtual void note_end(std::uint64_t producer, std::string_view topic, std::size_t producers) = 0;
  /// Takes no more messages; those that are in it can be taken out.
  virtual void close() = 0;

  /// Messages that were dropped here because it was full.
  [[nodiscard]] virtual std::uint64_t dropped() const = 0;
  [[nodiscard]] virtual std::size_t size() const = 0;
};

/// Sends to queues, one for each topic. Closing it leaves them open: others may send, too.
/// @threadsafe
class PROXYSTORE_EXPORT QueuePublisher final : public MessagePublisher {
 public:
  using Queues = std::map<std::string, std::shared_ptr<MessageQueue>, std::less<>>;
  explicit QueuePublisher(Queues queues) : queues_(std::move(queues)) {}
  [[nodiscard]] Dropped send_message(std::string_view topic, const Bytes& message) override;
  void send_end(std::string_view topic, const Bytes& message) override;
  void close() override {}

 private:
  [[nodiscard]] MessageQueue& queue_of(std::string_view topic) const;

  const Queues queues_;
};

/// Reads from a queue. Several may: each message goes to one of them. Closing it closes the queue.
/// @threadsafe
class PROXYSTORE_EXPORT QueueSubscriber final : public MessageSubscriber {
 public:
  explicit QueueSubscriber(std::shared_ptr<MessageQueue> queue);
  [[nodiscard]] std::optional<Bytes> next_message(std::chrono::milliseconds timeout) override {
    return queue_->pop(timeout);
  }
  void close() override { queue_->close(); }
  void note_end(std::uint64_t producer, std::string_view topic, std::size_t producers) override {
    queue_->note_end(producer, topic, producers);
  }

 private:
  const std::shared_ptr<MessageQueue> queue_;
};

}  // namespace proxystore::inline v0
