// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What the mpi stores of a job keep, and how they served it.

#include <cstdint>
#include <string>
#include <vector>

#include "proxystore/export.hpp"

namespace proxystore::inline v0::mpi {

/// One rank's part. Sizes are in bytes.
struct RankReport {
  int rank = 0;
  int node = 0;  ///< The lowest rank whose memory this one maps, as its number

  // What the rank keeps.
  std::uint64_t objects = 0;
  std::uint64_t object_bytes = 0;     ///< As they were put
  std::uint64_t committed_bytes = 0;  ///< Memory taken for them
  std::uint64_t table_bytes = 0;      ///< Memory taken for the books about them
  std::uint64_t evicted = 0;          ///< Objects that wait for their last reader
  std::uint64_t spilled = 0;          ///< Objects moved to the spill file, ever
  std::uint64_t pins = 0;             ///< Objects of the node that the rank holds
  std::uint64_t replica_bytes = 0;    ///< Copies of other nodes' objects; not among the above

  // How its gets were served.
  std::uint64_t got_mapped = 0;   ///< On the node, without a copy
  std::uint64_t got_spilled = 0;  ///< On the node, from a spill file
  std::uint64_t got_inline = 0;   ///< From another node, in a message
  std::uint64_t got_bulk = 0;     ///< From another node, in a transfer
  std::uint64_t got_replica = 0;  ///< Of another node, from a copy that this node has

  // What went between nodes.
  std::uint64_t messages_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t requests_served = 0;
};

/// The parts of all ranks, in their order, at every rank.
/// @collective over the Environment @blocking on all its ranks @throws Error without Environment
[[nodiscard]] PROXYSTORE_EXPORT std::vector<RankReport> report();

/// A table for people: a line for each rank, and their sums.
[[nodiscard]] PROXYSTORE_EXPORT std::string to_string(const std::vector<RankReport>& ranks);

}  // namespace proxystore::inline v0::mpi
