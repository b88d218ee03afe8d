// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Users who may not do everything, and which names the connector uses.
#include <algorithm>
#include <future>
#include <sstream>
#include <thread>
#include <vector>

#include "proxystore/stream/redis_list.hpp"
#include "proxystore/stream/redis_queue.hpp"
#include "support.hpp"

namespace proxystore::testing {
namespace {

using namespace std::chrono_literals;

/// All that a server is told, as MONITOR tells it.
class Monitor {
 public:
  explicit Monitor(const RedisServer& server) : server_(server) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    server.socket().copy(address.sun_path, sizeof address.sun_path - 1);
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::send(fd_, "MONITOR\r\n", 9, MSG_NOSIGNAL) != 9) {
      throw std::runtime_error("cannot monitor");
    }
    read_until("+OK\r\n");
  }
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;
  ~Monitor() { ::close(fd_); }

  /// What was told until now, in lines.
  [[nodiscard]] std::vector<std::string> lines() {
    (void)server_.ask("ECHO end-of-what-was-told");
    std::istringstream text(read_until("end-of-what-was-told"));
    std::vector<std::string> all;
    for (std::string line; std::getline(text, line);) all.push_back(line);
    return all;
  }

 private:
  std::string read_until(const std::string& end) {
    std::string text;
    char buffer[65536];
    while (text.find(end) == std::string::npos) {
      const ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
      if (count <= 0) throw std::runtime_error("the monitor ends");
      text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
  }

  const RedisServer& server_;
  int fd_ = -1;
};

/// The words of a line of MONITOR that stand in quotation marks, up to the @p most-th.
std::vector<std::string> words_of(const std::string& line, std::size_t most = 1000) {
  std::vector<std::string> words;
  bool is_in = false;
  for (std::size_t i = 0; i < line.size() && words.size() <= most; ++i) {
    if (line[i] == '"') {
      is_in = !is_in;
      if (is_in) words.emplace_back();
    } else if (is_in) {
      if (line[i] == '\\') words.back() += line[i++];
      words.back() += line[i];
    }
  }
  return words;
}

/// All verbs, on objects that are whole and in parts.
void do_everything(const RedisOptions& options) {
  const auto store = open_store(options);
  for (const std::size_t size : {5U, 95U}) {
    const std::string text(size, 'x');
    const Key key = put(*store, text);
    EXPECT_EQ(get(*store, key), text);
    EXPECT_EQ(store->get_range(key, 2, 2)->text(), "xx");
    EXPECT_TRUE(store->exists(key));
    store->evict_batch(std::span(&key, 1));
    const Key deferred = store->new_key();
    auto wait = std::async(std::launch::async, [&] { return store->wait(deferred, patience); });
    set(*store, deferred, text, {.only_first = true});
    EXPECT_TRUE(wait.get());
    EXPECT_THROW(set(*store, deferred, "second", {.only_first = true}), AlreadySetError);
    set(*store, deferred, text + text);
    set(*store, deferred, text, {.expiry = 60s});
    const auto lease = store->lease(deferred, LeaseMode::shared, 60s);
    ASSERT_TRUE(lease);
    store->retire(deferred);
    EXPECT_TRUE(store->renew(*lease, 50s));
    EXPECT_EQ(get(*store, deferred), text);
    store->unlease(*lease);
    EXPECT_FALSE(store->exists(deferred));
    const Key idle = put(*store, text);
    store->retire(idle);
    EXPECT_FALSE(store->exists(idle));
    const Key evicted = store->new_key();
    set(*store, evicted, text);
    EXPECT_TRUE(store->evict(evicted));
    (void)put(*store, text);
  }
  int listed = 0;
  store->list([&](const Key&) { return ++listed > 0; });
  EXPECT_EQ(listed, 2);
  store->close();
}

void use_streams(const RedisOptions& options) {
  RedisQueue queue(options, "q");
  (void)queue.push(Bytes::copy_of("message"));
  EXPECT_EQ(queue.pop(patience)->text(), "message");
  (void)RedisListPublisher(options).send_message("t", Bytes::copy_of("message"));
  EXPECT_EQ(RedisListSubscriber(options, "t").next_message(patience)->text(), "message");
}

class RedisRights : public ::testing::Test {
 protected:
  RedisRights() { ::setenv("PROXYSTORE_TEST_RIGHTS", "word", 1); }
  ~RedisRights() override { ::unsetenv("PROXYSTORE_TEST_RIGHTS"); }

  /// Options of a user who may do what @p rights say.
  [[nodiscard]] RedisOptions with(const std::string& rights) const {
    EXPECT_EQ(server_.ask("ACL SETUSER one reset on >word " + rights), "+OK\r\n");
    auto options = server_.options();
    options.username = "one";
    options.password_env = "PROXYSTORE_TEST_RIGHTS";
    options.part_size = 10;
    return options;
  }

  RedisServer server_;
};

TEST_F(RedisRights, without_channels_objects_are_set_and_waited_for) {
  for (const std::string rights :
       {"~* +@all", "~* +@all -publish -subscribe", "~* &* +@all -publish",
        "~* &* +@all -subscribe", "~* &* +@all -unsubscribe"}) {
    const auto store = open_store(with(rights));
    for (const bool only_first : {true, false}) {
      const Key key = store->new_key();
      auto wait = std::async(std::launch::async, [&] { return store->wait(key, patience); });
      std::this_thread::sleep_for(50ms);
      EXPECT_NO_THROW(set(*store, key, "object", {.only_first = only_first})) << rights;
      EXPECT_TRUE(wait.get()) << rights;
      EXPECT_FALSE(store->wait(store->new_key(), 50ms)) << rights;
    }
  }
}

TEST_F(RedisRights, on_the_names_of_a_prefix_are_enough) {
  auto options = with("~app:* &app:* +@all");
  options.prefix = "app:";
  options.clear = RedisOptions::Clear::own;
  do_everything(options);
  EXPECT_EQ(server_.ask("DBSIZE"), ":0\r\n");
  use_streams(options);
}

TEST_F(RedisRights, to_the_commands_that_the_readme_names_are_enough) {
  auto options = with(
      "~app:* &app:* +get +set +del +unlink +exists +getrange +persist +pexpire +rename +multi "
      "+exec "
      "+eval +publish +subscribe +unsubscribe +time +hexists +hgetall +hset +hdel +pexpireat +scan "
      "+strlen +sadd +srem +spop +xgroup +xadd +xlen +xreadgroup +xack +xdel +xautoclaim +xrange "
      "+xinfo +hget +hincrby +hsetnx +rpush +blmove +lindex");
  options.prefix = "app:";
  options.clear = RedisOptions::Clear::own;
  do_everything(options);
  EXPECT_EQ(server_.ask("DBSIZE"), ":0\r\n");
  use_streams(options);
}

TEST_F(RedisRights, all_names_begin_with_the_prefix) {
  auto options = server_.options();
  options.prefix = "app:";
  options.part_size = 10;
  const auto store = open_store(options);
  const Key key = put(*store, std::string(95, 'x'));
  const Key deferred = store->new_key();
  set(*store, deferred, "object", {.only_first = true});
  EXPECT_TRUE(store->lease(key, LeaseMode::shared, 60s));
  RedisQueue queue(options, "q");
  (void)queue.push(Bytes::copy_of("message"));
  const std::string all = server_.ask("DBSIZE");
  const std::string mine = server_.ask("KEYS app:*");
  EXPECT_EQ("*" + all.substr(1), mine.substr(0, mine.find('\n') + 1)) << mine;
}

TEST_F(RedisRights, scripts_declare_the_names_that_they_use) {
  auto options = server_.options();
  options.part_size = 10;
  Monitor monitor(server_);
  do_everything(options);
  use_streams(options);
  std::vector<std::string> declared;
  int scripts = 0;
  for (const std::string& line : monitor.lines()) {
    const auto words = words_of(line);
    if (words.size() > 2 && words[0] == "EVAL") {
      ++scripts;
      const auto count = std::stoul(words[2]);
      ASSERT_LE(3 + count, words.size()) << line;
      declared.assign(words.begin() + 3, words.begin() + 3 + static_cast<std::ptrdiff_t>(count));
    } else if (line.find(" lua]") != std::string::npos && words.size() > 1) {
      const std::size_t at = words[0] == "XINFO" ? 2 : 1;
      if (words[0] == "TIME") continue;
      EXPECT_NE(std::ranges::find(declared, words.at(at)), declared.end()) << line;
      if (words[0] == "RENAME") {
        EXPECT_NE(std::ranges::find(declared, words.at(2)), declared.end()) << line;
      }
    }
  }
  EXPECT_GT(scripts, 10);
}

}  // namespace
}  // namespace proxystore::testing
