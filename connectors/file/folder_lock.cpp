// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "folder_lock.hpp"

#include <cerrno>
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>

#include "detail/deadline.hpp"

namespace proxystore::inline v0::file {

FolderLock::FolderLock(const std::filesystem::path& folder, const ErrorContext& context)
    : fd_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  constexpr std::chrono::seconds timeout(10);
  if (!fd_) {
    detail::throw_system_error(errno, "cannot open the folder " + folder.string(), context);
  }
  const auto deadline = detail::deadline_after(timeout);
  while (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == ENOSYS || errno == EOPNOTSUPP || errno == ENOLCK) return;
    if (errno != EWOULDBLOCK && errno != EINTR) {
      detail::throw_system_error(errno, "cannot lock the folder " + folder.string(), context);
    }
    if (std::chrono::steady_clock::now() > deadline) {
      throw TimeoutError("the folder " + folder.string() + " stayed locked by another process",
                         context);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  is_held_ = true;
}

}  // namespace proxystore::inline v0::file
