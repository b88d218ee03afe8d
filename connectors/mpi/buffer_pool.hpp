// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Memory into which objects of other nodes are received, used again and again: the first touch of
/// fresh memory costs more than the transfer over a fast network.

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <span>

#include "proxystore/bytes.hpp"

namespace proxystore::inline v0::partition {

/// @threadsafe
class BufferPool : public std::enable_shared_from_this<BufferPool> {
 public:
  /// Keeps at most @p most_bytes that are in no use.
  explicit BufferPool(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// Writable memory, page aligned; back in the pool when its last holder lets go.
  struct Buffer {
    std::shared_ptr<std::byte> memory{};
    std::size_t size = 0;

    [[nodiscard]] std::span<std::byte> span() const noexcept { return {memory.get(), size}; }
    [[nodiscard]] Bytes freeze() const { return Bytes::wrap(span(), memory); }
  };
  /// @throws std::bad_alloc
  [[nodiscard]] Buffer take(std::size_t size);

 private:
  struct Free {
    void operator()(std::byte* memory) const noexcept;
  };
  struct Block {
    std::unique_ptr<std::byte[], Free> memory;
    std::size_t capacity = 0;
  };

  [[nodiscard]] Block find(std::size_t size);
  void give(Block block) noexcept;

  const std::size_t most_bytes_;
  std::mutex mutex_;
  std::list<Block> free_;  // most recently used first
  std::size_t free_bytes_ = 0;
};

}  // namespace proxystore::inline v0::partition
