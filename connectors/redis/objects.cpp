// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// A whole object is a Redis string, `SET <name> <bytes>`, as Python's RedisConnector writes it: one
// command, so a reader sees it whole or not at all.
//
// A larger one is split, since Redis takes no value above 512 MB:
//
//   put, set  1. SET {<name>}:<nonce>:<n> <part> PX <some time>, for each part
//             2. MULTI, GETRANGE <name> (is there an older manifest?), PERSIST each part,
//                SET <name> <manifest>, EXEC
//             3. UNLINK the parts of the older version
//   get       1. GET <name>, a manifest   2. GET each part, into its place
//   evict     a script: GETRANGE <name>, UNLINK the parts, DEL <name>
//
// The manifest appears when all parts are there and will stay, so a reader that has it finds them,
// unless an evict or a later set comes between its steps: then a part is missing, and it reads the
// name again, and finds the new manifest, or none. Whoever dies before step 2 leaves parts that go
// by themselves. Removing or replacing a manifest and reading what it was is one transaction, so
// the parts of each version are removed by exactly one, whatever the order.
//
// The first of several who set a deferred name is who makes `{<name>}:first` (SET NX, with a nonce
// that tells a repeated command from another's). Who waits for a name subscribes to the channel
// `<name>:set` first and looks for the object then, so that no set between the two is missed; it
// looks again every two seconds, since Python's ProxyStore and lost connections say nothing.
#include "objects.hpp"

#include <algorithm>
#include <cstring>
#include <random>

#include "detail/log.hpp"
#include "detail/pause.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::redis {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds part_lifetime = std::chrono::hours(1);  // until its manifest is there
constexpr std::size_t most_commands = 1000;                    // that are sent together
constexpr milliseconds look_again{2000};

std::size_t size_of(std::span<const ByteSpan> parts) {
  std::size_t size = 0;
  for (const ByteSpan part : parts) size += part.size();
  return size;
}

/// Without an expiry of its own an object keeps the one that it has: it may be retired.
std::vector<std::string> expiry_options(milliseconds expiry) {
  if (expiry.count() <= 0) return {"KEEPTTL"};
  return {"PX", std::to_string(expiry.count())};
}

/// The pieces of @p parts that make the bytes from @p offset to @p offset + @p size.
std::vector<ByteSpan> cut(std::span<const ByteSpan> parts, std::size_t offset, std::size_t size) {
  std::vector<ByteSpan> pieces;
  for (const ByteSpan part : parts) {
    if (offset >= part.size()) {
      offset -= part.size();
      continue;
    }
    const std::size_t length = std::min(size, part.size() - offset);
    if (length > 0) pieces.push_back(part.subspan(offset, length));
    size -= length;
    offset = 0;
    if (size == 0) break;
  }
  return pieces;
}

/// Removes an object, its parts and the claim to its name, in one step. A transaction would be
/// refused for want of memory, which is when removing is most needed.
const std::string& removal() {
  static const std::string script = std::string(Manifest::parts_in_lua) +
                                    "for _, part in ipairs(parts_of(KEYS[1])) do "
                                    "redis.call('UNLINK', part) end "
                                    "redis.call('DEL', KEYS[2]) "
                                    "return redis.call('DEL', KEYS[1])";
  return script;
}
static_assert(Manifest::longest == 128);  // as the script says

bool starts_with(std::span<const ByteSpan> parts, std::string_view text) {
  for (const ByteSpan part : parts) {
    const std::size_t length = std::min(part.size(), text.size());
    if (length > 0 && std::memcmp(part.data(), text.data(), length) != 0) return false;
    text.remove_prefix(length);
    if (text.empty()) return true;
  }
  return false;
}

std::string channel_of(const std::string& name) {
  return name + ":set";
}

std::string range_end() {
  return std::to_string(Manifest::longest - 1);
}

}  // namespace

void Objects::check(const Reply& reply, const char* verb, const std::string& name) const {
  redis::check(reply, {.connector = "redis", .operation = verb, .key = Key::parse(name)},
               settings().server());
}

void Objects::back_off(int attempt) const {
  thread_local std::minstd_rand random{std::random_device{}()};
  const int longest = 10 << std::min(attempt, 7);  // ms
  detail::pause(milliseconds(std::uniform_int_distribution<int>(longest / 2, longest)(random)));
}

ConnectionPool::Taken Objects::take_patiently() {
  for (int attempt = 0;; ++attempt) {
    try {
      return pool_.take();
    } catch (const RetriableError&) {
      if (attempt >= settings().options.retries) throw;
    }
    back_off(attempt);
  }
}

/// Calls @p function with a connection, again with another if that was lost, or if the server had
/// no room: for what can be repeated.
template <class F>
auto Objects::with_connection(const F& function)
    -> decltype(function(std::declval<Connection&>())) {
  for (int attempt = 0;; ++attempt) {
    try {
      const auto connection = pool_.take();
      return function(*connection);
    } catch (const RetriableError&) {
      if (attempt >= settings().options.retries) throw;
    } catch (const CapacityError&) {
      // The server may need a moment to let go of values that it refused or removed.
      if (attempt >= std::min(settings().options.retries, 2)) throw;
    }
    back_off(attempt);
  }
}

Reply Objects::call(Connection& connection, const Request& request, const char* verb,
                    const std::string& name) const {
  Reply reply = connection.call(request);
  check(reply, verb, name);
  return reply;
}

/// Sends @p request, which has a command for each of @p names; their answers, none of them an
/// error.
std::vector<Reply> Objects::exchange(const Request& request, const char* verb,
                                     std::span<const std::string> names) {
  return with_connection([&](Connection& connection) {
    connection.send(request);
    std::vector<Reply> answers;
    for (std::size_t i = 0; i < names.size(); ++i) answers.push_back(connection.receive());
    for (std::size_t i = 0; i < names.size(); ++i) check(answers[i], verb, names[i]);
    return answers;
  });
}

/// What GET answered. @throws MessageError if that is no value
std::optional<Bytes> Objects::value_of(Reply reply) const {
  if (reply.is_nil()) return std::nullopt;
  if (reply.type == Reply::Type::bulk) return std::move(reply.bulk);
  throw MessageError("Redis at " + settings().server() + " answers GET with no value",
                     {.connector = "redis", .operation = "get"});
}

/// Runs @p commands as one transaction; their answers.
std::vector<Reply> Objects::transact(Connection& connection, const Request& commands,
                                     const char* verb, const std::string& name) const {
  Request begin, end;
  begin.command({"MULTI"});
  end.command({"EXEC"});
  connection.send(begin);
  connection.send(commands);
  connection.send(end);
  // Each is queued, or refused; the last answer tells of all.
  Reply refused;
  for (std::size_t i = 0; i < commands.commands() + 1; ++i) {
    Reply queued = connection.receive();
    if (queued.type == Reply::Type::error && refused.is_nil()) refused = std::move(queued);
  }
  Reply all = connection.receive();
  check(refused, verb, name);
  check(all, verb, name);
  for (const Reply& one : all.elements) check(one, verb, name);
  if (all.elements.size() != commands.commands()) {
    throw MessageError("Redis at " + settings().server() + " answers a transaction of " +
                           std::to_string(commands.commands()) + " commands with " +
                           std::to_string(all.elements.size()) + " answers",
                       {.connector = "redis", .operation = verb});
  }
  return std::move(all.elements);
}

// -- Writing

void Objects::remove_parts(Connection& connection, const std::string& name,
                           const Manifest& manifest) const {
  Request request;
  for (std::size_t i = 0; i < manifest.parts(); ++i) {
    const std::string part = manifest.name_of(name, i);
    request.command({"UNLINK", part});
  }
  connection.send(request);
  for (std::size_t i = 0; i < request.commands(); ++i) check(connection.receive(), "evict", name);
}

/// Stores the object, in parts if it has to be, and removes those of an older version.
void Objects::publish(Connection& connection, const std::string& name,
                      std::span<const ByteSpan> parts, milliseconds expiry) {
  if (!keeps_whole(parts)) {
    publish_in_parts(connection, name, parts, expiry);
    return;
  }
  const std::string end = range_end();
  Request request;
  request.command({"GETRANGE", name, "0", end}).set(name, parts, expiry_options(expiry));
  const auto answers = transact(connection, request, "put", name);
  remove_older_parts(connection, name, answers.front());
}

void Objects::publish_in_parts(Connection& connection, const std::string& name,
                               std::span<const ByteSpan> parts, milliseconds expiry) {
  const Manifest manifest{.nonce = Key::random().to_string().substr(0, 13),
                          .size = size_of(parts),
                          .part_size = settings().options.part_size};
  const std::string end = range_end();
  const std::string text = manifest.to_text();
  const ByteSpan text_part = std::as_bytes(std::span(text.data(), text.size()));
  const std::string time = std::to_string(expiry.count());
  Request request;
  request.command({"GETRANGE", name, "0", end});
  try {
    for (std::size_t i = 0; i < manifest.parts(); ++i) {
      const std::string part = manifest.name_of(name, i);
      const auto pieces = cut(parts, i * manifest.part_size, manifest.size_of(i));
      (void)call(connection, Request().set(part, pieces, expiry_options(part_lifetime)), "put",
                 name);
      if (expiry.count() > 0) {
        request.command({"PEXPIRE", part, time});
      } else {
        request.command({"PERSIST", part});
      }
    }
    request.set(name, std::span(&text_part, 1), expiry_options(expiry));
    const auto answers = transact(connection, request, "put", name);
    for (std::size_t i = 0; i < manifest.parts(); ++i) {
      if (answers[i + 1].integer == 1) continue;
      throw RetriableError("Redis at " + settings().server() + " dropped a part of a new object",
                           {.connector = "redis", .operation = "put"});
    }
    remove_older_parts(connection, name, answers.front());
  } catch (const CapacityError&) {
    remove_parts(connection, name, manifest);  // now, and not when their time is over
    throw;
  }
}

void Objects::remove_older_parts(Connection& connection, const std::string& name,
                                 const Reply& head) const {
  const auto older = Manifest::parse(head.bulk.span());
  if (older) remove_parts(connection, name, *older);
}

bool Objects::keeps_whole(std::span<const ByteSpan> parts) const {
  return size_of(parts) <= settings().options.part_size && !starts_with(parts, Manifest::mark);
}

bool Objects::put(const std::string& name, std::span<const ByteSpan> parts, milliseconds expiry) {
  if (!keeps_whole(parts)) {
    with_connection(
        [&](Connection& connection) { publish_in_parts(connection, name, parts, expiry); });
    return true;
  }
  const auto options = expiry_options(expiry);
  const Request request = std::move(Request().set(name, parts, options));
  with_connection([&](Connection& connection) { (void)call(connection, request, "put", name); });
  return false;
}

void Objects::put_many(std::span<const std::string> names,
                       std::span<const std::span<const ByteSpan>> values,
                       std::span<const milliseconds> expiries) {
  for (std::size_t from = 0; from < names.size(); from += most_commands) {
    const std::size_t count = std::min(most_commands, names.size() - from);
    Request request;
    for (std::size_t i = from; i < from + count; ++i) {
      request.set(names[i], values[i], expiry_options(expiries[i]));
    }
    (void)exchange(request, "put", names.subspan(from, count));
  }
}

void Objects::set(const std::string& name, std::span<const ByteSpan> parts, milliseconds expiry) {
  with_connection([&](Connection& connection) {
    publish(connection, name, parts, expiry);
    const std::string channel = channel_of(name);
    (void)call(connection, Request().command({"PUBLISH", channel, ""}), "set", name);
  });
}

bool Objects::set_first(const std::string& name, std::span<const ByteSpan> parts,
                        milliseconds expiry) {
  const std::string claim = "{" + name + "}:first";
  const std::string nonce = Key::random().to_string();
  const bool is_ours = with_connection([&](Connection& connection) {
    const auto made = call(connection, Request().command({"SET", claim, nonce, "NX"}), "set", name);
    if (!made.is_nil()) return true;
    const auto whose = call(connection, Request().command({"GET", claim}), "set", name);
    return whose.bulk.text() == nonce;  // the answer to our first try was lost
  });
  const std::string names[] = {name};
  if (!is_ours || exist(names).front()) return false;
  try {
    set(name, parts, expiry);
  } catch (...) {
    try {
      with_connection([&](Connection& connection) {
        (void)call(connection, Request().command({"DEL", claim}), "set", name);
      });
    } catch (const Error& error) {
      detail::log(LogLevel::warning, error.what());
    }
    throw;
  }
  return true;
}

// -- Reading

std::optional<Bytes> Objects::read_parts(Connection& connection, const std::string& name,
                                         Manifest manifest) const {
  while (true) {
    MutableBytes object(manifest.size);
    Request request;
    for (std::size_t i = 0; i < manifest.parts(); ++i) {
      const std::string part = manifest.name_of(name, i);
      request.command({"GET", part});
    }
    connection.send(request);
    bool is_whole = true;
    Reply refused;
    for (std::size_t i = 0; i < manifest.parts(); ++i) {
      Reply reply;
      const auto place = object.span().subspan(i * manifest.part_size, manifest.size_of(i));
      is_whole = connection.receive_into(place, reply) && is_whole;
      if (reply.type == Reply::Type::error) refused = std::move(reply);
    }
    check(refused, "get", name);
    if (is_whole) return std::move(object).freeze();

    auto again = value_of(call(connection, Request().command({"GET", name}), "get", name));
    const auto newer = again ? Manifest::parse(again->span()) : std::nullopt;
    if (!newer) return again;
    if (newer->nonce == manifest.nonce) {
      detail::log(LogLevel::warning, "object " + name + " in Redis at " + settings().server() +
                                         " lacks a part, and counts as absent");
      return std::nullopt;
    }
    manifest = *newer;
  }
}

std::optional<Bytes> Objects::get(const std::string& name) {
  return with_connection([&](Connection& connection) -> std::optional<Bytes> {
    Reply reply = call(connection, Request().command({"GET", name}), "get", name);
    auto value = value_of(std::move(reply));
    const auto manifest = value ? Manifest::parse(value->span()) : std::nullopt;
    return manifest ? read_parts(connection, name, *manifest) : std::move(value);
  });
}

std::vector<std::optional<Bytes>> Objects::get_many(std::span<const std::string> names) {
  std::vector<std::optional<Bytes>> objects;
  for (std::size_t from = 0; from < names.size(); from += most_commands) {
    const auto some = names.subspan(from, std::min(most_commands, names.size() - from));
    Request request;
    for (const std::string& name : some) request.command({"GET", name});
    auto values = exchange(request, "get", some);
    for (std::size_t i = 0; i < some.size(); ++i) {
      auto value = value_of(std::move(values[i]));
      const bool is_in_parts = value && Manifest::is_one(value->span());
      objects.push_back(is_in_parts ? get(some[i]) : std::move(value));
    }
  }
  return objects;
}

std::optional<Bytes> Objects::get_range(const std::string& name, std::size_t offset,
                                        std::size_t length) {
  constexpr std::size_t largest = std::size_t{1} << 40U;  // beyond which Redis knows no numbers
  offset = std::min(offset, largest);
  length = std::min(length, largest);
  const std::string end = range_end();
  const auto last = [](std::size_t from, std::size_t count) {
    return std::to_string(from + count - 1);
  };
  return with_connection([&](Connection& connection) -> std::optional<Bytes> {
    Request request;
    request.command({"EXISTS", name}).command({"GETRANGE", name, "0", end});
    const std::string from = std::to_string(offset);
    const std::string to = last(offset, length);
    if (length > 0) request.command({"GETRANGE", name, from, to});
    const auto answers = transact(connection, request, "get_range", name);
    if (answers[0].integer == 0) return std::nullopt;
    const auto manifest = Manifest::parse(answers[1].bulk.span());
    if (!manifest) return length > 0 ? answers[2].bulk : Bytes();

    const std::size_t start = std::min(offset, manifest->size);
    const std::size_t count = std::min(length, manifest->size - start);
    MutableBytes part_of(count);
    for (std::size_t done = 0; done < count;) {
      const std::size_t at = start + done;
      const std::size_t part = at / manifest->part_size;
      const std::size_t in_part = at % manifest->part_size;
      const std::size_t size = std::min(count - done, manifest->size_of(part) - in_part);
      const std::string part_name = manifest->name_of(name, part);
      const std::string part_from = std::to_string(in_part);
      const std::string part_to = last(in_part, size);
      connection.send(Request().command({"GETRANGE", part_name, part_from, part_to}));
      Reply reply;
      if (!connection.receive_into(part_of.span().subspan(done, size), reply)) {
        check(reply, "get_range", name);
        return std::nullopt;  // it was evicted, or replaced, just now
      }
      done += size;
    }
    return std::move(part_of).freeze();
  });
}

std::vector<bool> Objects::exist(std::span<const std::string> names) {
  std::vector<bool> found;
  for (std::size_t from = 0; from < names.size(); from += most_commands) {
    const auto some = names.subspan(from, std::min(most_commands, names.size() - from));
    Request request;
    for (const std::string& name : some) request.command({"EXISTS", name});
    for (const Reply& answer : exchange(request, "exists", some)) {
      found.push_back(answer.integer > 0);
    }
  }
  return found;
}

// -- Removing

/// Not repeated when the connection is lost: the answer tells who of several removed the object.
bool Objects::remove(const std::string& name, bool may_have_parts) {
  const auto connection = take_patiently();
  if (!may_have_parts) {
    return call(*connection, Request().command({"DEL", name}), "evict", name).integer > 0;
  }
  const std::string claim = "{" + name + "}:first";
  const Request request = std::move(Request().command({"EVAL", removal(), "2", name, claim}));
  return call(*connection, request, "evict", name).integer > 0;
}

void Objects::remove_whole(std::span<const std::string> names) {
  for (std::size_t from = 0; from < names.size(); from += most_commands) {
    const auto some = names.subspan(from, std::min(most_commands, names.size() - from));
    std::vector<std::string_view> arguments{"DEL"};
    arguments.insert(arguments.end(), some.begin(), some.end());
    const Request request = std::move(Request().command(arguments));
    with_connection(
        [&](Connection& connection) { (void)call(connection, request, "evict", some.front()); });
  }
}

// -- Waiting

bool Objects::wait(const std::string& name, milliseconds timeout,
                   const std::function<bool()>& is_over) {
  constexpr milliseconds longest = std::chrono::hours(24 * 366);  // in the clock's range
  constexpr milliseconds slice(20);
  const auto deadline = Clock::now() + std::min(timeout, longest);
  const std::string names[] = {name};
  if (exist(names).front()) return true;
  const std::string channel = channel_of(name);
  while (Clock::now() < deadline && !is_over()) {
    try {
      // A connection of its own, since one that subscribed takes no other commands.
      Connection connection(settings());
      (void)call(connection, Request().command({"SUBSCRIBE", channel}), "wait", name);
      while (Clock::now() < deadline && !is_over()) {
        if (exist(names).front()) return true;
        const auto next_look = std::min(deadline, Clock::now() + look_again);
        bool is_told = false;
        while (!is_told && Clock::now() < next_look && !is_over()) {
          is_told = connection.wait_for_answer(slice);
        }
        if (is_told) (void)connection.receive();
      }
    } catch (const RetriableError&) {
      if (Clock::now() >= deadline) throw;
      back_off(3);
    }
  }
  return !is_over() && exist(names).front();
}

// -- Sessions

void Objects::remember(const std::string& session, std::span<const std::string> names) {
  const std::string set = settings().options.prefix + "proxystore:session:" + session;
  for (std::size_t from = 0; from < names.size(); from += most_commands) {
    const auto some = names.subspan(from, std::min(most_commands, names.size() - from));
    std::vector<std::string_view> arguments{"SADD", set};
    arguments.insert(arguments.end(), some.begin(), some.end());
    const Request request = std::move(Request().command(arguments));
    with_connection(
        [&](Connection& connection) { (void)call(connection, request, "put", some.front()); });
  }
}

std::vector<std::string> Objects::recall(const std::string& session) {
  const std::string set = settings().options.prefix + "proxystore:session:" + session;
  const std::string count = std::to_string(most_commands);
  std::vector<std::string> names;
  const Reply reply = with_connection([&](Connection& connection) {
    return call(connection, Request().command({"SPOP", set, count}), "close", "");
  });
  for (const Reply& one : reply.elements) names.emplace_back(one.bulk.text());
  return names;
}

std::int64_t Objects::evaluate(std::string_view script, std::span<const std::string> keys,
                               std::span<const std::string> arguments, const char* verb) {
  const std::string count = std::to_string(keys.size());
  std::vector<std::string_view> words{"EVAL", script, count};
  words.insert(words.end(), keys.begin(), keys.end());
  words.insert(words.end(), arguments.begin(), arguments.end());
  const Request request = std::move(Request().command(words));
  return with_connection(
      [&](Connection& connection) { return call(connection, request, verb, keys.back()).integer; });
}

void Objects::flush() {
  with_connection([&](Connection& connection) {
    (void)call(connection, Request().command({"FLUSHDB"}), "close", "");
  });
}

}  // namespace proxystore::inline v0::redis
