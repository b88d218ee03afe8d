// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Messages in lists of a Redis server, one for each topic, as the RedisQueuePublisher and
/// RedisQueueSubscriber of Python's ProxyStore have them. Between C++ programs RedisQueue is
/// better: it has bounds, and sends nothing twice.

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "proxystore/bytes.hpp"
#include "proxystore/connectors/redis.hpp"
#include "proxystore/export.hpp"
#include "proxystore/stream/transport.hpp"

namespace proxystore::inline v0 {

/// Appends messages to lists without a bound. @threadsafe
class PROXYSTORE_EXPORT RedisListPublisher final : public MessagePublisher {
 public:
  /// @throws ConfigError
  explicit RedisListPublisher(const RedisOptions& server);
  ~RedisListPublisher() override;

  /// @throws ConnectorError; if the connection was lost meanwhile, the message may have been sent
  [[nodiscard]] Dropped send_message(std::string_view topic, const Bytes& message) override;
  void send_end(std::string_view topic, const Bytes& message) override;
  void close() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Takes messages from one list; each goes to one of its subscribers. While it is being sent a
/// message is in a list of this subscriber's own, so that a lost connection loses none; who dies
/// then leaves it there. Needs Redis 6.2. Not thread-safe, but for close().
class PROXYSTORE_EXPORT RedisListSubscriber final : public MessageSubscriber {
 public:
  /// @throws ConfigError, ArgumentError for a topic that is empty or has braces
  RedisListSubscriber(const RedisOptions& server, std::string_view topic);
  ~RedisListSubscriber() override;

  [[nodiscard]] std::optional<Bytes> next_message(std::chrono::milliseconds timeout) override;
  void close() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace proxystore::inline v0
