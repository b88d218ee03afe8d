// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Options of the connector `hdf5`: objects as datasets in HDF5 files, which h5py, h5dump and
/// ParaView open. connectors/hdf5/README.md tells of its guarantees and limits.

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "proxystore/config.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// Options of the `hdf5` connector; only the folder has no default.
struct PROXYSTORE_EXPORT Hdf5Options {
  /// The folder; made, with its parents, by whoever creates the store. A relative path is taken
  /// from the working directory at that moment.
  std::filesystem::path store_dir{};

  /// The store is cleared at the end of the program that creates it, or by close({.clear = true});
  /// never because a handle goes. Of a folder that was there that removes what the creator put; of
  /// one that a store made, all objects and the folder, once no creator of any process is left.
  bool clear = true;

  /// A put returns only when data and name are on the medium.
  bool fsync = false;

  /// Take a checksum of each object at put, and compare it at get.
  bool checksum = true;

  /// Compression of arrays and bytes, 0: none, to 9: the most. Compressed data are in chunks.
  int deflate = 0;
  /// HDF5's own checksum for each chunk, which other programs verify, too.
  bool fletcher32 = false;
  /// Bytes of a chunk, at most; 0: the data are in one piece, or in chunks of 1 MiB if deflate or
  /// fletcher32 ask for some.
  std::size_t chunk_size = 0;

  /// Data of 64 KiB and more begin at a multiple of this in their file: a page, or the stripe of a
  /// parallel file system.
  std::size_t alignment = 4096;

  // Of arrays that all ranks write together, see mpi::put_distributed():

  /// Over how many devices of a parallel file system a file is spread, and bytes that go to each in
  /// turn; hints for MPI-IO, which must be the same on all ranks. 0: as the folder has it.
  int stripe_count = 0;
  std::size_t stripe_size = 0;
  /// Write so on NFS, too, and on file systems that are not known. There it is an error otherwise:
  /// data that two nodes write next to each other can be lost.
  bool mpi_io_on_any_medium = false;

  /// As that of FileOptions.
  std::optional<std::chrono::milliseconds> visibility_timeout{};

  operator ConnectorConfig() const;  // NOLINT(*-explicit-*): options stand for their configuration
};

/// Options of the connector `hdf5_dataset`: one dataset that somebody else wrote, as the only
/// object of a store that cannot be written to. proxy_from_file() makes proxies of it.
struct PROXYSTORE_EXPORT Hdf5DatasetOptions {
  std::filesystem::path file{};
  std::string dataset{};  ///< Its path in the file

  operator ConnectorConfig() const;  // NOLINT(*-explicit-*)
};

}  // namespace proxystore::inline v0
