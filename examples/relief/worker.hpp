// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The worker: fetches heights, computes terrain, stores it.

#include "protocol.hpp"

namespace relief {

class Worker {
 public:
  Worker(const Plan& plan, ps::Proxy<Heights> heights)
      : tiling_(plan.tiling()),
        cells_(cell_sizes(plan.where, plan.rows)),
        light_(plan.light),
        heights_(std::move(heights)) {}

  /// Does one task. @throws ps::ProxyResolveError when the heights cannot be fetched
  [[nodiscard]] Result run(const Task& task, Tally& tally) const;

 private:
  Tiling tiling_;
  CellSizes cells_;
  Light light_;
  ps::Proxy<Heights> heights_;
};

}  // namespace relief
