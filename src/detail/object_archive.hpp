// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Many objects in one file, by name: what checkpoints are made of. Defined by the hdf5 room, or,
/// where a build has no HDF5, to say so.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "proxystore/bytes.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::detail {

/// A file that is being written. It has its name from finish() on; without that nothing is left.
/// One thread at a time.
class ArchiveWriter {
 public:
  ArchiveWriter() = default;
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;
  virtual ~ArchiveWriter() = default;

  /// Adds the object whose stored form is @p object. @throws ConnectorError, CapacityError
  virtual void add(const std::string& name, ByteSpan object) = 0;
  /// @throws as add()
  virtual void finish() = 0;
};

/// A file that is there. One thread at a time.
class ArchiveReader {
 public:
  ArchiveReader() = default;
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;
  virtual ~ArchiveReader() = default;

  /// The object's stored form; nothing if there is none of that name.
  /// @throws IntegrityError if it is damaged
  [[nodiscard]] virtual std::optional<Bytes> get(const std::string& name) = 0;
};

/// @throws ConnectorError, CapacityError, AccessError; ConnectorNotBuiltError
[[nodiscard]] std::unique_ptr<ArchiveWriter> create_archive(const std::filesystem::path& path,
                                                            const ErrorContext& context);
/// Null if there is no such file.
/// @throws IntegrityError if it is no HDF5 file or is damaged; ConnectorError, AccessError;
///         ConnectorNotBuiltError
[[nodiscard]] std::unique_ptr<ArchiveReader> open_archive(const std::filesystem::path& path,
                                                          const ErrorContext& context);

}  // namespace proxystore::inline v0::detail
