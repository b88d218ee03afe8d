// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What holds for all ranks of a job: mpi::MemoryOptions, with defaults filled in.

#include <chrono>
#include <cstdint>
#include <filesystem>

#include "proxystore/mpi/detail/mpi_c.hpp"
#include "proxystore/mpi/environment.hpp"

namespace proxystore::inline v0::partition {

struct Settings {
  std::uint32_t epoch = 0;
  std::uint64_t limit = 0;  ///< 0: a fair share
  std::chrono::milliseconds timeout{300'000};
  mpi::MemoryOptions::Service service = mpi::MemoryOptions::Service::automatic;
  mpi::MemoryOptions::Sharing sharing = mpi::MemoryOptions::Sharing::automatic;
  bool checksum = true;
  int ranks_per_node = 0;
  std::filesystem::path spill_dir{};
};

/// What @p options and the environment variables of rank 0 say, and an epoch. @collective
/// @throws ConfigError on all ranks
[[nodiscard]] Settings agree_on_settings(MPI_Comm comm, const mpi::MemoryOptions& options);

}  // namespace proxystore::inline v0::partition
