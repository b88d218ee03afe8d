// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The seam between the Environment and what works for other ranks as long as it lives: the memory
/// of the mpi store. The Environment knows this abstract class; the store's room makes one.

#include <chrono>
#include <memory>

#include "proxystore/mpi/environment.hpp"

namespace proxystore::inline v0::mpi::detail {

class Service {
 public:
  Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service() = default;

  /// Serves requests of other ranks that have come; whether there was something to do. Any thread
  /// that may call MPI.
  virtual bool progress() = 0;

  /// Ends the service, when all ranks are in finalize(). @collective
  /// @throws TimeoutError if the others do not come: then it stays, and so does its memory
  virtual void stop(std::chrono::milliseconds timeout) = 0;
};

/// Starts the service. Defined by the mpi store's room. @collective over @p comm
[[nodiscard]] std::shared_ptr<Service> start_service(MPI_Comm comm,
                                                     const EnvironmentOptions& options);

/// The service that make_progress() calls; null: none. Set by the Environment.
void set_service(std::shared_ptr<Service> service);

/// As above, for the streams between the ranks.
class StreamTraffic;
void set_stream_traffic(std::shared_ptr<StreamTraffic> traffic);
/// @throws Error if there is none
[[nodiscard]] std::shared_ptr<StreamTraffic> require_stream_traffic();

/// What every wait of this library does between two looks. @threadsafe
void make_progress() noexcept;

}  // namespace proxystore::inline v0::mpi::detail
