// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/process_identity.hpp"

#include <array>
#include <mutex>

#include <unistd.h>

#include "proxystore/key.hpp"

namespace proxystore::inline v0::detail {

std::string process_identity() {
  static std::mutex mutex;
  static pid_t of = 0;
  static std::string* identity = new std::string;  // never destroyed: used until the program ends
  const std::lock_guard lock(mutex);
  if (of != ::getpid()) {
    of = ::getpid();
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) host = {"unknown"};
    *identity = std::string(host.data()) + ":" + std::to_string(of) + ":" +
                Key::random().to_string().substr(0, 8);
  }
  return *identity;
}

}  // namespace proxystore::inline v0::detail
