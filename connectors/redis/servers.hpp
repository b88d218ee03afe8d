// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Commands by the names that they are about: to the one server, or to the server of a cluster that
/// has the name, and again if that is lost or refers to another.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connection.hpp"
#include "options.hpp"
#include "pool.hpp"
#include "slot_map.hpp"

namespace proxystore::inline v0::redis {

/// What commands do, which says what follows a failure.
enum class Effect : std::uint8_t {
  repeatable,  ///< May be done twice
  published,   ///< As repeatable, and has to be on as many replicas as the options say
  once,        ///< Its answer tells who of several did it: not repeated if it may have been done
};

/// @threadsafe All throw as Connection does, and what check() makes of a server's answer.
class Servers {
 public:
  explicit Servers(Settings settings);
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;

  /// The answer to the one command of @p request,
  /// which is about @p name and what shares its slot.
  Reply call(const std::string& name, const Request& request, const char* verb,
             Effect effect = Effect::repeatable);
  /// As call(), for a value of @p target.size() bytes that goes there; whether it was one.
  [[nodiscard]] bool call_into(const std::string& name, const Request& request, const char* verb,
                               std::span<std::byte> target);
  /// Reads value @p what, of @p target.size() bytes, which shares the slot of @p name and does not
  /// change, through @p hash if there is one; whether it was there and had that size.
  [[nodiscard]] bool fetch(const std::string& name, const std::string& what,
                           std::span<std::byte> target, detail::Xxh3Stream* hash = nullptr);
  /// The answers to the commands of @p request between begin() and commit().
  [[nodiscard]] std::vector<Reply> transact(const std::string& name, const Request& request,
                                            const char* verb, Effect effect = Effect::repeatable);

  /// Adds one command to a request, about the name of this index.
  using Adder = std::function<void(Request&, std::size_t)>;
  /// The answers to one command for each of @p names, sent together to each server.
  [[nodiscard]] std::vector<Reply> exchange(std::span<const std::string> names, const Adder& add,
                                            const char* verb, Effect effect = Effect::repeatable);

  /// The servers that have names, for call_at().
  [[nodiscard]] std::vector<std::string> addresses();
  /// The answer of one of them to the one command of @p request, which may be done twice.
  Reply call_at(const std::string& address, const Request& request, const char* verb);
  /// As call_at(), for each server that has names.
  void call_all(const Request& request, const char* verb);

  /// How to reach the server that has @p name.
  [[nodiscard]] Settings settings_for(const std::string& name);

  [[nodiscard]] const Settings& settings() const noexcept { return settings_; }

 private:
  class Attempts;

  template <class F>
  auto with_connection(const std::string& name, Effect effect, const F& function)
      -> decltype(function(std::declval<Connection&>()));

  [[nodiscard]] bool is_cluster() const { return !settings_.options.cluster_seeds.empty(); }
  [[nodiscard]] std::string address_of(const std::string& name);
  [[nodiscard]] ConnectionPool& pool_at(const std::string& address);
  [[nodiscard]] Settings settings_at(const std::string& address) const;
  void follow(const RedirectError& redirect);
  void doubt_map();
  void load_map();
  [[nodiscard]] SlotMap ask_for_map();

  void exchange_some(std::span<const std::string> names, const Adder& add, const char* verb,
                     Effect effect, std::vector<std::size_t>& left, std::vector<Reply>& answers);
  void require_replicas(Connection& connection, const char* verb) const;

  using Clock = std::chrono::steady_clock;
  const Settings settings_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<ConnectionPool>, std::less<>> pools_;  // by address
  std::optional<SlotMap> map_;
  Clock::time_point loaded_at_{};
};

}  // namespace proxystore::inline v0::redis
