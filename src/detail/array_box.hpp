// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Elements of arrays in memory: where those of a box lie, and copying them. Steps are bytes from
/// one element to the next, by dimension.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "proxystore/box.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/serialize/codec.hpp"

namespace proxystore::inline v0::detail {

/// Of an array whose elements of @p element bytes lie one after the other.
[[nodiscard]] std::vector<std::size_t> packed_steps(std::span<const std::uint64_t> shape,
                                                    std::size_t element, ObjectInfo::Order order);

/// Whether elements that are @p steps apart lie one after the other in C order.
[[nodiscard]] bool is_packed(std::span<const std::uint64_t> shape,
                             std::span<const std::size_t> steps, std::size_t element);

/// Copies as many elements as @p shape says, which are @p from_steps apart, to where they are
/// @p to_steps apart.
void copy_elements(std::byte* to, std::span<const std::size_t> to_steps, const std::byte* from,
                   std::span<const std::size_t> from_steps, std::span<const std::uint64_t> shape,
                   std::size_t element);

/// Where the elements of a box are among those of an array.
struct BoxPlace {
  std::size_t offset = 0;            ///< Of the first one, in bytes from the array's first
  std::size_t length = 0;            ///< Bytes from the first to behind the last
  std::vector<std::size_t> steps{};  ///< From one to the next
};

/// In an array as @p header tells. @throws ArgumentError if the box is outside,
/// SerializationError if the elements are not of @p dtype, or the ranks differ
[[nodiscard]] BoxPlace place_of(const NpyHeader& header, const Box& box, std::string_view dtype);

/// The box of the array whose stored form is @p object, sharing its memory. @throws as place_of(),
/// and SerializationError if it is no array
[[nodiscard]] ArrayBox box_of(const Bytes& object, const Box& box, std::string_view dtype);

/// What is to be known of the object whose stored form begins with @p start, and which its frame
/// and header tell. @throws SerializationError
[[nodiscard]] ObjectInfo info_of(ByteSpan start);

/// The box's elements one after the other in C order: the same memory, if they lie so.
[[nodiscard]] Bytes packed(const ArrayBox& box, std::span<const std::uint64_t> shape,
                           std::size_t element);

}  // namespace proxystore::inline v0::detail
