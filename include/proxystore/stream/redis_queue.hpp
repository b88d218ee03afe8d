// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxystore/bytes.hpp"
#include "proxystore/connectors/redis.hpp"
#include "proxystore/export.hpp"
#include "proxystore/stream/transport.hpp"

namespace proxystore::inline v0 {

/// Messages between processes, nodes and jobs, in a Redis server (6.2 or later) or cluster: a Redis
/// Stream, read by a consumer group. A connection that is lost loses and doubles no message. What a
/// consumer took and did not work off when it died is lost, but for what it was just being sent:
/// another consumer gets that half a minute later.
/// @threadsafe, and safe against other processes
class PROXYSTORE_EXPORT RedisQueue final : public MessageQueue {
 public:
  /// Opens the queue of this @p name, or makes it; whoever comes first. Of @p options the capacity
  /// is that of this process' pushes.
  /// @throws ArgumentError if there is no room for a message or @p name has braces or is empty,
  ///         ConfigError, ConnectorError
  RedisQueue(const RedisOptions& server, std::string_view name, const QueueOptions& options = {});
  ~RedisQueue() override;

  std::optional<Bytes> push(Bytes message) override;
  void push_end(Bytes message) override;
  [[nodiscard]] std::optional<Bytes> pop(std::chrono::milliseconds timeout) override;
  void note_end(std::uint64_t producer, std::string_view topic, std::size_t producers) override;
  void close() override;

  [[nodiscard]] std::uint64_t dropped() const override;
  /// Also those that a consumer is just being sent.
  [[nodiscard]] std::size_t size() const override;

  /// Removes the queue with all that is in it. Only when nobody uses it.
  static void remove(const RedisOptions& server, std::string_view name);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace proxystore::inline v0
