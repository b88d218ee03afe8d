// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The stage "compute": who asks whom for what.

#include <chrono>
#include <functional>

#include "protocol.hpp"

namespace relief {

/// What a rank has to know for it.
struct ComputeArgs {
  const Plan& plan;
  const ps::Proxy<Heights>& heights;
  const Roles& roles;
  MPI_Comm comm;
  std::chrono::milliseconds timeout;  ///< The longest wait for another rank
};

/// Computes all tiles. @p take gets each result, at the reducer.
/// @collective over args.comm @throws ps::Error, what @p take throws
void compute(const ComputeArgs& args, Tally& tally, const std::function<void(const Result&)>& take);

}  // namespace relief
