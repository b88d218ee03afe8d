// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A Redis server that encrypts, with certificates of an authority of its own.

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "redis_server.hpp"

namespace proxystore::testing {

class TlsServer {
 public:
  /// @p arguments are those of redis-server; its certificate is for @p host, as openssl writes
  /// that.
  explicit TlsServer(const std::vector<std::string>& arguments = {"--tls-auth-clients", "no"},
                     const std::string& host = "IP:127.0.0.1") {
    make_authority("authority");
    make_authority("stranger");
    make_certificate(host);
    server_ = std::make_unique<RedisServer>(with(arguments));
  }

  [[nodiscard]] RedisOptions options() const {
    RedisOptions options = server_->options();
    options.port = port_;
    options.tls = true;
    options.tls_ca_file = file("authority.crt");
    return options;
  }
  /// One of `authority.crt`, `stranger.crt`, `server.crt`, `server.key`.
  [[nodiscard]] std::string file(const std::string& name) const {
    return (folder_.path() / name).string();
  }
  [[nodiscard]] RedisServer& plain() const { return *server_; }

 private:
  static void run(const std::string& command) {
    if (std::system((command + " >/dev/null 2>&1").c_str()) != 0) {
      throw std::runtime_error("failed: " + command);
    }
  }
  void make_authority(const std::string& name) const {
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
        "/CN=" +
        name + " -keyout " + file(name + ".key") + " -out " + file(name + ".crt"));
  }
  void make_certificate(const std::string& host) const {
    run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=server "
        "-addext subjectAltName=" +
        host + " -keyout " + file("server.key") + " -out " + file("server.csr"));
    run("openssl x509 -req -days 2 -copy_extensions copy -CAcreateserial -in " +
        file("server.csr") + " -CA " + file("authority.crt") + " -CAkey " + file("authority.key") +
        " -out " + file("server.crt"));
  }
  [[nodiscard]] std::vector<std::string> with(std::vector<std::string> arguments) const {
    for (const std::string& word :
         {std::string("--tls-port"), std::to_string(port_), std::string("--tls-cert-file"),
          file("server.crt"), std::string("--tls-key-file"), file("server.key"),
          std::string("--tls-ca-cert-file"), file("authority.crt")}) {
      arguments.push_back(word);
    }
    return arguments;
  }

  TemporaryFolder folder_;
  std::uint16_t port_ = free_port();
  std::unique_ptr<RedisServer> server_;
};

}  // namespace proxystore::testing
