// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Steps that all ranks of a group make together: each is made by all, or fails on all. A rank on
/// which it fails throws what went wrong there, the others mpi::PeerError.

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "proxystore/mpi/message.hpp"

namespace proxystore::inline v0::mpi::detail {

inline constexpr int root = 0;

/// What @p make returns on each rank, at the root, nothing elsewhere. @collective
template <class Make>
auto gather_made(const Group& group, const Make& make) {
  using Value = decltype(make());
  return read_all<Value>(
      gather(contribute([&](auto& objects) { objects.push_back(proxystore::serialize(make())); }),
             group, root));
}

/// What @p make returns on each rank, on all of them. @collective
template <class Make>
auto allgather_made(const Group& group, const Make& make) {
  using Value = decltype(make());
  return read_all<Value>(allgather(
      contribute([&](auto& objects) { objects.push_back(proxystore::serialize(make())); }), group));
}

/// What @p make returns at the root, on all ranks. @collective
template <class Make>
auto bcast_made(const Group& group, const Make& make) {
  using Value = decltype(make());
  std::optional<Value> made;
  Contribution mine;
  if (group.rank == root) {
    mine = contribute(
        [&](auto& objects) { objects.push_back(proxystore::serialize(made.emplace(make()))); });
  }
  const Bytes bytes = bcast(mine, group, root);
  return made ? *std::move(made) : proxystore::deserialize<Value>(bytes);
}

/// Does @p step on all ranks. @collective
template <class Step>
void together(const Group& group, const Step& step) {
  (void)gather_made(group, [&] {
    step();
    return std::uint8_t{0};
  });
}

}  // namespace proxystore::inline v0::mpi::detail
