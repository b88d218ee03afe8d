// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "heights.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

#include <proxystore/mpi/distributed_array.hpp>
#include <proxystore/proxy_from_file.hpp>

#include "grid_reader.hpp"
#include "halo.hpp"
#include "stopwatch.hpp"

namespace relief {

namespace {

/// The numbers of the file in @p box as T, in metres.
template <class T>
std::vector<float> read_as(const GridReader& grid, const Box& box) {
  const auto whole = ps::proxy_from_file<ps::Array<T, 2>>(grid.path(), grid.dataset());
  const auto raw = whole.box({box.row0, box.col0}, {box.rows, box.cols}).share();
  std::vector<float> heights(box.size());
  std::ranges::transform(raw->values(), heights.begin(),
                         [&](T value) { return grid.height(static_cast<double>(value)); });
  return heights;
}

template <class... Types>
std::vector<float> read_as_one_of(const GridReader& grid, const Box& box) {
  std::vector<float> heights;
  const auto try_type = [&]<class T>(std::type_identity<T>) {
    const std::string bits = std::to_string(8 * sizeof(T));
    const std::string name = std::is_floating_point_v<T> ? "float" + bits
                             : std::is_signed_v<T>       ? "int" + bits
                                                         : "uint" + bits;
    if (grid.type_name() != name) return false;
    heights = read_as<T>(grid, box);
    return true;
  };
  // What the library has no type for, such as numbers of 3 bytes, HDF5 turns into another type.
  if (!(try_type(std::type_identity<Types>{}) || ...)) heights = grid.read_tile(box);
  return heights;
}

std::vector<float> read_box(const GridReader& grid, const Box& box) {
  if (box.size() == 0) return {};
  return read_as_one_of<std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t,
                        std::uint32_t, std::int64_t, std::uint64_t, float, double>(grid, box);
}

/// The rows of rank @p rank of @p size.
Box rows_of(const Plan& plan, int rank, int size) {
  const auto first = [&](int of) {
    return plan.rows * static_cast<std::size_t>(of) / static_cast<std::size_t>(size);
  };
  return {.row0 = first(rank), .col0 = 0, .rows = first(rank + 1) - first(rank), .cols = plan.cols};
}

/// Does @p step; throws on all ranks if it throws on one.
template <class Step>
void on_all_ranks(MPI_Comm comm, const Step& step) {
  std::exception_ptr failure;
  try {
    step();
  } catch (...) {
    failure = std::current_exception();
  }
  const auto failed = ps::mpi::allgather(static_cast<int>(failure != nullptr), {.comm = comm});
  if (failure) std::rethrow_exception(failure);
  const auto first = std::ranges::find(failed, 1);
  if (first != failed.end()) {
    throw ps::mpi::PeerError(static_cast<int>(first - failed.begin()), "reading the input");
  }
}

}  // namespace

ps::Proxy<Heights> read_heights(const Plan& plan, MPI_Comm comm, Tally& tally) {
  const Stopwatch watch(tally.read_seconds);
  int rank = 0;
  int size = 1;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  const Box box = rows_of(plan, rank, size);
  std::shared_ptr<ps::Store> store;
  std::vector<float> heights;
  on_all_ranks(comm, [&] {
    store = ps::get_or_create_store(
        ps::StoreConfig::from_compact(std::as_bytes(std::span(plan.store))));
    heights = read_box(GridReader(plan.input, plan.dataset), box);
  });
  ps::PutOptions options;
  options.info.name = "height";
  options.info.units = "m";
  return ps::mpi::put_distributed(
      *store, ps::ArrayView<float, 2>{.elements = heights, .extents = {box.rows, box.cols}},
      {.global_extents = {plan.rows, plan.cols},
       .offset = {box.row0, 0},
       .comm = comm,
       .options = options});
}

Heights fetch_box(const ps::Proxy<Heights>& heights, const Box& box, Tally& tally) {
  const Stopwatch watch(tally.fetch_seconds);
  tally.data_bytes += box.size() * sizeof(float);
  return heights.box({box.row0, box.col0}, {box.rows, box.cols}).copy();
}

std::vector<float> fetch_padded(const ps::Proxy<Heights>& heights, const Tiling& tiling,
                                std::size_t index, Tally& tally) {
  std::vector<Heights> held;
  return pad_tile(tiling, index, [&](const Box& box) {
    return held.emplace_back(fetch_box(heights, box, tally)).values();
  });
}

}  // namespace relief
