// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "slot_map.hpp"

#include <algorithm>

namespace proxystore::inline v0::redis {

namespace {

/// CRC-16/XMODEM, as the cluster specification has it in its appendix.
constexpr std::array<std::uint16_t, 256> make_crc_table() {
  std::array<std::uint16_t, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = static_cast<std::uint32_t>(i) << 8U;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1U) ^ ((crc & 0x8000U) != 0 ? 0x1021U : 0U);
    table[i] = static_cast<std::uint16_t>(crc);
  }
  return table;
}
constexpr auto crc_table = make_crc_table();

std::string_view hashed_part(std::string_view name) noexcept {
  const std::size_t open = name.find('{');
  if (open == std::string_view::npos) return name;
  const std::size_t close = name.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return name;
  return name.substr(open + 1, close - open - 1);
}

[[noreturn]] void fail(const std::string& why) {
  throw MessageError("malformed map of a Redis Cluster: " + why,
                     {.connector = "redis", .operation = "find a server"});
}

const Reply& element(const Reply& reply, std::size_t i, Reply::Type type) {
  if (reply.type != Reply::Type::array || reply.elements.size() <= i) fail("a short array");
  if (reply.elements[i].type != type) fail("an element of another kind");
  return reply.elements[i];
}

std::size_t slot_in(const Reply& range, std::size_t i) {
  const std::int64_t slot = element(range, i, Reply::Type::integer).integer;
  if (slot < 0 || slot >= static_cast<std::int64_t>(slot_count)) {
    fail("slot " + std::to_string(slot));
  }
  return static_cast<std::size_t>(slot);
}

/// The address of @p server: [host or nil, port, ...].
std::string address_in(const Reply& server, const std::string& asked_host) {
  if (server.type != Reply::Type::array || server.elements.empty())
    fail("a server of another kind");
  const Reply& host = server.elements.front();
  const std::int64_t port = element(server, 1, Reply::Type::integer).integer;
  if (port < 1 || port > 65535) fail("port " + std::to_string(port));
  const bool is_known = host.type == Reply::Type::bulk && !host.bulk.empty();
  if (!is_known && !host.is_nil() && host.type != Reply::Type::bulk) fail("a host of another kind");
  return (is_known ? std::string(host.bulk.text()) : asked_host) + ":" + std::to_string(port);
}

}  // namespace

std::uint16_t slot_of(std::string_view name) noexcept {
  std::uint32_t crc = 0;
  for (const char c : hashed_part(name)) {
    const std::uint32_t at = ((crc >> 8U) ^ static_cast<unsigned char>(c)) & 0xFFU;
    crc = ((crc << 8U) ^ crc_table[at]) & 0xFFFFU;
  }
  return static_cast<std::uint16_t>(crc % slot_count);
}

SlotMap SlotMap::parse(const Reply& reply, const std::string& asked_host) {
  if (reply.type != Reply::Type::array) fail("no array");
  SlotMap map;
  for (const Reply& range : reply.elements) {
    const std::size_t first = slot_in(range, 0);
    const std::size_t last = slot_in(range, 1);
    const Reply& master = element(range, 2, Reply::Type::array);
    const std::uint16_t owner = map.index_of(address_in(master, asked_host));
    for (std::size_t slot = first; slot <= last; ++slot) map.owners_[slot] = owner;
  }
  return map;
}

std::uint16_t SlotMap::index_of(const std::string& server) {
  const auto found = std::find(servers_.begin() + 1, servers_.end(), server);
  const auto index = found - servers_.begin();
  if (found == servers_.end()) {
    if (servers_.size() > slot_count) fail("more servers than slots");
    servers_.push_back(server);
  }
  return static_cast<std::uint16_t>(index);
}

}  // namespace proxystore::inline v0::redis
