// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Fetching an object, with a record of what it took.

#include <memory>

#include "protocol.hpp"
#include "stopwatch.hpp"

namespace relief {

/// The object of @p proxy, which is fetched once.
/// @throws ps::ProxyResolveError
template <class T>
std::shared_ptr<const T> fetch(const ps::Proxy<T>& proxy, Tally& tally) {
  const Stopwatch watch(tally.fetch_seconds);
  tally.data_bytes += proxy.size_bytes().value_or(0);
  return proxy.share();
}

}  // namespace relief
