// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Options, and where passwords do not go.
#include <cstdlib>
#include <fstream>

#include "proxystore/store.hpp"
#include "support.hpp"

namespace proxystore::testing {
namespace {

using Clear = RedisOptions::Clear;

TEST(RedisOptions, unknown_and_wrong_ones_are_refused) {
  const auto open = [](const ConfigTable& table) {
    return [table] { return open_store({.kind = "redis", .options = table}); };
  };
  EXPECT_THAT(open({{"host", "a"}}),
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("'host'"), HasSubstr("'hostname'"))));
  EXPECT_THAT(open({{"port", 0}}), ThrowsMessage<ConfigError>(HasSubstr("1 to 65535")));
  EXPECT_THAT(open({{"clear", "all"}}), ThrowsMessage<ConfigError>(HasSubstr("'flushdb'")));
  EXPECT_THAT(
      open({{"password", "secret"}}),
      ThrowsMessage<ConfigError>(AllOf(HasSubstr("password_env"), Not(HasSubstr("secret")))));
  const ConfigArray seeds{"h:1"};
  EXPECT_THAT(open({{"cluster_seeds", ConfigArray{"h"}}}),
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("'h'"), HasSubstr("host:port"))));
  EXPECT_THAT(open({{"cluster_seeds", seeds}, {"unix_socket", "/s"}}),
              ThrowsMessage<ConfigError>(HasSubstr("give one")));
  EXPECT_THAT(open({{"cluster_seeds", seeds}, {"database", 1}}),
              ThrowsMessage<ConfigError>(HasSubstr("must be 0")));
  EXPECT_THAT(open({{"prefix", "a{b"}}), ThrowsMessage<ConfigError>(HasSubstr("braces")));
  EXPECT_THAT(open({{"part_size", std::int64_t{1} << 30}}),
              ThrowsMessage<ConfigError>(HasSubstr("536870912")));
}

TEST(RedisOptions, socket_whose_path_is_too_long_is_refused) {
  RedisOptions options{.unix_socket = "/" + std::string(106, 's')};
  EXPECT_NO_THROW((void)open_store(options));
  options.unix_socket += 's';
  EXPECT_THAT([&] { (void)open_store(options); },
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("unix_socket"), HasSubstr("107"))));
  options.unix_socket = std::string(107, 's');
  EXPECT_THAT([&] { (void)open_store(options); }, ThrowsMessage<ConfigError>(HasSubstr("107")))
      << "of a relative path the absolute one counts";
}

TEST(RedisOptions, paths_are_those_of_the_folder_where_the_options_were_taken) {
  const TemporaryFolder folder;
  const auto before = std::filesystem::current_path();
  const RedisServer server({"--requirepass", "word"});
  std::filesystem::current_path(folder.path());
  std::ofstream("password") << "word\n";
  std::filesystem::create_symlink(server.socket(), "socket");
  auto options = server.options();
  options.password_file = "password";
  options.unix_socket = "socket";
  const auto store = open_store(options);
  std::filesystem::current_path("/");
  EXPECT_NO_THROW((void)put(*store, "object"));
  EXPECT_EQ(store->config().options.at("unix_socket"), (folder.path() / "socket").string());
  std::filesystem::current_path(before);
}

TEST(RedisOptions, addresses_of_ipv6_may_stand_in_brackets) {
  for (const std::string host : {"[::1]", "::1"}) {
    RedisOptions options{.hostname = host, .port = free_port(), .retries = 0};
    EXPECT_EQ(open_store(options)->config().options.at("hostname"), "::1");
    options.timeout = std::chrono::milliseconds(100);
    EXPECT_THAT(
        [&] { (void)put(*open_store(options), "object"); },
        ThrowsMessage<ConnectorError>(AllOf(HasSubstr("[::1]:" + std::to_string(options.port)),
                                            Not(HasSubstr("not known")))));
    options.cluster_seeds = {host + ":" + std::to_string(options.port)};
    EXPECT_THAT([&] { (void)put(*open_store(options), "object"); },
                ThrowsMessage<ConnectorError>(Not(HasSubstr("not known"))));
  }
  for (const std::string host : {"[::1]:7712", "node7:7712", "[::1", "[]", ""}) {
    EXPECT_THAT([&] { (void)open_store(RedisOptions{.hostname = host}); },
                ThrowsMessage<ConfigError>(AllOf(HasSubstr("hostname"), HasSubstr("port"))))
        << host;
  }
}

TEST(RedisOptions, all_but_credentials_and_clearing_come_back_from_the_configuration) {
  RedisOptions options{.hostname = "h",
                       .port = 7,
                       .clear = Clear::none,
                       .unix_socket = "/s",
                       .database = 3,
                       .username = "u",
                       .prefix = "x:",
                       .expiry = std::chrono::seconds(5),
                       .connect_timeout = std::chrono::seconds(1),
                       .timeout = std::chrono::seconds(2),
                       .retries = 9,
                       .pool_size = 2,
                       .part_size = 5,
                       .min_replicas = 2,
                       .checksum = false};
  const ConnectorConfig config = options;
  EXPECT_EQ(open_store(config)->config(), config);
  options.clear = Clear::flushdb;
  EXPECT_EQ(open_store(options, OpenMode::attach)->config(), config);
  const ConnectorConfig cluster = RedisOptions{.cluster_seeds = {"a:1", "[::1]:2"}};
  EXPECT_EQ(open_store(cluster)->config(), cluster);
}

TEST(RedisPassword, is_read_from_variable_or_file_and_is_in_no_configuration_or_error) {
  const std::string secret = "s3cr3t-of-the-test";
  const RedisServer server({"--requirepass", secret});
  const TemporaryFolder folder;
  const auto file = folder.path() / "password";
  std::ofstream(file) << secret << "\n";

  auto options = server.options();
  options.password_env = "PROXYSTORE_TEST_PASSWORD";
  ::setenv("PROXYSTORE_TEST_PASSWORD", secret.c_str(), 1);
  const auto by_variable = open_store(options);
  EXPECT_EQ(get(*by_variable, put(*by_variable, "object")), "object");
  EXPECT_EQ(StoreConfig({.name = "s", .connector = by_variable->config()}).to_toml().find(secret),
            std::string::npos);
  ::unsetenv("PROXYSTORE_TEST_PASSWORD");

  options.password_file = file;
  EXPECT_NO_THROW((void)put(*open_store(options), "object"));

  std::ofstream(file) << secret << "\r\nsecond line";
  EXPECT_NO_THROW((void)put(*open_store(options), "object")) << "as Windows ends lines";

  for (const char* empty : {"", "\n", "\r\n"}) {
    std::ofstream(file) << empty;
    errno = EISDIR;
    EXPECT_THAT([&] { (void)put(*open_store(options), "object"); },
                ThrowsMessage<AccessError>(AllOf(HasSubstr(file.string()), HasSubstr("empty"))));
  }

  std::ofstream(file) << "wrong-" << secret << "\n";
  EXPECT_THAT([&] { (void)put(*open_store(options), "object"); },
              ThrowsMessage<AccessError>(AllOf(HasSubstr("WRONGPASS"), Not(HasSubstr(secret)))));
  options.password_file = folder.path() / "nothing";
  EXPECT_THAT([&] { (void)put(*open_store(options), "object"); },
              ThrowsMessage<Error>(HasSubstr((folder.path() / "nothing").string())));
  options.password_file.clear();
  EXPECT_THAT([&] { (void)put(*open_store(options), "object"); },
              ThrowsMessage<AccessError>(HasSubstr("NOAUTH")));
}

TEST(RedisPassword, of_an_acl_user_is_taken_with_its_name) {
  const RedisServer server;
  EXPECT_TRUE(server.ask("ACL SETUSER writer on >word ~* +@all").starts_with("+OK"));
  ::setenv("PROXYSTORE_TEST_PASSWORD", "word", 1);
  auto options = server.options();
  options.username = "writer";
  options.password_env = "PROXYSTORE_TEST_PASSWORD";
  const auto store = open_store(options);
  EXPECT_EQ(get(*store, put(*store, "object")), "object");
  ::unsetenv("PROXYSTORE_TEST_PASSWORD");
}

TEST(RedisDatabase, is_chosen_and_must_exist) {
  const RedisServer server;
  auto options = server.options();
  options.database = 3;
  const auto third = open_store(options);
  const Key key = put(*third, "object");
  options.database = 0;
  EXPECT_FALSE(open_store(options)->exists(key));
  options.database = 5000;
  EXPECT_THAT([&] { (void)put(*open_store(options), "object"); },
              ThrowsMessage<ConnectorError>(HasSubstr("out of range")));
}

}  // namespace
}  // namespace proxystore::testing
