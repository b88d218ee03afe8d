// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Objects whose every word tells which object it belongs to, and where in it: bytes of another
/// object, of another version, or from another place do not pass for them.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "proxystore/bytes.hpp"
#include "proxystore/key.hpp"

namespace proxystore::testing {

[[nodiscard]] inline std::uint64_t word_of(std::uint64_t seed, std::uint64_t index) noexcept {
  std::uint64_t word = (seed + 1) * 0x9e37'79b9'7f4a'7c15U + index;
  word ^= word >> 29U;
  return word * 0xbf58'476d'1ce4'e5b9U;
}

/// Writes the object of @p seed from its byte @p offset, a multiple of 8, to @p target.
inline void fill(std::byte* target, std::size_t size, std::uint64_t seed, std::size_t offset = 0) {
  for (std::size_t at = 0; at < size; at += 8) {
    const std::uint64_t word = word_of(seed, (offset + at) / 8);
    std::memcpy(target + at, &word, size - at < 8 ? size - at : 8);
  }
}

[[nodiscard]] inline std::vector<std::byte> contents(std::size_t size, std::uint64_t seed) {
  std::vector<std::byte> bytes(size);
  fill(bytes.data(), size, seed);
  return bytes;
}

/// Whether @p bytes are those of the object of @p seed from its byte @p offset, a multiple of 8.
[[nodiscard]] inline bool is_contents(ByteSpan bytes, std::uint64_t seed, std::size_t offset = 0) {
  for (std::size_t at = 0; at < bytes.size(); at += 8) {
    const std::uint64_t word = word_of(seed, (offset + at) / 8);
    const std::size_t length = bytes.size() - at < 8 ? bytes.size() - at : 8;
    if (std::memcmp(bytes.data() + at, &word, length) != 0) return false;
  }
  return true;
}

[[nodiscard]] inline bool is_contents(const Bytes& bytes, std::size_t size, std::uint64_t seed) {
  return bytes.size() == size && is_contents(bytes.span(), seed);
}

}  // namespace proxystore::testing
