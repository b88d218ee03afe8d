// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/pause.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "detail/deadline.hpp"

namespace proxystore::inline v0::detail {

namespace {
std::atomic<void (*)() noexcept> idle_work{nullptr};
constexpr std::chrono::milliseconds slice{1};
}  // namespace

std::chrono::nanoseconds idle_slice() noexcept {
  constexpr std::chrono::milliseconds alone(50);  // idle work may come while somebody waits
  return idle_work.load() != nullptr ? slice : alone;
}

void do_idle_work() noexcept {
  if (const auto work = idle_work.load()) work();
}

void set_idle_work(void (*work)() noexcept) noexcept {
  idle_work = work;
}

void pause(std::chrono::nanoseconds duration) {
  using Clock = std::chrono::steady_clock;
  const auto end = deadline_after(duration);
  for (auto left = duration; left > left.zero(); left = end - Clock::now()) {
    const auto work = idle_work.load();
    if (work != nullptr) work();
    std::this_thread::sleep_for(work != nullptr ? std::min<std::chrono::nanoseconds>(left, slice)
                                                : left);
  }
}

}  // namespace proxystore::inline v0::detail
