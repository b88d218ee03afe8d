// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include <sys/types.h>

namespace proxystore::inline v0::detail {

/// Calls functions at their times, one after the other, on a thread of its own that starts with the
/// first and is joined at exit. @threadsafe
class Timer {
 public:
  using Clock = std::chrono::steady_clock;
  /// What schedule() returned; times are part of it, for the order.
  using Id = std::pair<Clock::time_point, std::uint64_t>;

  static Timer& global();

  /// Calls @p function, which must not throw, at @p time; never, if the program ends before.
  Id schedule(Clock::time_point time, std::function<void()> function);
  /// Forgets what was scheduled. It may run just now; this does not wait for it.
  void cancel(const Id& id);

 private:
  void work();
  void stop() noexcept;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Id, std::function<void()>> scheduled_;
  std::uint64_t last_ = 0;
  bool stopped_ = false;
  std::thread thread_;
  std::atomic<pid_t> process_{0};  // of the thread: a forked child has none
};

}  // namespace proxystore::inline v0::detail
