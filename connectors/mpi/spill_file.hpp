// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Where a partition puts objects that its memory has no room for.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "allocator.hpp"
#include "detail/system.hpp"
#include "proxystore/bytes.hpp"

namespace proxystore::inline v0::partition {

/// A file without a name in a folder on a local disk; it goes away with the process. Peers on the
/// node read it through their own descriptors. Not thread-safe, but for read().
class SpillFile {
 public:
  /// @throws AccessError, ConnectorError; ConfigError for a network file system, on which a file
  ///         without a name is a file with a name, and for one in memory (tmpfs, ramfs, hugetlbfs)
  explicit SpillFile(const std::filesystem::path& folder);

  /// Where peers open it while this process lives.
  [[nodiscard]] std::string path() const;
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  /// Writes @p object and returns where; nothing if the disk is full.
  [[nodiscard]] std::optional<std::uint64_t> write(ByteSpan object);
  /// The place of an object of @p size bytes is free again.
  void free(std::uint64_t place, std::uint64_t size);

  /// Fills @p target from @p place of the spill file @p fd. @throws ConnectorError
  static void read(int fd, std::uint64_t place, std::span<std::byte> target);

 private:
  static std::uint64_t rounded(std::uint64_t size);

  detail::UniqueFd fd_;
  Extents extents_;
  std::uint64_t end_ = 0;
};

}  // namespace proxystore::inline v0::partition
