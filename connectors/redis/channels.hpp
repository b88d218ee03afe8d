// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What is published on channels, for all who wait for it.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <sys/types.h>

#include "connection.hpp"
#include "servers.hpp"

namespace proxystore::inline v0::redis {

/// @threadsafe All who listen share one connection.
class Channels {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Channels(Servers& servers);
  Channels(const Channels&) = delete;
  Channels& operator=(const Channels&) = delete;

 private:
  struct Channel {
    int listeners = 0;
    bool is_heard = false;   ///< What is published from now on counts as news
    std::uint64_t news = 0;  ///< Messages, and times at which they may have been missed until then
  };

 public:
  /// One who listens to a channel for its lifetime; for one thread.
  class Listener {
   public:
    /// In a cluster any server tells; the one that has @p name is asked.
    Listener(Channels& channels, std::string name, std::string channel);
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener();

    /// Returns when the caller should look: something was published, or may have been since the
    /// last look; or some time has passed, which is short while nothing can be heard.
    /// @blocking until then, until @p deadline, or until @p is_over
    void wait(Clock::time_point deadline, const std::function<bool()>& is_over);

   private:
    Channels& channels_;
    const std::string name_;
    std::map<std::string, Channel, std::less<>>::iterator channel_;
    std::uint64_t seen_ = 0;
    std::chrono::milliseconds pause_;
  };

 private:
  class Turn;

  void forget_those_of_parent();
  void listen(const std::string& name, Clock::time_point until);
  void connect(const std::string& name, Clock::time_point until);
  void send_orders();
  void note(const Reply& reply);
  void lose();

  /// To be sent, or sent and not answered.
  struct Order {
    bool is_subscribe;
    std::string channel;
  };

  Servers& servers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Channel, std::less<>> channels_;
  std::deque<Order> orders_;
  bool is_read_ = false;  // somebody's turn it is
  pid_t process_;
  // Of the one whose turn it is:
  std::unique_ptr<Connection> connection_;
  std::deque<Order> sent_;
  Clock::time_point connect_again_{};
};

}  // namespace proxystore::inline v0::redis
