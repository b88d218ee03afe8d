// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Which bytes of a partition's data segment are free. Only offsets are dealt with: the memory is
/// never touched, and the books are on the heap of the process.
///
/// *Extents* are runs of free pages. Objects above 32 KiB take whole pages from them. A smaller
/// object is a block of a *slab*: a run of pages cut into blocks of one size, with a bit for each.
/// Block sizes are the multiples of 64 up to 1 KiB, and from there four for each power of two, so
/// that a block is at most a quarter larger than its object once that has 256 bytes.
///
/// Time. A block comes from the first slab of its size that has one; a slab has at most 1024, so 16
/// words are searched at most. A freed block finds its slab in a tree of slabs, and extents are in
/// two trees: nothing takes longer than the logarithm of the number of slabs or extents.
///
/// Memory of the books. A slab takes about 128 bytes with its bits, and where a size has many
/// objects it has at least 128 blocks: one byte for each block, and a quarter for those of 64
/// bytes. Where there are few objects slabs are smaller, 64 KiB or 4 blocks: a new one is either of
/// the smallest kind, or at most a quarter of what its size holds, so few objects keep no large
/// slab.
///
/// Change. Of the slabs with free blocks the lowest is filled first, so that others become empty.
/// An empty slab goes back to the extents, but for one of each size: an object may come and go at
/// no cost. Those too go back before the segment grows, so that no memory is left to sizes of the
/// past.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace proxystore::inline v0::partition {

/// Free runs of whole pages. Sizes are rounded up to pages, 0 to one. Not thread-safe.
class Extents {
 public:
  static constexpr std::uint64_t page_bytes = 4096;

  /// Bytes that @p size takes: whole pages.
  [[nodiscard]] static std::uint64_t rounded(std::uint64_t size) noexcept;

  /// Where @p size bytes were free until now: in the smallest extent that has them, and the lowest
  /// of those. Nothing if there is none.
  [[nodiscard]] std::optional<std::uint64_t> take(std::uint64_t size);
  /// The pages at @p offset are free, whether taken before or new; they join free neighbours.
  /// @throws std::logic_error if some are free already
  void give(std::uint64_t offset, std::uint64_t size);

  [[nodiscard]] std::uint64_t free_bytes() const noexcept { return free_bytes_; }
  /// Bytes of the largest extent.
  [[nodiscard]] std::uint64_t largest() const noexcept;
  /// Bytes of the extent that ends at @p end; 0 if none does.
  [[nodiscard]] std::uint64_t free_before(std::uint64_t end) const;

 private:
  void insert(std::uint64_t offset, std::uint64_t size);
  void erase(std::uint64_t offset, std::uint64_t size);

  std::map<std::uint64_t, std::uint64_t> by_offset_;           // to sizes
  std::set<std::pair<std::uint64_t, std::uint64_t>> by_size_;  // and offsets
  std::uint64_t free_bytes_ = 0;
};

/// Places objects in a segment that begins at offset 0 and grows. Not thread-safe.
class Allocator {
 public:
  /// Makes the segment longer by at least so many bytes, whole pages, and returns by how many; 0 if
  /// that cannot be. If it gives less, it is asked again for the rest.
  using Grow = std::function<std::uint64_t(std::uint64_t at_least)>;

  explicit Allocator(Grow grow) : grow_(std::move(grow)) {}
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;

  /// Where @p size bytes may be written: a multiple of 64, of 4096 above 32 KiB, and an offset of
  /// its own even for 0 bytes. Grows only if nothing fits. Nothing if the segment cannot grow.
  [[nodiscard]] std::optional<std::uint64_t> allocate(std::uint64_t size);
  /// Frees what allocate() gave for @p size.
  /// @throws std::logic_error if it cannot have given that; of a large object, a wrong size is seen
  /// only where it reaches a slab, free pages, or the segment's end
  void free(std::uint64_t offset, std::uint64_t size);

  /// Grows until @p bytes of whole pages are free, though not in one run; false if that cannot be.
  [[nodiscard]] bool reserve(std::uint64_t bytes);

  /// Bytes that an object of @p size takes.
  [[nodiscard]] static std::uint64_t rounded(std::uint64_t size) noexcept;
  /// Bytes that the objects take, rounded.
  [[nodiscard]] std::uint64_t used_bytes() const noexcept { return used_bytes_; }
  /// Bytes that the segment has grown to.
  [[nodiscard]] std::uint64_t committed_bytes() const noexcept { return committed_bytes_; }

 private:
  struct Slab {
    std::vector<std::uint64_t> free_blocks;  // a bit for each
    std::uint64_t offset = 0;
    std::uint32_t bytes = 0;
    std::uint32_t blocks = 0;
    std::uint32_t used = 0;
    std::uint32_t size_class = 0;
  };
  struct SizeClass {
    std::map<std::uint64_t, Slab*> open;  // by offset: some blocks are used, some are not
    Slab* empty = nullptr;
    std::uint64_t objects = 0;
  };
  struct Run {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };

  [[nodiscard]] std::optional<std::uint64_t> allocate_block(std::uint32_t size_class);
  void free_block(std::uint64_t offset, std::uint32_t size_class);
  void free_pages(std::uint64_t offset, std::uint64_t size);

  [[nodiscard]] bool open_slab(std::uint32_t size_class);
  void close_slab(Slab& slab);
  void return_slab(Slab& slab);
  bool return_empty_slabs();

  [[nodiscard]] std::optional<Run> take_run(std::uint64_t least, std::uint64_t most);
  [[nodiscard]] bool grow(std::uint64_t at_least);

  static constexpr std::size_t class_count = 36;

  Grow grow_;
  Extents extents_;
  std::map<std::uint64_t, Slab> slabs_;  // by offset
  std::array<SizeClass, class_count> classes_;
  std::uint64_t used_bytes_ = 0;
  std::uint64_t committed_bytes_ = 0;
};

}  // namespace proxystore::inline v0::partition
