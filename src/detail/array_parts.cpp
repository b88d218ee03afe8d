// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Whether parts cover an array exactly: if none of them overlap, and their volumes add up to that
// of the whole. Overlaps are looked for by a sweep along the dimension in which the parts begin at
// most places: a part is compared with those that begin before it ends there, which for blocks,
// slabs and the like are few.
#include "proxystore/detail/array_parts.hpp"

#include <algorithm>
#include <set>

#include "proxystore/box.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::detail {

namespace {

std::string slices_of(const ArrayPart& part) {
  return Box{.offset = part.offset, .shape = part.shape}.to_string();
}

bool overlap(const ArrayPart& a, const ArrayPart& b) {
  for (std::size_t i = 0; i < a.shape.size(); ++i) {
    if (a.offset[i] >= b.offset[i] + b.shape[i] || b.offset[i] >= a.offset[i] + a.shape[i]) {
      return false;
    }
  }
  return true;
}

std::size_t dimension_to_sweep(const std::vector<ArrayPart>& parts, std::size_t rank) {
  std::size_t best = 0;
  std::size_t most = 0;
  for (std::size_t i = 0; i < rank; ++i) {
    std::set<std::uint64_t> places;
    for (const ArrayPart& part : parts) places.insert(part.offset[i]);
    if (places.size() > most) {
      most = places.size();
      best = i;
    }
  }
  return best;
}

/// The indices of two parts that overlap; the same twice if there are none.
std::pair<std::size_t, std::size_t> find_overlap(const std::vector<ArrayPart>& parts,
                                                 std::size_t rank) {
  const std::size_t along = dimension_to_sweep(parts, rank);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (std::ranges::find(parts[i].shape, std::uint64_t{0}) == parts[i].shape.end()) {
      order.push_back(i);
    }
  }
  std::ranges::stable_sort(order, {},
                           [&](std::size_t i) { return rank == 0 ? 0 : parts[i].offset[along]; });
  for (std::size_t n = 0; n < order.size(); ++n) {
    const ArrayPart& one = parts[order[n]];
    for (std::size_t m = n + 1; m < order.size(); ++m) {
      const ArrayPart& other = parts[order[m]];
      if (rank > 0 && other.offset[along] >= one.offset[along] + one.shape[along]) break;
      if (overlap(one, other)) return std::minmax(order[n], order[m]);
    }
  }
  return {0, 0};
}

/// How many elements of @p box are in parts, of which none overlap.
std::uint64_t covered_of(const Box& box, const std::vector<ArrayPart>& parts) {
  std::uint64_t covered = 0;
  for (const ArrayPart& part : parts) {
    std::uint64_t common = 1;
    for (std::size_t i = 0; i < box.rank() && common > 0; ++i) {
      const std::uint64_t begin = std::max(box.offset[i], part.offset[i]);
      const std::uint64_t end =
          std::min(box.offset[i] + box.shape[i], part.offset[i] + part.shape[i]);
      common *= end > begin ? end - begin : 0;
    }
    covered += common;
  }
  return covered;
}

/// Some elements of @p box that are in no part, where fewer are in parts than it has. It halves the
/// box, and goes on with a half of which that is true as well: at most 63 times.
std::string find_gap(Box box, const std::vector<ArrayPart>& parts) {
  while (covered_of(box, parts) > 0) {
    const auto longest =
        static_cast<std::size_t>(std::ranges::max_element(box.shape) - box.shape.begin());
    Box half = box;
    half.shape[longest] /= 2;
    if (covered_of(half, parts) == *volume_of(half.shape)) {
      half.offset[longest] += half.shape[longest];
      half.shape[longest] = box.shape[longest] - half.shape[longest];
    }
    box = std::move(half);
  }
  return box.to_string();
}

}  // namespace

std::vector<Key> ArrayParts::keys() const {
  std::vector<Key> all;
  all.reserve(parts.size());
  for (const ArrayPart& part : parts) all.push_back(part.key);
  return all;
}

void ArrayParts::require_cover(std::string_view noun) const {
  const auto name = [noun](std::size_t i) { return std::string(noun) + " " + std::to_string(i); };
  const auto whole = volume_of(shape);
  if (!whole) {
    throw ArgumentError("an array of " + extents_text(shape) + " has more than 2^63 elements");
  }
  std::uint64_t covered = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    try {
      Box{.offset = parts[i].offset, .shape = parts[i].shape}.require_inside(shape);
    } catch (const ArgumentError& error) {
      throw ArgumentError(name(i) + ": " + error.what());
    }
    covered += *volume_of(parts[i].shape);  // cannot wrap unless there are overlaps, of which below
  }
  const auto [first, second] = find_overlap(parts, shape.size());
  if (first != second) {
    throw ArgumentError(name(first) + ", " + slices_of(parts[first]) + ", and " + name(second) +
                        ", " + slices_of(parts[second]) + ", overlap");
  }
  if (covered == *whole) return;
  throw ArgumentError("the parts have " + std::to_string(covered) + " of the " +
                      std::to_string(*whole) + " elements of an array of " + extents_text(shape) +
                      "; none has " + find_gap(Box::whole(shape), parts));
}

}  // namespace proxystore::inline v0::detail
