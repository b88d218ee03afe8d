// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Where objects are placed in a segment that exists as a number only.
#include "allocator.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <new>
#include <random>
#include <stdexcept>
#include <vector>

#include <malloc.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {
std::int64_t heap_bytes = 0;
}  // namespace

// Counts what the program has on its heap. Inlined, g++ 12 takes them for mismatched.
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  heap_bytes += static_cast<std::int64_t>(::malloc_usable_size(memory));
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  if (memory != nullptr) heap_bytes -= static_cast<std::int64_t>(::malloc_usable_size(memory));
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
  operator delete(memory);
}

namespace proxystore::partition {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = 1024 * kib;
constexpr std::uint64_t gib = 1024 * mib;
constexpr std::uint64_t page = Extents::page_bytes;

/// A segment that grows in steps up to a capacity.
class FakeSegment {
 public:
  explicit FakeSegment(std::uint64_t capacity, std::uint64_t step = page)
      : capacity_(capacity), step_(step) {}

  Allocator::Grow grow() {
    return [this](std::uint64_t at_least) -> std::uint64_t {
      asked_.push_back(at_least);
      if (at_least > capacity_ - size_) return 0;
      const std::uint64_t grown =
          std::min(std::max(at_least, step_), capacity_ - size_) / page * page;
      size_ += grown;
      return grown;
    };
  }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::vector<std::uint64_t>& asked() const { return asked_; }
  void set_capacity(std::uint64_t capacity) { capacity_ = capacity; }

 private:
  std::uint64_t capacity_;
  std::uint64_t step_;
  std::uint64_t size_ = 0;
  std::vector<std::uint64_t> asked_;
};

/// An allocator whose every answer is checked against what it gave before.
class CheckedAllocator {
 public:
  explicit CheckedAllocator(FakeSegment& segment) : segment_(segment), books_(segment.grow()) {}

  bool allocate(std::uint64_t size) {
    const auto offset = books_.allocate(size);
    if (!offset) return false;
    const std::uint64_t taken = Allocator::rounded(size);
    EXPECT_GE(taken, size);
    EXPECT_EQ(*offset % (size > 32 * kib ? page : 64), 0U) << size;
    EXPECT_LE(*offset + taken, segment_.size());
    const auto next = live_.lower_bound(*offset);
    EXPECT_TRUE(next == live_.end() || *offset + taken <= next->first);
    EXPECT_TRUE(next == live_.begin() ||
                std::prev(next)->first + Allocator::rounded(std::prev(next)->second) <= *offset);
    live_.emplace(*offset, size);
    used_ += taken;
    EXPECT_EQ(books_.used_bytes(), used_);
    EXPECT_EQ(books_.committed_bytes(), segment_.size());
    return true;
  }
  /// Frees the first object at or behind @p offset, or else the first of all.
  void free_near(std::uint64_t offset) {
    auto object = live_.lower_bound(offset);
    if (object == live_.end()) object = live_.begin();
    if (object == live_.end()) return;
    books_.free(object->first, object->second);
    used_ -= Allocator::rounded(object->second);
    EXPECT_EQ(books_.used_bytes(), used_);
    live_.erase(object);
  }
  void free_all() {
    while (!live_.empty()) free_near(0);
  }
  Allocator& books() { return books_; }

 private:
  FakeSegment& segment_;
  Allocator books_;
  std::map<std::uint64_t, std::uint64_t> live_;
  std::uint64_t used_ = 0;
};

/// Whether all that the segment has can be one object: no page is lost.
bool is_whole(Allocator& books) {
  const std::uint64_t size = books.committed_bytes();
  const auto offset = books.allocate(size);
  if (offset != std::uint64_t{0} || books.committed_bytes() != size) return false;
  books.free(0, size);
  return true;
}

TEST(Extents, takes_the_smallest_that_fits_and_of_those_the_lowest) {
  Extents extents;
  extents.give(100 * page, 3 * page);
  extents.give(0, 10 * page);
  extents.give(200 * page, 2 * page);
  extents.give(50 * page, 2 * page);
  EXPECT_EQ(extents.free_bytes(), 17 * page);
  EXPECT_EQ(extents.largest(), 10 * page);
  EXPECT_EQ(extents.take(page + 1), 50 * page);
  EXPECT_EQ(extents.take(2 * page), 200 * page);
  EXPECT_EQ(extents.take(2 * page), 100 * page);
  EXPECT_EQ(extents.take(0), 102 * page);
  EXPECT_EQ(extents.take(11 * page), std::nullopt);
  EXPECT_EQ(extents.take(~std::uint64_t{0}), std::nullopt);
  EXPECT_EQ(extents.take(10 * page), 0U);
  EXPECT_EQ(extents.take(1), std::nullopt);
  EXPECT_EQ(extents.free_bytes(), 0U);
  EXPECT_EQ(extents.largest(), 0U);
}

TEST(Extents, neighbours_join_on_either_side) {
  Extents extents;
  extents.give(0, page);
  extents.give(2 * page, page);
  EXPECT_EQ(extents.largest(), page);
  extents.give(page, 1);
  EXPECT_EQ(extents.largest(), 3 * page);
  extents.give(3 * page, page);
  EXPECT_EQ(extents.largest(), 4 * page);
  EXPECT_EQ(extents.take(4 * page), 0U);
  extents.give(2 * page, 2 * page);
  extents.give(page, page);
  EXPECT_EQ(extents.take(3 * page), page);
}

TEST(Extents, knows_what_is_free_before_an_end) {
  Extents extents;
  EXPECT_EQ(extents.free_before(0), 0U);
  extents.give(page, 2 * page);
  EXPECT_EQ(extents.free_before(3 * page), 2 * page);
  EXPECT_EQ(extents.free_before(4 * page), 0U);
  EXPECT_EQ(extents.free_before(page), 0U);
}

TEST(Extents, what_is_free_cannot_be_given) {
  Extents extents;
  extents.give(4 * page, 4 * page);
  EXPECT_THROW(extents.give(4 * page, page), std::logic_error);
  EXPECT_THROW(extents.give(7 * page, page), std::logic_error);
  EXPECT_THROW(extents.give(3 * page, 2 * page), std::logic_error);
  EXPECT_THROW(extents.give(2 * page, 9 * page), std::logic_error);
  EXPECT_THROW(extents.give(1, page), std::logic_error);
  EXPECT_THROW(extents.give(~(page - 1), 2 * page), std::logic_error);
  EXPECT_EQ(extents.free_bytes(), 4 * page);
  EXPECT_EQ(extents.largest(), 4 * page);
}

TEST(Allocator, sizes_are_rounded_to_classes_and_pages) {
  const std::map<std::uint64_t, std::uint64_t> expected{{0, 64},
                                                        {1, 64},
                                                        {63, 64},
                                                        {64, 64},
                                                        {65, 128},
                                                        {1023, 1024},
                                                        {1024, 1024},
                                                        {1025, 1280},
                                                        {1281, 1536},
                                                        {2048, 2048},
                                                        {2049, 2560},
                                                        {4096, 4096},
                                                        {32 * kib - 1, 32 * kib},
                                                        {32 * kib, 32 * kib},
                                                        {32 * kib + 1, 36 * kib},
                                                        {mib, mib},
                                                        {5 * gib + 1, 5 * gib + page}};
  for (const auto& [size, taken] : expected) EXPECT_EQ(Allocator::rounded(size), taken) << size;
  for (std::uint64_t size = 256; size <= 32 * kib; ++size) {
    ASSERT_GE(Allocator::rounded(size), size);
    ASSERT_LE(4 * Allocator::rounded(size), 5 * size);
    ASSERT_EQ(Allocator::rounded(size) % 64, 0U);
    ASSERT_EQ(Allocator::rounded(Allocator::rounded(size)), Allocator::rounded(size));
  }
}

TEST(Allocator, objects_do_not_overlap_whatever_their_sizes) {
  FakeSegment segment(64 * gib, 4 * mib);
  CheckedAllocator allocator(segment);
  const std::vector<std::uint64_t> sizes{
      0,    1,    63,     64,           65,       100,          512, 1000,        1025,
      4096, 5000, 20'000, 32 * kib - 1, 32 * kib, 32 * kib + 1, mib, 3 * mib + 5, 5 * gib};
  std::mt19937_64 random(1);
  for (int round = 0; round < 200'000; ++round) {
    // Waves, so that the segment fills and empties several times.
    const bool grows = random() % 100 < (round / 40'000 % 2 == 0 ? 65U : 35U);
    if (grows) {
      (void)allocator.allocate(sizes[random() % sizes.size()]);
    } else {
      allocator.free_near(random() % (segment.size() + 1));
    }
    if (::testing::Test::HasFailure()) FAIL() << "in round " << round;
  }
  allocator.free_all();
  EXPECT_EQ(allocator.books().used_bytes(), 0U);
  EXPECT_TRUE(is_whole(allocator.books()));
}

TEST(Allocator, every_block_of_every_class_can_be_used_and_comes_back) {
  for (std::uint64_t size = 1; size <= 32 * kib; size = Allocator::rounded(size) + 1) {
    FakeSegment segment(8 * mib);
    CheckedAllocator allocator(segment);
    std::uint64_t count = 0;
    while (allocator.allocate(size)) ++count;
    EXPECT_GE(count * Allocator::rounded(size), 8 * mib * 31 / 32) << size;
    allocator.free_all();
    EXPECT_TRUE(is_whole(allocator.books())) << size;
  }
}

TEST(Allocator, empty_objects_have_places_of_their_own) {
  FakeSegment segment(mib);
  Allocator books(segment.grow());
  EXPECT_NE(books.allocate(0), books.allocate(0));
  EXPECT_EQ(books.used_bytes(), 128U);
}

TEST(Allocator, grows_only_when_nothing_fits_and_by_what_is_missing) {
  FakeSegment segment(100 * mib);
  Allocator books(segment.grow());
  EXPECT_EQ(books.allocate(10 * mib), 0U);
  EXPECT_EQ(books.allocate(4 * mib), 10 * mib);
  books.free(10 * mib, 4 * mib);
  EXPECT_EQ(books.allocate(3 * mib), 10 * mib);
  EXPECT_THAT(segment.asked(), ElementsAre(10 * mib, 4 * mib));
  // One MiB at the end is free already, and joins what is new.
  EXPECT_EQ(books.allocate(87 * mib), 13 * mib);
  EXPECT_THAT(segment.asked(), ElementsAre(10 * mib, 4 * mib, 86 * mib));
  EXPECT_EQ(books.committed_bytes(), 100 * mib);
}

TEST(Allocator, asks_again_when_the_segment_grows_in_small_steps) {
  std::vector<std::uint64_t> asked;
  Allocator books([&](std::uint64_t at_least) {
    asked.push_back(at_least);
    return std::min(at_least, 4 * mib);
  });
  EXPECT_EQ(books.allocate(9 * mib), 0U);
  EXPECT_THAT(asked, ElementsAre(9 * mib, 5 * mib, mib));
  EXPECT_EQ(books.committed_bytes(), 9 * mib);
}

TEST(Allocator, a_segment_that_cannot_grow_gives_nothing_and_loses_nothing) {
  FakeSegment segment(mib);
  CheckedAllocator allocator(segment);
  while (allocator.allocate(1000)) {
  }
  const std::uint64_t used = allocator.books().used_bytes();
  for (const std::uint64_t size : {std::uint64_t{1}, 40 * kib, gib, ~std::uint64_t{0}}) {
    EXPECT_FALSE(allocator.allocate(size));
  }
  EXPECT_EQ(allocator.books().used_bytes(), used);
  allocator.free_all();
  EXPECT_TRUE(is_whole(allocator.books()));
  segment.set_capacity(2 * mib);
  EXPECT_TRUE(allocator.allocate(2 * mib));
}

TEST(Allocator, a_full_segment_grows_later) {
  FakeSegment segment(0);
  CheckedAllocator allocator(segment);
  EXPECT_FALSE(allocator.allocate(1));
  EXPECT_FALSE(allocator.books().reserve(1));
  EXPECT_EQ(allocator.books().committed_bytes(), 0U);
  segment.set_capacity(mib);
  EXPECT_TRUE(allocator.allocate(1));
}

TEST(Allocator, nothing_is_asked_of_the_segment_that_no_segment_can_give) {
  FakeSegment segment(gib);
  Allocator books(segment.grow());
  EXPECT_EQ(books.allocate(~std::uint64_t{0}), std::nullopt);
  EXPECT_FALSE(books.reserve(~std::uint64_t{0}));
  EXPECT_THAT(segment.asked(), ElementsAre());
}

/// Objects of one size fill the segment and go; then those of the next size do.
TEST(Allocator, a_change_of_sizes_strands_no_memory) {
  FakeSegment segment(16 * mib);
  CheckedAllocator allocator(segment);
  for (const std::uint64_t size :
       {64 * kib, kib, 100 * kib, std::uint64_t{64}, 30 * kib, 16 * mib}) {
    std::uint64_t bytes = 0;
    while (allocator.allocate(size)) bytes += Allocator::rounded(size);
    EXPECT_GE(bytes, 15 * mib) << size;
    allocator.free_all();
  }
  EXPECT_TRUE(is_whole(allocator.books()));
}

TEST(Allocator, few_small_objects_take_one_small_slab_of_each_size) {
  FakeSegment segment(gib, 64 * mib);
  Allocator books(segment.grow());
  EXPECT_EQ(books.allocate(100), 0U);
  EXPECT_EQ(books.allocate(20 * kib), 64 * kib);
  EXPECT_EQ(books.allocate(mib), (64 + 80) * kib);
}

TEST(Allocator, books_take_about_a_byte_for_each_of_many_objects) {
  for (const std::uint64_t size : {std::uint64_t{64}, 1 * kib, 10 * kib, 32 * kib}) {
    FakeSegment segment(gib * 16, 64 * mib);
    const std::int64_t before = heap_bytes;
    Allocator books(segment.grow());
    for (int i = 0; i < 200'000; ++i) (void)books.allocate(size);
    EXPECT_LE(heap_bytes - before, 1.3 * 200'000) << size;
    EXPECT_LE(books.committed_bytes(), 200'000 * books.rounded(size) * 66 / 64 + 64 * mib) << size;
  }
}

TEST(Allocator, cycles_need_no_more_memory) {
  FakeSegment segment(gib);
  Allocator books(segment.grow());
  const std::vector<std::uint64_t> sizes{10, 700, 3000, 30'000, 100'000};
  std::vector<std::uint64_t> places;
  places.reserve(1000);
  for (int i = 0; i < 1000; ++i) {
    places.push_back(*books.allocate(sizes[static_cast<std::size_t>(i) % sizes.size()]));
  }
  const std::uint64_t committed = books.committed_bytes();
  for (std::size_t i = 0; i < 1'000'000; ++i) {
    const std::uint64_t size = sizes[i % sizes.size()];
    books.free(places[i % 1000], size);
    places[i % 1000] = *books.allocate(size);
  }
  EXPECT_EQ(books.committed_bytes(), committed);
}

TEST(Allocator, one_object_that_comes_and_goes_leaves_the_extents_alone) {
  FakeSegment segment(gib);
  Allocator books(segment.grow());
  for (int i = 0; i < 1000; ++i) books.free(*books.allocate(100), 100);
  EXPECT_THAT(segment.asked(), ElementsAre(64 * kib));
}

TEST(Allocator, frees_only_what_it_gave) {
  FakeSegment segment(gib);
  Allocator books(segment.grow());
  EXPECT_THROW(books.free(0, 64), std::logic_error);
  const std::uint64_t small = books.allocate(200).value();
  const std::uint64_t large = books.allocate(100 * kib).value();
  const std::uint64_t used = books.used_bytes();
  EXPECT_THROW(books.free(small, 1000), std::logic_error) << "another size";
  EXPECT_THROW(books.free(small + 64, 200), std::logic_error) << "within a block";
  EXPECT_THROW(books.free(small + 256, 200), std::logic_error) << "a free block";
  EXPECT_THROW(books.free(small + 64 * kib - 64, 200), std::logic_error) << "behind all blocks";
  EXPECT_THROW(books.free(small, 100 * kib), std::logic_error) << "a slab";
  EXPECT_THROW(books.free(large, 200), std::logic_error) << "no slab";
  EXPECT_THROW(books.free(large + 64, 99 * kib), std::logic_error) << "within a page";
  EXPECT_THROW(books.free(large, 200 * kib), std::logic_error) << "beyond the end";
  EXPECT_THROW(books.free(~std::uint64_t{4095}, 40 * kib), std::logic_error) << "beyond the end";
  EXPECT_EQ(books.used_bytes(), used);
  books.free(small, 200);
  books.free(large, 100 * kib);
  EXPECT_THROW(books.free(small, 200), std::logic_error) << "twice";
  EXPECT_THROW(books.free(large, 100 * kib), std::logic_error) << "twice";
  EXPECT_EQ(books.used_bytes(), 0U);
}

TEST(Allocator, a_segment_of_broken_pages_is_refused) {
  Allocator books([](std::uint64_t at_least) { return at_least + 1; });
  EXPECT_THROW((void)books.allocate(1), std::logic_error);
}

TEST(Allocator, reserved_memory_is_there_when_it_is_needed) {
  FakeSegment segment(gib, 64 * mib);
  Allocator books(segment.grow());
  EXPECT_TRUE(books.reserve(100 * mib));
  EXPECT_EQ(books.committed_bytes(), 100 * mib);
  EXPECT_TRUE(books.reserve(100 * mib));
  EXPECT_THAT(segment.asked(), ElementsAre(100 * mib));
  EXPECT_EQ(books.allocate(60 * mib), 0U);
  EXPECT_EQ(books.allocate(1), 60 * mib);
  EXPECT_THAT(segment.asked(), ElementsAre(100 * mib));
  EXPECT_FALSE(books.reserve(gib));
  EXPECT_EQ(books.committed_bytes(), 100 * mib);
  EXPECT_TRUE(books.reserve(50 * mib));
  EXPECT_EQ(books.committed_bytes(), 164 * mib);
}

TEST(Allocator, reserve_counts_empty_slabs_as_free) {
  FakeSegment segment(mib);
  Allocator books(segment.grow());
  EXPECT_TRUE(books.reserve(mib));
  books.free(*books.allocate(100), 100);
  EXPECT_TRUE(books.reserve(mib));
}

}  // namespace
}  // namespace proxystore::partition
