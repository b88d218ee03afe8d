// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Writing a file so that readers see all of it or nothing.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "detail/hash.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::detail {

enum class Sync : bool { no, yes };

/// A name beside @p path that no other writer uses, of any node: process ids are not unique.
[[nodiscard]] std::string temporary_name(const std::string& path);

/// Returns when the names in the folder of @p path are on the medium.
void sync_folder(const std::filesystem::path& path, const ErrorContext& context);

/// Removes a file; whether this call did it. Of several calls for one file, of any nodes, one did,
/// also where a file server answers a request that it was sent twice. @throws nothing; false on
/// errors
[[nodiscard]] bool remove_once(const std::filesystem::path& path);

/// A file that was written whole under a temporary name, and has not yet got its own. Unless it is
/// published it goes away with this object.
class AtomicFile {
 public:
  /// Writes the concatenation of @p parts beside @p path. @p sync: until the data are on the
  /// medium. @p hash, if given, is fed with all that is written, while it is in the processor's
  /// cache.
  /// @throws CapacityError, AccessError, ConnectorError with @p context
  AtomicFile(std::filesystem::path path, std::span<const ByteSpan> parts, ErrorContext context,
             Sync sync = Sync::no, Xxh3Stream* hash = nullptr);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  /// Gives the file its name, in place of any older file of that name.
  void publish();

  /// What tells its temporary name from those of others: that is `<path>.tmp-<random part>`.
  [[nodiscard]] std::string random_part() const;
  /// Leaves the file to others, who know its temporary name.
  void keep() noexcept { temporary_.clear(); }

 private:
  const std::filesystem::path path_;
  const ErrorContext context_;
  const Sync sync_;
  std::string temporary_;  // empty once published
  std::uint64_t inode_ = 0;
};

/// Replaces @p path by the concatenation of @p parts. On failure nothing is left and an older file
/// of that name stays. @p sync: return only when data and name are on the medium.
/// @throws CapacityError, AccessError, ConnectorError with @p context
void write_file_atomically(const std::filesystem::path& path, std::span<const ByteSpan> parts,
                           const ErrorContext& context, Sync sync = Sync::no);

/// Creates an empty file, which must not exist: that is atomic by itself.
/// @throws as write_file_atomically
void create_empty_file(const std::filesystem::path& path, const ErrorContext& context,
                       Sync sync = Sync::no);

}  // namespace proxystore::inline v0::detail
