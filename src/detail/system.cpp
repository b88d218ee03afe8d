// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/system.hpp"

#include <cerrno>

#include <unistd.h>

#include "detail/text.hpp"

namespace proxystore::inline v0::detail {

void UniqueFd::reset(int fd) noexcept {
  // On Linux the descriptor is gone even when close() is interrupted: never try again.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
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
