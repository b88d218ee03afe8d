// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/box.hpp"

#include <algorithm>
#include <limits>

#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

bool Box::empty() const noexcept {
  return std::ranges::find(shape, std::uint64_t{0}) != shape.end();
}

Box Box::whole(std::span<const std::uint64_t> extents) {
  return {.offset = std::vector<std::uint64_t>(extents.size(), 0),
          .shape = {extents.begin(), extents.end()}};
}

void Box::require_valid() const {
  if (offset.size() != rank() || (!stride.empty() && stride.size() != rank())) {
    throw ArgumentError("a box has an offset, an extent and perhaps a stride in each dimension: " +
                        std::to_string(offset.size()) + " offsets, " + std::to_string(rank()) +
                        " extents and " + std::to_string(stride.size()) + " strides were given");
  }
  if (std::ranges::find(stride, std::uint64_t{0}) != stride.end()) {
    throw ArgumentError("the stride of a box is 1 or more, not 0");
  }
}

void Box::require_inside(std::span<const std::uint64_t> extents) const {
  require_valid();
  if (extents.size() != rank()) {
    throw ArgumentError("box " + to_string() + " has " + std::to_string(rank()) +
                        " dimension(s), the array has " + std::to_string(extents.size()));
  }
  for (std::size_t i = 0; i < rank(); ++i) {
    const bool begins_inside = shape[i] == 0 ? offset[i] <= extents[i] : offset[i] < extents[i];
    if (begins_inside && (shape[i] == 0 || shape[i] - 1 <= (extents[i] - 1 - offset[i]) / step(i)))
      continue;
    throw ArgumentError("box " + to_string() + " is outside of the array of " +
                        detail::extents_text(extents) + " in dimension " + std::to_string(i));
  }
}

Box Box::within(const Box& outer) const {
  require_inside(outer.shape);
  Box result{.offset = outer.offset, .shape = shape};
  for (std::size_t i = 0; i < rank(); ++i) {
    result.offset[i] += offset[i] * outer.step(i);
    if (!stride.empty() || !outer.stride.empty()) {
      // More than one element: then the product is less than an extent.
      const bool is_wide = shape[i] > 1;
      result.stride.push_back(is_wide ? step(i) * outer.step(i) : 1);
    }
  }
  return result;
}

Box Box::with_halo(std::uint64_t width, std::span<const std::uint64_t> extents) const {
  require_inside(extents);
  Box result = *this;
  for (std::size_t i = 0; i < rank(); ++i) {
    if (step(i) != 1) throw ArgumentError("a box with a stride has no halo");
    const std::uint64_t before = std::min(width, offset[i]);
    const std::uint64_t after = std::min(width, extents[i] - offset[i] - shape[i]);
    result.offset[i] -= before;
    result.shape[i] += before + after;
  }
  return result;
}

std::string Box::to_string() const {
  std::string text = "[";
  for (std::size_t i = 0; i < rank(); ++i) {
    if (i > 0) text += ", ";
    const std::uint64_t from = i < offset.size() ? offset[i] : 0;
    const std::uint64_t by = i < stride.size() ? stride[i] : 1;
    text += std::to_string(from) + ":" +
            std::to_string(shape[i] == 0 ? from : from + (shape[i] - 1) * by + 1);
    if (by != 1) text += ":" + std::to_string(by);
  }
  return text + "]";
}

bool operator==(const Box& a, const Box& b) noexcept {
  if (a.offset != b.offset || a.shape != b.shape) return false;
  for (std::size_t i = 0; i < a.rank(); ++i) {
    if (a.step(i) != b.step(i)) return false;
  }
  return true;
}

namespace detail {

std::optional<Overlap> overlap_of(const Box& box, std::span<const std::uint64_t> offset,
                                  std::span<const std::uint64_t> shape) {
  Overlap overlap;
  for (std::size_t i = 0; i < box.rank(); ++i) {
    if (box.shape[i] == 0 || shape[i] == 0) return std::nullopt;
    const std::uint64_t from = box.offset[i];
    const std::uint64_t step = box.step(i);
    const std::uint64_t begin = offset[i];
    const std::uint64_t last = begin + (shape[i] - 1);
    if (from > last) return std::nullopt;
    const std::uint64_t first_in = from >= begin ? 0 : (begin - from + step - 1) / step;
    const std::uint64_t last_in = std::min(box.shape[i] - 1, (last - from) / step);
    if (first_in > last_in) return std::nullopt;
    overlap.in_box.offset.push_back(first_in);
    overlap.in_box.shape.push_back(last_in - first_in + 1);
    overlap.in_block.offset.push_back(from + first_in * step - begin);
    overlap.in_block.shape.push_back(last_in - first_in + 1);
    if (!box.stride.empty()) overlap.in_block.stride.push_back(step);
  }
  return overlap;
}

std::string extents_text(std::span<const std::uint64_t> extents) {
  std::string text;
  for (const std::uint64_t extent : extents) {
    text += (text.empty() ? "" : " x ") + std::to_string(extent);
  }
  return text.empty() ? "no dimensions" : text;
}

std::optional<std::uint64_t> volume_of(std::span<const std::uint64_t> extents) noexcept {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (std::ranges::find(extents, std::uint64_t{0}) != extents.end()) return 0;
  std::uint64_t volume = 1;
  for (const std::uint64_t extent : extents) {
    if (extent > most / volume) return std::nullopt;
    volume *= extent;
  }
  return volume;
}

}  // namespace detail
}  // namespace proxystore::inline v0
