// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/stream/transport.hpp"

#include <utility>

#include "detail/text.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

MessagePublisher::~MessagePublisher() = default;
MessageSubscriber::~MessageSubscriber() = default;
MessageQueue::~MessageQueue() = default;

void MessageSubscriber::note_end(std::uint64_t, std::string_view, std::size_t) {}

MessageQueue& QueuePublisher::queue_of(std::string_view topic) const {
  const auto queue = queues_.find(topic);
  if (queue == queues_.end() || !queue->second) {
    throw ArgumentError(
        "Unknown topic \"" + std::string(topic) + "\"; known are " + detail::quoted_keys(queues_),
        {.connector = "queue", .operation = "send"});
  }
  return *queue->second;
}

MessagePublisher::Dropped QueuePublisher::send_message(std::string_view topic,
                                                       const Bytes& message) {
  Dropped dropped;
  if (auto one = queue_of(topic).push(message)) dropped.push_back(std::move(*one));
  return dropped;
}

void QueuePublisher::send_end(std::string_view topic, const Bytes& message) {
  queue_of(topic).push_end(message);
}

QueueSubscriber::QueueSubscriber(std::shared_ptr<MessageQueue> queue) : queue_(std::move(queue)) {
  if (!queue_) throw ArgumentError("a QueueSubscriber needs a queue");
}

}  // namespace proxystore::inline v0
