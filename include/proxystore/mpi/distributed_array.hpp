// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// put_distributed(): one array of which each rank has a block, behind one proxy.

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "proxystore/array.hpp"
#include "proxystore/box.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/export.hpp"
#include "proxystore/mpi/detail/mpi_c.hpp"
#include "proxystore/proxy.hpp"
#include "proxystore/store.hpp"

namespace proxystore::inline v0::mpi {

/// Arguments of put_distributed(). All ranks give the same, but for their offset.
template <std::size_t Rank>
struct DistributedArgs {
  /// Of the whole array
  std::array<std::size_t, Rank> global_extents{};
  /// Where this rank's block begins in it
  std::array<std::size_t, Rank> offset{};
  MPI_Comm comm = MPI_COMM_WORLD;
  /// Name, units and attributes are those of the lowest rank. `rank` is not used: blocks stay with
  /// the ranks that have them.
  PutOptions options{};
  /// The first resolve of a proxy of the whole evicts the array
  bool evict = false;
};

namespace detail {

/// This rank's share of a put.
struct BlockToPut {
  std::string dtype{};
  std::vector<std::uint64_t> global_extents{};
  Box block{};
  ByteSpan elements{};
  Order order = Order::c;
  MPI_Comm comm = MPI_COMM_NULL;
  PutOptions options{};
  std::function<Key(const PutOptions&)> put{};  ///< Stores the block as an object of its own
};
[[nodiscard]] PROXYSTORE_EXPORT Key put_distributed(Store& store, const BlockToPut& block);

}  // namespace detail

/// Stores an array of which each rank of args.comm has one block, @p part, from its own memory, and
/// gives all ranks the same small proxy of the whole. The blocks have to cover the array exactly; a
/// rank's may be of no elements. Whoever resolves the proxy gathers the array; `proxy.box(offset,
/// shape)` is a proxy of some of it, whichever ranks have that.
///
/// In an mpi store the blocks stay in the memory of their ranks, where ranks of the same node map
/// them. With the connector hdf5 they become one dataset, which all ranks write by MPI-IO, if that
/// HDF5 is a parallel one. In every other store that all ranks reach each block is an object.
/// @collective over args.comm @blocking until all blocks are stored; MPI has no time-outs for ranks
///         that never come, or die
/// @lifetime @p part is not needed after the call
/// @throws on all ranks, and then nothing is stored: ArgumentError if blocks overlap, leave a gap,
///         or are outside, or the ranks disagree on store, element or extents; PeerError where
///         another rank could not store its block, and that rank throws why
template <ArrayElement T, std::size_t Rank>
[[nodiscard]] Proxy<Array<T, Rank>> put_distributed(
    Store& store, const ArrayView<T, Rank>& part,
    const std::type_identity_t<DistributedArgs<Rank>>& args) {
  Bytes kept;
  const Key key = detail::put_distributed(
      store,
      {.dtype = v0::detail::numpy_dtype<T>(),
       .global_extents = v0::detail::shape_of(args.global_extents),
       .block = {.offset = v0::detail::shape_of(args.offset),
                 .shape = v0::detail::shape_of(part.extents)},
       .elements = v0::detail::storable(part.elements, kept),
       .order = part.order,
       .comm = args.comm,
       .options = args.options,
       .put = [&](const PutOptions& options) { return store.put(part, {.options = options}); }});
  return store.proxy_from_key<Array<T, Rank>>(key, {.evict = args.evict});
}

/// The same for an Array.
template <ArrayElement T, std::size_t Rank>
[[nodiscard]] Proxy<Array<T, Rank>> put_distributed(
    Store& store, const Array<T, Rank>& part,
    const std::type_identity_t<DistributedArgs<Rank>>& args) {
  return put_distributed(
      store,
      ArrayView<T, Rank>{
          .elements = part.values(), .extents = part.extents(), .order = part.order()},
      args);
}

}  // namespace proxystore::inline v0::mpi
