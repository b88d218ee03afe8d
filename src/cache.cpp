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

void ObjectCache::erase(Entries::iterator entry) {
  const auto variants = index_.find(entry->key);
  std::erase(variants->second, entry);
  if (variants->second.empty()) index_.erase(variants);
  bytes_ -= entry->bytes;
  entries_.erase(entry);
}

void ObjectCache::shrink() {
  while (entries_.size() > max_objects_ || (max_bytes_ != 0 && bytes_ > max_bytes_)) {
    erase(std::prev(entries_.end()));
  }
}

std::shared_ptr<const void> ObjectCache::get(const CacheKey& key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = find(key); found != entries_.end()) {
    if (auto object = found->object()) {
      if (found != entries_.begin()) entries_.splice(entries_.begin(), entries_, found);
      ++hits_;
      return object;
    }
    erase(found);  // its last holder let go
  }
  ++misses_;
  return nullptr;
}

std::shared_ptr<const void> ObjectCache::peek(const CacheKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = find(key);
  return found == entries_.end() ? nullptr : found->object();
}

void ObjectCache::set(const CacheKey& key, const std::shared_ptr<const void>& object,
                      std::size_t bytes, Hold hold) {
  if (max_objects_ == 0) return;
  // What is merely found while others hold it takes no memory of its own.
  const std::size_t charge = hold == Hold::strong ? bytes : 0;
  const std::lock_guard lock(mutex_);
  if (const auto found = find(key); found != entries_.end()) erase(found);
  if (max_bytes_ != 0 && charge > max_bytes_) return;
  entries_.push_front({.key = key.key,
                       .type = key.type,
                       .deserializer = std::string(key.deserializer),
                       .strong = hold == Hold::strong ? object : nullptr,
                       .weak = object,
                       .bytes = charge});
  index_[key.key].push_back(entries_.begin());
  bytes_ += charge;
  shrink();
}

bool ObjectCache::exists(const Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto variants = index_.find(key);
  return variants != index_.end() &&
         std::any_of(variants->second.begin(), variants->second.end(),
                     [](const auto& entry) { return entry->object() != nullptr; });
}

void ObjectCache::evict(const Key& key) {
  const std::lock_guard lock(mutex_);
  for (auto at = index_.find(key); at != index_.end(); at = index_.find(key)) {
    erase(at->second.front());
  }
}

void ObjectCache::clear() {
  const std::lock_guard lock(mutex_);
  index_.clear();
  entries_.clear();
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
