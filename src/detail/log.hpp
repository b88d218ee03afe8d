// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Writing to the library's log. Ask log_enabled() before building a costly message.

#include <string_view>

#include "proxystore/log.hpp"

namespace proxystore::inline v0::detail {

[[nodiscard]] bool log_enabled(LogLevel level) noexcept;
void log(LogLevel level, std::string_view message) noexcept;

}  // namespace proxystore::inline v0::detail
