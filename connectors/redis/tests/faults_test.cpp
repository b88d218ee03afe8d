// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Servers that refuse, stop, die, or talk nonsense.
#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include <poll.h>

#include "support.hpp"

namespace proxystore::testing {
namespace {

using namespace std::chrono_literals;

/// Quick to give up.
RedisOptions impatient(RedisOptions options) {
  options.connect_timeout = 500ms;
  options.timeout = 500ms;
  options.retries = 1;
  return options;
}

TEST(RedisFaults, nobody_there_is_told_with_the_address) {
  RedisOptions options{.hostname = "127.0.0.1", .port = free_port()};
  EXPECT_THAT([&] { (void)put(*open_store(impatient(options)), "object"); },
              ThrowsMessage<ConnectorError>(AllOf(
                  HasSubstr("127.0.0.1:" + std::to_string(options.port)), HasSubstr("refused"))));
  options.unix_socket = "/nowhere/socket";
  EXPECT_THAT([&] { (void)put(*open_store(impatient(options)), "object"); },
              ThrowsMessage<ConnectorError>(HasSubstr("/nowhere/socket")));
}

TEST(RedisFaults, killed_server_is_found_again_when_it_is_back) {
  RedisServer server;
  auto options = server.options();
  options.retries = 50;
  const auto store = open_store(options);
  const Key lost = put(*store, "object");
  server.kill();
  auto putting = std::async(std::launch::async, [&] { return put(*store, "after"); });
  std::this_thread::sleep_for(200ms);
  EXPECT_NE(putting.wait_for(0s), std::future_status::ready)
      << "it is repeated until the server is back";
  server.start();  // here, since the server ends with the thread that started it
  const Key key = putting.get();
  EXPECT_EQ(get(*store, key), "after");
  EXPECT_EQ(get(*store, lost), "(absent)");
}

TEST(RedisFaults, server_that_dies_under_load_gives_errors_and_no_wrong_objects) {
  RedisServer server;
  auto options = impatient(server.options());
  options.part_size = 100'000;
  const auto store = open_store(options);
  std::atomic<bool> is_over{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string text(t % 2 == 0 ? 1000 : 1'000'000, static_cast<char>('a' + t));
      while (!is_over) {
        try {
          const std::string found = get(*store, put(*store, text));
          if (found != text && found != "(absent)") ++wrong;
        } catch (const ConnectorError&) {
        }
      }
    });
  }
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(100ms);
    server.kill();
    server.start();
  }
  is_over = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(get(*store, put(*store, "after")), "after");
}

TEST(RedisFaults, stopped_server_is_a_timeout_and_is_used_again_when_it_goes_on) {
  RedisServer server;
  const auto store = open_store(impatient(server.options()));
  const Key key = put(*store, "object");
  ::kill(server.pid(), SIGSTOP);
  EXPECT_THAT(
      [&] { (void)store->get(key); },
      ThrowsMessage<TimeoutError>(AllOf(HasSubstr("does not answer"), HasSubstr("500 ms"))));
  EXPECT_THROW((void)put(*store, std::string(50'000'000, 'x')), TimeoutError);
  ::kill(server.pid(), SIGCONT);
  EXPECT_EQ(get(*store, key), "object");
}

TEST(RedisFaults, full_server_says_so_and_serves_what_it_has) {
  const RedisServer server({"--maxmemory", "5mb", "--maxmemory-policy", "noeviction"});
  const auto store = open_store(server.options());
  const Key key = put(*store, "object");
  EXPECT_THROW(for (int i = 0; i < 100; ++i)(void) put(*store, std::string(1'000'000, 'x')),
               CapacityError);
  EXPECT_EQ(get(*store, key), "object");
}

/// Answers the first command of each connection with some bytes, and says no more.
class FakeServer {
 public:
  explicit FakeServer(std::string answer) : answer_(std::move(answer)) {
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listening_, generic, size) != 0 || ::listen(listening_, 8) != 0 ||
        ::getsockname(listening_, generic, &size) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;
  ~FakeServer() {
    is_over_ = true;
    thread_.join();
    for (const int fd : open_) ::close(fd);
    ::close(listening_);
  }
  [[nodiscard]] RedisOptions options() const { return {.hostname = "127.0.0.1", .port = port_}; }

 private:
  void serve() {
    while (!is_over_) {
      pollfd one{.fd = listening_, .events = POLLIN, .revents = 0};
      if (::poll(&one, 1, 5) <= 0) continue;
      const int fd = ::accept(listening_, nullptr, nullptr);
      char command[256];
      if (::recv(fd, command, sizeof command, 0) > 0) {
        (void)::send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL);
      }
      open_.push_back(fd);
    }
  }

  const std::string answer_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  std::vector<int> open_;
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

/// Tells all who connect why they may not, and closes.
class RefusingServer {
 public:
  explicit RefusingServer(std::string said) : said_(std::move(said)) {
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    if (::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listening_, 8) != 0) {
      throw std::runtime_error("cannot listen");
    }
    thread_ = std::thread([this] {
      while (!is_over_) {
        pollfd one{.fd = listening_, .events = POLLIN, .revents = 0};
        if (::poll(&one, 1, 5) <= 0) continue;
        const int fd = ::accept(listening_, nullptr, nullptr);
        (void)::send(fd, said_.data(), said_.size(), MSG_NOSIGNAL);
        ::close(fd);
      }
    });
  }
  RefusingServer(const RefusingServer&) = delete;
  RefusingServer& operator=(const RefusingServer&) = delete;
  ~RefusingServer() {
    is_over_ = true;
    thread_.join();
    ::close(listening_);
  }
  [[nodiscard]] RedisOptions options() const { return {.hostname = "127.0.0.1", .port = port_}; }

 private:
  const std::string said_;
  const std::uint16_t port_ = free_port();
  int listening_ = -1;
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

TEST(RedisFaults, reason_why_a_large_value_is_refused_is_told) {
  const RedisServer server({"--proto-max-bulk-len", "1mb"});
  const auto store = open_store(server.options());
  for (const std::size_t size : {1'100'000U, 3'000'000U, 30'000'000U}) {
    for (int i = 0; i < 5; ++i) {
      EXPECT_THAT([&] { (void)put(*store, std::string(size, 'x')); },
                  ThrowsMessage<ConnectorError>(
                      AllOf(HasSubstr("invalid bulk length"), HasSubstr("part_size"))))
          << size;
    }
  }
  auto options = server.options();
  options.part_size = 500'000;
  const auto other = open_store(options);
  EXPECT_EQ(get(*other, put(*other, std::string(3'000'000, 'x'))).size(), 3'000'000U);
}

TEST(RedisFaults, missing_password_is_told_for_large_values_too) {
  const RedisServer server({"--requirepass", "word"});
  for (const std::size_t size : {5U, 100'000U, 30'000'000U}) {
    EXPECT_THAT([&] { (void)put(*open_store(server.options()), std::string(size, 'x')); },
                ThrowsMessage<AccessError>(AllOf(HasSubstr("answers"), HasSubstr("uth"))))
        << size;
  }
}

TEST(RedisFaults, reason_why_a_connection_is_refused_is_told) {
  for (const auto& [said, names_access] :
       {std::pair<std::string, bool>{"-DENIED Redis is running in protected mode because ...",
                                     true},
        {"-ERR max number of clients reached", false}}) {
    const RefusingServer server(said + "\r\n");
    for (const std::size_t size : {5U, 30'000'000U}) {
      const auto store = open_store(impatient(server.options()));
      try {
        (void)put(*store, std::string(size, 'x'));
        FAIL() << said;
      } catch (const ConnectorError& error) {
        EXPECT_THAT(error.what(), HasSubstr(said.substr(1))) << size;
        EXPECT_EQ(dynamic_cast<const AccessError*>(&error) != nullptr, names_access) << said;
      }
    }
  }
}

std::string value(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

TEST(RedisFaults, malformed_answers_are_named_errors_and_end_in_time) {
  for (const std::string& answer : std::vector<std::string>{
           "nonsense\r\n",
           "\r\n",
           "$5\r\nab",
           "$-2\r\n",
           "$99999999999999999999\r\n",
           "$9999999999999999\r\n",
           "$3\r\nabcdef\r\n",
           "$abc\r\n",
           ":1x\r\n",
           "*-5\r\n",
           "*9999999999\r\n",
           "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
           "+no end",
           "$400000000000\r\nabc",
           "-ERR something\r\n",
           "-\r\n",
           "",
           ":1\r\n",
           "+OK\r\n",
           "*0\r\n",
           value("PROXYSTORE-PARTS 1\nn 18446744073709551615 2222222\n"),
           value("PROXYSTORE-PARTS 1\nnonce 5 0\n")}) {
    const FakeServer server(answer);
    auto options = impatient(server.options());
    options.timeout = 50ms;
    options.retries = 0;
    EXPECT_THROW((void)open_store(options)->get(Key::random()), Error) << answer;
  }
  const FakeServer server(std::string(100'000, 'x'));
  auto options = impatient(server.options());
  options.retries = 0;
  EXPECT_THAT([&] { (void)open_store(options)->get(Key::random()); },
              ThrowsMessage<MessageError>(HasSubstr("64 KiB")));
}

TEST(RedisFaults, malformed_maps_and_redirections_of_a_cluster_are_named_errors) {
  const std::string range = "*3\r\n:0\r\n:16383\r\n";
  for (const std::string& answer : std::vector<std::string>{
           "+OK\r\n", "*0\r\n", "*1\r\n:5\r\n", "*1\r\n*2\r\n:0\r\n:1\r\n",
           "*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\nh\r\n:1\r\n",
           "*1\r\n*3\r\n:-1\r\n:5\r\n*2\r\n$1\r\nh\r\n:1\r\n", "*1\r\n" + range + "*0\r\n",
           "*1\r\n" + range + "*2\r\n:1\r\n:1\r\n",
           "*1\r\n" + range + "*2\r\n$1\r\nh\r\n:70000\r\n",
           "*1\r\n" + range + "*2\r\n$1\r\nh\r\n$1\r\n1\r\n",
           "-ERR This instance has cluster support disabled\r\n"}) {
    const FakeServer server(answer);
    auto options = impatient(server.options());
    options.cluster_seeds = {"127.0.0.1:" + std::to_string(options.port)};
    options.timeout = 50ms;
    options.retries = 0;
    EXPECT_THROW((void)open_store(options)->get(Key::random()), Error) << answer;
  }
  for (const std::string answer :
       {"-MOVED\r\n", "-MOVED 5\r\n", "-MOVED 5 \r\n", "-ASK x 127.0.0.1:5\r\n",
        "-MOVED 16384 127.0.0.1:5\r\n", "-MOVED 5 127.0.0.1:5\r\n"}) {
    const FakeServer server(answer);
    EXPECT_THROW((void)open_store(impatient(server.options()))->get(Key::random()), Error)
        << answer;
  }
}

TEST(RedisFaults, one_connection_serves_many_threads) {
  const RedisServer server;
  auto options = server.options();
  options.pool_size = 1;
  const auto store = open_store(options);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string text = std::to_string(t * 1000 + i);
        if (get(*store, put(*store, text)) != text) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace proxystore::testing
