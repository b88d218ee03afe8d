// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/kokkos/views.hpp"

#include <numeric>
#include <vector>

#include <gmock/gmock.h>

#include "proxystore/proxystore.hpp"

namespace ps = proxystore;

/// Stands for a view of a device, which no test machine has: what is done for one is done for this.
using DeviceView = Kokkos::View<double**, Kokkos::LayoutLeft, Kokkos::HostSpace,
                                Kokkos::MemoryTraits<Kokkos::Aligned>>;
template <>
inline constexpr bool proxystore::kokkos::detail::is_on_host<DeviceView> = false;

namespace {

std::vector<double> numbers(std::size_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

TEST(HostView, OfAProxiedVectorSharesItsMemory) {
  const auto store = ps::Store::create("views", ps::LocalOptions{});
  const auto proxy = ps::from_bytes<std::vector<double>>(ps::to_bytes(store->proxy(numbers(12))));
  const auto view = ps::kokkos::host_view(*proxy, 3, 4);
  static_assert(std::is_same_v<decltype(view)::value_type, const double>);
  EXPECT_EQ(view.data(), proxy->data());
  EXPECT_EQ(view.extent(0), 3U);
  EXPECT_EQ(view.extent(1), 4U);
  EXPECT_EQ(view(2, 1), 9.0);
}

TEST(HostView, EntersAKernel) {
  const auto values = numbers(1000);
  const auto view = ps::kokkos::host_view(values, 10, 10, 10);
  double sum = 0;
  Kokkos::parallel_reduce(
      Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace>(0, 10),
      [=](const int i, double& partial) {
        for (int j = 0; j < 10; ++j) {
          for (int k = 0; k < 10; ++k) partial += view(i, j, k);
        }
      },
      sum);
  EXPECT_EQ(sum, 999.0 * 1000 / 2);
}

TEST(HostView, OfWritableMemoryWritesThrough) {
  auto values = numbers(6);
  const auto view = ps::kokkos::host_view(std::span(values), 2, 3);
  view(1, 2) = -1;
  EXPECT_EQ(values.back(), -1);
}

TEST(HostView, RefusesExtentsOfAnotherSize) {
  const auto values = numbers(12);
  EXPECT_THROW((void)ps::kokkos::host_view(values, 3, 5), ps::ArgumentError);
  EXPECT_THROW((void)ps::kokkos::host_view(values, 12, 0), ps::ArgumentError);
}

/// Elements count up in C order of the indices.
template <class View>
View counted(const View& view) {
  double next = 0;
  for (std::size_t i = 0; i < view.extent(0); ++i) {
    for (std::size_t j = 0; j < view.extent(1); ++j) view(i, j) = next++;
  }
  return view;
}
using Right = Kokkos::View<double**, Kokkos::LayoutRight, Kokkos::HostSpace>;
using Left = Kokkos::View<double**, Kokkos::LayoutLeft, Kokkos::HostSpace>;
template <class Layout>
using Borrowed = Kokkos::View<const double**, Layout, Kokkos::HostSpace,
                              Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

template <class View>
void expect_counted(const View& view) {
  ASSERT_EQ(view.extent(0), 3U);
  ASSERT_EQ(view.extent(1), 4U);
  double next = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 4; ++j) EXPECT_EQ(view(i, j), next++);
  }
}

class StoredViews : public ::testing::Test {
 protected:
  template <class T>
  static ps::Proxy<T> sent(const auto& proxy) {
    return ps::from_bytes<T>(ps::to_bytes(proxy));
  }
  /// What arrives; whatever it views is in the store still.
  template <class T>
  static T taken(const auto& proxy) {
    return sent<T>(proxy).copy();
  }
  std::shared_ptr<ps::Store> store_ = ps::Store::create("stored_views", ps::LocalOptions{});
  const ps::StoreRegistration registration_{store_};
};

TEST_F(StoredViews, come_back_in_memory_of_their_own) {
  const auto view = counted(Right("v", 3, 4));
  const auto proxy = sent<Right>(store_->proxy(view));
  expect_counted(*proxy);
  EXPECT_NE(proxy->data(), view.data());
  expect_counted(taken<Kokkos::View<const double**>>(proxy));
}

TEST_F(StoredViews, change_layout_on_the_way) {
  expect_counted(taken<Left>(store_->proxy(counted(Right("v", 3, 4)))));
  expect_counted(taken<Right>(store_->proxy(counted(Left("v", 3, 4)))));
  const Kokkos::LayoutStride apart(3, 10, 4, 2);
  const Kokkos::View<double**, Kokkos::LayoutStride, Kokkos::HostSpace> view("v", apart);
  expect_counted(taken<Right>(store_->proxy(counted(view))));
  const auto strided = sent<Kokkos::View<double**, Kokkos::LayoutStride, Kokkos::HostSpace>>(
      store_->proxy(counted(Left("v", 3, 4))));
  expect_counted(*strided);
}

TEST_F(StoredViews, of_which_a_part_is_taken_are_stored_as_that_part) {
  const Right whole("v", 6, 9);
  const auto part = Kokkos::subview(whole, std::pair(2, 5), std::pair(3, 7));
  counted(part);
  expect_counted(taken<Right>(store_->proxy(part)));
}

TEST_F(StoredViews, without_memory_of_their_own_share_that_of_the_store) {
  const auto proxy = store_->proxy(counted(Right("v", 3, 4)));
  const auto first = sent<Borrowed<Kokkos::LayoutRight>>(proxy);
  const auto second = sent<Borrowed<Kokkos::LayoutStride>>(proxy);
  expect_counted(*first);
  expect_counted(*second);
  EXPECT_EQ(first->data(), second->data());
  const auto shared = first.share();
  store_->evict(proxy.key());
  expect_counted(*shared);
}

TEST_F(StoredViews, without_memory_of_their_own_have_the_layout_that_is_stored) {
  const auto left = store_->proxy(counted(Left("v", 3, 4)));
  expect_counted(taken<Borrowed<Kokkos::LayoutLeft>>(left));
  const auto right = sent<Borrowed<Kokkos::LayoutRight>>(left);
  EXPECT_THAT([&] { right.resolve(); },
              ::testing::ThrowsMessage<ps::ProxyResolveError>(
                  ::testing::HasSubstr("Fortran order: ask for LayoutLeft")));
  const auto column = store_->proxy(Left("v", 5, 1));  // which lies the same in both
  EXPECT_EQ(sent<Borrowed<Kokkos::LayoutRight>>(column)->extent(0), 5U);
}

TEST_F(StoredViews, that_can_be_written_belong_to_one) {
  const ps::Key key = store_->put(counted(Right("v", 3, 4)));
  const auto first = store_->get<Right>(key);
  (*first)(0, 0) = 100;
  expect_counted(*store_->get<Right>(key));
  EXPECT_FALSE(store_->is_cached(key));
  const auto batch = store_->get_batch<Right>(std::vector{key, key});
  EXPECT_NE(batch[0]->data(), batch[1]->data());
  auto mine = counted(Right("v", 3, 4));
  const auto proxy = store_->proxy(std::move(mine));
  EXPECT_FALSE(proxy.resolved());
  const auto borrowed = store_->get<Borrowed<Kokkos::LayoutRight>>(key);
  EXPECT_EQ(store_->get<Borrowed<Kokkos::LayoutRight>>(key), borrowed);
}

TEST_F(StoredViews, may_have_extents_that_their_type_fixes) {
  using Fixed = Kokkos::View<int* [3], Kokkos::LayoutRight, Kokkos::HostSpace>;
  const Fixed view("v", 2);
  view(1, 2) = 7;
  const auto proxy = sent<Fixed>(store_->proxy(view));
  EXPECT_EQ((*proxy)(1, 2), 7);
  using Other = Kokkos::View<int* [4], Kokkos::LayoutRight, Kokkos::HostSpace>;
  EXPECT_THAT(
      [&] { sent<Other>(proxy).resolve(); },
      ::testing::ThrowsMessage<ps::ProxyResolveError>(::testing::HasSubstr("has the extents 2 3")));
}

TEST_F(StoredViews, may_be_of_any_rank_and_element) {
  const Kokkos::View<double> scalar("s");
  scalar() = 2.5;
  EXPECT_EQ(taken<Kokkos::View<double>>(store_->proxy(scalar))(), 2.5);
  const Kokkos::View<Kokkos::complex<float>*> line("l", 2);
  line(1) = Kokkos::complex<float>(1, 2);
  const auto proxy = store_->proxy(line);
  EXPECT_EQ((taken<ps::Array<std::complex<float>, 1>>(proxy)(1)), std::complex<float>(1, 2));
  const Kokkos::View<bool****> flags("f", 1, 2, 0, 3);
  EXPECT_EQ(sent<Kokkos::View<bool****>>(store_->proxy(flags))->extent(3), 3U);
}

TEST_F(StoredViews, of_devices_are_staged_on_the_host) {
  const auto view = counted(DeviceView("d", 3, 4));
  const auto proxy = store_->proxy(view);
  expect_counted(taken<Right>(proxy));
  expect_counted(taken<DeviceView>(proxy));
  expect_counted(taken<DeviceView>(store_->proxy(counted(Right("v", 3, 4)))));
  const DeviceView target("t", 3, 4);
  ps::kokkos::resolve_into(proxy, target);
  expect_counted(target);
}

TEST_F(StoredViews, are_arrays_to_others) {
  const auto proxy = store_->proxy(counted(Left("v", 3, 4)));
  expect_counted(taken<ps::Array<double, 2>>(proxy));
}

TEST_F(StoredViews, are_resolved_into_memory_that_is_there) {
  const auto proxy = store_->proxy(counted(Right("v", 3, 4)));
  const Right right("r", 3, 4);
  const Left left("l", 3, 4);
  ps::kokkos::resolve_into(proxy, right);
  expect_counted(right);
  ps::kokkos::resolve_into(sent<ps::Array<double, 2>>(proxy), left);
  expect_counted(left);
  EXPECT_FALSE(proxy.resolved());
  EXPECT_THROW(ps::kokkos::resolve_into(proxy, Right("x", 4, 3)), ps::ArgumentError);
  const auto vector = store_->proxy(numbers(5));
  const Kokkos::View<double*, Kokkos::HostSpace> line("v", 5);
  ps::kokkos::resolve_into(vector, line);
  EXPECT_EQ(line(4), 4.0);
  const auto once = store_->proxy(counted(Right("v", 3, 4)), {.evict = true});
  ps::kokkos::resolve_into(once, right);
  EXPECT_THROW(ps::kokkos::resolve_into(once, right), ps::ProxyResolveMissingKeyError);
}

TEST(HostView, OfAnArrayHasItsOrder) {
  const auto array = ps::Array<double, 2>::copy_of(numbers(6), {2, 3}, ps::Order::fortran);
  const auto view = ps::kokkos::host_view(array);
  EXPECT_EQ(view(1, 2), array.at(1, 2));
  EXPECT_EQ(view.data(), array.data());
}

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  const Kokkos::ScopeGuard kokkos(argc, argv);
  return RUN_ALL_TESTS();
}
