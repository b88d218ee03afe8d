// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Options of the `file` connector: one file for each object, in a folder that several processes,
/// nodes and languages share. connectors/file/README.md tells what it guarantees.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "proxystore/config.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// Options of the `file` connector; only the folder has no default.
struct PROXYSTORE_EXPORT FileOptions {
  /// How objects are brought into memory.
  enum class Read : std::uint8_t { automatic, map, copy };

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

  /// Sub-folders by the first hexadecimal digits of the key: 0, 1 or 2. Python reads 0 only.
  int fanout = 0;

  /// `automatic` maps files from 64 KiB on where the file system keeps mappings coherent.
  Read read = Read::automatic;

  /// How long a key that was put, but is not found, is looked for again: a network file system can
  /// hide a fresh file from other nodes. Unset: 10 s on such file systems, 0 on others.
  std::optional<std::chrono::milliseconds> visibility_timeout{};

  operator ConnectorConfig() const;  // NOLINT(*-explicit-*): options stand for their configuration
};

}  // namespace proxystore::inline v0
