// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// An array in parts: the object that lists them, whose key is flagged Key::composite.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxystore/export.hpp"
#include "proxystore/key.hpp"
#include "proxystore/serialize/codec.hpp"
#include "proxystore/serialize/type_name.hpp"

namespace proxystore::inline v0::detail {

/// A block of the array, an array itself, which is stored under a key of its own.
struct ArrayPart {
  std::vector<std::uint64_t> offset{};
  std::vector<std::uint64_t> shape{};
  Key key{};

  template <class Archive>
  void serialize(Archive& archive) {
    archive(offset, shape, key);
  }
};

/// The whole: each of its elements is in one part.
struct ArrayParts {
  std::string dtype{};
  std::vector<std::uint64_t> shape{};
  std::vector<ArrayPart> parts{};  ///< None without elements

  template <class Archive>
  void save(Archive& archive) const {
    archive(dtype, shape, parts);
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(dtype, shape, parts);
    require_cover("part");
  }

  /// Of the parts.
  [[nodiscard]] PROXYSTORE_EXPORT std::vector<Key> keys() const;

  /// Throws ArgumentError unless each element is in one part: naming two that overlap, or some
  /// elements that are in none. @p noun is how to call a part, such as "rank".
  PROXYSTORE_EXPORT void require_cover(std::string_view noun) const;
};

}  // namespace proxystore::inline v0::detail

template <>
struct proxystore::TypeName<proxystore::detail::ArrayParts> {
  static std::string get() { return "array_parts/1"; }
};
