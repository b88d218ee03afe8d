// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "proxystore/bytes.hpp"
#include "proxystore/export.hpp"
#include "proxystore/stream/transport.hpp"

namespace proxystore::inline v0 {

/// Messages between processes, nodes and jobs, in a folder of a file system that they share. Needs
/// no locks. Messages outlive their producers; what a consumer took and did not work off when it
/// died is lost. Waiting polls, every 50 ms at most: this is for items that are worth it. Every
/// verb throws TimeoutError if others change the queue all the time for 20 s.
/// @threadsafe, and safe against other processes
class PROXYSTORE_EXPORT FileQueue final : public MessageQueue {
 public:
  /// Opens the queue in @p folder, or makes it; whoever comes first. Of @p options the capacity is
  /// that of this process' pushes.
  /// @throws ArgumentError if there is no room for a message, AccessError, ConnectorError
  explicit FileQueue(const std::filesystem::path& folder, const QueueOptions& options = {});
  ~FileQueue() override;

  std::optional<Bytes> push(Bytes message) override;
  void push_end(Bytes message) override;
  [[nodiscard]] std::optional<Bytes> pop(std::chrono::milliseconds timeout) override;
  void note_end(std::uint64_t producer, std::string_view topic, std::size_t producers) override;
  void close() override;

  [[nodiscard]] std::uint64_t dropped() const override;
  [[nodiscard]] std::size_t size() const override;

  /// Removes the queue with all that is in it, and the folder if nothing else is there. Only when
  /// nobody uses it.
  static void remove(const std::filesystem::path& folder);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace proxystore::inline v0
