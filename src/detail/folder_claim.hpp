// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Who made the folder of a store, and who still needs what is in it.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "detail/atomic_file.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::detail {

/// One creator's claim to a store's folder; a creator that clears has one from before its first put
/// until it clears. Any number of processes may claim one folder: together they are its creator,
/// and the last of them clears. folder_claim.cpp has the protocol. release() and the destructor do
/// nothing in a forked child.
class FolderClaim {
 public:
  /// Makes @p folder, unless it is there, and claims it. @p sync: its name is on the medium then.
  /// @throws AccessError, CapacityError, ConnectorError with @p context if it can neither be made
  ///         nor used
  FolderClaim(const std::filesystem::path& folder, Sync sync, ErrorContext context);
  FolderClaim(const FolderClaim&) = delete;
  FolderClaim& operator=(const FolderClaim&) = delete;
  /// Gives the claim up.
  ~FolderClaim();

  /// Whether a store made the folder: then all that is in it goes with the last claim.
  [[nodiscard]] bool is_of_made_folder() const noexcept { return is_made_; }

  /// Gives the claim up, and then calls @p list_objects. Whether what that found may be removed: a
  /// store made the folder, and nobody else claims it. May be repeated.
  [[nodiscard]] bool release(const std::function<void()>& list_objects);

  /// Removes @p files, or folders of an object; those that are gone are no error. @throws
  /// AccessError, ConnectorError
  void remove(const std::vector<std::filesystem::path>& files) const;
  /// Removes the folder if it is empty.
  void remove_folder() const noexcept;

 private:
  [[nodiscard]] bool make_folder();
  [[nodiscard]] bool join_folder();
  void give_up() noexcept;
  [[nodiscard]] bool has_others(bool made_only) const;

  const std::filesystem::path folder_;
  const std::filesystem::path claims_;  // the folder in it that has the claims
  const Sync sync_;
  const ErrorContext context_;
  const pid_t owner_;
  bool is_made_ = false;
  std::string name_;  // of the file that is the claim; empty without one
};

}  // namespace proxystore::inline v0::detail
