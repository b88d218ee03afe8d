// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace proxystore::inline v0::detail {

/// Sleeps for @p duration. Where other processes wait for this one to look at their requests, it
/// looks every millisecond.
void pause(std::chrono::nanoseconds duration);

/// For waits that sleep by other means: how long they may, until they call do_idle_work() again.
[[nodiscard]] std::chrono::nanoseconds idle_slice() noexcept;
void do_idle_work() noexcept;

/// What pause() calls in between, from any thread; null: nothing.
void set_idle_work(void (*work)() noexcept) noexcept;

}  // namespace proxystore::inline v0::detail
