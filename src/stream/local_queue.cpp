// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/stream/local_queue.hpp"

#include <algorithm>
#include <utility>

#include "detail/deadline.hpp"
#include "detail/pause.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

namespace {

ErrorContext about(std::string_view operation) {
  return {.connector = "queue", .operation = std::string(operation)};
}

/// Waits until @p condition holds or @p timeout is over; whether it holds. In slices, so that ranks
/// that wait for this one are looked after.
template <class Condition>
bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed,
          std::chrono::milliseconds timeout, const Condition& condition) {
  const auto deadline = detail::deadline_after(timeout);
  while (!condition()) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) return false;
    const auto slice = std::min<std::chrono::nanoseconds>(deadline - now, detail::idle_slice());
    // In real time, since thread sanitizers know no waits on the monotonic clock.
    changed.wait_until(lock, std::chrono::system_clock::now() +
                                 std::chrono::ceil<std::chrono::microseconds>(slice));
    lock.unlock();
    detail::do_idle_work();
    lock.lock();
  }
  return true;
}

}  // namespace

LocalQueue::LocalQueue(const QueueOptions& options) : options_(options) {
  if (options.capacity == 0) throw ArgumentError("a message queue needs room for one message");
}

LocalQueue::~LocalQueue() = default;

std::optional<Bytes> LocalQueue::push(Bytes message) {
  return push({std::move(message), false}, options_.overflow);
}

void LocalQueue::push_end(Bytes message) {
  (void)push({std::move(message), true}, Overflow::block);
}

/// Nothing if all are ends.
std::optional<Bytes> LocalQueue::drop_oldest() {
  const auto oldest =
      std::find_if(messages_.begin(), messages_.end(), [](const auto& one) { return !one.is_end; });
  if (oldest == messages_.end()) return std::nullopt;
  std::optional<Bytes> dropped = std::move(oldest->bytes);
  messages_.erase(oldest);
  return dropped;
}

std::optional<Bytes> LocalQueue::push(Message message, Overflow overflow) {
  std::optional<Bytes> dropped;
  {
    std::unique_lock lock(mutex_);
    const auto has_room = [this] { return closed_ || messages_.size() < options_.capacity; };
    if (overflow == Overflow::block && !wait(lock, changed_, options_.timeout, has_room)) {
      throw TimeoutError("the queue of " + std::to_string(options_.capacity) +
                             " messages stayed full for " +
                             std::to_string(options_.timeout.count()) + " ms",
                         about("push"));
    }
    if (closed_) throw StoreClosedError("the message queue is closed", about("push"));
    if (!has_room()) {
      ++dropped_;
      if (overflow == Overflow::drop_oldest) dropped = drop_oldest();
      if (!dropped) return std::move(message.bytes);
    }
    messages_.push_back(std::move(message));
  }
  changed_.notify_all();
  return dropped;
}

std::optional<Bytes> LocalQueue::pop(std::chrono::milliseconds timeout) {
  std::optional<Bytes> message;
  {
    std::unique_lock lock(mutex_);
    if (!wait(lock, changed_, timeout, [this] { return closed_ || !messages_.empty(); })) {
      throw TimeoutError("no message came within " + std::to_string(timeout.count()) + " ms",
                         about("pop"));
    }
    if (messages_.empty()) return std::nullopt;
    message = std::move(messages_.front().bytes);
    messages_.pop_front();
  }
  changed_.notify_all();
  return message;
}

void LocalQueue::note_end(std::uint64_t producer, std::string_view topic, std::size_t producers) {
  {
    const std::lock_guard lock(mutex_);
    ended_.emplace(producer, topic);
    // Each producer's end is its last message, so nothing is behind the last of them.
    if (ended_.size() < producers) return;
  }
  close();
}

void LocalQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

std::uint64_t LocalQueue::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

std::size_t LocalQueue::size() const {
  const std::lock_guard lock(mutex_);
  return messages_.size();
}

}  // namespace proxystore::inline v0
