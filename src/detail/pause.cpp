// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/pause.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

namespace proxystore::inline v0::detail {

namespace {
std::atomic<void (*)() noexcept> idle_work{nullptr};
}  // namespace

void set_idle_work(void (*work)() noexcept) noexcept {
  idle_work = work;
}

void pause(std::chrono::nanoseconds duration) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::nanoseconds slice = std::chrono::milliseconds(1);
  const auto end = Clock::now() + duration;
  for (auto left = duration; left > left.zero(); left = end - Clock::now()) {
    const auto work = idle_work.load();
    if (work != nullptr) work();
    std::this_thread::sleep_for(work != nullptr ? std::min(left, slice) : left);
  }
}

}  // namespace proxystore::inline v0::detail
