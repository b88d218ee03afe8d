// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What the library logs, and where to: warnings and errors to standard error, unless
/// PROXYSTORE_LOG_LEVEL or the program says otherwise. They tell what no exception can: what went
/// wrong in a destructor, in a thread of the library, or at the end of the program.

#include <cstdint>
#include <functional>
#include <string_view>

#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// How grave a message is; `off` is for set_log_level() alone.
enum class LogLevel : std::uint8_t { trace, debug, info, warning, error, off };

/// Messages below @p level are dropped. The environment variable PROXYSTORE_LOG_LEVEL (one of the
/// names above) sets it at start; otherwise it is `warning`. @threadsafe
PROXYSTORE_EXPORT void set_log_level(LogLevel level);

/// Sends messages to @p handler instead of standard error; an empty one goes back to that. The
/// handler may be called from several threads at once, and must not throw. No lock of the library
/// is held meanwhile. @threadsafe
PROXYSTORE_EXPORT void set_log_handler(
    std::function<void(LogLevel level, std::string_view message)> handler);

}  // namespace proxystore::inline v0
