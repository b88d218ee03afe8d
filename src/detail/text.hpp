// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Small helpers for error texts.

#include <cerrno>
#include <string>
#include <system_error>

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

inline std::string system_error(int code) {
  return std::generic_category().message(code);
}
inline std::string last_system_error() {
  return system_error(errno);
}

}  // namespace proxystore::inline v0::detail
