// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Who holds which object of a folder: a shared text `<uuid>.leases` beside each that is leased.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "folder.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::file {

/// @threadsafe, and safe against other processes and nodes. All verbs throw TimeoutError if others
/// change the leases of one object all the time, AccessError, CapacityError and ConnectorError.
class Leases : public std::enable_shared_from_this<Leases> {
 public:
  explicit Leases(Folder folder) : folder_(std::move(folder)) {}

  /// Whether @p token now holds the object; not if another lease excludes it, or it is retired.
  [[nodiscard]] bool take(const Key& key, LeaseMode mode, std::uint64_t token,
                          std::chrono::milliseconds ttl);
  /// Whether @p token still held the object; it does for @p ttl from now, then.
  [[nodiscard]] bool renew(const Key& key, std::uint64_t token, std::chrono::milliseconds ttl);
  void give_back(const Key& key, std::uint64_t token);
  /// Removes the object when nobody holds it: now or later.
  void retire(const Key& key);

 private:
  struct Entry;

  /// Calls @p change with the entry of @p key, and keeps what it makes of it; if nobody is left who
  /// holds the object, and it is retired, removes it. Calls it again if others changed the entry
  /// meanwhile.
  template <class Change>
  bool with_entry(const Key& key, std::string_view verb, const Change& change);
  void look_again(const Key& key, std::int64_t time);

  const Folder folder_;
};

}  // namespace proxystore::inline v0::file
