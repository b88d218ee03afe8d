// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// SingleFlight: concurrent fetches of one object share one.

#include <algorithm>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <typeinfo>
#include <unordered_map>
#include <utility>

#include "proxystore/detail/claim.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::detail {

/// The first to ask for (key, type, deserializer) fetches, without holding a lock; those who ask
/// meanwhile get the same object or the same exception. Callers see to it that no object is
/// destroyed in their `keep` and `drop`, which run under a mutex. @threadsafe
class SingleFlight {
 public:
  using Object = std::shared_ptr<const void>;

  /// The object that @p fetch returns. Whoever fetched passes it to @p keep, unless it is null or
  /// was evicted while it was under way.
  /// @throws what @p fetch throws; ProxyResolveError if this fetch, or one that it waits for, is
  ///         made for this object's own
  Object run(const Key& key, const std::type_info& type, const std::string& deserializer,
             const std::function<Object()>& peek, const std::function<Object()>& fetch,
             const std::function<void(const Object&)>& keep) {
    std::shared_ptr<Flight> flight;
    bool is_first = false;
    {
      const std::lock_guard lock(mutex_);
      flight = find(key, type, deserializer);
      if (!flight) {
        if (auto object = peek()) return object;
        flight = std::make_shared<Flight>(type, deserializer);
        flight->claim.take(&key);
        flights_.emplace(key, flight);
        is_first = true;
      }
    }
    if (is_first) {
      try {
        flight->object = fetch();
      } catch (...) {
        flight->error = std::current_exception();
      }
      land(key, flight, keep);
    } else {
      flight->claim.wait(&key);
    }
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
    Flight(const std::type_info& of, std::string how) : type(of), deserializer(std::move(how)) {}

    const std::type_info& type;
    const std::string deserializer;
    Claim claim;  // of whoever fetches
    bool evicted = false;
    Object object;
    std::exception_ptr error;
  };

  /// A fetch that goes on now, and may be joined.
  std::shared_ptr<Flight> find(const Key& key, const std::type_info& type,
                               const std::string& deserializer) {
    const auto [first, last] = flights_.equal_range(key);
    const auto found = std::find_if(first, last, [&](const auto& one) {
      const Flight& flight = *one.second;
      return flight.type == type && flight.deserializer == deserializer && !flight.evicted &&
             flight.claim.is_taken();
    });
    return found == last ? nullptr : found->second;
  }

  void land(const Key& key, const std::shared_ptr<Flight>& flight,
            const std::function<void(const Object&)>& keep) {
    {
      const std::lock_guard lock(mutex_);
      const auto [first, last] = flights_.equal_range(key);
      flights_.erase(std::find_if(first, last, [&](const auto& f) { return f.second == flight; }));
      // Under the lock: an eviction comes either before this, and is seen, or after, and finds the
      // object in the cache.
      if (flight->object && !flight->evicted) keep(flight->object);
    }
    flight->claim.release();
  }

  std::mutex mutex_;
  std::uint64_t evictions_ = 0;
  std::unordered_multimap<Key, std::shared_ptr<Flight>> flights_;
};

}  // namespace proxystore::inline v0::detail
