// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/kokkos/views.hpp"

#include <numeric>
#include <vector>

#include <gmock/gmock.h>

#include "proxystore/proxystore.hpp"

namespace ps = proxystore;

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

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  const Kokkos::ScopeGuard kokkos(argc, argv);
  return RUN_ALL_TESTS();
}
