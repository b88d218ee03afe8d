// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "buffer_pool.hpp"

#include <algorithm>
#include <iterator>
#include <new>

namespace proxystore::inline v0::partition {

namespace {

constexpr std::align_val_t alignment{4096};
constexpr std::size_t least = 4096;

}  // namespace

void BufferPool::Free::operator()(std::byte* memory) const noexcept {
  ::operator delete[](memory, alignment);
}

BufferPool::Block BufferPool::find(std::size_t size) {
  {
    const std::lock_guard lock(mutex_);
    const auto fits = [&](const Block& block) {  // without wasting more than half
      return block.capacity >= size && block.capacity / 2 <= std::max(size, least);
    };
    const auto found = std::find_if(free_.begin(), free_.end(), fits);
    if (found != free_.end()) {
      Block block = std::move(*found);
      free_.erase(found);
      free_bytes_ -= block.capacity;
      return block;
    }
  }
  const std::size_t capacity = std::max(size, least);
  return {.memory = std::unique_ptr<std::byte[], Free>(
              static_cast<std::byte*>(::operator new[](capacity, alignment))),
          .capacity = capacity};
}

void BufferPool::give(Block block) noexcept {
  std::list<Block> dropped;  // freed after the lock
  const std::lock_guard lock(mutex_);
  try {
    free_bytes_ += block.capacity;
    free_.push_front(std::move(block));
  } catch (const std::bad_alloc&) {
    free_bytes_ -= block.capacity;
    return;
  }
  while (free_bytes_ > most_bytes_) {
    free_bytes_ -= free_.back().capacity;
    dropped.splice(dropped.end(), free_, std::prev(free_.end()));
  }
}

BufferPool::Buffer BufferPool::take(std::size_t size) {
  Block block = find(size);
  std::byte* memory = block.memory.get();
  const std::size_t capacity = block.capacity;
  // The pool may be gone when the last holder lets go; then the memory is freed.
  std::shared_ptr<std::byte> owner(memory, [pool = weak_from_this(),
                                            capacity](std::byte* released) {
    Block returned{.memory = std::unique_ptr<std::byte[], Free>(released), .capacity = capacity};
    if (const auto alive = pool.lock()) alive->give(std::move(returned));
  });
  (void)block.memory.release();
  return {.memory = std::move(owner), .size = size};
}

}  // namespace proxystore::inline v0::partition
