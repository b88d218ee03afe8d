// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "allocator.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <string>

namespace proxystore::inline v0::partition {

namespace {

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t page = Extents::page_bytes;
constexpr std::uint64_t grain = 64;        // of small blocks
constexpr std::uint64_t even_until = kib;  // every multiple of the grain is a size
constexpr std::uint64_t largest_block = 32 * kib;
constexpr std::uint32_t even_classes = even_until / grain;
constexpr std::uint64_t least_slab = 64 * kib;
constexpr std::uint64_t least_blocks = 4;
constexpr std::uint64_t enough_blocks = 128;  // for a slab's books to be small

constexpr std::uint64_t round_up(std::uint64_t n, std::uint64_t step) {
  return (n + step - 1) / step * step;
}

/// Above `even_until`: the power of two that lies below @p size.
constexpr std::uint32_t power_below(std::uint64_t size) {
  return static_cast<std::uint32_t>(std::bit_width(size - 1)) - 1;
}
constexpr std::uint32_t first_power = power_below(even_until + 1);

constexpr std::uint32_t class_of(std::uint64_t size) {
  if (size <= even_until) {
    return static_cast<std::uint32_t>((std::max(size, grain) - 1) / grain);
  }
  const std::uint32_t power = power_below(size);
  const std::uint64_t quarter = (size - 1 - (std::uint64_t{1} << power)) >> (power - 2);
  return even_classes + (power - first_power) * 4 + static_cast<std::uint32_t>(quarter);
}

constexpr std::uint64_t block_bytes(std::uint32_t size_class) {
  if (size_class < even_classes) return (size_class + 1) * grain;
  const std::uint32_t power = first_power + (size_class - even_classes) / 4;
  return (std::uint64_t{4} + (size_class - even_classes) % 4 + 1) << (power - 2);
}

/// The smallest slab for blocks of @p block bytes that wastes at most 1/64 behind the last one.
constexpr std::uint64_t smallest_slab(std::uint64_t block) {
  std::uint64_t size = std::max(least_slab, round_up(least_blocks * block, page));
  while (size % block > size / 64) size += page;
  return size;
}

[[noreturn]] void throw_not_allocated(std::uint64_t offset, std::uint64_t size) {
  throw std::logic_error("offset " + std::to_string(offset) + " was not allocated with " +
                         std::to_string(size) + " bytes");
}

/// As many ones as there are blocks.
std::vector<std::uint64_t> all_free(std::uint64_t blocks) {
  std::vector<std::uint64_t> bits(round_up(blocks, 64) / 64, ~std::uint64_t{0});
  if (blocks % 64 != 0) bits.back() = (std::uint64_t{1} << (blocks % 64)) - 1;
  return bits;
}

/// Clears the first one and returns where it was; there must be one.
std::uint64_t take_first(std::vector<std::uint64_t>& bits) {
  const auto word = std::find_if(bits.begin(), bits.end(), [](auto w) { return w != 0; });
  const auto bit = static_cast<std::uint64_t>(std::countr_zero(*word));
  *word &= *word - 1;
  return static_cast<std::uint64_t>(word - bits.begin()) * 64 + bit;
}

}  // namespace

std::uint64_t Extents::rounded(std::uint64_t size) noexcept {
  constexpr std::uint64_t most = ~(page - 1);
  return size > most ? most : round_up(std::max(size, page), page);
}

std::optional<std::uint64_t> Extents::take(std::uint64_t size) {
  size = rounded(size);
  const auto best = by_size_.lower_bound({size, 0});
  if (best == by_size_.end()) return std::nullopt;
  const auto [length, offset] = *best;
  erase(offset, length);
  if (length > size) insert(offset + size, length - size);
  return offset;
}

void Extents::give(std::uint64_t offset, std::uint64_t size) {
  std::uint64_t begin = offset;
  std::uint64_t end = offset + rounded(size);
  const auto next = by_offset_.lower_bound(begin);
  const auto previous = next == by_offset_.begin() ? by_offset_.end() : std::prev(next);
  const bool has_next = next != by_offset_.end();
  const bool has_previous = previous != by_offset_.end();
  if (begin % page != 0 || end < begin || (has_next && next->first < end) ||
      (has_previous && previous->first + previous->second > begin)) {
    throw_not_allocated(offset, size);
  }
  const bool joins_next = has_next && next->first == end;
  const bool joins_previous = has_previous && previous->first + previous->second == begin;
  if (joins_next) end += next->second;
  if (joins_previous) begin = previous->first;
  if (joins_next) erase(next->first, next->second);
  if (joins_previous) erase(previous->first, previous->second);
  insert(begin, end - begin);
}

std::uint64_t Extents::largest() const noexcept {
  return by_size_.empty() ? 0 : by_size_.rbegin()->first;
}

std::uint64_t Extents::free_before(std::uint64_t end) const {
  const auto next = by_offset_.lower_bound(end);
  if (next == by_offset_.begin()) return 0;
  const auto [offset, size] = *std::prev(next);
  return offset + size == end ? size : 0;
}

void Extents::insert(std::uint64_t offset, std::uint64_t size) {
  by_offset_.emplace(offset, size);
  by_size_.emplace(size, offset);
  free_bytes_ += size;
}

void Extents::erase(std::uint64_t offset, std::uint64_t size) {
  by_offset_.erase(offset);
  by_size_.erase({size, offset});
  free_bytes_ -= size;
}

std::uint64_t Allocator::rounded(std::uint64_t size) noexcept {
  return size <= largest_block ? block_bytes(class_of(size)) : Extents::rounded(size);
}

std::optional<std::uint64_t> Allocator::allocate(std::uint64_t size) {
  static_assert(class_of(largest_block) + 1 == class_count);
  std::optional<std::uint64_t> offset;
  if (size <= largest_block) {
    offset = allocate_block(class_of(size));
  } else if (const auto run = take_run(rounded(size), rounded(size))) {
    offset = run->offset;
  }
  if (offset) used_bytes_ += rounded(size);
  return offset;
}

void Allocator::free(std::uint64_t offset, std::uint64_t size) {
  if (size <= largest_block) {
    free_block(offset, class_of(size));
  } else {
    free_pages(offset, rounded(size));
  }
  used_bytes_ -= rounded(size);
}

bool Allocator::reserve(std::uint64_t bytes) {
  while (extents_.free_bytes() < bytes) {
    if (return_empty_slabs()) continue;
    if (!grow(Extents::rounded(bytes - extents_.free_bytes()))) return false;
  }
  return true;
}

std::optional<std::uint64_t> Allocator::allocate_block(std::uint32_t size_class) {
  SizeClass& blocks = classes_[size_class];
  if (blocks.open.empty() && !open_slab(size_class)) return std::nullopt;
  const auto lowest = blocks.open.begin();
  Slab& slab = *lowest->second;
  const std::uint64_t index = take_first(slab.free_blocks);
  if (++slab.used == slab.blocks) blocks.open.erase(lowest);
  ++blocks.objects;
  return slab.offset + index * block_bytes(size_class);
}

void Allocator::free_block(std::uint64_t offset, std::uint32_t size_class) {
  const std::uint64_t block = block_bytes(size_class);
  const auto next = slabs_.upper_bound(offset);
  if (next == slabs_.begin()) throw_not_allocated(offset, block);
  Slab& slab = std::prev(next)->second;
  const std::uint64_t index = (offset - slab.offset) / block;
  if (slab.size_class != size_class || (offset - slab.offset) % block != 0 ||
      index >= slab.blocks) {
    throw_not_allocated(offset, block);
  }
  std::uint64_t& word = slab.free_blocks[index / 64];
  const std::uint64_t bit = std::uint64_t{1} << (index % 64);
  if ((word & bit) != 0) throw_not_allocated(offset, block);

  SizeClass& blocks = classes_[size_class];
  if (slab.used == slab.blocks) blocks.open.emplace(slab.offset, &slab);
  word |= bit;
  --blocks.objects;
  if (--slab.used == 0) close_slab(slab);
}

void Allocator::free_pages(std::uint64_t offset, std::uint64_t size) {
  if (offset > committed_bytes_ || size > committed_bytes_ - offset) {
    throw_not_allocated(offset, size);
  }
  const auto behind = slabs_.lower_bound(offset + size);
  if (behind != slabs_.begin()) {
    const Slab& slab = std::prev(behind)->second;
    if (slab.offset + slab.bytes > offset) throw_not_allocated(offset, size);
  }
  extents_.give(offset, size);
}

bool Allocator::open_slab(std::uint32_t size_class) {
  SizeClass& blocks = classes_[size_class];
  if (blocks.empty != nullptr) {
    blocks.open.emplace(blocks.empty->offset, blocks.empty);
    blocks.empty = nullptr;
    return true;
  }
  const std::uint64_t block = block_bytes(size_class);
  const std::uint64_t least = smallest_slab(block);
  std::uint64_t size = least;
  while (size / block < enough_blocks && 4 * (2 * size / block) <= blocks.objects) size *= 2;

  const auto run = take_run(least, size);
  if (!run) return false;
  Slab& slab = slabs_[run->offset];
  slab = {.free_blocks = all_free(run->size / block),
          .offset = run->offset,
          .bytes = static_cast<std::uint32_t>(run->size),
          .blocks = static_cast<std::uint32_t>(run->size / block),
          .used = 0,
          .size_class = size_class};
  blocks.open.emplace(slab.offset, &slab);
  return true;
}

/// A slab has become empty.
void Allocator::close_slab(Slab& slab) {
  SizeClass& blocks = classes_[slab.size_class];
  blocks.open.erase(slab.offset);
  if (blocks.empty == nullptr) {
    blocks.empty = &slab;
  } else {
    return_slab(slab);
  }
}

void Allocator::return_slab(Slab& slab) {
  extents_.give(slab.offset, slab.bytes);
  slabs_.erase(slab.offset);
}

/// Whether there were any.
bool Allocator::return_empty_slabs() {
  bool any = false;
  for (SizeClass& blocks : classes_) {
    if (blocks.empty == nullptr) continue;
    return_slab(*std::exchange(blocks.empty, nullptr));
    any = true;
  }
  return any;
}

/// Pages for @p most bytes, or for a half, a quarter and so on, but at least for @p least.
std::optional<Allocator::Run> Allocator::take_run(std::uint64_t least, std::uint64_t most) {
  while (true) {
    for (std::uint64_t size = most; size >= least; size /= 2) {
      if (const auto offset = extents_.take(size)) return Run{*offset, size};
    }
    if (return_empty_slabs()) continue;
    if (!grow(least - extents_.free_before(committed_bytes_))) return std::nullopt;
  }
}

bool Allocator::grow(std::uint64_t at_least) {
  // Spares the other side from sums that overflow.
  if (at_least > std::numeric_limits<std::int64_t>::max() - committed_bytes_) return false;
  const std::uint64_t grown = grow_(at_least);
  if (grown % page != 0) throw std::logic_error("a segment grows by whole pages");
  if (grown == 0) return false;
  extents_.give(committed_bytes_, grown);
  committed_bytes_ += grown;
  return true;
}

}  // namespace proxystore::inline v0::partition
