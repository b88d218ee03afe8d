// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/cache.hpp"

#include <algorithm>

namespace proxystore::inline v0 {

ObjectCache::ObjectCache(std::size_t max_objects, std::size_t max_bytes)
    : max_objects_(max_objects), max_bytes_(max_bytes) {}

ObjectCache::Entries::iterator ObjectCache::find(const CacheKey& key) {
  const auto variants = index_.find(key.key);
  if (variants == index_.end()) return entries_.end();
  for (const auto& entry : variants->second) {
    if (*entry->type == *key.type && entry->deserializer == key.deserializer) return entry;
  }
  return entries_.end();
}

void ObjectCache::drop(Entries::iterator entry, Dropped& dropped) {
  const auto variants = index_.find(entry->key);
  std::erase(variants->second, entry);
  if (variants->second.empty()) index_.erase(variants);
  bytes_ -= entry->bytes;
  dropped.entries_.splice(dropped.entries_.end(), entries_, entry);
}

void ObjectCache::shrink(Dropped& dropped) {
  while (entries_.size() > max_objects_ || (max_bytes_ != 0 && bytes_ > max_bytes_)) {
    drop(std::prev(entries_.end()), dropped);
  }
}

// In each function that drops objects `dropped` stands before the lock, and is destroyed after it.

std::shared_ptr<const void> ObjectCache::get(const CacheKey& key) {
  Dropped dropped;
  const std::lock_guard lock(mutex_);
  if (const auto found = find(key); found != entries_.end()) {
    if (auto object = found->object()) {
      if (found != entries_.begin()) entries_.splice(entries_.begin(), entries_, found);
      ++hits_;
      return object;
    }
    drop(found, dropped);  // its last holder let go
  }
  ++misses_;
  return nullptr;
}

std::shared_ptr<const void> ObjectCache::peek(const CacheKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = find(key);
  return found == entries_.end() ? nullptr : found->object();
}

ObjectCache::Dropped ObjectCache::set(const CacheKey& key,
                                      const std::shared_ptr<const void>& object, std::size_t bytes,
                                      Hold hold) {
  Dropped dropped;
  if (max_objects_ == 0) return dropped;
  // What is merely found while others hold it takes no memory of its own.
  const std::size_t charge = hold == Hold::strong ? bytes : 0;
  const std::lock_guard lock(mutex_);
  if (const auto found = find(key); found != entries_.end()) drop(found, dropped);
  if (max_bytes_ != 0 && charge > max_bytes_) return dropped;
  entries_.push_front({.key = key.key,
                       .type = key.type,
                       .deserializer = std::string(key.deserializer),
                       .strong = hold == Hold::strong ? object : nullptr,
                       .weak = object,
                       .bytes = charge});
  index_[key.key].push_back(entries_.begin());
  bytes_ += charge;
  shrink(dropped);
  return dropped;
}

bool ObjectCache::exists(const Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto variants = index_.find(key);
  return variants != index_.end() &&
         std::any_of(variants->second.begin(), variants->second.end(),
                     [](const auto& entry) { return entry->strong || !entry->weak.expired(); });
}

ObjectCache::Dropped ObjectCache::evict(const Key& key) {
  Dropped dropped;
  const std::lock_guard lock(mutex_);
  for (auto at = index_.find(key); at != index_.end(); at = index_.find(key)) {
    drop(at->second.front(), dropped);
  }
  return dropped;
}

void ObjectCache::clear() {
  Dropped dropped;
  const std::lock_guard lock(mutex_);
  index_.clear();
  dropped.entries_.swap(entries_);
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
