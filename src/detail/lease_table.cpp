// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/lease_table.hpp"

#include <algorithm>
#include <cstring>

#include "detail/background.hpp"
#include "detail/deadline.hpp"

namespace proxystore::inline v0::detail {

std::uint64_t LeaseTable::new_token() {
  std::uint64_t token = 0;
  const Key random = Key::random();
  std::memcpy(&token, random.id.data(), sizeof token);
  return token;
}

void LeaseTable::drop_ended(Entry& entry, Clock::time_point now) {
  std::erase_if(entry.holders, [&](const Holder& holder) { return holder.until <= now; });
}

bool LeaseTable::settle(Entries::iterator entry) {
  if (!entry->second.holders.empty()) return false;
  const bool is_retired = entry->second.is_retired;
  entries_.erase(entry);
  return is_retired;
}

/// Entries whose leases all ended go now and then, at a cost that is spread over those who come.
/// Retired ones are looked at when their time is over.
void LeaseTable::sweep_when_large() {
  if (entries_.size() < sweep_at_) return;
  const auto now = Clock::now();
  for (auto& entry : entries_) drop_ended(entry.second, now);
  std::erase_if(entries_, [](const auto& entry) {
    return entry.second.holders.empty() && !entry.second.is_retired;
  });
  sweep_at_ = std::max<std::size_t>(64, 2 * entries_.size());
}

bool LeaseTable::take(const Key& key, LeaseMode mode, std::uint64_t token,
                      std::chrono::milliseconds ttl) {
  const std::lock_guard lock(mutex_);
  sweep_when_large();
  Entry& entry = entries_[key];
  if (entry.is_retired) return false;
  drop_ended(entry, Clock::now());
  const bool is_excluded =
      mode == LeaseMode::exclusive
          ? !entry.holders.empty()
          : std::any_of(entry.holders.begin(), entry.holders.end(),
                        [](const Holder& holder) { return holder.mode == LeaseMode::exclusive; });
  if (is_excluded) return false;
  entry.holders.push_back({token, mode, deadline_after(ttl)});
  return true;
}

bool LeaseTable::renew(const Key& key, std::uint64_t token, std::chrono::milliseconds ttl) {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(key);
  if (entry == entries_.end()) return false;
  drop_ended(entry->second, Clock::now());
  for (Holder& holder : entry->second.holders) {
    if (holder.token != token) continue;
    holder.until = deadline_after(ttl);
    return true;
  }
  return false;
}

void LeaseTable::give_back(const Key& key, std::uint64_t token) {
  {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(key);
    if (entry == entries_.end()) return;
    drop_ended(entry->second, Clock::now());
    std::erase_if(entry->second.holders,
                  [&](const Holder& holder) { return holder.token == token; });
    if (!settle(entry)) return;
  }
  evict_(key);
}

void LeaseTable::retire(const Key& key) {
  {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(key);
    if (entry != entries_.end()) {
      drop_ended(entry->second, Clock::now());
      entry->second.is_retired = true;
      if (!settle(entry)) {
        look_again(key);
        return;
      }
    }
  }
  evict_(key);
}

/// Has the entry looked at when its last lease ends, if that is not renewed until then.
void LeaseTable::look_again(const Key& key) {
  auto last = Clock::time_point::min();
  for (const Holder& holder : entries_.at(key).holders) last = std::max(last, holder.until);
  Background::global().schedule(Work::ending, this, last, [table = weak_from_this(), key] {
    if (const auto alive = table.lock()) alive->wake_up(key);
  });
}

void LeaseTable::wake_up(const Key& key) {
  {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(key);
    if (entry == entries_.end()) return;
    drop_ended(entry->second, Clock::now());
    if (!settle(entry)) {
      look_again(key);
      return;
    }
  }
  evict_(key);
}

}  // namespace proxystore::inline v0::detail
