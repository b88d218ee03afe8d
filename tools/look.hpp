// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What an object is, as far as can be told without its type.

#include <cstdint>
#include <optional>
#include <string>

#include "answer.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/detail/array_parts.hpp"

namespace tool {

struct Look {
  std::optional<std::uint64_t> size{};  ///< Bytes of the stored form, if that is known
  std::string
      kind{};  ///< text, bytes, array, object (of C++), pickle (of Python), damaged or unknown
  proxystore::ObjectInfo info{};
  std::string note{};  ///< More about the kind, for people
};

/// What lists the parts of an array that was put by many ranks together; nothing for other objects.
[[nodiscard]] std::optional<proxystore::detail::ArrayParts> parts_of(
    proxystore::Connector& connector, const proxystore::Key& key);

/// How much may be read to know the size.
enum class Effort : std::uint8_t {
  little,  ///< Of many objects: the beginning
  all,
};

/// Nothing if the object is gone.
[[nodiscard]] std::optional<Look> look_at(proxystore::Connector& connector,
                                          const proxystore::Key& key, Effort effort);

/// Such as "array <f8 (180, 360)".
[[nodiscard]] std::string kind_text(const Look& look);
/// Adds what is known to @p json.
void add_to(Json& json, const Look& look);

/// Such as "(180, 360)".
[[nodiscard]] std::string shape_text(const std::vector<std::uint64_t>& shape);

}  // namespace tool
