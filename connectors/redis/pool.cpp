// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "pool.hpp"

#include <algorithm>
#include <chrono>

#include <unistd.h>

#include "detail/deadline.hpp"
#include "detail/pause.hpp"

namespace proxystore::inline v0::redis {

ConnectionPool::ConnectionPool(Settings settings)
    : settings_(std::move(settings)), process_(::getpid()) {}

/// A forked child shares its parent's sockets: it closes its ends, and says nothing there.
void ConnectionPool::forget_those_of_parent() {
  if (process_ == ::getpid()) return;
  process_ = ::getpid();
  idle_.clear();
  count_ = 0;
}

std::unique_ptr<Connection> ConnectionPool::take_idle() {
  while (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    if (!connection->is_stale()) return connection;
    --count_;
  }
  return nullptr;
}

ConnectionPool::Taken ConnectionPool::take() {
  using Clock = std::chrono::steady_clock;
  std::unique_lock lock(mutex_);
  forget_those_of_parent();
  const auto deadline = detail::deadline_after(settings_.options.timeout);
  while (true) {
    if (auto connection = take_idle()) return Taken(*this, std::move(connection));
    if (count_ < settings_.options.pool_size) break;
    if (Clock::now() >= deadline) {
      throw TimeoutError("all " + std::to_string(count_) + " connections to Redis at " +
                             settings_.server() + " stayed in use for " +
                             std::to_string(settings_.options.timeout.count()) + " ms",
                         {.connector = "redis", .operation = "connect"});
    }
    // In real time, since thread sanitizers know no waits on the monotonic clock.
    changed_.wait_until(lock,
                        std::chrono::system_clock::now() +
                            std::chrono::ceil<std::chrono::microseconds>(detail::idle_slice()));
    lock.unlock();
    detail::do_idle_work();
    lock.lock();
  }
  ++count_;
  lock.unlock();
  try {
    return Taken(*this, std::make_unique<Connection>(settings_));
  } catch (...) {
    lock.lock();
    --count_;
    throw;
  }
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) noexcept {
  std::vector<std::unique_ptr<Connection>> given_up;  // which are closed without the lock
  {
    const std::lock_guard lock(mutex_);
    if (process_ != ::getpid()) return;
    if (connection->is_idle()) {
      connection->set_asking(false);
      idle_.push_back(std::move(connection));
    } else {
      --count_;
      if (connection->is_out_of_service()) given_up.swap(idle_);  // they lead to the same server
      count_ -= given_up.size();
    }
  }
  changed_.notify_one();
}

}  // namespace proxystore::inline v0::redis
