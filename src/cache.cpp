// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/cache.hpp"

#include <algorithm>

namespace proxystore::inline v0 {

ObjectCache::ObjectCache(std::size_t max_objects, std::size_t max_bytes)
    : max_objects_(max_objects), max_bytes_(max_bytes) {}

ObjectCache::Index::iterator ObjectCache::find(const CacheKey& key) {
  const auto [first, last] = index_.equal_range(key.key);
  for (auto at = first; at != last; ++at) {
    const Entry& entry = *at->second;
    if (*entry.type == *key.type && entry.deserializer == key.deserializer) return at;
  }
  return index_.end();
}

void ObjectCache::erase(Index::iterator at) {
  bytes_ -= at->second->bytes;
  entries_.erase(at->second);
  index_.erase(at);
}

void ObjectCache::shrink() {
  while (entries_.size() > max_objects_ || (max_bytes_ != 0 && bytes_ > max_bytes_)) {
    const auto victim = std::prev(entries_.end());
    const auto [first, last] = index_.equal_range(victim->key);
    erase(std::find_if(first, last, [&](const auto& item) { return item.second == victim; }));
  }
}

std::shared_ptr<const void> ObjectCache::get(const CacheKey& key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = find(key); found != index_.end()) {
    if (auto object = found->second->object()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      ++hits_;
      return object;
    }
    erase(found);  // its last holder let go
  }
  ++misses_;
  return nullptr;
}

void ObjectCache::set(const CacheKey& key, const std::shared_ptr<const void>& object,
                      std::size_t bytes, Hold hold) {
  if (max_objects_ == 0) return;
  // What is merely found while others hold it takes no memory of its own.
  const std::size_t charge = hold == Hold::strong ? bytes : 0;
  const std::lock_guard lock(mutex_);
  if (const auto found = find(key); found != index_.end()) erase(found);
  if (max_bytes_ != 0 && charge > max_bytes_) return;
  entries_.push_front({.key = key.key,
                       .type = key.type,
                       .deserializer = std::string(key.deserializer),
                       .strong = hold == Hold::strong ? object : nullptr,
                       .weak = object,
                       .bytes = charge});
  index_.emplace(key.key, entries_.begin());
  bytes_ += charge;
  shrink();
}

bool ObjectCache::exists(const Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto [first, last] = index_.equal_range(key);
  return std::any_of(first, last,
                     [](const auto& item) { return item.second->object() != nullptr; });
}

void ObjectCache::evict(const Key& key) {
  const std::lock_guard lock(mutex_);
  for (auto at = index_.find(key); at != index_.end(); at = index_.find(key)) erase(at);
}

void ObjectCache::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
  index_.clear();
  bytes_ = 0;
}

std::size_t ObjectCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

std::size_t ObjectCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::uint64_t ObjectCache::hits() const {
  const std::lock_guard lock(mutex_);
  return hits_;
}

std::uint64_t ObjectCache::misses() const {
  const std::lock_guard lock(mutex_);
  return misses_;
}

}  // namespace proxystore::inline v0
