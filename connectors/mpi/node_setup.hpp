// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How the ranks of a node find each other's memory.

#include <memory>

#include "node_memory.hpp"
#include "proxystore/mpi/detail/mpi_c.hpp"
#include "settings.hpp"

namespace proxystore::inline v0::partition {

struct Node {
  std::shared_ptr<NodeMemory> memory{};
  int lowest_rank = 0;  ///< Of those whose memory is mapped here
};

/// Makes this rank's partition, and maps those of all ranks with which it shares memory.
/// @collective over @p comm
/// @throws CapacityError, ConnectorError, ConfigError; on all ranks if on one
[[nodiscard]] Node set_up_node(MPI_Comm comm, const Settings& settings);

}  // namespace proxystore::inline v0::partition
