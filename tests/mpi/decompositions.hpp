// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Arrays cut into blocks at random, put by all ranks and read in boxes, against a copy that each
/// rank has of the whole.

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "proxystore/array.hpp"
#include "proxystore/box.hpp"
#include "proxystore/mpi/distributed_array.hpp"
#include "proxystore/mpi/progress.hpp"
#include "proxystore/store.hpp"

namespace proxystore::mpi_test {

/// The same numbers on all ranks that have the same seed.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::size_t upto(std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(0, most)(engine_);
  }

 private:
  std::mt19937_64 engine_;
};

template <std::size_t Rank>
struct Block {
  std::array<std::size_t, Rank> offset{};
  std::array<std::size_t, Rank> extents{};
  Order order = Order::c;
};

/// Calls @p function with each index of an array of @p extents, in C order.
template <std::size_t Rank, class Function>
void for_each_index(const std::array<std::size_t, Rank>& extents, const Function& function) {
  if (std::ranges::find(extents, std::size_t{0}) != extents.end()) return;
  std::array<std::size_t, Rank> at{};
  while (true) {
    function(at);
    std::size_t i = Rank;
    while (i > 0 && ++at[i - 1] == extents[i - 1]) at[--i] = 0;
    if (i == 0) return;
  }
}

/// What the element of an index is.
template <class T, std::size_t Rank>
T value_at(const std::array<std::size_t, Rank>& at) {
  std::uint64_t value = 1;
  for (const std::size_t index : at) value = value * 131 + index;
  return static_cast<T>(static_cast<std::int8_t>(value % 120));
}

/// The elements of a block of the array.
template <class T, std::size_t Rank>
std::vector<T> elements_of(const Block<Rank>& block) {
  std::array<std::size_t, Rank> steps{};
  std::size_t size = 1;
  for (std::size_t i = 0; i < Rank; ++i) {
    const std::size_t dimension = block.order == Order::c ? Rank - 1 - i : i;
    steps[dimension] = size;
    size *= block.extents[dimension];
  }
  std::vector<T> elements(size);
  for_each_index(block.extents, [&](std::array<std::size_t, Rank> at) {
    std::size_t place = 0;
    for (std::size_t i = 0; i < Rank; ++i) {
      place += at[i] * steps[i];
      at[i] += block.offset[i];
    }
    elements[place] = value_at<T>(at);
  });
  return elements;
}

/// Cuts @p block into @p count blocks, of which some may be empty.
template <std::size_t Rank>
void cut(Dice& dice, const Block<Rank>& block, int count, std::vector<Block<Rank>>& blocks) {
  if (count == 1) {
    blocks.push_back(block);
    blocks.back().order = dice.upto(1) == 0 ? Order::c : Order::fortran;
    return;
  }
  const std::size_t along = dice.upto(Rank - 1);
  const std::size_t first = dice.upto(block.extents[along]);
  Block<Rank> low = block;
  Block<Rank> high = block;
  low.extents[along] = first;
  high.offset[along] += first;
  high.extents[along] -= first;
  const int in_low = 1 + static_cast<int>(dice.upto(static_cast<std::size_t>(count) - 2));
  cut(dice, low, in_low, blocks);
  cut(dice, high, count - in_low, blocks);
}

/// A box of an array of @p extents, with strides.
template <std::size_t Rank>
Box random_box(Dice& dice, const std::array<std::size_t, Rank>& extents) {
  Box box;
  for (const std::size_t extent : extents) {
    const std::size_t offset = dice.upto(extent);
    const std::size_t stride = 1 + dice.upto(2);
    box.offset.push_back(offset);
    box.shape.push_back(dice.upto((extent - offset + stride - 1) / stride));
    box.stride.push_back(stride);
  }
  return box;
}

template <class T, std::size_t Rank>
void expect_elements(const Array<T, Rank>& got, const Box& box) {
  for (std::size_t i = 0; i < Rank; ++i) ASSERT_EQ(got.extent(i), box.shape[i]);
  bool is_right = true;
  std::size_t next = 0;
  ASSERT_EQ(got.order(), Order::c);
  for_each_index(got.extents(), [&](std::array<std::size_t, Rank> at) {
    for (std::size_t i = 0; i < Rank; ++i) at[i] = box.offset[i] + at[i] * box.step(i);
    is_right = is_right && got.data()[next++] == value_at<T>(at);
  });
  EXPECT_TRUE(is_right) << box.to_string();
}

template <class T, std::size_t Rank>
[[nodiscard]] Proxy<Array<T, Rank>> put_block(Store& store, MPI_Comm comm,
                                              const std::array<std::size_t, Rank>& extents,
                                              const Block<Rank>& block,
                                              const PutOptions& options = {}) {
  const auto elements = elements_of<T>(block);
  return mpi::put_distributed(
      store,
      ArrayView<T, Rank>{.elements = elements, .extents = block.extents, .order = block.order},
      {.global_extents = extents, .offset = block.offset, .comm = comm, .options = options});
}

/// One array: put by all ranks, read by all in boxes of their own, evicted by one. Collective.
template <class T, std::size_t Rank>
void check_round(Store& store, MPI_Comm comm, std::uint64_t seed, std::size_t longest) {
  int rank = 0;
  int size = 1;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  Dice together(seed);
  Block<Rank> whole;
  for (std::size_t& extent : whole.extents) extent = together.upto(longest);
  std::vector<Block<Rank>> blocks;
  cut(together, whole, size, blocks);

  const auto proxy =
      put_block<T>(store, comm, whole.extents, blocks[static_cast<std::size_t>(rank)]);
  EXPECT_LT(to_bytes(proxy).size(), 400U);
  EXPECT_EQ(proxy.extents(), whole.extents);
  Dice alone(seed * 1000 + static_cast<std::uint64_t>(rank));
  for (int n = 0; n < 6; ++n) {
    const Box box = random_box(alone, whole.extents);
    expect_elements(proxy.box(box).copy(), box);
  }
  const Box own{.offset = {blocks[static_cast<std::size_t>(rank)].offset.begin(),
                           blocks[static_cast<std::size_t>(rank)].offset.end()},
                .shape = {blocks[static_cast<std::size_t>(rank)].extents.begin(),
                          blocks[static_cast<std::size_t>(rank)].extents.end()}};
  const Box halo = own.with_halo(2, detail::shape_of(whole.extents));
  expect_elements(proxy.box(halo).copy(), halo);
  const auto received = from_bytes<Array<T, Rank>>(to_bytes(proxy));
  expect_elements(received.copy(), Box::whole(detail::shape_of(whole.extents)));

  mpi::barrier(comm);
  const int evictor = static_cast<int>(seed % static_cast<std::uint64_t>(size));
  if (rank == evictor) {
    EXPECT_TRUE(store.evict(proxy.key()));
  }
  mpi::barrier(comm);
  EXPECT_FALSE(store.connector().exists(proxy.key()));
}

/// Rounds of several types and numbers of dimensions. Collective.
inline void check_decompositions(Store& store, MPI_Comm comm, int rounds) {
  for (int n = 0; n < rounds; ++n) {
    const auto seed = static_cast<std::uint64_t>(n);
    check_round<double, 1>(store, comm, seed * 4, 200);
    check_round<std::int8_t, 2>(store, comm, seed * 4 + 1, 40);
    check_round<float, 3>(store, comm, seed * 4 + 2, 15);
    check_round<std::complex<double>, 2>(store, comm, seed * 4 + 3, 30);
  }
}

}  // namespace proxystore::mpi_test
