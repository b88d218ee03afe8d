// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Box: some elements of an array, in each dimension those of a range, or every nth of them.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// In each dimension, slowest first in C order, `shape` elements from index `offset`, `stride`
/// apart: what HDF5 calls a hyperslab. All numbers count elements.
struct PROXYSTORE_EXPORT Box {
  std::vector<std::uint64_t> offset{};
  std::vector<std::uint64_t> shape{};
  std::vector<std::uint64_t> stride{};  ///< Empty: 1 in each dimension

  [[nodiscard]] std::size_t rank() const noexcept { return shape.size(); }
  /// In one dimension.
  [[nodiscard]] std::uint64_t step(std::size_t dimension) const noexcept {
    return stride.empty() ? 1 : stride[dimension];
  }
  [[nodiscard]] bool empty() const noexcept;

  /// All of an array.
  [[nodiscard]] static Box whole(std::span<const std::uint64_t> extents);

  /// Throws ArgumentError unless there are as many offsets, and strides, as extents, and no stride
  /// is 0.
  void require_valid() const;
  /// The same unless all elements are in an array of these @p extents. The error names the
  /// dimension.
  void require_inside(std::span<const std::uint64_t> extents) const;

  /// This box of what @p outer is a box of, seen from there. @throws ArgumentError if it is outside
  [[nodiscard]] Box within(const Box& outer) const;

  /// This box, and @p width more elements on each side in each dimension, as far as an array of
  /// these @p extents goes: a rank's own elements and those of its neighbours. Its stride has to be
  /// 1. @throws ArgumentError as require_inside()
  [[nodiscard]] Box with_halo(std::uint64_t width, std::span<const std::uint64_t> extents) const;

  /// Such as "[0:4, 10:20:2]", as Python slices.
  [[nodiscard]] std::string to_string() const;

  friend PROXYSTORE_EXPORT bool operator==(const Box& a, const Box& b) noexcept;
};

namespace detail {

/// The elements of @p box that are in the block of @p shape at @p offset.
struct Overlap {
  Box in_block{};  ///< Seen from the block
  Box in_box{};    ///< Seen from the box; its stride is 1
};
[[nodiscard]] PROXYSTORE_EXPORT std::optional<Overlap> overlap_of(
    const Box& box, std::span<const std::uint64_t> offset, std::span<const std::uint64_t> shape);

/// Such as "2 x 3"; "no dimensions".
[[nodiscard]] PROXYSTORE_EXPORT std::string extents_text(std::span<const std::uint64_t> extents);

/// The product; nothing if it is above 2^63.
[[nodiscard]] PROXYSTORE_EXPORT std::optional<std::uint64_t> volume_of(
    std::span<const std::uint64_t> extents) noexcept;

}  // namespace detail
}  // namespace proxystore::inline v0
