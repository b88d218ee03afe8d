// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A name for this process that no other process shares, now or later.

#include <string>

namespace proxystore::inline v0::detail {

/// "host:pid:random". Changes in a forked child.
[[nodiscard]] std::string process_identity();

}  // namespace proxystore::inline v0::detail
