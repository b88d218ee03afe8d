// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Fetching an object, with a record of what it took.

#include <memory>

#include "protocol.hpp"
#include "stopwatch.hpp"

namespace relief {

/// The object of @p proxy. Its bytes count as moved unless this process had it.
/// @throws ps::ProxyResolveError
template <class T>
std::shared_ptr<const T> fetch(const ps::Proxy<T>& proxy, Tally& tally) {
  const Stopwatch watch(tally.fetch_seconds);
  const bool is_here = proxy.resolved() || ps::get_store(proxy)->is_cached(proxy.key());
  auto object = proxy.share();
  if (is_here) {
    ++tally.cache_hits;
  } else {
    ++tally.cache_misses;
    tally.data_bytes += proxy.size_bytes().value_or(0);
  }
  return object;
}

}  // namespace relief
