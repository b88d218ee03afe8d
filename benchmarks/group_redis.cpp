// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// What the redis connector costs, beside hiredis by hand on the same server.
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <proxystore/connector.hpp>
#include <proxystore/connector_registry.hpp>
#include <proxystore/connectors/redis.hpp>

#include "measure.hpp"
#include "redis_peer.hpp"

namespace ps = proxystore;

namespace bench {

namespace {

using Transport = RedisPeer::Transport;

constexpr std::size_t kibibyte = std::size_t{1} << 10U;
constexpr std::size_t mebibyte = std::size_t{1} << 20U;

std::shared_ptr<ps::Connector> connect_to(const RedisPeer& server, Transport transport) {
  ps::RedisOptions options{.hostname = "127.0.0.1"};
  if (transport == Transport::tcp) {
    options.port = static_cast<std::uint16_t>(server.port());
  } else {
    options.unix_socket = server.socket();
  }
  return ps::ConnectorRegistry::global().make(options);
}

void add(Session& session, Row row, const Medians& medians) {
  row.ours = medians.ours;
  row.reference = medians.reference;
  session.add(std::move(row));
}

/// At most, for objects of @p size; large ones are to be faster than by hand.
double budget_of(std::size_t size, Transport transport) {
  constexpr double same = 1.1;
  constexpr double faster_by_tcp = 1 / 1.5;
  constexpr double faster_by_socket = 1 / 2.0;
  if (size < mebibyte) return same;
  return transport == Transport::tcp ? faster_by_tcp : faster_by_socket;
}

void one_object(Session& session, Transport transport, std::size_t size) {
  const std::string by = transport == Transport::tcp ? " over TCP" : " over a socket";
  say("objects of " + std::to_string(size) + " bytes" + by);
  RedisPeer server(transport);
  const auto connector = connect_to(server, transport);
  const std::vector<std::byte> source(size, std::byte{7});
  const ps::ByteSpan part(source);
  const auto parts = std::span(&part, 1);
  const double budget = budget_of(size, transport);

  add(session, {.name = "put vs SET" + by, .size = size, .budget = budget},
      in_turns(session,
               one_by_one(
                   session, [&] { return connector->put(parts, {}); },
                   [&](const ps::Key& key) { connector->evict(key); }),
               together(session, [&] { server.set("object", part); })));
  const ps::Key key = connector->put(parts, {});
  add(session, {.name = "get vs GET" + by, .size = size, .budget = budget},
      in_turns(session, together(session, [&] { keep(connector->get(key)); }),
               together(session, [&] { keep(server.get("object")); })));
}

/// A batch of small objects, beside one exchange for each.
void batches(Session& session) {
  constexpr std::size_t count = 1000;
  constexpr double tenth = 0.1;
  say("batches of " + std::to_string(count) + " objects of 1 KiB");
  RedisPeer server(Transport::tcp);
  const auto connector = connect_to(server, Transport::tcp);
  const std::vector<std::byte> source(kibibyte, std::byte{7});
  const ps::ByteSpan part(source);
  const std::vector<ps::PutRequest> requests(count, {.parts = std::span(&part, 1), .options = {}});
  std::vector<ps::Key> keys = connector->put_batch(requests);
  add(session, {.name = "put_batch vs put one by one", .size = count * kibibyte, .budget = tenth},
      in_turns(session,
               one_by_one(
                   session, [&] { return connector->put_batch(requests); },
                   [&](const std::vector<ps::Key>& all) { connector->evict_batch(all); }),
               one_by_one(
                   session,
                   [&] {
                     std::vector<ps::Key> all;
                     for (const auto& one : requests) all.push_back(connector->put(one.parts, {}));
                     return all;
                   },
                   [&](const std::vector<ps::Key>& all) { connector->evict_batch(all); })));
  add(session, {.name = "get_batch vs get one by one", .size = count * kibibyte, .budget = tenth},
      in_turns(session, together(session, [&] { keep(connector->get_batch(keys)); }),
               together(session, [&] {
                 for (const ps::Key& key : keys) keep(connector->get(key));
               })));
}

/// Seconds of one of @p requests gets of @p key that @p threads share.
double shared_gets(ps::Connector& connector, const ps::Key& key, std::size_t requests,
                   std::size_t threads) {
  const Stopwatch watch;
  std::vector<std::thread> all;
  for (std::size_t t = 0; t < threads; ++t) {
    all.emplace_back([&] {
      for (std::size_t i = 0; i < requests / threads; ++i) keep(connector.get(key));
    });
  }
  for (std::thread& one : all) one.join();
  return watch.seconds() / static_cast<double>(requests);
}

/// Many threads, beside one, and beside Redis' own benchmark with as many connections, which shows
/// what the server can do.
void many_threads(Session& session) {
  constexpr std::size_t threads = 8;
  const std::size_t requests = session.is_quick() ? 800 : 40'000;
  say(std::to_string(threads) + " threads");
  RedisPeer server(Transport::tcp);
  const auto connector = connect_to(server, Transport::tcp);
  const std::vector<std::byte> source(kibibyte, std::byte{7});
  const ps::ByteSpan part(source);
  const ps::Key key = connector->put(std::span(&part, 1), {});
  server.set("object", part);
  const auto by_all = [&] { return shared_gets(*connector, key, requests, threads); };
  add(session, {.name = "gets by 8 threads vs by one", .size = kibibyte},
      in_turns(session, by_all, [&] { return shared_gets(*connector, key, requests, 1); }));
  const std::string command = "redis-benchmark -p " + std::to_string(server.port()) + " -c " +
                              std::to_string(threads) + " -n " + std::to_string(requests) +
                              " GET object >/dev/null 2>&1";
  if (std::system(command.c_str()) != 0) {
    session.note("There is no redis-benchmark here, to tell what the server can do.");
    return;
  }
  add(session, {.name = "gets by 8 threads vs redis-benchmark -c 8", .size = kibibyte},
      in_turns(session, by_all, [&] {
        const Stopwatch watch;
        keep(std::system(command.c_str()));
        return watch.seconds() / static_cast<double>(requests);
      }));
}

void run(Session& session) {
  if (!RedisPeer::is_installed()) {
    session.note("There is no redis-server here: nothing was measured.");
    return;
  }
  std::vector<std::size_t> sizes{kibibyte, 64 * kibibyte, mebibyte, 16 * mebibyte};
  if (!session.is_quick()) sizes.push_back(128 * mebibyte);
  for (const auto transport : {Transport::tcp, Transport::unix_socket}) {
    for (const std::size_t size : sizes) one_object(session, transport, size);
  }
  batches(session);
  many_threads(session);
}

const Registration registration({.name = "redis", .ranks = 0, .run = run});

}  // namespace

}  // namespace bench
