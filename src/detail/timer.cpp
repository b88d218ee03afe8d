// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/timer.hpp"

#include <algorithm>
#include <cstdlib>

#include <unistd.h>

namespace proxystore::inline v0::detail {

Timer& Timer::global() {
  // Never destroyed, so that a late call finds it; its thread is joined at exit.
  static Timer* timer = [] {
    auto* made = new Timer;
    std::atexit([] { Timer::global().stop(); });
    return made;
  }();
  return *timer;
}

Timer::Id Timer::schedule(Clock::time_point time, std::function<void()> function) {
  const std::lock_guard lock(mutex_);
  const Id id{time, ++last_};
  if (stopped_) return id;
  scheduled_.emplace(id, std::move(function));
  if (!thread_.joinable()) {
    thread_ = std::thread([this] { work(); });
    process_ = ::getpid();
  }
  changed_.notify_one();
  return id;
}

void Timer::cancel(const Id& id) {
  std::function<void()> cancelled;  // destroyed after the lock is released
  const std::lock_guard lock(mutex_);
  if (const auto found = scheduled_.find(id); found != scheduled_.end()) {
    cancelled = std::move(found->second);
    scheduled_.erase(found);
  }
}

void Timer::work() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (scheduled_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = scheduled_.begin();
    if (first->first.first > Clock::now()) {
      // In real time, since thread sanitizers know no waits on the monotonic clock; then it looks
      // again. A jump of the real clock is noticed within the second.
      const auto pause =
          std::min<Clock::duration>(first->first.first - Clock::now(), std::chrono::seconds(1));
      changed_.wait_until(lock, std::chrono::system_clock::now() +
                                    std::chrono::ceil<std::chrono::microseconds>(pause));
      continue;
    }
    auto function = std::move(first->second);
    scheduled_.erase(first);
    lock.unlock();
    function();
    function = nullptr;
    lock.lock();
  }
}

void Timer::stop() noexcept {
  if (const pid_t process = process_; process != 0 && process != ::getpid()) {
    thread_.detach();  // it runs in the parent, which may have held the mutex
    return;
  }
  std::thread thread;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    thread.swap(thread_);
  }
  changed_.notify_all();
  if (thread.joinable()) thread.join();
}

}  // namespace proxystore::inline v0::detail
