// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Which server of a Redis Cluster has which names; see the Redis Cluster specification,
/// redis.io/docs/reference/cluster-spec.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connection.hpp"

namespace proxystore::inline v0::redis {

/// CRC16 of @p name, or of what is between its first braces, modulo the number of slots.
[[nodiscard]] std::uint16_t slot_of(std::string_view name) noexcept;

class SlotMap {
 public:
  /// What `CLUSTER SLOTS` answered. Servers that do not say their host are at @p asked_host.
  /// @throws MessageError if it is malformed
  [[nodiscard]] static SlotMap parse(const Reply& reply, const std::string& asked_host);

  /// "host:port"; empty if no server has the slot.
  [[nodiscard]] const std::string& at(std::uint16_t slot) const { return servers_[owners_[slot]]; }
  void assign(std::uint16_t slot, const std::string& server) { owners_[slot] = index_of(server); }
  /// All that have a slot, or had one.
  [[nodiscard]] std::vector<std::string> servers() const {
    return {servers_.begin() + 1, servers_.end()};
  }

 private:
  [[nodiscard]] std::uint16_t index_of(const std::string& server);

  std::vector<std::string> servers_{""};  // the first stands for none
  std::array<std::uint16_t, slot_count> owners_{};
};

}  // namespace proxystore::inline v0::redis
