// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Thin layer over the system calls for files: owned descriptors, errors with what, where and why.

#include <csignal>
#include <string>
#include <utility>

#include "proxystore/error.hpp"

namespace proxystore::inline v0::detail {

/// Owns a file descriptor; -1 is none.
class UniqueFd {
 public:
  UniqueFd() noexcept = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept;
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// While it lives, a write of this thread beyond the largest size that the system lets it write
/// (`ulimit -f`) fails with EFBIG, and does not end the program by a signal. It goes in the thread
/// that made it.
class FileSizeSignalOff {
 public:
  FileSizeSignalOff() noexcept;
  FileSizeSignalOff(const FileSizeSignalOff&) = delete;
  FileSizeSignalOff& operator=(const FileSizeSignalOff&) = delete;
  ~FileSizeSignalOff();

 private:
  sigset_t before_{};
  bool was_pending_ = false;
};

/// Throws the error that fits @p code, an errno: CapacityError when there is no room, AccessError
/// when access is refused, ConnectorError otherwise. @p what says what was tried, and where.
[[noreturn]] void throw_system_error(int code, const std::string& what, ErrorContext context);

}  // namespace proxystore::inline v0::detail
