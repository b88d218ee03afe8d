// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Options of the `mpi` connector: objects in the memory of the ranks of an MPI program, without a
/// server. connectors/mpi/README.md tells what it guarantees. It needs an mpi::Environment, to
/// which the objects belong; their memory is set up there, see mpi::MemoryOptions.

#include <cstdint>

#include "proxystore/config.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// Options of the `mpi` connector.
struct PROXYSTORE_EXPORT MpiOptions {
  /// Whose memory an object is put into. A rank on the caller's node stands for the caller, whose
  /// memory is as near to all of that node; only PutOptions::rank means a rank exactly.
  enum class Placement : std::uint8_t {
    local,        ///< The caller's
    round_robin,  ///< Of each rank in turn, beginning with the caller's
    hash,         ///< By the object's id, which is random: evenly spread
  };
  Placement placement = Placement::local;

  operator ConnectorConfig() const;  // NOLINT(*-explicit-*): options stand for their configuration
};

}  // namespace proxystore::inline v0
