// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Deadlines of waits. Callers may give any time-out, up to the largest number of milliseconds; a
/// clock that is moved by that overflows. These are the only functions that turn one into the
/// other.

#include <algorithm>
#include <chrono>

namespace proxystore::inline v0::detail {

/// Nothing waits longer, whatever its caller says: a century, which all clocks can tell.
inline constexpr std::chrono::hours longest_wait{24 * 36525};

/// @p timeout, but at least 0 and at most `longest_wait`.
template <class Rep, class Period>
[[nodiscard]] constexpr std::chrono::duration<Rep, Period> clamp_wait(
    std::chrono::duration<Rep, Period> timeout) noexcept {
  using Duration = std::chrono::duration<Rep, Period>;
  // The century is converted first: converting the larger of the two would overflow.
  return std::clamp<Duration>(timeout, Duration::zero(),
                              std::chrono::duration_cast<Duration>(longest_wait));
}

/// The time at which a wait of @p timeout ends that begins now.
template <class Rep, class Period>
[[nodiscard]] std::chrono::steady_clock::time_point deadline_after(
    std::chrono::duration<Rep, Period> timeout) noexcept {
  using Clock = std::chrono::steady_clock;
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(clamp_wait(timeout));
}

}  // namespace proxystore::inline v0::detail
