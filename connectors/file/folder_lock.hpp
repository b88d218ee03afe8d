// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "detail/system.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::file {

/// Holds the lock of a folder against other holders, of any process and node. It goes with its
/// process.
class FolderLock {
 public:
  /// @blocking for 10 s at most @throws TimeoutError, ConnectorError with @p context
  FolderLock(const std::filesystem::path& folder, const ErrorContext& context);

  /// False on a medium that has no locks.
  [[nodiscard]] bool is_held() const noexcept { return is_held_; }

 private:
  detail::UniqueFd fd_;  // closing it releases the lock
  bool is_held_ = false;
};

}  // namespace proxystore::inline v0::file
