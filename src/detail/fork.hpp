// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How often the process was forked: what was made before belongs to the parent.

namespace proxystore::inline v0::detail {

/// How many forks lie between the program's first process and this one. @threadsafe
[[nodiscard]] unsigned fork_count() noexcept;

}  // namespace proxystore::inline v0::detail
