// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The partitions of all ranks on this node, as one: get, evict, set and wait without a message.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "layout.hpp"
#include "partition.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/key.hpp"
#include "view.hpp"

namespace proxystore::inline v0::partition {

/// An object of the node, pinned; or the name of the slot in which a rank elsewhere has it.
struct Found {
  Bytes bytes{};
  Slot* slot = nullptr;  ///< Of `bytes`, and theirs as long as they live; null if they were spilled
  bool was_spilled = false;
  std::optional<SlotName> elsewhere{};
};

/// How many gets were served in which way.
struct NodeCounters {
  std::atomic<std::uint64_t> mapped{0};
  std::atomic<std::uint64_t> spilled{0};
  std::atomic<std::uint64_t> replicas{0};
};

/// @threadsafe It lives as long as any Bytes that it handed out.
class NodeMemory : public std::enable_shared_from_this<NodeMemory> {
 public:
  /// @p number is that of this process on the node; @p is_alive tells of the others.
  NodeMemory(std::unique_ptr<Partition> own, std::uint16_t number,
             std::function<bool(std::uint16_t)> is_alive);
  ~NodeMemory();

  /// Maps the partition of peer @p number; false if that cannot be done. Before anything is put.
  [[nodiscard]] bool connect(std::uint16_t number, const PartitionAddress& address);
  /// Gives a peer up again that cannot map this one.
  void disconnect(std::uint32_t rank);

  [[nodiscard]] Partition& own() noexcept { return *own_; }
  [[nodiscard]] std::uint32_t rank() const noexcept { return own_view_->rank(); }
  /// Whether the objects of @p rank can be reached here.
  [[nodiscard]] bool maps(std::uint32_t rank) const noexcept {
    return rank < views_.size() && views_[rank];
  }
  [[nodiscard]] NodeCounters& counters() noexcept { return counters_; }
  [[nodiscard]] std::uint32_t pins() const { return own_->ledger().held(); }

  // All of the following take a locator whose rank maps() knows.

  /// The object, or nothing. For a deferred key the object that was set last.
  [[nodiscard]] std::optional<Found> get(const Key& key, const Locator& locator);

  /// The copy of an object of another node in the slot @p name, if it is there yet.
  [[nodiscard]] std::optional<Found> get_replica(const Key& key, SlotName name);
  /// The node's table of replicas, where @p rank keeps it; empty if it does not.
  [[nodiscard]] std::span<ReplicaEntry> replicas_at(std::uint32_t rank) {
    return views_[rank]->replicas();
  }
  /// The number of this process on the node, and whether that of another one still runs.
  [[nodiscard]] std::uint16_t number() const noexcept { return number_; }
  [[nodiscard]] bool is_alive(std::uint16_t number) const { return is_alive_(number); }

  [[nodiscard]] bool exists(const Key& key, const Locator& locator);

  /// Objects that evict() or set_target() leave to be evicted on other nodes.
  using Leftovers = std::vector<SlotName>;

  struct Evicted {
    bool was_there = false;  ///< This call ended an object
    Leftovers leftovers{};
  };
  /// Ends the object, if it is there.
  [[nodiscard]] Evicted evict(const Key& key, const Locator& locator);

  struct SetResult {
    bool is_gone = false;   ///< The key was evicted; nothing was set
    bool is_taken = false;  ///< There is an object already; nothing was set
    Leftovers leftovers{};
  };
  /// Makes a deferred key name the object in @p target, which is live and has the key's id; wakes
  /// who waits. An older object is evicted, unless only the first is wanted.
  [[nodiscard]] SetResult set_target(const Key& key, const Locator& locator, SlotName target,
                                     bool only_first = false);

  enum class Waited : std::uint8_t { there, timed_out, gone };
  /// Waits until a deferred key has an object. @p idle is called between sleeps of @p slice at
  /// most.
  [[nodiscard]] Waited wait(const Key& key, const Locator& locator,
                            std::chrono::steady_clock::time_point deadline,
                            std::chrono::microseconds slice, const std::function<void()>& idle);

 private:
  class PinnedSlot;

  void add_view(std::uint16_t number, std::unique_ptr<View> view);
  [[nodiscard]] View& view(std::uint32_t rank) { return *views_[rank]; }
  [[nodiscard]] std::optional<PinnedSlot> pin(const Key& key, const Locator& locator);
  [[nodiscard]] std::optional<Found> read(PinnedSlot pinned);
  [[nodiscard]] std::optional<Found> get_deferred(const Key& key, const PinnedSlot& pinned);
  void evict_target(const Key& key, std::uint64_t target, Leftovers& leftovers);
  [[nodiscard]] std::vector<std::uint32_t> pinned_slots();
  [[nodiscard]] std::uint64_t announced_by_others() const;

  struct Peer {
    std::uint16_t number = 0;
    View* view = nullptr;
  };

  const std::unique_ptr<Partition> own_;
  const std::uint16_t number_;
  const std::function<bool(std::uint16_t)> is_alive_;
  View* own_view_;
  std::vector<std::unique_ptr<View>> views_;  // by rank; null: on another node
  std::vector<Peer> peers_;                   // with this process
  NodeCounters counters_;
};

}  // namespace proxystore::inline v0::partition
