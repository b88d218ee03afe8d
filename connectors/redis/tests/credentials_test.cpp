// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// To whom passwords are told: not to a server that a proxy names, unless the program did so, too.
#include <cstdlib>
#include <fstream>
#include <thread>

#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"
#include "support.hpp"

namespace proxystore::testing {
namespace {

/// Listens on a port, and keeps what the first client says.
class Listener {
 public:
  Listener() {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    if (::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(fd_, 1) != 0) {
      throw std::runtime_error("cannot listen");
    }
    thread_ = std::thread([this] {
      const int client = ::accept(fd_, nullptr, nullptr);
      heard_.resize(4096);
      const ssize_t count = ::recv(client, heard_.data(), heard_.size(), 0);
      heard_.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
      ::close(client);
    });
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { (void)heard(); }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& heard() {
    if (thread_.joinable()) {
      thread_.join();
      ::close(fd_);
    }
    return heard_;
  }

 private:
  const std::uint16_t port_ = free_port();
  int fd_ = -1;
  std::string heard_;
  std::thread thread_;
};

class RedisCredentials : public ::testing::Test {
 protected:
  RedisCredentials() {
    ::setenv("PROXYSTORE_TEST_SECRET", "s3cr3t", 1);
    std::ofstream(folder_.path() / "password") << "s3cr3t\n";
  }
  ~RedisCredentials() override { ::unsetenv("PROXYSTORE_TEST_SECRET"); }

  TemporaryFolder folder_;
};

TEST_F(RedisCredentials, do_not_travel) {
  const RedisServer server({"--requirepass", "s3cr3t"});
  RedisOptions options = server.options();
  options.password_env = "PROXYSTORE_TEST_SECRET";
  const auto store = Store::create("s", options);
  const auto proxy = store->proxy(std::string("object"), {.populate_target = false});
  for (const std::string_view word : {"s3cr3t", "PROXYSTORE_TEST_SECRET", "password"}) {
    EXPECT_EQ(to_bytes(proxy).text().find(word), std::string_view::npos) << word;
  }
  options.password_file = folder_.path() / "password";
  const auto by_file = Store::create("f", options);
  EXPECT_FALSE(by_file->config().connector.options.contains("password_file"));
}

TEST_F(RedisCredentials, of_the_program_are_used_for_the_same_server) {
  const RedisServer server({"--requirepass", "s3cr3t"});
  RedisOptions options = server.options();
  options.password_file = folder_.path() / "password";
  const auto store = Store::create("s", options);
  const Key key = store->put(std::string("object"));
  const auto again = Store::from_config(store->config(), OpenMode::attach);
  EXPECT_EQ(*again->get<std::string>(key), "object");
}

TEST_F(RedisCredentials, that_a_configuration_from_elsewhere_names_are_told_to_nobody) {
  for (const bool by_file : {false, true}) {
    Listener stranger;
    RedisOptions options{.hostname = "127.0.0.1", .port = stranger.port(), .retries = 0};
    if (by_file) {
      options.password_file = folder_.path() / "password";
    } else {
      options.password_env = "PROXYSTORE_TEST_SECRET";
    }
    const auto store = Store::from_config({.name = "s", .connector = options}, OpenMode::attach);
    EXPECT_THROW((void)store->exists(Key::random()), ConnectorError);
    EXPECT_THAT(stranger.heard(), AllOf(Not(HasSubstr("s3cr3t")), HasSubstr("EXISTS")));
  }
}

}  // namespace
}  // namespace proxystore::testing
