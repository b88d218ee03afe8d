// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/array.hpp"

#include <limits>

#include "proxystore/box.hpp"

namespace proxystore::inline v0::detail {

std::size_t bytes_of_array(std::span<const std::uint64_t> shape, std::size_t element_bytes) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  const auto elements = volume_of(shape);
  if (!elements || *elements > most / element_bytes) {
    throw ArgumentError("an array of " + extents_text(shape) + " has more than 2^63 bytes");
  }
  return *elements * element_bytes;
}

void throw_index_outside(std::size_t dimension, std::uint64_t index, std::uint64_t extent) {
  throw ArgumentError("index " + std::to_string(index) + " in dimension " +
                      std::to_string(dimension) + " of an array is outside of its extent, " +
                      std::to_string(extent));
}

void require_size(std::span<const std::uint64_t> shape, std::size_t element_bytes,
                  std::size_t bytes) {
  const std::size_t wanted = bytes_of_array(shape, element_bytes);
  if (wanted == bytes) return;
  throw ArgumentError("an array of " + extents_text(shape) + " needs " + std::to_string(wanted) +
                      " bytes of elements, " + std::to_string(bytes) + " were given");
}

Bytes aligned(Bytes bytes) {
  const auto address = reinterpret_cast<std::uintptr_t>(bytes.data());
  return address % MutableBytes::alignment == 0 ? std::move(bytes) : Bytes::copy_of(bytes.span());
}

void require_booleans(ByteSpan bytes) {
  const auto is_other = [](std::byte one) { return one > std::byte{1}; };
  if (std::ranges::any_of(bytes, is_other)) {
    throw SerializationError("an array of bool has elements that are neither 0 nor 1");
  }
}

}  // namespace proxystore::inline v0::detail
