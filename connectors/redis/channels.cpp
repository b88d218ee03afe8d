// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Those who wait take turns: one of them reads the connection, for a short time or until it has
// news of its own, and wakes the others when there is news for them. So no thread is needed, and
// the connection is used by one at a time, without a lock.
//
// No message is missed by who looks for the object each time that wait() returns. It returns when
// the server has confirmed that it will tell from now on, which also holds after a connection was
// made again, and at once if it had confirmed that before. What was published until then shows in
// the look that follows; what is published later is told.
//
// Who may not subscribe, or has no connection, hears nothing: then wait() returns now and then.
#include "channels.hpp"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include "detail/deadline.hpp"
#include "detail/log.hpp"
#include "detail/pause.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::redis {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds turn{20};
constexpr milliseconds look_again{2000};  // since Python's ProxyStore sets without telling
constexpr milliseconds shortest_pause{20};
constexpr milliseconds longest_pause{250};  // of one who hears nothing
constexpr milliseconds connect_again{200};

}  // namespace

/// The time of one who reads.
class Channels::Turn {
 public:
  Turn(Channels& channels, std::unique_lock<std::mutex>& lock) : channels_(channels), lock_(lock) {
    channels_.is_read_ = true;
    lock_.unlock();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    lock_.lock();
    channels_.is_read_ = false;
    channels_.changed_.notify_one();
  }

 private:
  Channels& channels_;
  std::unique_lock<std::mutex>& lock_;
};

Channels::Channels(Servers& servers) : servers_(servers), process_(::getpid()) {}

// -- Who listens

Channels::Listener::Listener(Channels& channels, std::string name, std::string channel)
    : channels_(channels), name_(std::move(name)), pause_(shortest_pause) {
  const std::lock_guard lock(channels_.mutex_);
  channels_.forget_those_of_parent();
  channel_ = channels_.channels_.try_emplace(std::move(channel)).first;
  Channel& mine = channel_->second;
  if (mine.listeners++ == 0) channels_.orders_.push_back({true, channel_->first});
  seen_ = mine.is_heard ? mine.news - 1 : mine.news;
}

Channels::Listener::~Listener() {
  const std::lock_guard lock(channels_.mutex_);
  if (--channel_->second.listeners > 0) return;
  channels_.orders_.push_back({false, channel_->first});
  channels_.channels_.erase(channel_);
}

void Channels::Listener::wait(Clock::time_point deadline, const std::function<bool()>& is_over) {
  std::unique_lock lock(channels_.mutex_);
  channels_.forget_those_of_parent();
  const Channel& mine = channel_->second;
  const auto until =
      std::min(deadline, detail::deadline_after(mine.is_heard ? look_again : pause_));
  pause_ = std::min(2 * pause_, longest_pause);
  while (mine.news == seen_ && Clock::now() < until && !is_over()) {
    if (!channels_.is_read_) {
      const Turn mine_now(channels_, lock);
      channels_.listen(name_, std::min(until, detail::deadline_after(turn)));
      continue;
    }
    const auto left =
        std::min<std::chrono::nanoseconds>(until - Clock::now(), detail::idle_slice());
    // In real time, since thread sanitizers know no waits on the monotonic clock.
    channels_.changed_.wait_until(lock, std::chrono::system_clock::now() +
                                            std::chrono::ceil<std::chrono::microseconds>(left));
    lock.unlock();
    detail::do_idle_work();
    lock.lock();
  }
  seen_ = mine.news;
  if (!channels_.is_read_) channels_.changed_.notify_one();  // it may be another's turn now
}

/// A forked child shares its parent's socket: it closes its end, and says nothing there.
void Channels::forget_those_of_parent() {
  if (process_ == ::getpid()) return;
  process_ = ::getpid();
  is_read_ = false;
  connection_.reset();
  for (auto& [name, channel] : channels_) channel.is_heard = false;
}

// -- Whose turn it is

/// Reads what comes until @p until, and at most one turn's worth of it.
void Channels::listen(const std::string& name, Clock::time_point until) {
  try {
    if (!connection_) connect(name, until);
    if (!connection_) return;
    send_orders();
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
    if (!connection_->wait_for_answer(std::max(left, milliseconds(0)))) return;
    do note(connection_->receive());
    while (connection_->wait_for_answer(milliseconds(0)));
  } catch (const Error& error) {
    detail::log(LogLevel::debug, error.what());
    lose();
  }
}

/// Not again at once after it failed.
void Channels::connect(const std::string& name, Clock::time_point until) {
  const auto now = Clock::now();
  if (now < connect_again_) return detail::pause(std::min(connect_again_, until) - now);
  Settings settings = servers_.settings_for(name);
  settings.options.connect_timeout = std::min(settings.options.connect_timeout, milliseconds(1000));
  auto made = std::make_unique<Connection>(settings);
  const std::lock_guard lock(mutex_);
  connection_ = std::move(made);
  sent_.clear();
  orders_.clear();
  for (const auto& [channel, state] : channels_) orders_.push_back({true, channel});
}

void Channels::send_orders() {
  std::deque<Order> orders;
  {
    const std::lock_guard lock(mutex_);
    orders.swap(orders_);
  }
  if (orders.empty()) return;
  Request request;
  for (const Order& order : orders) {
    request.command({order.is_subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE", order.channel});
  }
  sent_.insert(sent_.end(), orders.begin(), orders.end());
  connection_->send(request);
}

/// An answer to the first order that was sent, or a message.
void Channels::note(const Reply& reply) {
  const bool is_event = reply.type == Reply::Type::array && reply.elements.size() == 3;
  const std::string_view kind = is_event ? reply.elements[0].bulk.text() : std::string_view();
  const bool is_message = kind == "message";
  if (!is_message) {
    if (sent_.empty())
      throw MessageError("Redis answers on a channel what was not asked",
                         {.connector = "redis", .operation = "wait"});
    sent_.pop_front();
  }
  try {
    check(reply, {.connector = "redis", .operation = "wait"}, connection_->server());
  } catch (const AccessError& error) {
    detail::log(LogLevel::debug, error.what());  // nothing is heard of this one
    return;
  }
  const std::lock_guard lock(mutex_);
  const auto channel = is_event ? channels_.find(reply.elements[1].bulk.text()) : channels_.end();
  if (channel == channels_.end() || (!is_message && kind != "subscribe")) return;
  channel->second.is_heard = true;
  ++channel->second.news;
  changed_.notify_all();
}

void Channels::lose() {
  const std::lock_guard lock(mutex_);
  connection_.reset();
  for (auto& [name, channel] : channels_) channel.is_heard = false;
  connect_again_ = detail::deadline_after(connect_again);
}

}  // namespace proxystore::inline v0::redis
