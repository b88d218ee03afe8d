// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What lies in the memory that the ranks of a node share.
///
/// Each rank owns a *partition* of two segments. The control segment holds a header, a ledger of
/// what this process has pinned, anywhere on the node, a table of slots, one for each object of
/// this rank, and at the lowest rank a table of the node's replicas; peers write to it. The data
/// segment holds the objects' bytes; peers cannot write to it. Both are as long as they may ever
/// become, and sparse: peers map them once, and pages are there only where the owner has grown
/// them. Nothing in them is a pointer.
///
/// Only 32- and 64-bit atomics are used: they are free of locks everywhere, and so work between
/// processes. Peers of the same build read this: `version` changes with the layout.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "proxystore/key.hpp"

namespace proxystore::inline v0::partition {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free &&
              std::atomic<std::uint32_t>::is_always_lock_free);

/// Where a key's object is: what the mpi connector writes into Key::locator.
struct Locator {
  /// Matches any generation: the id alone decides.
  static constexpr std::uint32_t any_generation = 0;

  std::uint32_t epoch = 0;                    ///< Of the job, never 0
  std::uint32_t rank = 0;                     ///< The owner, in the Environment's communicator
  std::uint32_t slot = 0;                     ///< In the owner's table
  std::uint32_t generation = any_generation;  ///< How often that slot had been used

  [[nodiscard]] static Locator of(const Key& key) noexcept {
    Locator locator;
    std::memcpy(&locator, key.locator.data(), sizeof locator);
    return locator;
  }
  void write_to(Key& key) const noexcept { std::memcpy(key.locator.data(), this, sizeof *this); }
};
static_assert(sizeof(Locator) == 16 && sizeof(Locator) <= sizeof(Key::locator));

enum class State : std::uint8_t {
  free = 0,      ///< In no use
  reserved = 1,  ///< Its owner writes the object
  live = 2,      ///< The object can be read, and does not change
  moving = 3,    ///< Its owner moves the bytes to the spill file
  dead = 4,      ///< Evicted; the owner frees it when nobody has it pinned
};

/// What a slot's state word says.
struct Status {
  std::uint32_t generation = 0;
  State state = State::free;
  bool is_deferred = false;  ///< `place` names the slot of the object, or is 0 while there is none
  bool is_spilled = false;   ///< `place` is an offset in the spill file
  bool is_replica = false;   ///< A copy of an object of another node
  std::uint16_t evictor =
      0;  ///< Of a dead slot: who evicted it, as the number of a peer on the node

  [[nodiscard]] std::uint64_t pack() const noexcept {
    return (std::uint64_t{generation} << 32U) | (std::uint64_t{evictor} << 16U) |
           (is_replica ? 1U << 10U : 0U) | (is_spilled ? 1U << 9U : 0U) |
           (is_deferred ? 1U << 8U : 0U) | static_cast<std::uint8_t>(state);
  }
  [[nodiscard]] static Status unpack(std::uint64_t word) noexcept {
    return {.generation = static_cast<std::uint32_t>(word >> 32U),
            .state = static_cast<State>(word & 0xffU),
            .is_deferred = (word & (1U << 8U)) != 0,
            .is_spilled = (word & (1U << 9U)) != 0,
            .is_replica = (word & (1U << 10U)) != 0,
            .evictor = static_cast<std::uint16_t>(word >> 16U)};
  }
  [[nodiscard]] Status with(State other) const noexcept {
    Status changed = *this;
    changed.state = other;
    return changed;
  }
};

/// One object: a cache line.
struct alignas(64) Slot {
  std::atomic<std::uint64_t> status;    ///< Status::pack()
  std::atomic<std::uint64_t> id[2];     ///< Key::id
  std::atomic<std::uint64_t> place;     ///< Offset of the bytes, or see Status::is_deferred
  std::atomic<std::uint64_t> size;      ///< Bytes
  std::atomic<std::uint64_t> checksum;  ///< XXH3, if has_checksum
  std::atomic<std::uint32_t> has_checksum;
  std::atomic<std::uint32_t> next;      ///< In the stack of evicted slots: index + 1, or 0
  std::atomic<std::uint32_t> last_use;  ///< The header's clock when it was last got
  std::atomic<std::uint32_t> changes;   ///< Of `place` of a deferred slot: a futex

  [[nodiscard]] bool has_id(const Key& key) const noexcept {
    std::array<std::uint64_t, 2> halves{};
    std::memcpy(halves.data(), key.id.data(), sizeof halves);
    return id[0].load(std::memory_order_relaxed) == halves[0] &&
           id[1].load(std::memory_order_relaxed) == halves[1];
  }
  void set_id(const Key& key) noexcept {
    std::array<std::uint64_t, 2> halves{};
    std::memcpy(halves.data(), key.id.data(), sizeof halves);
    id[0].store(halves[0], std::memory_order_relaxed);
    id[1].store(halves[1], std::memory_order_relaxed);
  }
};
static_assert(sizeof(Slot) == 64);

/// A slot of any rank in one word; 0 is none.
struct SlotName {
  std::uint32_t rank = 0;
  std::uint32_t slot = 0;

  [[nodiscard]] std::uint64_t pack() const noexcept {
    return ((std::uint64_t{rank} + 1) << 32U) | slot;
  }
  [[nodiscard]] static SlotName unpack(std::uint64_t word) noexcept {
    return {.rank = static_cast<std::uint32_t>(word >> 32U) - 1,
            .slot = static_cast<std::uint32_t>(word)};
  }
};

/// @p key as if it named the object in the slot @p name.
[[nodiscard]] inline Key key_at(const Key& key, SlotName name) noexcept {
  Key moved = key;
  Locator{.epoch = Locator::of(key).epoch, .rank = name.rank, .slot = name.slot}.write_to(moved);
  return moved;
}

/// The first page of a control segment.
struct Header {
  static constexpr std::uint64_t magic_value = 0x3153'5058'4952'4150;  // "PARIXPS1"
  static constexpr std::uint32_t version_value = 3;

  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t epoch;
  std::uint32_t rank;
  std::uint32_t most_slots;
  std::uint32_t most_pins;
  std::uint64_t nonce;          ///< Told to peers by message: proves that they map the right memory
  std::uint64_t control_bytes;  ///< Of the whole segment, most of it not there yet
  std::uint64_t data_bytes;

  alignas(64) std::atomic<std::uint64_t> data_end;   ///< Data exist below it
  alignas(64) std::atomic<std::uint32_t> slots_end;  ///< Slots exist below it
  alignas(64) std::atomic<std::uint32_t> pins_end;   ///< Ledger entries exist below it
  alignas(64) std::atomic<std::uint32_t> evicted;    ///< Top of the stack: index + 1, or 0
  alignas(64) std::atomic<std::uint32_t> clock;      ///< Counts the owner's spills
  std::atomic<std::uint32_t> has_replicas;           ///< The table of replicas exists
  alignas(64) std::atomic<std::uint64_t> announced;  ///< Bytes about to be taken; see budget.hpp
};
static_assert(sizeof(Header) <= 4096);

/// One object that a process has pinned: SlotName::pack(), or 0.
using Pin = std::atomic<std::uint64_t>;

/// An entry of the table of replicas; see replica_table.hpp.
using ReplicaEntry = std::atomic<std::uint64_t>;

/// Where the parts of a control segment begin.
struct ControlLayout {
  std::uint32_t most_pins = 0;
  std::uint32_t most_slots = 0;

  static constexpr std::uint64_t header_bytes = 4096;
  static constexpr std::uint32_t replica_entries = 8192;
  static constexpr std::uint64_t replica_bytes = replica_entries * sizeof(ReplicaEntry);

  [[nodiscard]] static constexpr std::uint64_t replicas_at() noexcept { return header_bytes; }
  [[nodiscard]] static constexpr std::uint64_t pins_at() noexcept {
    return header_bytes + replica_bytes;
  }
  [[nodiscard]] std::uint64_t slots_at() const noexcept {
    return pins_at() + ((std::uint64_t{most_pins} * sizeof(Pin) + 4095) & ~std::uint64_t{4095});
  }
  [[nodiscard]] std::uint64_t bytes() const noexcept {
    return slots_at() + std::uint64_t{most_slots} * sizeof(Slot);
  }
};

}  // namespace proxystore::inline v0::partition
