// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What the end of the program does for stores. Defined with the registry.

#include <memory>
#include <string_view>

#include "proxystore/connector.hpp"

namespace proxystore::inline v0::detail {

/// Has @p function called each time before close_registered_stores() closes them: it ends what
/// still needs stores.
void call_before_stores_close(void (*function)() noexcept);

/// @throws StoreExistsError if a store of this name is registered
void require_free_name(std::string_view name);

/// Keeps @p connector, which clears when it is closed, until clear_stores(). In a forked child it
/// is not closed at all: what it would clear is the parent's. @threadsafe
void close_at_end(std::shared_ptr<Connector> connector);
/// Lets go of @p connector, which was closed.
void forget_at_end(const Connector& connector);
/// Closes what close_at_end() keeps. Errors are logged. Call it when no process of the program
/// needs a store any more; at exit it is called, unless an MPI environment has that to do.
void clear_stores() noexcept;

/// Says that clear_stores() is called by somebody who knows when all processes are done, and not at
/// exit; or that it is no longer.
void leave_clearing_to_environment(bool leave) noexcept;

}  // namespace proxystore::inline v0::detail
