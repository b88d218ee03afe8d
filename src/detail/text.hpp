// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Small helpers for texts.

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "proxystore/export.hpp"

namespace proxystore::inline v0::detail {

/// "'a', 'b', 'c'", or "none" for an empty range.
template <class Range>
std::string quoted_list(const Range& names) {
  std::string list;
  for (const auto& name : names) {
    if (!list.empty()) list += ", ";
    list += "'" + std::string(name) + "'";
  }
  return list.empty() ? "none" : list;
}

/// The same of a map's keys.
template <class Map>
std::string quoted_keys(const Map& map) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : map) names.emplace_back(name);
  return quoted_list(names);
}

/// A small letter of a capital one, A to Z: in the Turkish locale the language's own says
/// otherwise.
constexpr char ascii_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// As serialize/codec.hpp has it, for what stands below that.
[[nodiscard]] PROXYSTORE_EXPORT bool is_utf8(std::string_view text) noexcept;

inline std::string system_error(int code) {
  return std::generic_category().message(code);
}
inline std::string last_system_error() {
  return system_error(errno);
}

}  // namespace proxystore::inline v0::detail
