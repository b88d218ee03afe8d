// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Data of a dataset that lie in one piece, as they are in memory: moved by pwrite(2) and pread(2),
/// in pieces that are hashed while they are in the processor's cache.

#include <optional>
#include <span>

#include "detail/hash.hpp"
#include "library.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::hdf5 {

/// Where the data of a dataset are.
struct RawData {
  int fd = -1;
  off_t offset = 0;

  /// Nothing if they are in chunks, not there yet, or in a file that has no descriptor. The
  /// elements' type in memory has to be that in the file.
  [[nodiscard]] static std::optional<RawData> of(const File& file, const Dataset& dataset);

  // @p hash, if there is one, is fed with all that is moved.

  /// @throws CapacityError, AccessError, ConnectorError
  void write(std::span<const ByteSpan> parts, detail::Xxh3Stream* hash,
             const ErrorContext& context) const;
  /// @throws IntegrityError if the file ends too early, ConnectorError
  void read(std::span<std::byte> target, detail::Xxh3Stream* hash,
            const ErrorContext& context) const;
};

}  // namespace proxystore::inline v0::hdf5
