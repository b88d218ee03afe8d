// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The worker: fetches heights, computes terrain, stores it.

#include "protocol.hpp"

namespace relief {

class Worker {
 public:
  explicit Worker(const Plan& plan)
      : tiling_(plan.tiling()), cells_(cell_sizes(plan.where, plan.rows)), light_(plan.light) {}

  /// Does one task. @throws ps::ProxyResolveError when a tile cannot be fetched
  [[nodiscard]] Result run(const Task& task, Tally& tally) const;

 private:
  Tiling tiling_;
  CellSizes cells_;
  Light light_;
};

}  // namespace relief
