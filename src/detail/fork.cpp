// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/fork.hpp"

#include <atomic>

#include <pthread.h>

namespace proxystore::inline v0::detail {

unsigned fork_count() noexcept {
  static std::atomic<unsigned> count{0};
  static const int registered =
      pthread_atfork(nullptr, nullptr, [] { count.fetch_add(1, std::memory_order_relaxed); });
  (void)registered;
  return count.load(std::memory_order_relaxed);
}

}  // namespace proxystore::inline v0::detail
