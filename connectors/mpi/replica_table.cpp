// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "replica_table.hpp"

#include <cstring>

namespace proxystore::inline v0::partition {

namespace {

// The word of a fetch: this bit, which no SlotName has, 31 bits of the id, and the process.
constexpr std::uint64_t fetch_bit = std::uint64_t{1} << 63U;

std::uint64_t half_of_id(const Key& key, std::size_t half) {
  std::uint64_t value = 0;
  std::memcpy(&value, key.id.data() + half * sizeof value, sizeof value);
  return value;
}

std::uint64_t fetch_word(const Key& key, std::uint16_t number) {
  const std::uint64_t tag = half_of_id(key, 1) & 0x7fff'ffffU;
  return fetch_bit | (tag << 32U) | number;
}

}  // namespace

ReplicaEntry& ReplicaTable::entry(const Key& key) const {
  return entries_[half_of_id(key, 0) % entries_.size()];
}

ReplicaTable::Look ReplicaTable::look(const Key& key) const {
  const std::uint64_t word = entry(key).load(std::memory_order_acquire);
  Look seen{.word = word};
  if (word == 0) return seen;
  if ((word & fetch_bit) == 0) {
    seen.is = Is::named;
    seen.name = SlotName::unpack(word);
    return seen;
  }
  const auto number = static_cast<std::uint16_t>(word);
  if (!is_alive_(number)) return seen;
  seen.is = word == fetch_word(key, number) ? Is::fetching : Is::taken;
  return seen;
}

std::optional<ReplicaTable::Claim> ReplicaTable::claim(const Key& key, const Look& seen) {
  const std::uint64_t mine = fetch_word(key, number_);
  std::uint64_t word = seen.word;
  if (!entry(key).compare_exchange_strong(word, mine)) return std::nullopt;
  return Claim(entry(key), mine);
}

void ReplicaTable::forget(const Key& key, const Look& seen) {
  std::uint64_t word = seen.word;
  entry(key).compare_exchange_strong(word, 0);
}

}  // namespace proxystore::inline v0::partition
