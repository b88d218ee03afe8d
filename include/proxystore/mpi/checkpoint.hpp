// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Checkpoints: all objects of the mpi stores of a job, in HDF5 files, and back into the memory of
/// another job, which may have more ranks or fewer.

#include <filesystem>
#include <memory>

#include "proxystore/bytes.hpp"
#include "proxystore/export.hpp"
#include "proxystore/store.hpp"

namespace proxystore::inline v0::mpi {

/// Arguments of save().
struct SaveArgs {
  /// What the program needs to go on, such as `to_bytes(proxies)`; restore() returns it. That of
  /// the lowest rank counts.
  Bytes state{};
};

/// Writes all objects of the job's mpi stores to the folder @p path, which all ranks see: a file
/// of each rank, `rank-<k>.h5`, in which h5py and ParaView find each object by its key, and
/// `checkpoint.h5`. The folder appears when it is complete, in place of an older checkpoint there;
/// a save that fails, or a job that dies in it, leaves that older one.
///
/// Objects are saved as they are: spilled ones, distributed arrays and owned objects, too; futures
/// without a result stay futures. Leases are not saved, and lifetimes end with the job.
/// @collective over the Environment, with the same path @blocking until the data are on the medium
/// @throws on all ranks, of which those that did not fail themselves throw PeerError: BusyError if
///         a thread of some rank puts, sets or evicts at this moment; ArgumentError if @p store is
///         no mpi store, or @p path is there and is no checkpoint; CapacityError, AccessError,
///         ConnectorError; ConnectorNotBuiltError without HDF5. Then nothing is left behind
PROXYSTORE_EXPORT void save(Store& store, const std::filesystem::path& path,
                            const SaveArgs& args = {});

/// What restore() brings back.
struct Restored {
  std::shared_ptr<Store> store{};  ///< Registered, with the name and the settings of the saved one
  Bytes state{};                   ///< Of SaveArgs
};

/// Brings the objects that save() wrote to the memory of these ranks, each about as many bytes. All
/// keys and proxies of them are good again, wherever they were kept: in the state, in files, or in
/// other objects. The checkpoint stays as it is.
/// @collective over the Environment, with the same path @blocking until all objects are here
/// @throws on all ranks, see save(), and then nothing is restored: ArgumentError if there is no
///         checkpoint at @p path, or if this job saved or restored it; IntegrityError if a file is
///         missing or damaged; CapacityError if a rank has no room for its share;
///         StoreConflictError if the store's name is taken; AccessError, ConnectorError,
///         ConnectorNotBuiltError
[[nodiscard]] PROXYSTORE_EXPORT Restored restore(const std::filesystem::path& path);

}  // namespace proxystore::inline v0::mpi
