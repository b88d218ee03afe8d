// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Who holds which object: a hash `<prefix>{<name>}:leases` beside each that is leased, changed by
/// a script.

#include <chrono>
#include <cstdint>
#include <string>

#include "objects.hpp"
#include "proxystore/connector.hpp"

namespace proxystore::inline v0::redis {

/// @threadsafe, and safe against other clients.
class Leases {
 public:
  explicit Leases(Objects& objects) : objects_(objects) {}

  /// Whether @p token now holds the object; not if another lease excludes it, or it is retired.
  [[nodiscard]] bool take(const std::string& name, LeaseMode mode, std::uint64_t token,
                          std::chrono::milliseconds ttl);
  /// Whether @p token still held the object; it does for @p ttl from now, then.
  [[nodiscard]] bool renew(const std::string& name, std::uint64_t token,
                           std::chrono::milliseconds ttl);
  void give_back(const std::string& name, std::uint64_t token);
  /// Removes the object when nobody holds it: now or later.
  void retire(const std::string& name);

 private:
  [[nodiscard]] bool run(const std::string& name, const char* verb, std::uint64_t token,
                         const char* mode, std::chrono::milliseconds ttl);

  Objects& objects_;
};

}  // namespace proxystore::inline v0::redis
