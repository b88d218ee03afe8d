// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// One array that all ranks write to one dataset, by MPI-IO.

#include <filesystem>
#include <memory>

#include "proxystore/connectors/hdf5.hpp"
#include "proxystore/detail/collective_writer.hpp"

namespace proxystore::inline v0::hdf5 {

/// Whether this library was built with MPI, and with an HDF5 that is parallel.
[[nodiscard]] bool writes_collectively() noexcept;

/// An array that becomes the file @p path. @throws UnsupportedError if not writes_collectively()
[[nodiscard]] std::unique_ptr<detail::CollectiveObject> start_collective(
    const std::filesystem::path& path, const Hdf5Options& options, detail::CollectivePut put);

}  // namespace proxystore::inline v0::hdf5
