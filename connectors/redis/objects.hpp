// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Objects in Redis, by their names there: whole values, and values in parts.

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "channels.hpp"
#include "manifest.hpp"
#include "piecewise_checksum.hpp"
#include "proxystore/bytes.hpp"
#include "servers.hpp"

namespace proxystore::inline v0::redis {

/// @threadsafe All verbs throw as Servers does.
class Objects {
 public:
  explicit Objects(Settings settings) : servers_(std::move(settings)) {}

  /// Whether the object is small enough to be one value, and cannot be taken for a manifest.
  [[nodiscard]] bool keeps_whole(std::span<const ByteSpan> parts) const;
  /// Stores a new object, and meanwhile takes its checksum, if that is asked for. Whether it is in
  /// parts.
  bool put(const std::string& name, std::span<const ByteSpan> parts,
           std::chrono::milliseconds expiry, PiecewiseChecksum* checksum = nullptr);
  /// Stores new objects, all of them whole, together; if it throws, some may be there.
  void put_many(std::span<const std::string> names,
                std::span<const std::span<const ByteSpan>> values,
                std::span<const std::chrono::milliseconds> expiries);
  /// Stores an object, or a new version of it, and wakes those who wait for it.
  void set(const std::string& name, std::span<const ByteSpan> parts,
           std::chrono::milliseconds expiry);
  /// As set(), if there is no object; whether it was done. Of several at once one does it.
  [[nodiscard]] bool set_first(const std::string& name, std::span<const ByteSpan> parts,
                               std::chrono::milliseconds expiry);

  [[nodiscard]] std::optional<Bytes> get(const std::string& name);
  /// A large object that is whole, never changes, and should have @p size bytes: nothing if it has
  /// not. It goes through @p hash, if there is one.
  [[nodiscard]] std::optional<Bytes> get_whole(const std::string& name, std::size_t size,
                                               detail::Xxh3Stream* hash);
  [[nodiscard]] std::vector<std::optional<Bytes>> get_many(std::span<const std::string> names);
  [[nodiscard]] std::optional<Bytes> get_range(const std::string& name, std::size_t offset,
                                               std::size_t length);
  [[nodiscard]] std::vector<bool> exist(std::span<const std::string> names);

  /// Whether there was one.
  bool remove(const std::string& name, bool may_have_parts);
  void remove_many(std::span<const std::string> names, bool may_have_parts);

  /// Calls @p visit with names that may be those of objects, and their sizes, until it returns
  /// false.
  void list(const std::function<bool(std::string_view, std::size_t)>& visit);

  /// Waits until the object is there; @p is_over, which is asked now and then, ends it.
  [[nodiscard]] bool wait(const std::string& name, std::chrono::milliseconds timeout,
                          const std::function<bool()>& is_over);

  /// Remembers @p names as of a session, forgets them, and takes some of them back.
  void remember(const std::string& session, std::span<const std::string> names);
  void forget(const std::string& session, std::span<const std::string> names);
  [[nodiscard]] std::vector<std::string> recall(const std::string& session);

  void flush();

  /// What names of keys that belong to an object begin with: with the prefix, as its own, and in a
  /// cluster they are where it is.
  [[nodiscard]] std::string beside(const std::string& name) const {
    return settings().options.prefix + "{" + name + "}:";
  }
  /// Tells who was the first to set an object.
  [[nodiscard]] std::string first_of(const std::string& name) const {
    return beside(name) + "first";
  }
  /// What a script returns, a number. Its keys are the object of @p name, @p others, and then the
  /// parts of the object; its arguments the manifest, or nothing, and then @p arguments. If
  /// Manifest::other_in_lua says that another manifest is there, it must return that before it
  /// changes anything: it is called again then.
  [[nodiscard]] std::int64_t evaluate(std::string_view script, const std::string& name,
                                      std::span<const std::string> others,
                                      std::span<const std::string> arguments, const char* verb,
                                      Effect effect = Effect::repeatable);

  [[nodiscard]] const Settings& settings() const noexcept { return servers_.settings(); }

 private:
  [[nodiscard]] std::string session_set(const std::string& session) const;
  void change_session(std::string_view command, const std::string& session,
                      std::span<const std::string> names, const char* verb);
  [[nodiscard]] std::optional<Bytes> value_of(Reply reply) const;
  void publish_whole(const std::string& name, std::span<const ByteSpan> parts,
                     std::chrono::milliseconds expiry);
  void publish_in_parts(const std::string& name, std::span<const ByteSpan> parts,
                        std::chrono::milliseconds expiry, PiecewiseChecksum* checksum = nullptr);
  [[nodiscard]] bool try_in_parts(const std::string& name, std::span<const ByteSpan> parts,
                                  std::chrono::milliseconds expiry, PiecewiseChecksum* checksum);
  [[nodiscard]] std::int64_t try_first(const std::string& name, const Manifest& manifest,
                                       std::span<const ByteSpan> parts,
                                       std::chrono::milliseconds expiry);
  [[nodiscard]] std::vector<std::string> part_names(const std::string& name,
                                                    const Manifest& manifest) const;
  void write_parts(const std::string& name, const Manifest& manifest,
                   std::span<const ByteSpan> parts, PiecewiseChecksum* checksum = nullptr);
  [[noreturn]] void fail_losing_parts(const std::string& name) const;
  [[noreturn]] void fail_replacing(const std::string& name, const char* verb) const;
  void tell(const std::string& name) noexcept;
  /// @p head is the beginning of what was there before a version of nonce @p newer.
  void remove_older_parts(const std::string& name, const Reply& head,
                          std::string_view newer) noexcept;
  void remove_parts(const std::string& name, const Manifest& manifest) noexcept;
  [[nodiscard]] std::optional<Bytes> read_parts(const std::string& name, Manifest manifest);
  [[nodiscard]] bool has_all_parts(const std::string& name, Bytes head);
  [[nodiscard]] std::vector<std::optional<std::size_t>> sizes_of(
      std::span<const std::string> names);
  [[nodiscard]] bool fetch_parts(const std::string& name, const Manifest& manifest,
                                 std::span<std::byte> target);

  Servers servers_;
  Channels channels_{servers_};
};

}  // namespace proxystore::inline v0::redis
