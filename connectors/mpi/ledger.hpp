// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What this process has pinned, written where the owners of the objects can see it.
///
/// Each object that is held has an entry. There is no count in the object, which a process that
/// dies would leave wrong: the entries of a dead process are simply not read any more.
///
/// Pinning. A reader writes its entry, and then looks whether the slot is alive. An owner that
/// wants to reuse a slot sees that it is dead, and then reads all ledgers. All four steps are
/// sequentially consistent, so there is one order of them: either the owner reads the entry after
/// it was written, and waits, or the reader looks after the slot was dead, and takes its entry
/// back. An entry names a slot and no generation: one that is written for an older object of a slot
/// delays its reuse for a moment, and no more.

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "layout.hpp"

namespace proxystore::inline v0::partition {

/// The entries of this process. @threadsafe
class Ledger {
 public:
  /// @p grow makes entries below its argument exist; false if there is no room.
  Ledger(Header& header, Pin* pins, std::function<bool(std::uint32_t end)> grow)
      : header_(header), pins_(pins), grow_(std::move(grow)) {}

  /// Makes room for the first entries, so that a full memory can be read; false if there is none.
  [[nodiscard]] bool prepare();

  /// Writes an entry, sequentially consistent, and returns its number. @throws CapacityError
  [[nodiscard]] std::uint32_t add(SlotName name);
  void remove(std::uint32_t entry) noexcept;

  [[nodiscard]] std::uint32_t held() const;

 private:
  [[nodiscard]] std::uint32_t take();
  [[nodiscard]] bool extend();

  Header& header_;
  Pin* const pins_;
  const std::function<bool(std::uint32_t)> grow_;
  mutable std::mutex mutex_;
  std::vector<std::uint32_t> free_;
};

}  // namespace proxystore::inline v0::partition
