// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// An address before a real server, where a test has connections fail, or lead elsewhere.

#include <algorithm>
#include <atomic>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

#include <poll.h>

#include "redis_server.hpp"

namespace proxystore::testing {

inline constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

/// Passes bytes on between clients and a server, and ends or holds the next connections where it
/// was told.
class Relay {
 public:
  explicit Relay(std::uint16_t server) : server_(server) {
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(listening_, generic, size) != 0 || ::listen(listening_, 8) != 0 ||
        ::getsockname(listening_, generic, &size) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  ~Relay() {
    is_over_ = true;
    thread_.join();
    ::close(listening_);
  }

  [[nodiscard]] RedisOptions options() const { return {.hostname = "127.0.0.1", .port = port_}; }

  /// The next connection that sends, or answers, so much ends there. Nothing of what is beyond is
  /// passed on.
  void cut_after(std::size_t sent, std::size_t answered) {
    sent_ = sent;
    answered_ = answered;
  }
  [[nodiscard]] int cuts() const { return cuts_; }

  /// The next connection that sends so much is held there: it stays, and nothing comes or goes.
  void hold_after(std::size_t sent) {
    holds_ = true;
    sent_ = sent;
  }
  [[nodiscard]] int held() const { return held_; }

  /// Connections that are made from now on go to another server.
  void lead_to(std::uint16_t server) { server_ = server; }

 private:
  struct Pair {
    int client = -1;
    int server = -1;
    bool is_held = false;
  };

  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }

  void run() {
    std::vector<Pair> pairs;
    while (!is_over_) {
      std::vector<pollfd> all{{.fd = listening_, .events = POLLIN, .revents = 0}};
      for (const Pair& pair : pairs) {  // poll() passes over descriptor -1
        all.push_back({.fd = pair.is_held ? -1 : pair.client, .events = POLLIN, .revents = 0});
        all.push_back({.fd = pair.is_held ? -1 : pair.server, .events = POLLIN, .revents = 0});
      }
      if (::poll(all.data(), all.size(), 5) <= 0) continue;
      std::vector<Pair> left;
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        const bool lives =
            (all[2 * i + 1].revents == 0 || pass(pairs[i].client, pairs[i].server, sent_)) &&
            (all[2 * i + 2].revents == 0 || pass(pairs[i].server, pairs[i].client, answered_));
        if (lives) {
          left.push_back(pairs[i]);
        } else if (holds_.exchange(false)) {
          left.push_back({.client = pairs[i].client, .server = pairs[i].server, .is_held = true});
          ++held_;
        } else {
          close(pairs[i]);
        }
      }
      pairs = std::move(left);
      if (all[0].revents != 0) pairs.push_back(accept());
    }
    for (const Pair& pair : pairs) close(pair);
  }

  [[nodiscard]] Pair accept() const {
    Pair pair{.client = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC),
              .server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const sockaddr_in address = loopback(server_);
    (void)::connect(pair.server, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    return pair;
  }

  /// Whether the connection goes on.
  bool pass(int from, int to, std::atomic<std::size_t>& limit) {
    char buffer[65536];
    const ssize_t count = ::recv(from, buffer, sizeof buffer, 0);
    if (count <= 0) return false;
    const auto size = static_cast<std::size_t>(count);
    // The limit is changed before anything is sent, since who gets it may set another.
    const std::size_t most = limit;
    const std::size_t allowed = std::min(size, most);
    if (most != never) limit = allowed == size ? most - size : never;
    for (std::size_t done = 0; done < allowed;) {
      const ssize_t sent = ::send(to, buffer + done, allowed - done, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      done += static_cast<std::size_t>(sent);
    }
    if (allowed == size) return true;
    if (!holds_) ++cuts_;
    return false;
  }

  static void close(const Pair& pair) {
    ::close(pair.client);
    ::close(pair.server);
  }

  std::atomic<std::uint16_t> server_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> sent_{never};
  std::atomic<std::size_t> answered_{never};
  std::atomic<int> cuts_{0};
  std::atomic<bool> holds_{false};
  std::atomic<int> held_{0};
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

}  // namespace proxystore::testing
