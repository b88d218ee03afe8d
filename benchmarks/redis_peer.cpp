// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "redis_peer.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <thread>

#include <spawn.h>
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

}  // namespace

bool RedisPeer::is_installed() {
  return std::system("command -v redis-server >/dev/null 2>&1") ==
         0;  // NOLINT(concurrency-mt-unsafe)
}

RedisPeer::RedisPeer()
    : folder_(std::filesystem::temp_directory_path() /
              ("proxystore-bench-" + proxystore::Key::random().to_string())) {
  std::filesystem::create_directories(folder_);
  std::array<std::string, 12> words = {
      "redis-server", "--port",  "0",     "--unixsocket",   folder_ / "socket", "--save", "",
      "--loglevel",   "warning", "--dir", folder_.string(), "--daemonize"};
  std::array<char*, words.size() + 2> argv{};
  for (std::size_t i = 0; i < words.size(); ++i) argv[i] = words[i].data();
  std::string no = "no";
  argv[words.size()] = no.data();
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
  const std::string path = folder_ / "socket";
  for (const auto end = std::chrono::steady_clock::now() + patience;;) {
    context_ = redisConnectUnix(path.c_str());
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
