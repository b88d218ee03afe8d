// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What travels in a stream: events that carry metadata, and an object's proxy or its bytes.

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "proxystore/bytes.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// What a producer says about an item, for filters and consumers. It is read without the item.
using StreamMetadata = std::map<std::string, std::string>;

/// An item that travels in the event: its stored form.
struct NewObjectEvent {
  StreamMetadata metadata{};
  Bytes object{};
  friend bool operator==(const NewObjectEvent&, const NewObjectEvent&) = default;
};

/// An item that is in a store: the wire form of its proxy.
struct NewObjectKeyEvent {
  StreamMetadata metadata{};
  Bytes proxy{};
  friend bool operator==(const NewObjectKeyEvent&, const NewObjectKeyEvent&) = default;
};

/// The producer will send no more to the topic.
struct EndOfStreamEvent {
  friend bool operator==(const EndOfStreamEvent&, const EndOfStreamEvent&) = default;
};

/// What a producer tells its consumers.
using StreamEvent = std::variant<NewObjectEvent, NewObjectKeyEvent, EndOfStreamEvent>;

/// What goes as one message: events of one producer for one topic, in order.
struct EventBatch {
  std::string topic{};
  std::uint64_t producer = 0;  ///< Random; tells producers apart
  std::uint64_t sequence = 0;  ///< Counts the producer's batches for the topic, from 1
  std::vector<StreamEvent> events{};
  friend bool operator==(const EventBatch&, const EventBatch&) = default;
};

/// The batch as the bytes of one message.
[[nodiscard]] PROXYSTORE_EXPORT Bytes event_to_bytes(const EventBatch& batch);
/// Objects and proxies share the memory of @p bytes. @throws MessageError if they are malformed
[[nodiscard]] PROXYSTORE_EXPORT EventBatch bytes_to_event(const Bytes& bytes);

}  // namespace proxystore::inline v0
