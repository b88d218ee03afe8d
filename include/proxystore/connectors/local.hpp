// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Options of the `local` connector: objects in this process's memory. connectors/local/README.md
/// tells what it guarantees.

#include "proxystore/config.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// A new, empty table of objects in this process. It has nothing to set: its configuration, and so
/// its proxies, name the process and the table, and can be used in this process only.
struct PROXYSTORE_EXPORT LocalOptions {
  operator ConnectorConfig() const;  // NOLINT(*-explicit-*): options stand for their configuration
};

}  // namespace proxystore::inline v0
