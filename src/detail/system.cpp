// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/system.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>

#include <pthread.h>
#include <unistd.h>

#include "detail/text.hpp"

namespace proxystore::inline v0::detail {

void UniqueFd::reset(int fd) noexcept {
  // On Linux the descriptor is gone even when close() is interrupted: never try again.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

// The signal is sent to the thread that writes. As long as it is blocked it waits there, and is
// taken from there before it is let through again; one that waited before is not ours.
namespace {

sigset_t file_size_signal() noexcept {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGXFSZ);
  return set;
}

bool is_pending() noexcept {
  sigset_t pending;
  return ::sigpending(&pending) == 0 && ::sigismember(&pending, SIGXFSZ) == 1;
}

}  // namespace

FileSizeSignalOff::FileSizeSignalOff() noexcept : was_pending_(is_pending()) {
  const sigset_t set = file_size_signal();
  ::pthread_sigmask(SIG_BLOCK, &set, &before_);
}

FileSizeSignalOff::~FileSizeSignalOff() {
  if (!was_pending_ && is_pending()) {
    const sigset_t set = file_size_signal();
    const timespec at_once{};
    (void)::sigtimedwait(&set, nullptr, &at_once);
  }
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void throw_system_error(int code, const std::string& what, ErrorContext context) {
  const std::string message = what + ": " + system_error(code);
  switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case ENOMEM:
      throw CapacityError(message, std::move(context));
    case EACCES:
    case EPERM:
    case EROFS:
      throw AccessError(message, std::move(context));
    default:
      throw ConnectorError(message, std::move(context));
  }
}

}  // namespace proxystore::inline v0::detail
