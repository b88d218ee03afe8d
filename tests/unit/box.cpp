// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Boxes of arrays: their arithmetic against going through all elements, and as proxies.
#include "proxystore/box.hpp"

#include <array>
#include <numeric>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxystore/detail/array_parts.hpp"
#include "proxystore/proxystore.hpp"
#include "support.hpp"

namespace proxystore {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using Extents = std::vector<std::uint64_t>;
using Index = std::vector<std::uint64_t>;

class Random {
 public:
  std::uint64_t upto(std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(0, most)(engine_);
  }
  Extents extents(std::size_t rank, std::uint64_t most) {
    Extents all;
    for (std::size_t i = 0; i < rank; ++i) all.push_back(upto(most));
    return all;
  }
  /// Inside of an array of @p extents.
  Box box(const Extents& extents, std::uint64_t most_stride = 3) {
    Box box;
    for (const std::uint64_t extent : extents) {
      box.offset.push_back(upto(extent));
      const std::uint64_t stride = 1 + upto(most_stride - 1);
      const std::uint64_t room = (extent - box.offset.back() + stride - 1) / stride;
      box.shape.push_back(upto(room));
      box.stride.push_back(stride);
    }
    return box;
  }

 private:
  std::mt19937_64 engine_{20261124};
};

/// Calls @p function with each index of an array of @p extents, in C order.
template <class Function>
void for_each_index(const Extents& extents, const Function& function) {
  if (std::ranges::find(extents, std::uint64_t{0}) != extents.end()) return;
  Index at(extents.size(), 0);
  while (true) {
    function(at);
    std::size_t i = extents.size();
    while (i > 0 && ++at[i - 1] == extents[i - 1]) at[--i] = 0;
    if (i == 0) return;
  }
}

/// The indices that @p box has in the array.
std::vector<Index> indices_of(const Box& box) {
  std::vector<Index> all;
  for_each_index(box.shape, [&](Index at) {
    for (std::size_t i = 0; i < at.size(); ++i) at[i] = box.offset[i] + at[i] * box.step(i);
    all.push_back(std::move(at));
  });
  return all;
}

bool is_in(const Index& at, const Extents& offset, const Extents& shape) {
  for (std::size_t i = 0; i < at.size(); ++i) {
    if (at[i] < offset[i] || at[i] >= offset[i] + shape[i]) return false;
  }
  return true;
}

TEST(Box, IsInsideOrNamesTheDimension) {
  const Extents array{10, 20};
  EXPECT_NO_THROW((Box{{0, 0}, {10, 20}}.require_inside(array)));
  EXPECT_NO_THROW((Box{{10, 20}, {0, 0}}.require_inside(array)));
  EXPECT_NO_THROW((Box{{1, 1}, {3, 7}, {4, 3}}.require_inside(array)));
  EXPECT_THAT(
      [&] {
        (Box{{0, 1}, {10, 20}}.require_inside(array));
      },
      ThrowsMessage<ArgumentError>(
          "box [0:10, 1:21] is outside of the array of 10 x 20 in dimension 1"));
  EXPECT_THAT(
      [&] {
        (Box{{2, 0}, {3, 1}, {4, 1}}.require_inside(array));
      },
      ThrowsMessage<ArgumentError>(HasSubstr("[2:11:4, 0:1] is outside")));
  EXPECT_THROW((Box{{11, 0}, {0, 0}}.require_inside(array)), ArgumentError);
  EXPECT_THROW((Box{{1, 0}, {UINT64_MAX, 1}}.require_inside(array)), ArgumentError);
  EXPECT_THROW((Box{{5, 0}, {3, 1}, {UINT64_MAX / 2 + 1, 1}}.require_inside(array)), ArgumentError);
  EXPECT_THAT(
      [&] {
        (Box{{0}, {1}}.require_inside(array));
      },
      ThrowsMessage<ArgumentError>(HasSubstr("has 1 dimension(s), the array has 2")));
  EXPECT_THAT(
      [&] {
        (Box{{0, 0}, {1}}.require_valid());
      },
      ThrowsMessage<ArgumentError>(HasSubstr("2 offsets, 1 extents and 0 strides")));
  EXPECT_THROW((Box{{0}, {1}, {0}}.require_valid()), ArgumentError);
}

TEST(Box, EqualsWithoutStridesOneWithStridesOf1) {
  EXPECT_EQ((Box{{1}, {2}}), (Box{{1}, {2}, {1}}));
  EXPECT_FALSE((Box{{1}, {2}}) == (Box{{1}, {2}, {2}}));
}

TEST(Box, OverlapsABlockWhereBothHaveElements) {
  Random random;
  for (int n = 0; n < 2000; ++n) {
    const std::size_t rank = random.upto(3);
    const Extents array = random.extents(rank, 7);
    const Box box = random.box(array);
    const Box block = random.box(array, 1);
    std::set<Index> expected;
    for (const Index& at : indices_of(box)) {
      if (is_in(at, block.offset, block.shape)) expected.insert(at);
    }
    const auto overlap = detail::overlap_of(box, block.offset, block.shape);
    ASSERT_EQ(overlap.has_value(), !expected.empty());
    if (!overlap) continue;
    EXPECT_NO_THROW(overlap->in_block.require_inside(block.shape));
    std::set<Index> found;
    for (Index at : indices_of(overlap->in_block)) {
      for (std::size_t i = 0; i < rank; ++i) at[i] += block.offset[i];
      found.insert(at);
    }
    EXPECT_EQ(found, expected);
    found.clear();
    for (Index at : indices_of(overlap->in_box)) {
      for (std::size_t i = 0; i < rank; ++i) at[i] = box.offset[i] + at[i] * box.step(i);
      found.insert(at);
    }
    EXPECT_EQ(found, expected);
  }
}

TEST(Box, WithinAnotherIsABoxOfTheArray) {
  Random random;
  for (int n = 0; n < 1000; ++n) {
    const Extents array = random.extents(2, 12);
    const Box outer = random.box(array);
    const Box inner = random.box(outer.shape);
    const auto outer_indices = indices_of(outer);
    std::vector<Index> expected;
    for (const Index& at : indices_of(inner)) {
      expected.push_back(outer_indices[at[0] * outer.shape[1] + at[1]]);
    }
    EXPECT_EQ(indices_of(inner.within(outer)), expected);
  }
  EXPECT_THROW((void)(Box{{1}, {2}}.within({{5}, {2}})), ArgumentError);
}

TEST(Box, GrowsByAHaloAsFarAsTheArrayGoes) {
  const Extents array{10, 10};
  EXPECT_EQ((Box{{4, 4}, {2, 2}}.with_halo(1, array)), (Box{{3, 3}, {4, 4}}));
  EXPECT_EQ((Box{{0, 8}, {2, 2}}.with_halo(3, array)), (Box{{0, 5}, {5, 5}}));
  EXPECT_EQ((Box{{0, 0}, {10, 10}}.with_halo(UINT64_MAX, array)), (Box{{0, 0}, {10, 10}}));
  EXPECT_THROW((void)(Box{{0, 0}, {2, 2}, {2, 1}}.with_halo(1, array)), ArgumentError);
}

// -- Covers.

detail::ArrayParts parts_of(Extents shape, const std::vector<Box>& blocks) {
  detail::ArrayParts parts{.dtype = "<f8", .shape = std::move(shape)};
  for (const Box& block : blocks) parts.parts.push_back({block.offset, block.shape});
  return parts;
}

/// Cuts @p block at random into @p count blocks.
void cut(Random& random, const Box& block, int count, std::vector<Box>& blocks) {
  if (count == 1) return blocks.push_back(block);
  const std::size_t along = random.upto(block.rank() - 1);
  const std::uint64_t first = random.upto(block.shape[along]);
  Box low = block;
  Box high = block;
  low.shape[along] = first;
  high.offset[along] += first;
  high.shape[along] -= first;
  const int in_low = 1 + static_cast<int>(random.upto(static_cast<std::uint64_t>(count) - 2));
  cut(random, low, in_low, blocks);
  cut(random, high, count - in_low, blocks);
}

TEST(ArrayParts, CoverAnArrayWhenTheyAreCutFromIt) {
  Random random;
  for (int n = 0; n < 300; ++n) {
    const Extents array = random.extents(1 + random.upto(2), 9);
    std::vector<Box> blocks;
    cut(random, Box::whole(array), 1 + static_cast<int>(random.upto(11)), blocks);
    EXPECT_NO_THROW(parts_of(array, blocks).require_cover("part"));

    // A part that is not empty and is missing, doubled or moved is noticed.
    const auto filled = std::ranges::find_if(blocks, [](const Box& one) { return !one.empty(); });
    if (filled == blocks.end()) continue;
    auto without = blocks;
    without.erase(without.begin() + (filled - blocks.begin()));
    EXPECT_THROW(parts_of(array, without).require_cover("part"), ArgumentError);
    auto doubled = blocks;
    doubled.push_back(*filled);
    EXPECT_THROW(parts_of(array, doubled).require_cover("part"), ArgumentError);
    auto moved = blocks;
    ++moved[static_cast<std::size_t>(filled - blocks.begin())].offset[0];
    EXPECT_THROW(parts_of(array, moved).require_cover("part"), ArgumentError);
  }
}

TEST(ArrayParts, OfAnyNumberWithAGapAreRefused) {
  std::vector<Box> blocks;
  for (std::uint64_t i = 0; i < 200'000; ++i) blocks.push_back({.offset = {2 * i}, .shape = {2}});
  blocks[123'456].shape = {1};
  const auto parts = parts_of({400'000}, blocks);
  EXPECT_THAT([&] { parts.require_cover("part"); },
              ThrowsMessage<ArgumentError>(HasSubstr("none has [246913:246914]")));
}

TEST(ArrayParts, ThatDoNotCoverAreNamed) {
  const auto said = [](const detail::ArrayParts& parts) {
    return [parts] { parts.require_cover("rank"); };
  };
  EXPECT_THAT(said(parts_of({4, 4}, {{{0, 0}, {2, 4}}, {{1, 2}, {3, 2}}})),
              ThrowsMessage<ArgumentError>("rank 0, [0:2, 0:4], and rank 1, [1:4, 2:4], overlap"));
  EXPECT_THAT(said(parts_of({4, 4}, {{{0, 0}, {2, 4}}, {{2, 0}, {2, 2}}})),
              ThrowsMessage<ArgumentError>("the parts have 12 of the 16 elements of an array of "
                                           "4 x 4; none has [2:4, 2:4]"));
  EXPECT_THAT(said(parts_of({4, 4}, {{{0, 0}, {4, 4}}, {{4, 0}, {1, 4}}})),
              ThrowsMessage<ArgumentError>(HasSubstr("rank 1: box [4:5, 0:4] is outside")));
  EXPECT_THAT(said(parts_of({1U << 31U, 1U << 31U, 4}, {})),
              ThrowsMessage<ArgumentError>(HasSubstr("more than 2^63 elements")));
  EXPECT_NO_THROW(parts_of({0, 5}, {}).require_cover("rank"));
  EXPECT_NO_THROW(parts_of({}, {{}}).require_cover("rank"));
  EXPECT_THROW(parts_of({}, {{}, {}}).require_cover("rank"), ArgumentError);
}

TEST(ArrayParts, OfManyRanksAreComparedInTime) {
  std::vector<Box> columns;
  constexpr std::uint64_t count = 20'000;
  for (std::uint64_t i = 0; i < count; ++i) columns.push_back({{0, i}, {3, 1}});
  EXPECT_NO_THROW(parts_of({3, count}, columns).require_cover("rank"));
}

// -- Boxes as proxies.

class BoxProxy : public ::testing::Test {
 protected:
  static constexpr StoreOptions not_kept{.populate_target = false};
  const std::shared_ptr<Store> store_ = Store::create("boxes", LocalOptions{}, not_kept);

  ~BoxProxy() override { store_->close(); }
};

template <std::size_t Rank>
Array<int, Rank> counting(const std::array<std::size_t, Rank>& extents, Order order = Order::c) {
  std::vector<int> values(
      std::accumulate(extents.begin(), extents.end(), std::size_t{1}, std::multiplies{}));
  std::iota(values.begin(), values.end(), 0);
  return Array<int, Rank>::copy_of(values, extents, order);
}

template <std::size_t... I>
int at(const Array<int, sizeof...(I)>& array, const Index& index, std::index_sequence<I...>) {
  return array.at(index[I]...);
}

template <std::size_t Rank>
void expect_box(const Array<int, Rank>& box, const Array<int, Rank>& whole, const Box& where) {
  const auto indices = std::make_index_sequence<Rank>{};
  for (std::size_t i = 0; i < Rank; ++i) ASSERT_EQ(box.extent(i), where.shape[i]);
  for_each_index(where.shape, [&](const Index& index) {
    Index in_whole = index;
    for (std::size_t i = 0; i < Rank; ++i) {
      in_whole[i] = where.offset[i] + index[i] * where.step(i);
    }
    ASSERT_EQ(at(box, index, indices), at(whole, in_whole, indices));
  });
}

template <std::size_t Rank>
void expect_random_boxes(Store& store, Random& random, Order order) {
  std::array<std::size_t, Rank> extents{};
  for (auto& extent : extents) extent = random.upto(8);
  const auto whole = counting<Rank>(extents, order);
  const Proxy<Array<int, Rank>> proxy = store.proxy(whole);
  EXPECT_EQ(proxy.extents(), extents);
  for (int n = 0; n < 5; ++n) {
    const Box box = random.box({extents.begin(), extents.end()});
    const auto part = proxy.box(box);
    expect_box<Rank>(*part, whole, box);
    const auto sent = from_bytes<Array<int, Rank>>(to_bytes(part));
    EXPECT_EQ(sent, part);
    expect_box<Rank>(*sent, whole, box);
  }
}

TEST_F(BoxProxy, HasTheElementsOfTheArray) {
  Random random;
  for (int n = 0; n < 100; ++n) {
    const Order order = n % 2 == 0 ? Order::c : Order::fortran;
    expect_random_boxes<0>(*store_, random, order);
    expect_random_boxes<1>(*store_, random, order);
    expect_random_boxes<2>(*store_, random, order);
    expect_random_boxes<3>(*store_, random, order);
    expect_random_boxes<4>(*store_, random, order);
  }
}

TEST_F(BoxProxy, OfElementsInOnePieceIsTheMemoryOfTheStore) {
  const auto proxy = store_->proxy(counting<2>({64, 64}));
  const auto rows = proxy.box({16, 0}, {16, 64});
  const auto again = proxy.box({16, 0}, {16, 64});
  EXPECT_EQ(rows->data(), again->data());
  EXPECT_EQ(rows->data(), proxy->data() + 16 * 64);
  const auto columns = proxy.box({0, 16}, {64, 16});
  EXPECT_NE(columns->data(), proxy->data() + 16);
}

TEST_F(BoxProxy, IsAnotherThanThatOfTheWhole) {
  const auto proxy = store_->proxy(counting<1>({10}));
  const auto part = proxy.box({2}, {5});
  EXPECT_FALSE(part == proxy);
  EXPECT_FALSE(part == proxy.box({3}, {5}));
  EXPECT_EQ(part, proxy.box({2}, {5}, {1}));
  EXPECT_EQ(part.key(), proxy.key());
  EXPECT_EQ(part.extents()[0], 5U);
  std::ostringstream text;
  text << part;
  EXPECT_THAT(text.str(), HasSubstr("box=[2:7] unresolved>"));
}

TEST_F(BoxProxy, HasBoxesItself) {
  const auto proxy = store_->proxy(counting<1>({100}));
  const auto every_third = proxy.box({10}, {20}, {3});
  const auto some = every_third.box({4}, {3}, {2});
  EXPECT_THAT(*some, ElementsAre(10 + 3 * 4, 10 + 3 * 6, 10 + 3 * 8));
  EXPECT_THROW((void)every_third.box({18}, {3}), ArgumentError);
}

TEST_F(BoxProxy, DoesNotEvictTheArray) {
  const auto proxy = store_->proxy(counting<1>({10}), {.evict = true});
  EXPECT_EQ(proxy.box({0}, {2})->size(), 2U);
  EXPECT_EQ(proxy->size(), 10U);
  EXPECT_FALSE(store_->exists(proxy.key()));
}

TEST_F(BoxProxy, OfAVectorIsAnArray) {
  const Key key = store_->put(std::vector<double>{1, 2, 3, 4});
  const auto part = store_->proxy_from_key<Array<double, 1>>(key).box({1}, {2});
  EXPECT_THAT(*part, ElementsAre(2, 3));
}

TEST_F(BoxProxy, WaitsForAFuture) {
  auto future = store_->future<Array<int, 1>>();
  const auto part = future.proxy().box({1}, {2});
  future.set_result(counting<1>({4}));
  EXPECT_THAT(*part, ElementsAre(1, 2));
}

/// The error that resolving @p proxy has for a cause.
template <class Cause, class T>
std::string cause_of(const Proxy<T>& proxy) {
  try {
    proxy.resolve();
  } catch (const ProxyResolveError& error) {
    try {
      std::rethrow_exception(error.cause());
    } catch (const Cause& cause) {
      return cause.what();
    } catch (const std::exception& other) {
      return std::string("another error: ") + other.what();
    }
  }
  return "no error";
}

TEST_F(BoxProxy, OutsideOfTheArrayIsAnError) {
  const auto proxy = store_->proxy(counting<2>({3, 4}));
  EXPECT_EQ(cause_of<ArgumentError>(proxy.box({0, 2}, {3, 3})),
            "box [0:3, 2:5] is outside of the array of 3 x 4 in dimension 1");
  EXPECT_THROW((void)proxy.box({0, 0}, {1, 1}, {0, 1}), ArgumentError);
  const Proxy<Array<int, 1>> made([] { return counting<1>({3}); });
  EXPECT_THROW((void)made.box({0}, {1}), ProxyStoreFactoryError);
}

TEST_F(BoxProxy, OfSomethingElseIsAnError) {
  const Key text = store_->put(std::string("text"));
  EXPECT_THAT(
      cause_of<SerializationError>(store_->proxy_from_key<Array<int, 1>>(text).box({0}, {1})),
      HasSubstr("is no array"));
  const Key doubles = store_->put(std::vector<double>{1, 2, 3});
  EXPECT_THAT(
      cause_of<SerializationError>(store_->proxy_from_key<Array<int, 1>>(doubles).box({0}, {1})),
      HasSubstr("dtype '<f8'"));
  EXPECT_THAT(cause_of<ArgumentError>(
                  store_->proxy_from_key<Array<double, 2>>(doubles).box({0, 0}, {1, 1})),
              HasSubstr("dimension(s)"));
  EXPECT_THROW((void)(store_->proxy_from_key<Array<double, 2>>(doubles).extents()),
               SerializationError);
  EXPECT_THAT(cause_of<ProxyResolveMissingKeyError>(
                  store_->proxy_from_key<Array<int, 1>>(Key::random()).box({0}, {1})),
              HasSubstr("no object"));
}

TEST_F(BoxProxy, OfAMalformedMessageIsAnError) {
  const auto proxy = store_->proxy(counting<2>({3, 4}));
  const Bytes wire = to_bytes(proxy.box({1, 1}, {2, 2}));
  for (std::size_t size = 0; size < wire.size(); ++size) {
    const bool is_whole = size == to_bytes(proxy).size();  // and the box an optional end
    if (is_whole) continue;
    EXPECT_THROW((void)(from_bytes<Array<int, 2>>(wire.slice(0, size))), MessageError) << size;
  }
  MutableBytes broken(wire.size());
  std::ranges::copy(wire.span(), broken.data());
  broken.data()[wire.size() - 1] = std::byte{0};  // the last stride
  EXPECT_THROW((void)(from_bytes<Array<int, 2>>(std::move(broken).freeze())), MessageError);
}

// -- Arrays in parts, as put_distributed() leaves them.

class PartsTest : public BoxProxy {
 protected:
  /// 6 x 8, in three blocks, one of them in Fortran order.
  Key put_in_parts() {
    detail::ArrayParts parts{.dtype = "<i4", .shape = {6, 8}};
    put_part(parts, {{0, 0}, {6, 3}}, Order::c);
    put_part(parts, {{0, 3}, {2, 5}}, Order::fortran);
    put_part(parts, {{2, 3}, {4, 5}}, Order::c);
    Key key = store_->put(parts);
    key.flags |= Key::composite;
    return key;
  }
  Proxy<Array<int, 2>> proxy() { return store_->proxy_from_key<Array<int, 2>>(put_in_parts()); }

  const Array<int, 2> whole_ = counting<2>({6, 8});
  std::vector<Key> parts_{};

 private:
  void put_part(detail::ArrayParts& parts, const Box& block, Order order) {
    std::vector<int> values(block.shape[0] * block.shape[1]);
    for_each_index(block.shape, [&](const Index& at) {
      const std::size_t place =
          order == Order::c ? at[0] * block.shape[1] + at[1] : at[0] + at[1] * block.shape[0];
      values[place] = whole_.at(block.offset[0] + at[0], block.offset[1] + at[1]);
    });
    const Key key = store_->put(ArrayView<int, 2>{
        .elements = values, .extents = {block.shape[0], block.shape[1]}, .order = order});
    parts_.push_back(key);
    parts.parts.push_back({block.offset, block.shape, key});
  }
};

TEST_F(PartsTest, AreOneArray) {
  const auto whole = proxy();
  EXPECT_EQ(whole.extents(), (std::array<std::size_t, 2>{6, 8}));
  EXPECT_EQ(store_->describe(whole.key())->dtype, "<i4");
  EXPECT_EQ(*whole, whole_);
  Random random;
  for (int n = 0; n < 200; ++n) {
    const Box box = random.box({6, 8});
    expect_box<2>(whole.box(box).copy(), whole_, box);
  }
  const auto block = whole.box({2, 3}, {4, 5});  // is a part
  EXPECT_EQ(block->data(), (store_->get<Array<int, 2>>(parts_[2])->data()));
}

TEST_F(PartsTest, AreGotInBatchesToo) {
  const Key key = put_in_parts();
  const std::vector<Key> keys{key, parts_[0], key};
  const auto arrays = store_->get_batch<Array<int, 2>>(keys);
  EXPECT_EQ(*arrays[0], whole_);
  EXPECT_EQ(arrays[1]->extent(1), 3U);
  EXPECT_EQ(*arrays[2], whole_);
}

TEST_F(PartsTest, GoWithTheArray) {
  const Key key = put_in_parts();
  EXPECT_TRUE(store_->exists(key));
  EXPECT_TRUE(store_->evict(key));
  EXPECT_FALSE(store_->evict(key));
  for (const Key& part : parts_) EXPECT_FALSE(store_->exists(part));
  parts_.clear();
  const std::vector<Key> keys{put_in_parts()};
  store_->evict_batch(keys);
  EXPECT_FALSE(store_->exists(keys[0]));
  for (const Key& part : parts_) EXPECT_FALSE(store_->exists(part));
}

TEST_F(PartsTest, OfWhichOneIsMissingAreNoArray) {
  const auto whole = proxy();
  store_->evict(parts_[1]);
  EXPECT_EQ(whole.box({0, 0}, {6, 3})->size(), 18U);
  EXPECT_THAT(cause_of<ProxyResolveMissingKeyError>(whole), HasSubstr("no object"));
}

TEST_F(PartsTest, ThatDoNotCoverAreNotRead) {
  detail::ArrayParts parts{.dtype = "<i4", .shape = {1000, 1000}};
  Key key = store_->put(parts);
  key.flags |= Key::composite;
  const auto proxy = store_->proxy_from_key<Array<int, 2>>(key);
  EXPECT_THAT(cause_of<SerializationError>(proxy), HasSubstr("none has"));
}

TEST_F(PartsTest, HaveNoOwnerAndNoPickle) {
  EXPECT_THROW((void)into_owned(proxy()), UnsupportedError);
  EXPECT_THROW((void)into_owned(store_->proxy(counting<1>({5})).box({0}, {1})), UnsupportedError);
}

}  // namespace
}  // namespace proxystore
