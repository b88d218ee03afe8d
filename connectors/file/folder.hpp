// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The folder of a file store: which file holds which key, and what its file system can do.

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "detail/atomic_file.hpp"
#include "detail/medium.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::file {

namespace fs = std::filesystem;

/// The files of one store.
class Folder {
 public:
  /// Opens @p path, and makes it first if @p mode says so. @p sync: the names of folders that are
  /// made are on the medium when they are used.
  /// @throws AccessError, ConnectorError saying what is wrong with the folder
  Folder(const fs::path& path, int fanout, OpenMode mode, detail::Sync sync);

  [[nodiscard]] const fs::path& path() const noexcept { return path_; }
  [[nodiscard]] const detail::Medium& medium() const noexcept { return medium_; }

  /// The object's file.
  [[nodiscard]] fs::path data_file(const Key& key) const;
  /// The file whose presence says that the object is complete; its name is Python's.
  [[nodiscard]] static fs::path marker_of(const fs::path& data_file);
  static constexpr std::string_view marker_suffix = ".ready";
  /// What is appended to its name for what tells who holds it; see leases.cpp.
  static constexpr std::string_view lease_suffix = ".leases";
  /// What is appended to its name for what tells who sets it; see deferred_object.cpp.
  static constexpr std::string_view turn_suffix = ".turn";

  /// Makes the sub-folder of @p data_file, if there is to be one. Another process may have made it
  /// and not yet synced its name, so each syncs the names of those that it uses first.
  void make_parent(const fs::path& data_file) const;

  /// Removes an object, and its leases. Whether there was one: whoever removes its marker has
  /// removed it.
  /// @throws AccessError, ConnectorError
  bool remove_object(const Key& key) const;
  /// Calls @p visit with each object that is there, until it returns false.
  /// @throws AccessError, ConnectorError
  void for_each_object(const std::function<bool(const Key&)>& visit) const;
  /// The files of all objects, whoever put them, and of half-written ones.
  [[nodiscard]] std::vector<fs::path> object_files() const;
  /// Removes the sub-folders that are empty.
  void remove_empty_folders() const;

 private:
  struct SyncedFolders;

  [[nodiscard]] std::vector<fs::path> fanout_folders() const;

  fs::path path_;
  int fanout_;
  detail::Sync sync_;
  std::shared_ptr<SyncedFolders> synced_;
  detail::Medium medium_;
};

}  // namespace proxystore::inline v0::file
