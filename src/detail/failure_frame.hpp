// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What a producer stores in place of the object that it could not make: a frame like those of
/// objects, but of an identifier that no serializer has, so that others refuse it by name.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "proxystore/bytes.hpp"

namespace proxystore::inline v0::detail {

/// Long enough that no serializer without frames writes it by chance.
inline constexpr std::string_view failure_mark = "FE\nproxystore: no object, its producer failed: ";
inline constexpr std::size_t longest_failure = 16384;

[[nodiscard]] inline std::string failure_frame(std::string_view what) {
  return std::string(failure_mark) + std::string(what.substr(0, longest_failure));
}

/// What the producer said, if @p object is such a frame.
[[nodiscard]] inline std::optional<std::string> failure_in(ByteSpan object) {
  const std::string_view text(reinterpret_cast<const char*>(object.data()), object.size());
  if (!text.starts_with(failure_mark)) return std::nullopt;
  return std::string(text.substr(failure_mark.size(), longest_failure));
}

}  // namespace proxystore::inline v0::detail
