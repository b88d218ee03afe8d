// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxystore/config.hpp"
#include "proxystore/connectors/redis.hpp"

namespace proxystore::inline v0::redis {

/// "host:port" in its two parts; the host may have colons, and brackets around it, which go.
struct Address {
  std::string host{};
  std::uint16_t port = 0;
  /// @throws MessageError
  [[nodiscard]] static Address parse(std::string_view text);
};

/// What a configuration says: the options, and the session whose objects its creator clears.
struct Settings {
  RedisOptions options{};
  std::string session{};

  /// @throws ConfigError
  [[nodiscard]] static Settings parse(const ConfigTable& table);
  [[nodiscard]] static Settings of(const RedisOptions& options) {
    return parse(ConnectorConfig(options).options);
  }
  [[nodiscard]] ConnectorConfig to_config() const;

  /// Where the server is, for errors: "host:port", the path of its socket, or seeds.
  [[nodiscard]] std::string server() const;
  /// The password, or nothing if there is none. @throws AccessError, ConfigError naming the file
  [[nodiscard]] std::string password() const;
};

}  // namespace proxystore::inline v0::redis
