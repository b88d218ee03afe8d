// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The ranks of a job: which of them share a node. mpi_layout_missing.cpp stands in without MPI.

#include <optional>
#include <string>
#include <vector>

#include "answer.hpp"

namespace tool {

/// Ranks whose memory is mapped, one by the other.
struct Node {
  std::string host{};
  std::vector<int> ranks{};
};

struct Layout {
  int ranks = 0;
  std::string thread_level{};  ///< That MPI provides
  std::vector<Node> nodes{};
};

/// Name and version of the MPI library, without starting it.
[[nodiscard]] std::string mpi_library();

/// Whether this process was started as a rank of a job.
[[nodiscard]] bool is_under_mpirun() noexcept;

/// The layout, at rank 0; nothing at others. @collective over all ranks of the job
[[nodiscard]] std::optional<Layout> mpi_layout(int& argc, char**& argv);

[[nodiscard]] Json to_json(const Layout& layout);
[[nodiscard]] std::string to_text(const Layout& layout);

}  // namespace tool
