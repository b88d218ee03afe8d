// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Connections to one server, kept between uses. Only those that wait for no answer come back, and
/// none if the server says that it is out of service.

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "connection.hpp"
#include "options.hpp"

namespace proxystore::inline v0::redis {

/// @threadsafe
class ConnectionPool {
 public:
  explicit ConnectionPool(Settings settings);
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  /// One connection, for the one who took it.
  class Taken {
   public:
    Taken(ConnectionPool& pool, std::unique_ptr<Connection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    Taken(Taken&&) noexcept = default;
    Taken& operator=(Taken&&) = delete;
    ~Taken() {
      if (connection_) pool_->give_back(std::move(connection_));
    }
    Connection& operator*() const noexcept { return *connection_; }
    Connection* operator->() const noexcept { return connection_.get(); }

   private:
    ConnectionPool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  /// Takes one that is idle, or makes one. @blocking while all are in use
  /// @throws TimeoutError if they stay so; as Connection()
  [[nodiscard]] Taken take();

  [[nodiscard]] const Settings& settings() const noexcept { return settings_; }

 private:
  void give_back(std::unique_ptr<Connection> connection) noexcept;
  [[nodiscard]] std::unique_ptr<Connection> take_idle();
  void forget_those_of_parent();

  const Settings settings_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t count_ = 0;  // of all, idle or in use
  pid_t process_;
};

}  // namespace proxystore::inline v0::redis
