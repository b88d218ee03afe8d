// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/array_builder.hpp"

namespace proxystore::inline v0::detail {

std::size_t bytes_of_array(std::span<const std::uint64_t> shape, std::size_t element_bytes) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (std::ranges::find(shape, std::uint64_t{0}) != shape.end()) return 0;
  std::uint64_t bytes = element_bytes;
  for (const std::uint64_t extent : shape) {
    if (extent > most / bytes) {
      throw ArgumentError("an array of that shape has more than 2^63 bytes");
    }
    bytes *= extent;
  }
  return bytes;
}

}  // namespace proxystore::inline v0::detail
