// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/hash.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace proxystore::inline v0::detail {

std::uint64_t xxh3(ByteSpan bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint64_t xxh3(std::span<const ByteSpan> parts) {
  if (parts.size() == 1) return xxh3(parts.front());
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  for (const auto& part : parts) {
    if (!part.empty()) XXH3_64bits_update(&state, part.data(), part.size());
  }
  return XXH3_64bits_digest(&state);
}

}  // namespace proxystore::inline v0::detail
