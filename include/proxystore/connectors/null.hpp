// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Options of the `null` connector, which keeps nothing: the zero line of benchmarks.

#include "proxystore/config.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// The `null` connector has no options.
struct PROXYSTORE_EXPORT NullOptions {
  operator ConnectorConfig() const;  // NOLINT(*-explicit-*): options stand for their configuration
};

}  // namespace proxystore::inline v0
