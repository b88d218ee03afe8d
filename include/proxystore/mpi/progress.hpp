// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Waiting in MPI without keeping other ranks waiting.
///
/// Where no thread of the library answers other nodes (see MemoryOptions::Service), a rank that
/// waits in MPI itself, or computes, answers nobody. A program that does either for long calls
/// progress() now and then, and waits with what is here instead of with MPI.

#include <span>

#include "proxystore/export.hpp"
#include "proxystore/mpi/detail/mpi_c.hpp"
#include "proxystore/mpi/error.hpp"

namespace proxystore::inline v0::mpi {

/// Serves requests of other ranks that have come. Returns at once if there are none.
/// @local Any thread that may call MPI
PROXYSTORE_EXPORT void progress();

/// As MPI_Barrier. @collective over @p comm @blocking on its ranks @throws MpiError
PROXYSTORE_EXPORT void barrier(MPI_Comm comm);

/// As MPI_Wait. @local @blocking until @p request is complete; it is then MPI_REQUEST_NULL
/// @throws MpiError
PROXYSTORE_EXPORT void wait(MPI_Request& request, MPI_Status* status = MPI_STATUS_IGNORE);

/// As MPI_Waitall, without statuses. @local @blocking until all are complete @throws MpiError
PROXYSTORE_EXPORT void wait_all(std::span<MPI_Request> requests);

}  // namespace proxystore::inline v0::mpi
