// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How the ranks of a node agree on memory before they take it.
///
/// What the system says is free is the same for all ranks, and none may take it for its own. So a
/// rank that wants memory first announces how much, in a word of its control segment. Then it adds
/// up what all ranks have announced, and after that asks the system what is free. It takes memory
/// only if the sum fits, and withdraws the announcement when the memory is its own, and so is seen
/// by the system.
///
/// Why that suffices. Announcing and adding up are sequentially consistent. Of all ranks that were
/// allowed to take memory, consider the one that announced last. It counted everybody who was
/// allowed before and has not taken all yet, for those had announced before, and it asked the
/// system after that: so what is announced fits into what is free. Nothing but taking what was
/// announced happens after that, which makes both smaller by the same amount. Memory that is taken
/// and announced at a time is counted twice, which is safe.
///
/// Two that ask at the same time may both be refused though there is room for one. So whoever is
/// refused while others announce asks again after a moment, for a second at most. What a dead rank
/// announced does not count.
///
/// Ranks that do not map each other's memory do not agree: their limits, which are fair shares,
/// keep them apart, and each leaves the floor free (memory_limit.hpp).

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace proxystore::inline v0::partition {

/// @threadsafe but for set_others()
class Budget {
 public:
  /// @p announced is this rank's word, @p free says what the system has; see
  /// detail::MemoryLimit::headroom().
  Budget(std::atomic<std::uint64_t>& announced, std::function<std::uint64_t()> free)
      : announced_(announced), free_(std::move(free)) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  /// @p others is what the other ranks of the node that live have announced, read sequentially
  /// consistent. Before that there are none.
  void set_others(std::function<std::uint64_t()> others) { others_ = std::move(others); }

  /// Memory that may be taken as long as this lives. Move-only.
  class Promise {
   public:
    Promise(Budget& budget, std::uint64_t bytes) noexcept : budget_(&budget), bytes_(bytes) {}
    Promise(Promise&& other) noexcept
        : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
    Promise& operator=(Promise&&) = delete;
    ~Promise() { budget_->announced_.fetch_sub(bytes_); }

    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

   private:
    Budget* budget_;
    std::uint64_t bytes_;
  };

  /// At most @p most bytes; nothing if there are not @p least. @blocking while others are about to
  /// take memory, for a second at most
  [[nodiscard]] std::optional<Promise> ask(std::uint64_t least, std::uint64_t most);

  /// What the system has, whatever is announced.
  [[nodiscard]] std::uint64_t free() const { return free_(); }

 private:
  std::atomic<std::uint64_t>& announced_;
  const std::function<std::uint64_t()> free_;
  std::function<std::uint64_t()> others_;
};

}  // namespace proxystore::inline v0::partition
