// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// TaskPool: a few background threads for resolve_async().

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace proxystore::inline v0::detail {

/// Threads are started when there is work, and joined by stop() or at exit.
class TaskPool {
 public:
  static TaskPool& global();

  /// Runs @p task, which must not throw, on a background thread; on this one after stop().
  void submit(std::function<void()> task);

  /// Finishes what was submitted and joins the threads.
  void stop() noexcept;

 private:
  static constexpr std::size_t most_threads = 4;

  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopped_ = false;
};

}  // namespace proxystore::inline v0::detail
