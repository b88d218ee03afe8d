// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Key: the name of one object in one store.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iosfwd>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// Names an object: a random 128-bit id, and what its writer knew about it. A trivially copyable
/// value of 64 bytes. Identity is the id alone: equality, order and hash ignore the rest.
struct PROXYSTORE_EXPORT Key {
  static constexpr std::uint64_t unknown_size = std::numeric_limits<std::uint64_t>::max();

  /// The lowest 8 bits name the child of a `multi` connector.
  static constexpr std::uint32_t child_mask = 0xff;
  /// Size and checksum are kept with the object, which may be written after the key is made.
  static constexpr std::uint32_t versioned = 1U << 8U;
  /// `checksum` holds the XXH3 of the object's bytes.
  static constexpr std::uint32_t has_checksum = 1U << 9U;

  /// The object lists the parts of an array, which are objects of their own.
  static constexpr std::uint32_t composite = 1U << 10U;

  std::array<std::byte, 16> id{};
  std::uint64_t size = unknown_size;    ///< Bytes of the stored object.
  std::uint64_t checksum = 0;           ///< XXH3-64 of the stored bytes, if flagged.
  std::uint32_t flags = 0;              ///< Bits as above; unknown bits are kept.
  std::array<std::byte, 28> locator{};  ///< Only the connector that made the key reads it.

  /// A key with a fresh random id (UUID version 4). @threadsafe
  [[nodiscard]] static Key random();

  /// Reads the text form of an id, 36 characters such as
  /// `6f1c3c1e-0d0a-4c44-9b8a-3f1f6c1d2e3f`, in lower or upper case; nothing for any other text.
  [[nodiscard]] static std::optional<Key> parse(std::string_view text) noexcept;

  /// The id as a lower-case UUID: the file's name, the Redis key.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] bool is_versioned() const noexcept { return (flags & versioned) != 0; }
  [[nodiscard]] bool is_composite() const noexcept { return (flags & composite) != 0; }
  [[nodiscard]] bool is_nil() const noexcept { return id == std::array<std::byte, 16>{}; }

  friend bool operator==(const Key& a, const Key& b) noexcept { return a.id == b.id; }
  friend std::strong_ordering operator<=>(const Key& a, const Key& b) noexcept {
    return std::memcmp(a.id.data(), b.id.data(), a.id.size()) <=> 0;
  }
};

static_assert(sizeof(Key) == 64 && std::is_trivially_copyable_v<Key>);

/// Prints the id as a UUID.
PROXYSTORE_EXPORT std::ostream& operator<<(std::ostream& out, const Key& key);

}  // namespace proxystore::inline v0

template <>
struct std::hash<proxystore::Key> {
  std::size_t operator()(const proxystore::Key& key) const noexcept {
    std::uint64_t low = 0;  // the id is random: any 64 bits of it are a hash
    std::memcpy(&low, key.id.data(), sizeof low);
    return static_cast<std::size_t>(low);
  }
};
