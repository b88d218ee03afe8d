// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "restored_keys.hpp"

#include <algorithm>

namespace proxystore::inline v0::partition {

bool RestoredKeys::has_epoch(std::uint32_t epoch) const noexcept {
  const Table* table = current_.load(std::memory_order_acquire);
  return table != nullptr && std::ranges::binary_search(table->epochs, epoch);
}

std::vector<std::uint32_t> RestoredKeys::epochs() const {
  const Table* table = current_.load(std::memory_order_acquire);
  return table == nullptr ? std::vector<std::uint32_t>{} : table->epochs;
}

std::optional<Locator> RestoredKeys::find(const Key& key) const noexcept {
  const Table* table = current_.load(std::memory_order_acquire);
  if (table == nullptr) return std::nullopt;
  const auto found = std::ranges::lower_bound(table->keys, key.id, {}, &RestoredKey::id);
  if (found == table->keys.end() || found->id != key.id) return std::nullopt;
  return found->locator;
}

void RestoredKeys::add(std::span<const std::uint32_t> epochs, std::vector<RestoredKey> keys) {
  const std::lock_guard lock(mutex_);
  auto table = std::make_unique<Table>();
  if (const Table* old = current_.load(std::memory_order_relaxed)) *table = *old;
  table->epochs.insert(table->epochs.end(), epochs.begin(), epochs.end());
  std::ranges::sort(table->epochs);
  table->keys.insert(table->keys.end(), keys.begin(), keys.end());
  std::ranges::sort(table->keys, {}, &RestoredKey::id);
  const Table* added = tables_.emplace_back(std::move(table)).get();
  current_.store(added, std::memory_order_release);
}

}  // namespace proxystore::inline v0::partition
