// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The metrics of all ranks in one table.

#include "proxystore/export.hpp"
#include "proxystore/metrics.hpp"
#include "proxystore/metrics_summary.hpp"
#include "proxystore/mpi/message.hpp"

namespace proxystore::inline v0::mpi {

/// The sum of the metrics of all ranks, at rank @p args.root; an empty one elsewhere. @p metrics is
/// a store's, `store->metrics()`; null, where a store was made without, adds nothing.
/// @collective over args.comm @blocking on all its ranks @throws MpiError
[[nodiscard]] PROXYSTORE_EXPORT MetricsSummary reduce_metrics(const StoreMetrics* metrics,
                                                              const RootArgs& args);

}  // namespace proxystore::inline v0::mpi
