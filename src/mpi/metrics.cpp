// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/mpi/metrics.hpp"

namespace proxystore::inline v0::mpi {

MetricsSummary reduce_metrics(const StoreMetrics* metrics, const RootArgs& args) {
  const MetricsSummary mine = metrics != nullptr ? metrics->summary() : MetricsSummary();
  MetricsSummary sum;
  for (const auto& one : gather(mine, args)) sum += one;
  return sum;
}

}  // namespace proxystore::inline v0::mpi
