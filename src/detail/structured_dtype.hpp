// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// numpy's structured dtypes, as its .npy files write them: `[('x', '<f8'), ('', '|V4')]`.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "proxystore/export.hpp"

namespace proxystore::inline v0::detail {

/// One of them, taken apart.
struct StructuredDtype {
  struct Field {
    std::string name{};  ///< Empty for padding
    std::size_t offset = 0;
    std::string dtype{};               ///< Of an element
    std::vector<std::size_t> shape{};  ///< Of an array of elements
    std::size_t size = 0;              ///< Of all of them, in bytes
  };

  std::vector<Field> fields{};
  std::size_t size = 0;

  [[nodiscard]] PROXYSTORE_EXPORT std::string to_string() const;
};

/// Reads the list at the front of @p text, and takes it off.
/// @throws SerializationError if there is none, or it lies too deep in others
[[nodiscard]] PROXYSTORE_EXPORT StructuredDtype take_structured(std::string_view& text,
                                                                int depth = 0);

/// The same of all of @p text.
[[nodiscard]] PROXYSTORE_EXPORT StructuredDtype parse_structured(std::string_view text);

}  // namespace proxystore::inline v0::detail
