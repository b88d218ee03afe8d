// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Naming and making folders.

#include <filesystem>

#include "detail/atomic_file.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::detail {

/// The absolute name of what the system finds under @p path, without needless parts. A link stays
/// in it, for nodes may have different ones; so does a `..` behind a link, which is the parent of
/// what the link leads to.
[[nodiscard]] std::filesystem::path absolute_path(const std::filesystem::path& path);

/// Makes the folder @p path, with its parents, unless it is there. @p sync: returns when the names
/// of all that were made are on the medium.
/// @throws AccessError, CapacityError, ConnectorError with @p context
void make_folders(const std::filesystem::path& path, Sync sync, const ErrorContext& context);

}  // namespace proxystore::inline v0::detail
