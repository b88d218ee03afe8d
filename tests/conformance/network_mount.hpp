// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// NetworkMount: what a node sees of a folder that several nodes share.

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "conformance/child_process.hpp"
#include "conformance/temporary_folder.hpp"

namespace proxystore::testing {

/// A folder that is served through FUSE by a process of its own. Two mounts of one folder are as
/// two nodes: the kernel keeps names and attributes for each apart, and grants locks for each
/// alone, so that flock() and fcntl() succeed and exclude nobody on the other mount. The mount is
/// seen by this process and its children only, so the system drops it when they end, however they
/// end.
class NetworkMount {
 public:
  struct Options {
    std::chrono::milliseconds cached{500};  ///< For which names and attributes are not asked again
    /// Of so many calls of rename, link, unlink and rmdir one is done twice, and the second result
    /// is returned: as if the first answer were lost, and the client had asked again. 0: none.
    unsigned repeat_one_of = 0;
  };

  /// Why this process cannot have such mounts; empty if it can.
  static const std::string& obstacle();

  NetworkMount(const std::filesystem::path& served, const Options& options);
  explicit NetworkMount(const std::filesystem::path& served) : NetworkMount(served, Options{}) {}
  NetworkMount(const NetworkMount&) = delete;
  NetworkMount& operator=(const NetworkMount&) = delete;
  ~NetworkMount();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return folder_.path(); }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<ChildProcess> server_;
};

}  // namespace proxystore::testing
