// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Options of the connector `redis`: objects in a Redis server or cluster.
/// connectors/redis/README.md tells of its guarantees and limits.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "proxystore/config.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// The names up to `clear` are those of Python's RedisConnector.
struct PROXYSTORE_EXPORT RedisOptions {
  /// What goes at the end of the program that creates the store, or by close({.clear = true}).
  enum class Clear : std::uint8_t {
    none,
    own,      ///< What was put through this store, here and where its configuration went: `true`
    flushdb,  ///< The whole database, whoever put what is in it: `"flushdb"`, Python's `true`
  };

  std::string hostname = "localhost";
  std::uint16_t port = 6379;
  Clear clear = Clear::none;

  /// Path of the server's socket, in place of hostname and port. This path and those below, if they
  /// are relative, are those of the folder that the process is in when the store is opened.
  std::string unix_socket{};
  /// Servers of a Redis Cluster, "host:port" each, of which one has to answer; in place of hostname
  /// and port.
  std::vector<std::string> cluster_seeds{};
  bool tls = false;  ///< Encrypt connections, where the library was built with TLS
  /// Certificates of the authorities that are trusted; empty: the file that the variable
  /// PROXYSTORE_REDIS_TLS_CA_FILE names, or the system's.
  std::filesystem::path tls_ca_file{};
  /// A certificate to show, and its key, if the server asks for one; empty: the files that the
  /// variables PROXYSTORE_REDIS_TLS_CERT_FILE and PROXYSTORE_REDIS_TLS_KEY_FILE name. As where the
  /// password is, they are not handed on with the store's configuration.
  std::filesystem::path tls_cert_file{};
  std::filesystem::path tls_key_file{};
  int database = 0;
  std::string username{};  ///< Of an ACL user; empty: the default user
  /// Name of the environment variable that holds the password. It is read where a connection is
  /// made. Neither the password nor where it is travels with the store's configuration: a process
  /// that opens the store by a proxy uses what it was told of the same server itself, or the
  /// default.
  std::string password_env = "PROXYSTORE_REDIS_PASSWORD";
  std::filesystem::path password_file{};  ///< A file whose first line is the password, instead
  /// Before each key and channel. Python reads objects without one only.
  std::string prefix{};
  std::chrono::milliseconds expiry{0};  ///< After which objects may go; 0: never

  std::chrono::milliseconds connect_timeout{5'000};
  /// For which an answer may make no progress, and a server refuse for now what is asked.
  std::chrono::milliseconds timeout{30'000};
  int retries = 3;  ///< Of what can be repeated, when a connection is lost
  /// Connections to each server at once, at most; all who wait for objects share one more.
  std::size_t pool_size = 8;
  std::size_t part_size = 64U << 20U;  ///< Larger objects are split into parts of this size
  int min_replicas = 0;                ///< That must confirm a new object, else DurabilityError
  bool checksum = true;                ///< Take a checksum at put, and compare it at get

  operator ConnectorConfig() const;  // NOLINT(*-explicit-*): options stand for their configuration
};

}  // namespace proxystore::inline v0
