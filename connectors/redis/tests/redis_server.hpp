// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A real Redis server for a test: started in a folder of its own, and ended with the object.

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/temporary_folder.hpp"
#include "proxystore/connectors/redis.hpp"

namespace proxystore::testing {

/// A port that nobody listens on just now.
inline std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, generic, size) != 0 || ::getsockname(fd, generic, &size) != 0) {
    throw std::runtime_error("no free port");
  }
  ::close(fd);
  return ntohs(address.sin_port);
}

class RedisServer {
 public:
  /// @p arguments are those of redis-server, such as {"--maxmemory", "8mb"}.
  explicit RedisServer(std::vector<std::string> arguments = {})
      : arguments_(std::move(arguments)), port_(free_port()) {
    start();
  }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer() { kill(); }

  /// As a client finds it.
  [[nodiscard]] RedisOptions options() const {
    return {.hostname = "127.0.0.1", .port = port_, .connect_timeout = std::chrono::seconds(10)};
  }
  [[nodiscard]] RedisOptions socket_options() const {
    RedisOptions options;
    options.unix_socket = socket();
    return options;
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string socket() const { return (folder_.path() / "socket").string(); }
  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Ends it at once. What it had is gone.
  void kill() noexcept {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

  void start() {
    std::vector<std::string> words{"redis-server", "--port",     std::to_string(port_),
                                   "--bind",       "127.0.0.1",  "--unixsocket",
                                   socket(),       "--dir",      folder_.path().string(),
                                   "--save",       "",           "--appendonly",
                                   "no",           "--loglevel", "warning"};
    words.insert(words.end(), arguments_.begin(), arguments_.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int null = ::open("/dev/null", O_RDWR);
      for (const int fd : {0, 1, 2}) ::dup2(null, fd);
      ::execvp(argv[0], argv.data());
      ::_exit(127);
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!answers()) {
      if (::waitpid(pid_, nullptr, WNOHANG) == pid_ ||
          std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error("redis-server does not start; is it installed?");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  /// Sends @p command, words without spaces, and returns the first bytes of the answer.
  [[nodiscard]] std::string ask(const std::string& command) const {
    const int fd = connect();
    if (fd < 0) return {};
    const std::string line = command + "\r\n";
    std::string answer(4096, '\0');
    ssize_t count = -1;
    if (::send(fd, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size())) {
      count = ::recv(fd, answer.data(), answer.size(), 0);
    }
    ::close(fd);
    answer.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return answer;
  }

 private:
  [[nodiscard]] int connect() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket().copy(address.sun_path, sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    ::close(fd);
    return -1;
  }
  [[nodiscard]] bool answers() const {
    const std::string answer = ask("PING");
    return answer.starts_with("+PONG") || answer.starts_with("-NOAUTH");
  }

  const std::vector<std::string> arguments_;
  TemporaryFolder folder_;
  const std::uint16_t port_;
  pid_t pid_ = -1;
};

}  // namespace proxystore::testing
