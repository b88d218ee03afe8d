// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A real Redis Cluster for a test: three masters, each with a replica.

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "redis_server.hpp"

namespace proxystore::testing {

class RedisCluster {
 public:
  static constexpr std::size_t masters = 3;

  RedisCluster() {
    for (std::size_t i = 0; i < 2 * masters; ++i) {
      bus_[i] = free_port();
      servers_[i] = std::make_unique<RedisServer>(std::vector<std::string>{
          "--cluster-enabled", "yes", "--cluster-node-timeout", "1500", "--cluster-port",
          std::to_string(bus_[i]), "--cluster-replica-validity-factor", "0",
          "--repl-diskless-sync-delay", "0"});
      do_at(i, "CLUSTER SET-CONFIG-EPOCH " + std::to_string(i + 1));
    }
    for (std::size_t i = 0; i < masters; ++i) {
      const std::size_t first = 16384 * i / masters;
      const std::size_t last = 16384 * (i + 1) / masters - 1;
      do_at(i, "CLUSTER ADDSLOTSRANGE " + std::to_string(first) + " " + std::to_string(last));
    }
    for (std::size_t i = 1; i < 2 * masters; ++i) {
      do_at(i, "CLUSTER MEET 127.0.0.1 " + std::to_string(servers_[0]->port()) + " " +
                   std::to_string(bus_[0]));
    }
    await("that all servers know each other", [this] {
      return all([](const RedisServer& one) {
        const std::string nodes = one.ask("CLUSTER NODES");
        return std::ranges::count(nodes, '\n') == 2 * masters + 2 &&
               nodes.find("handshake") == std::string::npos;
      });
    });
    for (std::size_t i = 0; i < masters; ++i) {
      do_at(masters + i, "CLUSTER REPLICATE " + id(i));
    }
    await_health();
  }

  /// All servers agree that all slots are served, and each replica follows its master.
  void await_health() const {
    await("a healthy cluster", [this] {
      return all([](const RedisServer& one) {
        const std::string info = one.ask("INFO replication");
        const bool is_followed = info.find("role:master") == std::string::npos
                                     ? info.find("master_link_status:up") != std::string::npos
                                     : info.find("connected_slaves:1") != std::string::npos;
        return is_followed && one.ask("CLUSTER INFO").find("cluster_state:ok") != std::string::npos;
      });
    });
  }

  /// A replica has taken the place of a master that died.
  void await_succession() const {
    await("successor", [this] {
      return masters ==
             static_cast<std::size_t>(std::ranges::count_if(servers_, [](const auto& one) {
               return one->ask("INFO replication").find("role:master") != std::string::npos;
             }));
    });
  }

  [[nodiscard]] RedisServer& server(std::size_t i) { return *servers_[i]; }

  /// As a client finds it, from its second master.
  [[nodiscard]] RedisOptions options() const {
    RedisOptions options;
    options.cluster_seeds = {"127.0.0.1:" + std::to_string(servers_[1]->port())};
    return options;
  }

  [[nodiscard]] std::string slot_of(const std::string& name) const {
    const std::string answer = servers_[0]->ask("CLUSTER KEYSLOT " + name);
    return answer.substr(1, answer.size() - 3);
  }
  /// The master that has @p slot by its own account.
  [[nodiscard]] std::size_t owner_of(const std::string& slot) const {
    for (std::size_t i = 0; i < masters; ++i) {
      if (!servers_[i]->ask("CLUSTER COUNTKEYSINSLOT " + slot).starts_with(":")) continue;
      if (ranges(i, std::stoul(slot))) return i;
    }
    throw std::runtime_error("nobody has slot " + slot);
  }

  /// The three steps in which a slot goes from one master to another.
  void begin_move(const std::string& slot, std::size_t from, std::size_t to) {
    do_at(to, "CLUSTER SETSLOT " + slot + " IMPORTING " + id(from));
    do_at(from, "CLUSTER SETSLOT " + slot + " MIGRATING " + id(to));
  }
  void move_name(const std::string& name, std::size_t from, std::size_t to) {
    const std::string answer = servers_[from]->ask(
        "MIGRATE 127.0.0.1 " + std::to_string(servers_[to]->port()) + " " + name + " 0 10000");
    if (answer.starts_with("-")) throw std::runtime_error("MIGRATE: " + answer);
  }
  void end_move(const std::string& slot, std::size_t from, std::size_t to) {
    for (std::string name = any_name(slot, from); !name.empty(); name = any_name(slot, from)) {
      move_name(name, from, to);
    }
    for (const std::size_t i : {to, from}) do_at(i, "CLUSTER SETSLOT " + slot + " NODE " + id(to));
  }

  /// How often servers referred somebody elsewhere.
  [[nodiscard]] int detours() const {
    int count = 0;
    for (const auto& one : servers_) {
      std::istringstream lines(one->ask("INFO errorstats"));
      for (std::string line; std::getline(lines, line);) {
        if (line.find("_MOVED:") == std::string::npos && line.find("_ASK:") == std::string::npos) {
          continue;
        }
        count += std::stoi(line.substr(line.find('=') + 1));
      }
    }
    return count;
  }

 private:
  [[nodiscard]] bool all(const std::function<bool(const RedisServer&)>& holds) const {
    return std::ranges::all_of(servers_, [&](const auto& one) { return holds(*one); });
  }
  static void await(const std::string& what, const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("no " + what);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  void do_at(std::size_t i, const std::string& command) const {
    const std::string answer = servers_[i]->ask(command);
    if (answer != "+OK\r\n") throw std::runtime_error(command + ": " + answer);
  }
  /// The text of a bulk answer of one line.
  [[nodiscard]] static std::string text_of(const std::string& answer) {
    const std::size_t from = answer.find("\r\n") + 2;
    return answer.substr(from, answer.find("\r\n", from) - from);
  }
  [[nodiscard]] std::string id(std::size_t i) const {
    return text_of(servers_[i]->ask("CLUSTER MYID"));
  }
  /// Some name in @p slot; empty if there is none.
  [[nodiscard]] std::string any_name(const std::string& slot, std::size_t at) const {
    const std::string answer = servers_[at]->ask("CLUSTER GETKEYSINSLOT " + slot + " 1");
    if (!answer.starts_with("*1\r\n")) return {};
    return text_of(answer.substr(4));
  }
  /// Whether server @p i says that @p slot is among its own.
  [[nodiscard]] bool ranges(std::size_t i, std::size_t slot) const {
    std::istringstream nodes(servers_[i]->ask("CLUSTER NODES"));
    for (std::string line; std::getline(nodes, line);) {
      if (line.find("myself") == std::string::npos) continue;
      std::istringstream words(line);
      std::string word;
      for (int n = 0; n < 8; ++n) words >> word;
      while (words >> word && word.front() != '[') {
        const std::size_t dash = word.find('-');
        const std::size_t first = std::stoul(word);
        const std::size_t last =
            dash == std::string::npos ? first : std::stoul(word.substr(dash + 1));
        if (first <= slot && slot <= last) return true;
      }
    }
    return false;
  }

  std::array<std::unique_ptr<RedisServer>, 2 * masters> servers_;
  std::array<std::uint16_t, 2 * masters> bus_{};
};

}  // namespace proxystore::testing
