// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// SingleFlight: concurrent fetches of one object share one.

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <typeinfo>
#include <unordered_map>

#include "proxystore/key.hpp"

namespace proxystore::inline v0::detail {

/// The first to ask for (key, type, deserializer) fetches, without holding a lock; those who ask
/// meanwhile get the same object or the same exception.
class SingleFlight {
 public:
  using Object = std::shared_ptr<const void>;

  /// The object that @p fetch returns. Whoever fetched passes it to @p keep, unless it is null or
  /// was evicted while it was under way.
  Object run(const Key& key, const std::type_info& type, const std::string& deserializer,
             const std::function<Object()>& peek, const std::function<Object()>& fetch,
             const std::function<void(const Object&)>& keep) {
    std::unique_lock lock(mutex_);
    const auto [first, last] = flights_.equal_range(key);
    for (auto at = first; at != last; ++at) {
      const auto flight = at->second;  // shared: it outlives its place in the table
      if (*flight->type == type && flight->deserializer == deserializer && !flight->evicted) {
        return follow(lock, *flight);
      }
    }
    if (auto object = peek()) return object;
    const auto flight = std::make_shared<Flight>();
    flight->type = &type;
    flight->deserializer = deserializer;
    flights_.emplace(key, flight);
    lock.unlock();
    try {
      flight->object = fetch();
    } catch (...) {
      flight->error = std::current_exception();
    }
    lock.lock();
    remove(key, flight);
    flight->is_done = true;
    // Under the lock: an eviction comes either before this, and is seen, or after, and finds the
    // object in the cache.
    if (!flight->error && flight->object && !flight->evicted) keep(flight->object);
    lock.unlock();
    done_.notify_all();
    if (flight->error) std::rethrow_exception(flight->error);
    return flight->object;
  }

  /// Lets fetches of @p key that are under way end without being kept or joined, then calls @p
  /// drop.
  void evict(const Key& key, const std::function<void()>& drop) {
    const std::lock_guard lock(mutex_);
    const auto [first, last] = flights_.equal_range(key);
    for (auto at = first; at != last; ++at) at->second->evicted = true;
    ++evictions_;
    drop();
  }

  /// For those who fetch without run(): how many evictions there were when they began.
  [[nodiscard]] std::uint64_t evictions() {
    const std::lock_guard lock(mutex_);
    return evictions_;
  }
  /// Calls @p keep unless anything was evicted since there were @p evictions.
  void keep_unless_evicted(std::uint64_t evictions, const std::function<void()>& keep) {
    const std::lock_guard lock(mutex_);
    if (evictions_ == evictions) keep();
  }

 private:
  struct Flight {
    const std::type_info* type = nullptr;
    std::string deserializer;
    bool is_done = false;
    bool evicted = false;
    Object object;
    std::exception_ptr error;
  };

  Object follow(std::unique_lock<std::mutex>& lock, const Flight& flight) {
    done_.wait(lock, [&] { return flight.is_done; });
    if (flight.error) std::rethrow_exception(flight.error);
    return flight.object;
  }

  void remove(const Key& key, const std::shared_ptr<Flight>& flight) {
    const auto [first, last] = flights_.equal_range(key);
    flights_.erase(std::find_if(first, last, [&](const auto& f) { return f.second == flight; }));
  }

  std::mutex mutex_;
  std::uint64_t evictions_ = 0;
  std::condition_variable done_;
  std::unordered_multimap<Key, std::shared_ptr<Flight>> flights_;
};

}  // namespace proxystore::inline v0::detail
