// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A Redis server of our own, used by hand with hiredis: what stores are compared with.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include <sys/types.h>

struct redisContext;

namespace bench {

/// A server, as long as it lives, and a connection to it.
class RedisPeer {
 public:
  enum class Transport : bool { unix_socket, tcp };

  /// Starts `redis-server` of the PATH, without persistence. @throws std::runtime_error
  explicit RedisPeer(Transport transport = Transport::unix_socket);
  RedisPeer(const RedisPeer&) = delete;
  RedisPeer& operator=(const RedisPeer&) = delete;
  ~RedisPeer();

  /// Whether this machine has a server.
  [[nodiscard]] static bool is_installed();

  /// Where it is, for others.
  [[nodiscard]] std::string socket() const { return folder_ / "socket"; }
  [[nodiscard]] int port() const noexcept { return port_; }

  /// SET and GET. @throws std::runtime_error
  void set(const std::string& key, std::span<const std::byte> value);
  /// The value's size; the value itself is in hiredis' memory, and gone with the reply.
  [[nodiscard]] std::size_t get(const std::string& key);

 private:
  void connect();
  void stop() noexcept;

  std::filesystem::path folder_;
  int port_ = 0;  // 0: none
  pid_t server_ = 0;
  redisContext* context_ = nullptr;
};

}  // namespace bench
