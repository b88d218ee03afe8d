// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Objects in one Redis server, by their names there: whole values, and values in parts.

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connection.hpp"
#include "manifest.hpp"
#include "pool.hpp"
#include "proxystore/bytes.hpp"

namespace proxystore::inline v0::redis {

/// @threadsafe All verbs throw as Connection does, and ConnectorError for what the server answers.
class Objects {
 public:
  explicit Objects(Settings settings) : pool_(std::move(settings)) {}

  /// Whether the object is small enough to be one value, and cannot be taken for a manifest.
  [[nodiscard]] bool keeps_whole(std::span<const ByteSpan> parts) const;
  /// Stores a new object. Whether it is in parts.
  bool put(const std::string& name, std::span<const ByteSpan> parts,
           std::chrono::milliseconds expiry);
  /// Stores new objects, all of them whole, in one exchange; if it throws, some may be there.
  void put_many(std::span<const std::string> names,
                std::span<const std::span<const ByteSpan>> values,
                std::span<const std::chrono::milliseconds> expiries);
  /// Stores an object, or a new version of it, and wakes those who wait for it.
  void set(const std::string& name, std::span<const ByteSpan> parts,
           std::chrono::milliseconds expiry);
  /// As set(), if there is no object, nor another who does the same just now; whether it was done.
  [[nodiscard]] bool set_first(const std::string& name, std::span<const ByteSpan> parts,
                               std::chrono::milliseconds expiry);

  [[nodiscard]] std::optional<Bytes> get(const std::string& name);
  [[nodiscard]] std::vector<std::optional<Bytes>> get_many(std::span<const std::string> names);
  [[nodiscard]] std::optional<Bytes> get_range(const std::string& name, std::size_t offset,
                                               std::size_t length);
  [[nodiscard]] std::vector<bool> exist(std::span<const std::string> names);

  /// Whether there was one.
  bool remove(const std::string& name, bool may_have_parts);
  /// Whole ones, in one exchange.
  void remove_whole(std::span<const std::string> names);

  /// Waits until the object is there; @p is_over, which is asked now and then, ends it.
  [[nodiscard]] bool wait(const std::string& name, std::chrono::milliseconds timeout,
                          const std::function<bool()>& is_over);

  /// Remembers @p names as of a session, and takes some of them back.
  void remember(const std::string& session, std::span<const std::string> names);
  [[nodiscard]] std::vector<std::string> recall(const std::string& session);

  void flush();

  /// What a script returns, a number. @p keys share a hash tag.
  [[nodiscard]] std::int64_t evaluate(std::string_view script, std::span<const std::string> keys,
                                      std::span<const std::string> arguments, const char* verb);

  [[nodiscard]] const Settings& settings() const noexcept { return pool_.settings(); }

 private:
  template <class F>
  auto with_connection(const F& function) -> decltype(function(std::declval<Connection&>()));
  [[nodiscard]] ConnectionPool::Taken take_patiently();
  void back_off(int attempt) const;

  [[nodiscard]] Reply call(Connection& connection, const Request& request, const char* verb,
                           const std::string& name) const;
  [[nodiscard]] std::vector<Reply> exchange(const Request& request, const char* verb,
                                            std::span<const std::string> names);
  [[nodiscard]] std::optional<Bytes> value_of(Reply reply) const;
  [[nodiscard]] std::vector<Reply> transact(Connection& connection, const Request& commands,
                                            const char* verb, const std::string& name) const;
  void check(const Reply& reply, const char* verb, const std::string& name) const;

  void publish(Connection& connection, const std::string& name, std::span<const ByteSpan> parts,
               std::chrono::milliseconds expiry);
  void publish_in_parts(Connection& connection, const std::string& name,
                        std::span<const ByteSpan> parts, std::chrono::milliseconds expiry);
  /// @p head is the beginning of what was there before.
  void remove_older_parts(Connection& connection, const std::string& name, const Reply& head) const;
  void remove_parts(Connection& connection, const std::string& name,
                    const Manifest& manifest) const;
  [[nodiscard]] std::optional<Bytes> read_parts(Connection& connection, const std::string& name,
                                                Manifest manifest) const;

  ConnectionPool pool_;
};

}  // namespace proxystore::inline v0::redis
