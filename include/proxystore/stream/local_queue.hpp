// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "proxystore/bytes.hpp"
#include "proxystore/export.hpp"
#include "proxystore/stream/transport.hpp"

namespace proxystore::inline v0 {

/// Messages between threads of one process. @threadsafe
class PROXYSTORE_EXPORT LocalQueue final : public MessageQueue {
 public:
  /// @throws ArgumentError if there is no room for a message
  explicit LocalQueue(const QueueOptions& options = {});
  ~LocalQueue() override;

  std::optional<Bytes> push(Bytes message) override;
  void push_end(Bytes message) override;
  [[nodiscard]] std::optional<Bytes> pop(std::chrono::milliseconds timeout) override;
  void note_end(std::uint64_t producer, std::string_view topic, std::size_t producers) override;
  void close() override;

  [[nodiscard]] std::uint64_t dropped() const override;
  [[nodiscard]] std::size_t size() const override;

 private:
  struct Message {
    Bytes bytes;
    bool is_end;
  };

  std::optional<Bytes> push(Message message, Overflow overflow);
  std::optional<Bytes> drop_oldest();

  const QueueOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Message> messages_;
  std::set<std::pair<std::uint64_t, std::string>> ended_;
  std::uint64_t dropped_ = 0;
  bool closed_ = false;
};

}  // namespace proxystore::inline v0
