// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Which objects of other nodes this node has a copy of, and who fetches one.
///
/// The table is in the memory of the node's lowest rank. It has one word for each entry, and the
/// key's id says which entry is the key's; two keys of one entry drive each other out, which costs
/// a transfer and nothing else. The word is 0, or names the slot of a copy, or says that a process
/// fetches: which one, and a part of the key's id.
///
/// A name in the table is a hint. A reader pins the slot, and looks whether it holds a copy of the
/// object with the key's whole id (NodeMemory::get_replica); objects do not change, so such a copy
/// is right whenever it was made. If there is none, the reader takes the name's place, and fetches.
/// All changes are exchanges of the word that was read, so each fetch begins once. Who fetches
/// exchanges its own word by the name of the copy, or by 0 if it failed. If it dies its word is
/// seen to be of a dead process, and taken over. So there is no state in which an entry stays
/// useless while the processes that come later work.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>

#include "layout.hpp"

namespace proxystore::inline v0::partition {

/// @threadsafe
class ReplicaTable {
 public:
  /// @p number is that of this process on the node; @p is_alive tells of the others.
  ReplicaTable(std::span<ReplicaEntry> entries, std::uint16_t number,
               std::function<bool(std::uint16_t)> is_alive)
      : entries_(entries), number_(number), is_alive_(std::move(is_alive)) {}

  /// The right to fetch an object for the node; given back at the end. Move-only.
  class Claim {
   public:
    Claim(ReplicaEntry& entry, std::uint64_t word) noexcept : entry_(&entry), word_(word) {}
    Claim(Claim&& other) noexcept
        : entry_(std::exchange(other.entry_, nullptr)), word_(other.word_) {}
    Claim& operator=(Claim&& other) noexcept {
      std::swap(entry_, other.entry_);
      std::swap(word_, other.word_);
      return *this;
    }
    ~Claim() { end(0); }

    /// Tells where the copy is.
    void name(SlotName name) noexcept { end(name.pack()); }

   private:
    void end(std::uint64_t word) noexcept {
      if (entry_ == nullptr) return;
      std::uint64_t mine = word_;
      entry_->compare_exchange_strong(mine, word);
      entry_ = nullptr;
    }

    ReplicaEntry* entry_;
    std::uint64_t word_;
  };

  enum class Is : std::uint8_t {
    unknown,   ///< claim() it, and fetch
    named,     ///< There may be a copy
    fetching,  ///< Another thread, here or in another process, fetches it
    taken,     ///< The entry is used for a fetch of something else
  };
  struct Look {
    Is is = Is::unknown;
    SlotName name{};         ///< If it is named
    std::uint64_t word = 0;  ///< For claim() and forget()
  };
  [[nodiscard]] Look look(const Key& key) const;

  /// Nothing if the entry is no longer what look() saw.
  [[nodiscard]] std::optional<Claim> claim(const Key& key, const Look& seen);
  /// Takes the name of a copy out of the table.
  void forget(const Key& key, const Look& seen);

 private:
  [[nodiscard]] ReplicaEntry& entry(const Key& key) const;

  const std::span<ReplicaEntry> entries_;
  const std::uint16_t number_;
  const std::function<bool(std::uint16_t)> is_alive_;
};

}  // namespace proxystore::inline v0::partition
