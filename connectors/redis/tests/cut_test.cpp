// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Connections that are cut in the middle of a value, or between a command and its answer.
#include <atomic>
#include <limits>
#include <thread>
#include <vector>

#include <poll.h>

#include "support.hpp"

namespace proxystore::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

/// Passes bytes on between clients and a server, and cuts the next connections where it was told.
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

 private:
  struct Pair {
    int client = -1;
    int server = -1;
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
      for (const Pair& pair : pairs) {
        all.push_back({.fd = pair.client, .events = POLLIN, .revents = 0});
        all.push_back({.fd = pair.server, .events = POLLIN, .revents = 0});
      }
      if (::poll(all.data(), all.size(), 5) <= 0) continue;
      std::vector<Pair> left;
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        const bool lives =
            (all[2 * i + 1].revents == 0 || pass(pairs[i].client, pairs[i].server, sent_)) &&
            (all[2 * i + 2].revents == 0 || pass(pairs[i].server, pairs[i].client, answered_));
        if (lives) {
          left.push_back(pairs[i]);
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
    ++cuts_;
    return false;
  }

  static void close(const Pair& pair) {
    ::close(pair.client);
    ::close(pair.server);
  }

  const std::uint16_t server_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> sent_{never};
  std::atomic<std::size_t> answered_{never};
  std::atomic<int> cuts_{0};
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

class RedisCuts : public ::testing::Test {
 protected:
  RedisServer server_;
  Relay relay_{server_.port()};
};

TEST_F(RedisCuts, large_value_is_fetched_again) {
  for (const std::size_t part_size : {64'000'000UL, 1'000'000UL}) {
    auto options = relay_.options();
    options.part_size = part_size;
    const auto store = open_store(options);
    const std::string text = std::string(5'000'000, 'x') + std::string(5'000'000, 'y');
    const Key key = put(*store, text);
    for (const std::size_t after : {0UL, 5UL, 100'000UL, 600'000UL, 900'000UL}) {
      const int before = relay_.cuts();
      relay_.cut_after(never, after);
      EXPECT_EQ(get(*store, key), text) << after;
      EXPECT_EQ(relay_.cuts(), before + 1);
    }
  }
}

TEST_F(RedisCuts, large_value_is_put_again_and_its_parts_are_not_doubled) {
  for (const std::size_t part_size : {64'000'000UL, 1'000'000UL}) {
    auto options = relay_.options();
    options.part_size = part_size;
    const auto store = open_store(options);
    const std::string text(5'500'000, 'x');
    const std::string first = part_size > text.size() ? ":1\r\n" : ":7\r\n";
    for (const std::size_t after : {0UL, 10UL, 200'000UL, 900'000UL}) {
      const int before = relay_.cuts();
      relay_.cut_after(after, never);
      const Key key = put(*store, text);
      EXPECT_EQ(relay_.cuts(), before + 1);
      EXPECT_EQ(get(*store, key), text);
      EXPECT_EQ(server_.ask("DBSIZE"), first);
      EXPECT_TRUE(store->evict(key));
    }
    EXPECT_EQ(server_.ask("DBSIZE"), ":0\r\n");
  }
}

TEST_F(RedisCuts, answers_that_are_lost_change_nothing) {
  auto options = relay_.options();
  options.part_size = 1000;
  const auto store = open_store(options);
  (void)store->exists(Key::random());  // so that there is a connection

  relay_.cut_after(never, 0);
  const Key key = put(*store, "object");
  EXPECT_EQ(get(*store, key), "object");

  // Each answer of a put in parts, and of setting a deferred object for the first time, is lost in
  // its turn.
  const std::string text(3500, 'x');
  for (std::size_t after = 0; after < 100; after += 4) {
    relay_.cut_after(never, after);
    const Key in_parts = put(*store, text);
    EXPECT_EQ(get(*store, in_parts), text) << after;
    EXPECT_TRUE(store->evict(in_parts));
  }
  for (std::size_t after = 0; after < 60; after += 4) {
    const Key deferred = store->new_key();
    relay_.cut_after(never, after);
    set(*store, deferred, text, {.only_first = true});
    relay_.cut_after(never, never);
    EXPECT_EQ(get(*store, deferred), text) << after;
    EXPECT_THROW(set(*store, deferred, "other", {.only_first = true}), AlreadySetError);
    EXPECT_TRUE(store->evict(deferred));
  }
  EXPECT_EQ(server_.ask("DBSIZE"), ":1\r\n") << "no part is left";
  EXPECT_GT(relay_.cuts(), 20);
}

TEST_F(RedisCuts, evict_tells_that_it_does_not_know) {
  const auto store = open_store(relay_.options());
  const Key key = put(*store, "object");
  relay_.cut_after(never, 0);
  EXPECT_THAT([&] { (void)store->evict(key); },
              ThrowsMessage<ConnectorError>(HasSubstr("is lost")));
  EXPECT_FALSE(store->evict(key)) << "it was done";
}

}  // namespace
}  // namespace proxystore::testing
