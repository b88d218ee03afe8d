// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Saving and restoring what all mpi stores of a job keep, without the stores themselves, of which
/// that room knows nothing. Defined there.

#include <filesystem>
#include <functional>

#include "proxystore/bytes.hpp"
#include "proxystore/config.hpp"

namespace proxystore::inline v0::mpi::detail {

/// As mpi::save(). @p describe gives the configuration of the store that is saved, or throws, which
/// counts as a failure of this rank. @collective over the Environment
void save_memory(const std::filesystem::path& path, ByteSpan state,
                 const std::function<StoreConfig()>& describe);

/// As mpi::restore(): returns the state. @p open opens the store that was saved, when its objects
/// are here; if it throws, they go again. @collective over the Environment
[[nodiscard]] Bytes restore_memory(const std::filesystem::path& path,
                                   const std::function<void(const StoreConfig&)>& open);

}  // namespace proxystore::inline v0::mpi::detail
