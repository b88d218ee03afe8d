// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/array.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numeric>
#include <ranges>

#include <gmock/gmock.h>

#include "proxystore/connectors/local.hpp"
#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"

namespace ps = proxystore;
using ps::Array;
using ps::Order;
using Line = ps::Array<double, 1>;
using Matrix = ps::Array<double, 2>;
using Cube = ps::Array<double, 3>;
using IntMatrix = ps::Array<int, 2>;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

namespace {

std::vector<double> numbers(std::size_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

template <class T>
ps::Bytes stored(const T& value) {
  return ps::Bytes::copy_of(ps::serialize(value).parts());
}

bool is_aligned(const void* memory) {
  return reinterpret_cast<std::uintptr_t>(memory) % 64 == 0;
}

TEST(Array, IndexesInCOrder) {
  const auto array = Cube::copy_of(numbers(24), {2, 3, 4});
  EXPECT_EQ(array(1, 2, 3), 23.0);
  EXPECT_EQ(array(1, 0, 2), 14.0);
  EXPECT_THAT(array.strides(), ElementsAre(12U, 4U, 1U));
  EXPECT_EQ(array.size(), 24U);
  EXPECT_EQ(array.extent(1), 3U);
  EXPECT_TRUE(is_aligned(array.data()));
}

TEST(Array, IndexesInFortranOrder) {
  const auto array = Cube::copy_of(numbers(24), {2, 3, 4}, Order::fortran);
  EXPECT_EQ(array(1, 0, 0), 1.0);
  EXPECT_EQ(array(0, 1, 0), 2.0);
  EXPECT_EQ(array(1, 2, 3), 23.0);
  EXPECT_THAT(array.strides(), ElementsAre(1U, 2U, 6U));
}

TEST(Array, OfRankZeroIsOneElement) {
  EXPECT_EQ((Array<int, 0>()()), 0);
  const std::vector<int> seven{7};
  const auto array = Array<int, 0>::copy_of(seven, {});
  EXPECT_EQ(array(), 7);
  EXPECT_EQ(array.size(), 1U);
}

TEST(Array, MayBeEmpty) {
  EXPECT_TRUE((Matrix().empty()));
  const auto array = Matrix::copy_of({}, {5, 0});
  EXPECT_EQ(array.extent(0), 5U);
  EXPECT_EQ((ps::deserialize<Matrix>(stored(array))), array);
}

TEST(Array, OfOneDimensionIsARangeWithEnds) {
  static_assert(std::ranges::contiguous_range<Line> && std::ranges::sized_range<Line>);
  static_assert(std::ranges::view<Line> && std::ranges::view<Matrix>, "copies share the elements");
  static_assert(std::is_same_v<Line::const_iterator, const double*>);
  const auto row = Line::copy_of(numbers(6), {6});
  EXPECT_EQ(row.front(), row(0));
  EXPECT_EQ(row.back(), row(5));
  EXPECT_EQ(row[2], row(2));
  EXPECT_TRUE(std::ranges::equal(row, numbers(6)));
  EXPECT_EQ(std::ranges::data(row), row.data());
  EXPECT_EQ(*std::ranges::rbegin(row), row.back());
  if (PROXYSTORE_CHECK_INDICES != 0) {
    EXPECT_THROW((void)row[6], ps::ArgumentError);
  }
}

TEST(Array, IsMadeOfACopyOfAView) {
  std::vector<double> elements = numbers(6);
  const Matrix array(ps::ArrayView<double, 2>{elements, {3, 2}, Order::fortran});
  EXPECT_EQ(array, Matrix::copy_of(numbers(6), {3, 2}, Order::fortran));
  elements[0] = -1;
  EXPECT_EQ(array, Matrix::copy_of(numbers(6), {3, 2}, Order::fortran));
  EXPECT_THROW((Matrix(ps::ArrayView<double, 2>{elements, {3, 3}})), ps::ArgumentError);
}

TEST(Array, ChecksIndices) {
  const auto array = Matrix::copy_of(numbers(6), {2, 3});
  const auto look = [&] { (void)array.at(2, 0); };
  EXPECT_THAT(look, ThrowsMessage<ps::ArgumentError>(HasSubstr("index 2 in dimension 0")));
  EXPECT_THROW((void)array.at(0, -1), ps::ArgumentError);
  if (PROXYSTORE_CHECK_INDICES != 0) {
    EXPECT_THROW((void)array(0, 3), ps::ArgumentError);
  }
}

TEST(Array, RefusesExtentsOfAnotherSize) {
  EXPECT_THAT(
      [] {
        (void)Matrix::copy_of(numbers(6), {2, 4});
      },
      ThrowsMessage<ps::ArgumentError>(HasSubstr("2 x 4 needs 64 bytes of elements, 48")));
  EXPECT_THROW((void)(Matrix::copy_of({}, {SIZE_MAX, SIZE_MAX})), ps::ArgumentError);
}

TEST(Array, ComparesElementsOfTheSameIndices) {
  const auto c = IntMatrix::copy_of(std::vector{1, 2, 3, 4, 5, 6}, {2, 3});
  const auto f = IntMatrix::copy_of(std::vector{1, 4, 2, 5, 3, 6}, {2, 3}, Order::fortran);
  EXPECT_EQ(c, f);
  EXPECT_NE(c, (IntMatrix::copy_of(std::vector{1, 2, 3, 4, 5, 6}, {2, 3}, Order::fortran)));
  EXPECT_NE(c, (IntMatrix::copy_of(std::vector{1, 2, 3, 4, 5, 6}, {3, 2})));
}

TEST(Array, SharesTheMemoryOfItsStoredForm) {
  const ps::Bytes bytes = stored(Matrix::copy_of(numbers(6), {2, 3}, Order::fortran));
  const auto array = ps::deserialize<Matrix>(bytes);
  EXPECT_EQ(array.bytes().owner(), bytes.owner());
  EXPECT_EQ(array.order(), Order::fortran);
  EXPECT_EQ(array(1, 2), 5.0);
}

TEST(Array, IsCopiedOnceWhereItsElementsLieBadly) {
  const ps::Bytes bytes = stored(Line::copy_of(numbers(6), {6}));
  ps::MutableBytes shifted(bytes.size() + 3);
  std::ranges::copy(bytes, shifted.data() + 3);
  const auto array = ps::deserialize<Line>(std::move(shifted).freeze().slice(3));
  EXPECT_TRUE(is_aligned(array.data()));
  EXPECT_EQ(array(5), 5.0);
}

TEST(Array, IsReadAsWhatItIsOnly) {
  const ps::Bytes bytes = stored(Matrix::copy_of(numbers(6), {2, 3}));
  EXPECT_THAT([&] { (void)ps::deserialize<Cube>(bytes); },
              ThrowsMessage<ps::SerializationError>(
                  HasSubstr("dtype '<f8' and shape (2, 3), and was asked for as one of '<f8' with "
                            "3 dimension(s)")));
  EXPECT_THROW((void)ps::deserialize<std::vector<double>>(bytes), ps::SerializationError);
  EXPECT_THROW((void)(ps::deserialize<Array<float, 2>>(bytes)), ps::SerializationError);
  EXPECT_THROW((void)(ps::deserialize<Array<float, 2>>(stored(std::string("text")))),
               ps::SerializationError);
}

TEST(Array, OfBoolHasNoOtherBits) {
  const bool values[] = {true, false, true};
  const ps::Bytes bytes = stored(Array<bool, 1>::copy_of(values, {3}));
  EXPECT_TRUE((ps::deserialize<Array<bool, 1>>(bytes)(2)));
  ps::MutableBytes bad(bytes.size());
  std::ranges::copy(bytes, bad.data());
  bad.span().back() = std::byte{2};
  const ps::Bytes frozen = std::move(bad).freeze();
  EXPECT_THROW((void)(ps::deserialize<Array<bool, 1>>(frozen)), ps::SerializationError);
}

TEST(Array, ThatIsFetchedIsKeptByTheCacheAsLongAsItIsHeld) {
  const auto store = ps::Store::create("arrays", ps::LocalOptions{});
  const auto written = Matrix::copy_of(numbers(6), {2, 3});
  const ps::Key key = store->put(written);
  auto first = store->get<Matrix>(key);
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, written);
  EXPECT_EQ(store->get<Matrix>(key), first);
  const auto again = store->get<Matrix>(key);
  EXPECT_EQ(again->bytes().owner(), first->bytes().owner());
  EXPECT_NE(again->data(), written.data());
}

TEST(Array, TravelsAsAProxy) {
  const auto store = ps::Store::create("sent", ps::LocalOptions{});
  const auto proxy = store->proxy(Matrix::copy_of(numbers(6), {2, 3}));
  const auto received = ps::from_bytes<Matrix>(ps::to_bytes(proxy));
  EXPECT_EQ((*received)(1, 1), 4.0);
  EXPECT_THROW((void)(ps::from_bytes<Cube>(ps::to_bytes(proxy))), ps::SerializationError);
}

TEST(ArrayView, IsStoredFromWhereItsElementsAre) {
  const auto store = ps::Store::create("viewed", ps::LocalOptions{});
  const auto values = numbers(2000);
  const ps::ArrayView<double, 2> view{values, {20, 100}, Order::fortran};
  const auto object = ps::serialize(view);
  EXPECT_EQ(static_cast<const void*>(object.parts().back().data()), values.data());
  const ps::Key key = store->put(view);
  const auto array = store->get<Matrix>(key);
  EXPECT_EQ((*array)(1, 2), 41.0);
  EXPECT_THROW((void)store->put(ps::ArrayView<double, 2>{values, {20, 99}}), ps::ArgumentError);
}

/// The shape of std::mdspan, as far as Array::as() wants it.
template <class T, std::size_t Rank, bool IsLeft>
struct Mdspan {
  using index_type = int;
  struct extents_type {
    explicit extents_type(const std::array<int, Rank>& of) : sizes(of) {}
    std::array<int, Rank> sizes;
  };
  struct mapping_type {
    explicit mapping_type(const extents_type& of) : extents(of) {}
    [[nodiscard]] int stride(std::size_t dimension) const {
      int product = 1;
      for (std::size_t i = 0; i < Rank; ++i) {
        if (IsLeft ? i < dimension : i > dimension) product *= extents.sizes[i];
      }
      return product;
    }
    extents_type extents;
  };
  static constexpr std::size_t rank() { return Rank; }
  Mdspan(const T* memory, const mapping_type& how) : data(memory), mapping(how) {}
  const T* data;
  mapping_type mapping;
};

TEST(Array, BecomesAnMdspanOfItsOrder) {
  const auto array = Matrix::copy_of(numbers(6), {2, 3});
  const auto right = array.as<Mdspan<double, 2, false>>();
  EXPECT_EQ(right.data, array.data());
  EXPECT_EQ(right.mapping.stride(0), 3);
  EXPECT_THROW((void)(array.as<Mdspan<double, 2, true>>()), ps::ArgumentError);
  const auto column = Matrix::copy_of(numbers(6), {6, 1});
  EXPECT_EQ((column.as<Mdspan<double, 2, true>>().data), column.data());
}

TEST(Float16, IsTheFloatOfTheSameValue) {
  const std::pair<std::uint16_t, float> known[] = {
      {0x0000, 0.0F},        {0x3c00, 1.0F},       {0xc000, -2.0F},
      {0x7bff, 65504.0F},    {0x0400, 0x1p-14F},   {0x0001, 0x1p-24F},
      {0x3555, 0x1.554p-2F}, {0xfc00, -HUGE_VALF}, {0x03ff, 0x1.ff8p-15F},
  };
  for (const auto& [bits, value] : known) EXPECT_EQ(static_cast<float>(ps::Float16{bits}), value);
  EXPECT_TRUE(std::isnan(static_cast<float>(ps::Float16{0x7e00})));
  EXPECT_TRUE(std::signbit(static_cast<float>(ps::Float16{0x8000})));
}

}  // namespace
