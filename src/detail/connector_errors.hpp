// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The errors that all connectors throw in the same words.

#include <string_view>

#include "proxystore/error.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::detail {

/// Throws StoreClosedError: @p verb was called on a connector that is closed.
[[noreturn]] void throw_closed(std::string_view connector, std::string_view verb);

/// Throws the AlreadySetError of a set() that may only be the first.
[[noreturn]] void throw_already_set(std::string_view connector, const Key& key);

}  // namespace proxystore::inline v0::detail
