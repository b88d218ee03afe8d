// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "redis_peer.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hiredis/hiredis.h>
#include <proxystore/key.hpp>

extern char** environ;

namespace bench {

namespace {

struct FreeReply {
  void operator()(void* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

/// A port that nobody listens on just now.
int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool done = ::bind(fd, generic, size) == 0 && ::getsockname(fd, generic, &size) == 0;
  ::close(fd);
  if (!done) throw std::runtime_error("no free port for redis-server");
  return ntohs(address.sin_port);
}

}  // namespace

bool RedisPeer::is_installed() {
  return std::system("command -v redis-server >/dev/null 2>&1") ==
         0;  // NOLINT(concurrency-mt-unsafe)
}

RedisPeer::RedisPeer(Transport transport)
    : folder_(std::filesystem::temp_directory_path() /
              ("proxystore-bench-" + proxystore::Key::random().to_string())),
      port_(transport == Transport::tcp ? free_port() : 0) {
  std::filesystem::create_directories(folder_);
  std::array<std::string, 17> words = {"redis-server",   "--port",    std::to_string(port_),
                                       "--bind",         "127.0.0.1", "--unixsocket",
                                       socket(),         "--save",    "",
                                       "--loglevel",     "warning",   "--dir",
                                       folder_.string(), "--logfile", (folder_ / "log").string(),
                                       "--daemonize",    "no"};
  std::array<char*, words.size() + 1> argv{};
  for (std::size_t i = 0; i < words.size(); ++i) argv[i] = words[i].data();
  if (::posix_spawnp(&server_, "redis-server", nullptr, nullptr, argv.data(), environ) != 0) {
    std::filesystem::remove_all(folder_);
    throw std::runtime_error("cannot start redis-server");
  }
  try {
    connect();
  } catch (...) {
    stop();
    throw;
  }
}

RedisPeer::~RedisPeer() {
  stop();
}

void RedisPeer::connect() {
  constexpr std::chrono::seconds patience(10);
  for (const auto end = std::chrono::steady_clock::now() + patience;;) {
    context_ = port_ == 0 ? redisConnectUnix(socket().c_str()) : redisConnect("127.0.0.1", port_);
    if (context_ != nullptr && context_->err == 0) return;
    if (context_ != nullptr) redisFree(context_);
    context_ = nullptr;
    if (std::chrono::steady_clock::now() > end) {
      throw std::runtime_error("redis-server does not answer");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void RedisPeer::stop() noexcept {
  if (context_ != nullptr) redisFree(context_);
  ::kill(server_, SIGTERM);
  ::waitpid(server_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RedisPeer::set(const std::string& key, std::span<const std::byte> value) {
  const Reply reply(static_cast<redisReply*>(
      redisCommand(context_, "SET %b %b", key.data(), key.size(), value.data(), value.size())));
  if (!reply || reply->type != REDIS_REPLY_STATUS) throw std::runtime_error("SET failed");
}

std::size_t RedisPeer::get(const std::string& key) {
  const Reply reply(
      static_cast<redisReply*>(redisCommand(context_, "GET %b", key.data(), key.size())));
  if (!reply || reply->type != REDIS_REPLY_STRING) throw std::runtime_error("GET failed");
  return static_cast<std::size_t>(reply->len);
}

}  // namespace bench
