// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Tmpfs: a small file system of its own, for full and read-only disks.

#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

#include <sched.h>
#include <sys/mount.h>

#include "conformance/temporary_folder.hpp"

namespace proxystore::testing {

/// A mounted tmpfs. The mount is seen by this process and its children only, so the system drops it
/// when they end, however they end.
class Tmpfs {
 public:
  /// Why this process cannot mount; empty if it can.
  static const std::string& obstacle() {
    static const std::string text = [] {
      if (::unshare(CLONE_NEWNS) != 0 ||
          ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        return "only a privileged process can mount a file system: " +
               std::generic_category().message(errno);
      }
      return std::string();
    }();
    return text;
  }

  /// @p size as mount(8) takes it, such as "1m".
  explicit Tmpfs(const std::string& size) {
    const std::string options = "mode=1777,size=" + size;
    if (!obstacle().empty() ||
        ::mount("proxystore-test", path().c_str(), "tmpfs", 0, options.c_str()) != 0) {
      throw std::runtime_error("cannot mount a tmpfs: " + std::generic_category().message(errno));
    }
  }
  Tmpfs(const Tmpfs&) = delete;
  Tmpfs& operator=(const Tmpfs&) = delete;
  ~Tmpfs() { ::umount2(path().c_str(), MNT_DETACH); }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return folder_.path(); }

  void make_read_only() const {
    if (::mount("proxystore-test", path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
      throw std::runtime_error("cannot remount: " + std::generic_category().message(errno));
    }
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace proxystore::testing
