// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The leases of one process's objects: who holds which, and which objects go with their last one.
///
/// A lease holds an object until it is given back or its time is over, so a holder that died needs
/// no one to notice. An object that is retired while it is leased goes when its last lease does:
/// whoever takes the last holder away, here the giver-back or the sweep at the time at which the
/// last one ends, removes the entry under the mutex, and therefore alone calls `evict`.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "proxystore/connector.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::detail {

/// @threadsafe
class LeaseTable : public std::enable_shared_from_this<LeaseTable> {
 public:
  /// @p evict removes an object that was retired. It is called from any thread, also one of the
  /// library's, must not throw, and is not called after the table was destroyed.
  explicit LeaseTable(std::function<void(const Key&)> evict) : evict_(std::move(evict)) {}

  /// A name for a lease that nobody else has.
  [[nodiscard]] static std::uint64_t new_token();

  /// Whether @p token now holds the object; not if another lease excludes it, or it is retired.
  [[nodiscard]] bool take(const Key& key, LeaseMode mode, std::uint64_t token,
                          std::chrono::milliseconds ttl);
  /// Whether @p token still held the object; it does for @p ttl from now, then.
  [[nodiscard]] bool renew(const Key& key, std::uint64_t token, std::chrono::milliseconds ttl);
  void give_back(const Key& key, std::uint64_t token);
  /// Evicts the object when nobody holds it: now or later.
  void retire(const Key& key);

 private:
  using Clock = std::chrono::steady_clock;
  struct Holder {
    std::uint64_t token;
    LeaseMode mode;
    Clock::time_point until;
  };
  struct Entry {
    std::vector<Holder> holders{};
    bool is_retired = false;
  };
  using Entries = std::unordered_map<Key, Entry>;

  static void drop_ended(Entry& entry, Clock::time_point now);
  /// Removes the entry if nobody holds it; whether the object is to be evicted.
  bool settle(Entries::iterator entry);
  void sweep_when_large();
  void look_again(const Key& key);
  void wake_up(const Key& key);

  const std::function<void(const Key&)> evict_;
  std::mutex mutex_;
  Entries entries_;
  std::size_t sweep_at_ = 64;
};

}  // namespace proxystore::inline v0::detail
