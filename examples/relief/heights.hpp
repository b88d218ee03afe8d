// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The grid as one array that is distributed over all ranks.

#include <span>

#include "protocol.hpp"

namespace relief {

/// Each rank reads some rows of the input, and keeps them as its block of the array.
/// @collective over @p comm @throws InputError, ps::Error; ps::mpi::PeerError on the other ranks
[[nodiscard]] ps::Proxy<Heights> read_heights(const Plan& plan, MPI_Comm comm, Tally& tally);

/// The heights of tile @p index with a ring of one cell around it, as `pad_tile` has it: fetched
/// from the ranks that have them.
/// @throws ps::ProxyResolveError
[[nodiscard]] std::vector<float> fetch_padded(const ps::Proxy<Heights>& heights,
                                              const Tiling& tiling, std::size_t index,
                                              Tally& tally);

/// The heights in @p box, row by row. @throws ps::ProxyResolveError
[[nodiscard]] Heights fetch_box(const ps::Proxy<Heights>& heights, const Box& box, Tally& tally);

}  // namespace relief
