// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "ledger.hpp"

#include <algorithm>

#include "proxystore/error.hpp"

namespace proxystore::inline v0::partition {

namespace {
constexpr std::uint32_t least_growth = 128;  // whoever frees objects reads all entries there are
}

bool Ledger::prepare() {
  const std::lock_guard lock(mutex_);
  return !free_.empty() || extend();
}

bool Ledger::extend() {
  const std::uint32_t begin = header_.pins_end.load(std::memory_order_relaxed);
  const std::uint32_t growth = std::max(least_growth, begin);
  const std::uint32_t end = begin + std::min(growth, header_.most_pins - begin);
  free_.reserve(end);  // remove() must not throw
  if (end == begin || !grow_(end)) return false;
  for (std::uint32_t entry = end; entry > begin; --entry) free_.push_back(entry - 1);
  header_.pins_end.store(end, std::memory_order_release);
  return true;
}

std::uint32_t Ledger::take() {
  const std::lock_guard lock(mutex_);
  if (free_.empty() && !extend()) {
    throw CapacityError("this process holds " +
                            std::to_string(header_.pins_end.load(std::memory_order_relaxed)) +
                            " objects of mpi stores, and there is no room for more",
                        {.connector = "mpi", .operation = "get"});
  }
  const std::uint32_t entry = free_.back();
  free_.pop_back();
  return entry;
}

std::uint32_t Ledger::add(SlotName name) {
  const std::uint32_t entry = take();
  pins_[entry].store(name.pack(), std::memory_order_seq_cst);
  return entry;
}

void Ledger::remove(std::uint32_t entry) noexcept {
  // What was read of the object was read before this.
  pins_[entry].store(0, std::memory_order_release);
  const std::lock_guard lock(mutex_);
  free_.push_back(entry);
}

std::uint32_t Ledger::held() const {
  const std::lock_guard lock(mutex_);
  return header_.pins_end.load(std::memory_order_relaxed) -
         static_cast<std::uint32_t>(free_.size());
}

}  // namespace proxystore::inline v0::partition
