// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Encrypted connections, where hiredis has them (1.0 and later, built with OpenSSL).
/// tls_missing.cpp stands in for tls.cpp where it does not.

#include <cstddef>
#include <span>

#include "options.hpp"
#include "proxystore/bytes.hpp"

struct redisContext;

namespace proxystore::inline v0::redis::tls {

/// Throws UnsupportedError if this build cannot encrypt.
void require_built();

/// Encrypts @p connection, which is fresh and blocks, and of which the options' connect_timeout
/// limits each wait.
/// @throws ConnectorError with the reason: a certificate that cannot be read, or is not accepted
void begin(redisContext& connection, const Settings& settings);

/// Bytes that were read; 0: none are there now; -1: the connection is lost.
[[nodiscard]] std::ptrdiff_t read(redisContext& connection, std::span<std::byte> target);

/// Adds @p piece to what is sent by write().
void append(redisContext& connection, ByteSpan piece);

enum class Written : std::uint8_t { all, some, failed };
/// Sends what was appended, as much as the socket takes.
[[nodiscard]] Written write(redisContext& connection);

}  // namespace proxystore::inline v0::redis::tls
