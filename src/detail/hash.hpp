// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// XXH3-64, the checksum and fingerprint of everything here.

#include <cstdint>
#include <span>

#include "proxystore/bytes.hpp"

namespace proxystore::inline v0::detail {

[[nodiscard]] std::uint64_t xxh3(ByteSpan bytes) noexcept;

/// The hash of the concatenation of @p parts.
[[nodiscard]] std::uint64_t xxh3(std::span<const ByteSpan> parts);

}  // namespace proxystore::inline v0::detail
