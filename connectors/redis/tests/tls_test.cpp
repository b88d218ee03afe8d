// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Encrypted connections. Where hiredis has none, that this is said.
#include <random>

#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"
#include "proxystore/stream/redis_list.hpp"
#include "support.hpp"
#include "tls_server.hpp"

namespace proxystore::testing {
namespace {

#ifdef PROXYSTORE_TESTS_TLS

std::vector<std::byte> random_bytes(std::size_t size) {
  std::mt19937_64 random(size);
  std::vector<std::byte> bytes(size);
  for (std::byte& one : bytes) one = static_cast<std::byte>(random());
  return bytes;
}

TEST(RedisTls, stores_objects_of_all_sizes) {
  const TlsServer server;
  auto options = server.options();
  options.part_size = 20'000'000;
  const auto store = Store::create("encrypted", options);
  for (const std::size_t size : {0U, 1U, 16'383U, 16'385U, 300'000U, 1U << 20U, 45'000'000U}) {
    const auto written = random_bytes(size);
    const Key key = store->put(written);
    const auto read = Store::create("reader", options)->get<std::vector<std::byte>>(key);
    ASSERT_TRUE(read) << size;
    EXPECT_TRUE(*read == written) << size;
    store->evict(key);
  }
}

TEST(RedisTls, keeps_connections) {
  const TlsServer server;
  const auto store = Store::create("kept", server.options());
  for (int i = 0; i < 100; ++i) store->evict(store->put(std::string("object")));
  const std::string statistics = server.plain().ask("INFO stats");
  const auto at = statistics.find("total_connections_received:");
  ASSERT_NE(at, std::string::npos);
  EXPECT_LT(std::stoi(statistics.substr(at + 27)), 20);
}

TEST(RedisTls, waits_for_what_comes) {
  const TlsServer server;
  RedisListSubscriber subscriber(server.options(), "t");
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    (void)RedisListPublisher(server.options()).send_message("t", Bytes::copy_of("late"));
  });
  EXPECT_EQ(subscriber.next_message(patience)->text(), "late");
  later.join();
}

TEST(RedisTls, trusts_whom_it_is_told_to) {
  const TlsServer server;
  auto options = server.options();
  options.tls_ca_file = server.file("stranger.crt");
  EXPECT_THAT([&] { (void)Store::create("s", options)->put(std::string("object")); },
              ThrowsMessage<ConnectorError>(HasSubstr("certificate verify failed")));
  options.tls_ca_file = server.file("nothing.crt");
  EXPECT_THAT([&] { (void)Store::create("s", options)->put(std::string("object")); },
              ThrowsMessage<ConnectorError>(
                  AllOf(HasSubstr("cannot encrypt"), HasSubstr(server.file("nothing.crt")))));
}

/// Whether an object can be put, by @p hostname, into a server whose certificate is for @p host.
bool is_accepted(const std::string& host, const std::string& hostname) {
  const TlsServer server({"--tls-auth-clients", "no"}, host);
  auto options = server.options();
  options.hostname = hostname;
  try {
    (void)Store::create("s", options)->put(std::string("object"));
    return true;
  } catch (const ConnectorError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("cannot encrypt"), HasSubstr("mismatch"))) << host;
    return false;
  }
}

TEST(RedisTls, compares_the_host_with_the_certificate) {
  EXPECT_TRUE(is_accepted("IP:127.0.0.1", "127.0.0.1"));
  EXPECT_TRUE(is_accepted("DNS:elsewhere.example,DNS:localhost", "localhost"));
  EXPECT_FALSE(is_accepted("IP:127.0.0.2", "127.0.0.1")) << "another address";
  EXPECT_FALSE(is_accepted("DNS:elsewhere.example", "localhost")) << "another name";
  EXPECT_FALSE(is_accepted("IP:127.0.0.1", "localhost")) << "its address is not its name";
  EXPECT_FALSE(is_accepted("DNS:127.0.0.1", "127.0.0.1")) << "nor is a name an address";
  EXPECT_FALSE(is_accepted("DNS:l*", "localhost")) << "nor is a part of a name a name";
}

TEST(RedisTls, shows_its_own_certificate) {
  const TlsServer server({"--tls-auth-clients", "yes"});
  auto options = server.options();
  options.retries = 0;
  EXPECT_THROW((void)Store::create("s", options)->put(std::string("object")), ConnectorError);
  options.tls_cert_file = server.file("server.crt");
  options.tls_key_file = server.file("authority.key");
  EXPECT_THAT([&] { (void)Store::create("s", options)->put(std::string("object")); },
              ThrowsMessage<ConnectorError>(
                  AllOf(HasSubstr("cannot encrypt"), HasSubstr(server.file("authority.key")))));
  options.tls_key_file = server.file("server.key");
  const auto store = Store::create("s", options);
  const Key key = store->put(std::string("object"));
  // Whoever opens the store by its configuration shows what this program was told to show.
  EXPECT_FALSE(store->config().connector.options.contains("tls_key_file"));
  EXPECT_EQ(*Store::from_config(store->config(), OpenMode::attach)->get<std::string>(key),
            "object");
}

TEST(RedisTls, of_a_server_that_does_not_encrypt_is_an_error) {
  const TlsServer server;
  auto options = server.options();
  options.port = server.plain().port();
  options.connect_timeout = std::chrono::milliseconds(300);
  EXPECT_THAT([&] { (void)Store::create("s", options)->put(std::string("object")); },
              ThrowsMessage<ConnectorError>(HasSubstr("cannot encrypt")));
}

TEST(RedisTls, survives_connections_that_are_cut) {
  const TlsServer server;
  const auto store = Store::create("cut", server.options());
  for (int i = 0; i < 20; ++i) {
    const Key key = store->put(std::string(200'000, 'x'));
    (void)server.plain().ask("CLIENT KILL TYPE normal SKIPME yes");
    EXPECT_TRUE(store->exists(key));
  }
}

#else

TEST(RedisTls, is_missing_in_this_build_and_says_so) {
  RedisOptions options;
  options.tls = true;
  EXPECT_THAT([&] { (void)Store::create("s", options); },
              ThrowsMessage<UnsupportedError>(HasSubstr("built without TLS")));
}

#endif

}  // namespace
}  // namespace proxystore::testing
