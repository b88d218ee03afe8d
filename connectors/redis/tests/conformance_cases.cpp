// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// One server for all tests; each store has names of its own.
#include "conformance/suite.hpp"
#include "proxystore/connector_registry.hpp"
#include "redis_cluster.hpp"
#include "redis_server.hpp"
#include "tls_server.hpp"

namespace proxystore::testing {

namespace {

const RedisServer& server() {
  static const RedisServer one;
  return one;
}

const RedisCluster& cluster() {
  static const RedisCluster one;
  return one;
}

std::shared_ptr<Connector> open_apart(RedisOptions options) {
  options.prefix = Key::random().to_string() + ":";
  return ConnectorRegistry::global().make(options);
}

/// A server of its own, with room for an object of 2 MiB.
std::shared_ptr<Connector> open_small(RedisOptions options) {
  struct Both {
    RedisServer server{{"--maxmemory", "5mb", "--maxmemory-policy", "noeviction"}};
    std::shared_ptr<Connector> connector;
  };
  const auto both = std::make_shared<Both>();
  options.hostname = "127.0.0.1";
  options.port = both->server.port();
  both->connector = ConnectorRegistry::global().make(options);
  return {both, both->connector.get()};
}

ConnectorCase redis_case(std::string name, const std::function<RedisOptions()>& options) {
  return {.name = std::move(name),
          .open = [options] { return open_apart(options()); },
          .open_small =
              [options] {
                auto small = options();
                small.unix_socket.clear();
                small.cluster_seeds.clear();
                small.tls = false;
                return open_small(small);
              }};
}

}  // namespace

std::vector<ConnectorCase> connector_cases() {
  auto in_parts = redis_case("redis_in_parts", [] {
    auto options = server().options();
    options.part_size = 1000;
    options.checksum = false;
    return options;
  });
  in_parts.largest_value = 5U << 20U;
  std::vector<ConnectorCase> cases{
      redis_case("redis", [] { return server().options(); }),
      redis_case("redis_socket", [] { return server().socket_options(); }),
      in_parts,
      redis_case("redis_session",
                 [] {
                   auto options = server().socket_options();
                   options.clear = RedisOptions::Clear::own;
                   options.pool_size = 2;
                   return options;
                 }),
      redis_case("redis_cluster", [] { return cluster().options(); }),
  };
#ifdef PROXYSTORE_TESTS_TLS
  cases.push_back(redis_case("redis_tls", [] {
    static const TlsServer one;
    return one.options();
  }));
#endif
  return cases;
}

}  // namespace proxystore::testing
