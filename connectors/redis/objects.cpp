// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// A whole object is a Redis string, `SET <name> <bytes>`, as Python's RedisConnector writes it: one
// command, so a reader sees it whole or not at all.
//
// A larger one is split, since Redis takes no value above 512 MB. What belongs to an object stands
// beside it, under names that begin with <beside>, `<prefix>{<name>}:`. <name> begins with the
// prefix, too, so a user who may use the names of a prefix may use these; and by the braces a
// cluster has them where it has <name>.
//
//   put, set  1. SET <beside><nonce>:<n> <part> PX <some time>, for each part
//             2. MULTI, GETRANGE <name> (is there an older manifest?), EXISTS and PERSIST each
//                part, SET <name> <manifest>, EXEC
//             3. UNLINK the parts of the older version
//   get       1. GET <name>, a manifest   2. GET each part, into its place
//   evict     a script: UNLINK the parts, DEL <name>
//
// The manifest appears when all parts are there and will stay, so a reader that has it finds them,
// unless an evict or a later set comes between its steps: then a part is missing, and it reads the
// name again, and finds the new manifest, or none. Whoever dies before step 2 leaves parts that go
// by themselves. Removing or replacing a manifest and reading what it was is one transaction, so
// the parts of each version are removed by exactly one, whatever the order. An object that lacks a
// part, since the server let go of it, is absent: for get, exists, wait, and who sets it first.
//
// A script names its keys before it runs, so it is called with the manifest that the caller knows,
// none at first, and its parts. If another one is there, it does nothing and answers with that, and
// is called again.
//
// Of several who set a deferred name, each writes its parts as in step 1; a whole object is one
// part. A script looks then whether the object is there. If not, it publishes the manifest, or
// renames the one part to <name>: one script runs at a time, so exactly one is first. Nobody claims
// the name before all that it takes is there, so who dies before has done nothing. The script also
// sets `<beside>first` to the nonce of who was first, for a while: so a command that is repeated
// since its answer was lost finds that it was done.
//
// Who waits for a name listens on the channel `<name>:set` first and looks for the object then, so
// that no set between the two is missed; it looks again now and then, since Python's ProxyStore,
// users who may not publish, and lost connections say nothing. An object that is set stays set if
// nobody can be told, or if what it replaced cannot be removed: those are no failures of set().
#include "objects.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <future>

#include "detail/deadline.hpp"
#include "detail/log.hpp"
#include "detail/pause.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::redis {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds part_lifetime = std::chrono::hours(1);  // until its manifest is there
constexpr std::size_t most_names = 1000;                       // in a command
constexpr std::size_t most_streams = 4;                        // that fetch parts at once
constexpr std::size_t worth_a_stream = std::size_t{4} << 20U;

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

/// KEYS: the object, what tells who was first, parts. Whether the object was there. A transaction
/// would be refused for want of memory, which is when removing is most needed.
const std::string& removal() {
  static const std::string script = std::string(Manifest::other_in_lua) + R"(
local other = other_manifest()
if other then return other end
for i = 2, #KEYS do redis.call('UNLINK', KEYS[i]) end
return redis.call('DEL', KEYS[1])
)";
  return script;
}

/// KEYS: the object, what tells who was first, new parts, parts of what is there. ARGV: what is
/// there, a nonce, the number of new parts, the new manifest or nothing if the one part is to be
/// the object, and times to live: of the object, 0 for ever, and of what tells who was first.
/// 1 if it is published, 0 if there is an object, -1 if a new part is lost. Redis refuses a script
/// for want of memory, or as a replica, when it first writes, or not at all.
const std::string& first_publication() {
  static const std::string script = std::string(Manifest::other_in_lua) + R"(
local nonce, last, manifest, time = ARGV[2], 2 + tonumber(ARGV[3]), ARGV[4], ARGV[5]
local function tell_who() redis.call('SET', KEYS[2], nonce, 'PX', ARGV[6]) end
local function are_there(from, to)
  for i = from, to do
    if redis.call('EXISTS', KEYS[i]) == 0 then return false end
  end
  return true
end
local function keep(key)
  if time == '0' then redis.call('PERSIST', key) else redis.call('PEXPIRE', key, time) end
end
if redis.call('GET', KEYS[2]) == nonce then
  tell_who()
  return 1
end
local other = other_manifest()
if other then return other end
if redis.call('EXISTS', KEYS[1]) == 1 and are_there(last + 1, #KEYS) then return 0 end
if not are_there(3, last) then return -1 end
tell_who()
for i = last + 1, #KEYS do redis.call('UNLINK', KEYS[i]) end
if manifest == '' then
  redis.call('RENAME', KEYS[3], KEYS[1])
else
  redis.call('SET', KEYS[1], manifest)
  for i = 3, last do keep(KEYS[i]) end
end
keep(KEYS[1])
return 1
)";
  return script;
}
static_assert(Manifest::longest == 128 && Manifest::mark.size() == 19);  // as the scripts say

/// Nothing if @p head is no manifest, or a damaged one, whose parts nobody knows.
std::optional<Manifest> manifest_in(ByteSpan head) {
  try {
    return Manifest::parse(head);
  } catch (const IntegrityError&) {
    return std::nullopt;
  }
}

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

/// What GET answered. @throws MessageError if that is no value
std::optional<Bytes> Objects::value_of(Reply reply) const {
  if (reply.is_nil()) return std::nullopt;
  if (reply.type == Reply::Type::bulk) return std::move(reply.bulk);
  throw MessageError("Redis at " + settings().server() + " answers GET with no value",
                     {.connector = "redis", .operation = "get"});
}

// -- Writing

std::vector<std::string> Objects::part_names(const std::string& name,
                                             const Manifest& manifest) const {
  const std::string begin = beside(name);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < manifest.parts(); ++i) names.push_back(manifest.name_of(begin, i));
  return names;
}

/// Nobody needs them any more: that they stay is no failure.
void Objects::remove_parts(const std::string& name, const Manifest& manifest) noexcept {
  try {
    const auto parts = part_names(name, manifest);
    (void)servers_.exchange(
        parts,
        [&](Request& request, std::size_t i) {
          request.command({"UNLINK", parts[i]});
        },
        "evict");
  } catch (const std::exception& error) {
    detail::log(LogLevel::warning, "parts of " + name + " stay in Redis: " + error.what());
  }
}

void Objects::remove_older_parts(const std::string& name, const Reply& head,
                                 std::string_view newer) noexcept {
  const auto older = manifest_in(head.bulk.span());
  // It is our own if the transaction was done twice.
  if (older && older->nonce != newer) remove_parts(name, *older);
}

/// In the place of an older version, if there is one.
void Objects::publish_whole(const std::string& name, std::span<const ByteSpan> parts,
                            milliseconds expiry) {
  const std::string end = range_end();
  Request request;
  request.begin().command({"GETRANGE", name, "0", end});
  request.set(name, parts, expiry_options(expiry)).commit();
  const auto answers = servers_.transact(name, request, "put", Effect::published);
  remove_older_parts(name, answers.front(), {});
}

void Objects::fail_losing_parts(const std::string& name) const {
  throw ConnectorError("Redis at " + settings().server() + " loses parts of a new object",
                       {.connector = "redis", .operation = "put", .key = Key::parse(name)});
}

void Objects::publish_in_parts(const std::string& name, std::span<const ByteSpan> parts,
                               milliseconds expiry, PiecewiseChecksum* checksum) {
  for (int attempt = 0; !try_in_parts(name, parts, expiry, checksum); ++attempt) {
    if (attempt >= settings().options.retries) fail_losing_parts(name);
  }
}

/// They go by themselves unless they are published.
void Objects::write_parts(const std::string& name, const Manifest& manifest,
                          std::span<const ByteSpan> parts, PiecewiseChecksum* checksum) {
  const auto names = part_names(name, manifest);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto pieces = cut(parts, i * manifest.part_size, manifest.size_of(i));
    Request put;
    put.set(names[i], pieces, expiry_options(part_lifetime));
    if (checksum != nullptr) {
      put.meanwhile(
          [&, end = i * manifest.part_size + manifest.size_of(i)] { return checksum->step(end); });
    }
    (void)servers_.call(name, put, "put");
  }
}

/// Not if a part is lost before the manifest is there, as after a fail-over to a replica that did
/// not have it yet: the next try replaces what is there then, which counts as absent.
bool Objects::try_in_parts(const std::string& name, std::span<const ByteSpan> parts,
                           milliseconds expiry, PiecewiseChecksum* checksum) {
  const auto manifest = Manifest::of(joined_size(parts), settings().options.part_size);
  const std::string end = range_end();
  const std::string text = manifest.to_text();
  const ByteSpan text_part = std::as_bytes(std::span(text.data(), text.size()));
  const std::string time = std::to_string(expiry.count());
  Request request;
  request.begin().command({"GETRANGE", name, "0", end});
  for (const std::string& part : part_names(name, manifest)) {
    request.command({"EXISTS", part});
    if (expiry.count() > 0) {
      request.command({"PEXPIRE", part, time});
    } else {
      request.command({"PERSIST", part});
    }
  }
  request.set(name, std::span(&text_part, 1), expiry_options(expiry)).commit();
  try {
    write_parts(name, manifest, parts, checksum);
    const auto answers = servers_.transact(name, request, "put", Effect::published);
    remove_older_parts(name, answers.front(), manifest.nonce);
    for (std::size_t i = 0; i < manifest.parts(); ++i) {
      if (answers[2 * i + 1].integer != 1) return false;
    }
    return true;
  } catch (const CapacityError&) {
    remove_parts(name, manifest);  // now, and not when their time is over
    throw;
  }
}

bool Objects::keeps_whole(std::span<const ByteSpan> parts) const {
  return joined_size(parts) <= settings().options.part_size && !starts_with(parts, Manifest::mark);
}

bool Objects::put(const std::string& name, std::span<const ByteSpan> parts, milliseconds expiry,
                  PiecewiseChecksum* checksum) {
  if (!keeps_whole(parts)) {
    publish_in_parts(name, parts, expiry, checksum);
    return true;
  }
  Request put;
  put.set(name, parts, expiry_options(expiry));
  if (checksum != nullptr) put.meanwhile([&] { return checksum->step(); });
  (void)servers_.call(name, put, "put", Effect::published);
  return false;
}

void Objects::put_many(std::span<const std::string> names,
                       std::span<const std::span<const ByteSpan>> values,
                       std::span<const milliseconds> expiries) {
  (void)servers_.exchange(
      names,
      [&](Request& request, std::size_t i) {
        request.set(names[i], values[i], expiry_options(expiries[i]));
      },
      "put", Effect::published);
}

void Objects::set(const std::string& name, std::span<const ByteSpan> parts, milliseconds expiry) {
  if (keeps_whole(parts)) {
    publish_whole(name, parts, expiry);
  } else {
    publish_in_parts(name, parts, expiry);
  }
  tell(name);
}

bool Objects::set_first(const std::string& name, std::span<const ByteSpan> parts,
                        milliseconds expiry) {
  const std::string names[] = {name};
  if (exist(names).front()) return false;
  const std::size_t size = joined_size(parts);
  const auto manifest = Manifest::of(size, keeps_whole(parts) ? 0 : settings().options.part_size);
  std::int64_t done = -1;
  try {
    for (int attempt = 0; done < 0; ++attempt) {
      if (attempt > settings().options.retries) fail_losing_parts(name);
      done = try_first(name, manifest, parts, expiry);
    }
  } catch (const CapacityError&) {
    remove_parts(name, manifest);  // now, and not when their time is over
    throw;
  }
  if (done > 0) {
    tell(name);
  } else {
    remove_parts(name, manifest);
  }
  return done > 0;
}

/// What first_publication() says.
std::int64_t Objects::try_first(const std::string& name, const Manifest& manifest,
                                std::span<const ByteSpan> parts, milliseconds expiry) {
  write_parts(name, manifest, parts);
  std::vector<std::string> others = part_names(name, manifest);
  const std::string count = std::to_string(others.size());
  others.insert(others.begin(), first_of(name));
  const std::string arguments[] = {manifest.nonce, count,
                                   keeps_whole(parts) ? std::string() : manifest.to_text(),
                                   std::to_string(std::max<std::int64_t>(expiry.count(), 0)),
                                   std::to_string(part_lifetime.count())};
  return evaluate(first_publication(), name, others, arguments, "set", Effect::published);
}

/// Wakes those who wait for an object that is there now.
void Objects::tell(const std::string& name) noexcept {
  try {
    const std::string channel = channel_of(name);
    (void)servers_.call(name, Request().command({"PUBLISH", channel, ""}), "set");
  } catch (const std::exception& error) {
    detail::log(LogLevel::debug, error.what());
  }
}

// -- Reading

/// Reads the parts into their places, several at once over as many connections if they are large;
/// whether all were there.
bool Objects::fetch_parts(const std::string& name, const Manifest& manifest,
                          std::span<std::byte> target) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> is_whole{true};
  const std::string begin = beside(name);
  const auto fetch = [&] {
    for (std::size_t i = next++; i < manifest.parts() && is_whole; i = next++) {
      const std::string part = manifest.name_of(begin, i);
      const auto place = target.subspan(i * manifest.part_size, manifest.size_of(i));
      if (!servers_.fetch(name, part, place)) is_whole = false;
    }
  };
  const std::size_t streams = std::min({most_streams, settings().options.pool_size,
                                        manifest.parts(), manifest.size / worth_a_stream});
  std::vector<std::future<void>> others;
  for (std::size_t i = 1; i < streams; ++i) {
    others.push_back(std::async(std::launch::async, fetch));
  }
  std::exception_ptr error;
  const auto finish = [&](const auto& work) {
    try {
      work();
    } catch (...) {
      is_whole = false;  // so that the others stop
      if (!error) error = std::current_exception();
    }
  };
  finish(fetch);
  for (auto& other : others) finish([&] { other.get(); });
  if (error) std::rethrow_exception(error);
  return is_whole;
}

std::optional<Bytes> Objects::read_parts(const std::string& name, Manifest manifest) {
  const auto deadline = detail::deadline_after(settings().options.timeout);
  while (true) {
    MutableBytes object(manifest.size);
    if (fetch_parts(name, manifest, object.span())) return std::move(object).freeze();
    auto again = value_of(servers_.call(name, Request().command({"GET", name}), "get"));
    const auto newer = again ? Manifest::parse(again->span()) : std::nullopt;
    if (!newer) return again;
    if (newer->nonce == manifest.nonce) {
      detail::log(LogLevel::warning, "object " + name + " in Redis at " + settings().server() +
                                         " lacks a part, and counts as absent");
      return std::nullopt;
    }
    manifest = *newer;
    if (Clock::now() >= deadline) fail_replacing(name, "get");
  }
}

std::optional<Bytes> Objects::get(const std::string& name) {
  auto value = value_of(servers_.call(name, Request().command({"GET", name}), "get"));
  if (!value || !Manifest::is_one(value->span())) return value;
  return read_parts(name, *Manifest::parse(value->span()));
}

std::optional<Bytes> Objects::get_whole(const std::string& name, std::size_t size,
                                        detail::Xxh3Stream* hash) {
  MutableBytes object(size);
  if (!servers_.fetch(name, name, object.span(), hash)) return std::nullopt;
  return std::move(object).freeze();
}

std::vector<std::optional<Bytes>> Objects::get_many(std::span<const std::string> names) {
  std::vector<std::optional<Bytes>> objects;
  auto values = servers_.exchange(
      names,
      [&](Request& request, std::size_t i) {
        request.command({"GET", names[i]});
      },
      "get");
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto value = value_of(std::move(values[i]));
    const bool is_in_parts = value && Manifest::is_one(value->span());
    objects.push_back(is_in_parts ? read_parts(names[i], *Manifest::parse(value->span()))
                                  : std::move(value));
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
  Request request;
  request.begin().command({"EXISTS", name}).command({"GETRANGE", name, "0", end});
  const std::string from = std::to_string(offset);
  const std::string to = last(offset, length);
  if (length > 0) request.command({"GETRANGE", name, from, to});
  request.commit();
  const auto answers = servers_.transact(name, request, "get_range");
  if (answers[0].integer == 0) return std::nullopt;
  const auto manifest = Manifest::parse(answers[1].bulk.span());
  if (!manifest) return length > 0 ? answers[2].bulk : Bytes();

  const std::size_t start = std::min(offset, manifest->size);
  const std::size_t count = std::min(length, manifest->size - start);
  MutableBytes range(count);
  for (std::size_t done = 0; done < count;) {
    const std::size_t at = start + done;
    const std::size_t part = at / manifest->part_size;
    const std::size_t in_part = at % manifest->part_size;
    const std::size_t size = std::min(count - done, manifest->size_of(part) - in_part);
    const std::string part_name = manifest->name_of(beside(name), part);
    const std::string part_from = std::to_string(in_part);
    const std::string part_to = last(in_part, size);
    const Request one = std::move(Request().command({"GETRANGE", part_name, part_from, part_to}));
    if (!servers_.call_into(name, one, "get_range", range.span().subspan(done, size))) {
      return std::nullopt;  // it was evicted, or replaced, just now
    }
    done += size;
  }
  return std::move(range).freeze();
}

/// Whether what begins with @p head lacks nothing.
bool Objects::has_all_parts(const std::string& name, Bytes head) {
  const auto deadline = detail::deadline_after(settings().options.timeout);
  while (const auto manifest = manifest_in(head.span())) {
    const auto parts = part_names(name, *manifest);
    const auto answers = servers_.exchange(
        parts,
        [&](Request& request, std::size_t i) {
          request.command({"EXISTS", parts[i]});
        },
        "exists");
    if (std::ranges::all_of(answers, [](const Reply& one) { return one.integer > 0; })) return true;
    const std::string end = range_end();
    Reply again = servers_.call(name, Request().command({"GETRANGE", name, "0", end}), "exists");
    if (again.bulk.text() == head.text()) return false;
    if (Clock::now() >= deadline) fail_replacing(name, "exists");
    head = std::move(again.bulk);
  }
  return servers_.call(name, Request().command({"EXISTS", name}), "exists").integer > 0;
}

std::vector<bool> Objects::exist(std::span<const std::string> names) {
  const std::string end = range_end();
  std::vector<std::string> twice;
  for (const std::string& name : names) twice.insert(twice.end(), 2, name);
  auto answers = servers_.exchange(
      twice,
      [&](Request& request, std::size_t i) {
        if (i % 2 == 0) {
          request.command({"EXISTS", twice[i]});
        } else {
          request.command({"GETRANGE", twice[i], "0", end});
        }
      },
      "exists");
  std::vector<bool> found;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool is_there = answers[2 * i].integer > 0;
    Bytes head = std::move(answers[2 * i + 1].bulk);
    const bool has_parts = is_there && Manifest::is_one(head.span());
    found.push_back(has_parts ? has_all_parts(names[i], std::move(head)) : is_there);
  }
  return found;
}

// -- Removing

bool Objects::remove(const std::string& name, bool may_have_parts) {
  if (!may_have_parts) {
    const Request request = std::move(Request().command({"DEL", name}));
    return servers_.call(name, request, "evict", Effect::once).integer > 0;
  }
  const std::string others[] = {first_of(name)};
  return evaluate(removal(), name, others, {}, "evict", Effect::once) > 0;
}

void Objects::remove_many(std::span<const std::string> names, bool may_have_parts) {
  const auto answers = servers_.exchange(
      names,
      [&](Request& request, std::size_t i) {
        const std::string first = first_of(names[i]);
        if (may_have_parts) {
          request.command({"EVAL", removal(), "2", names[i], first, ""});
        } else {
          request.command({"DEL", names[i]});
        }
      },
      "evict");
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (answers[i].type == Reply::Type::bulk) (void)remove(names[i], true);  // it has parts
  }
}

// -- Listing

namespace {

/// For SCAN: names that begin with @p prefix and go on with as many characters as a UUID has.
std::string pattern_of(const std::string& prefix) {
  std::string pattern;
  for (const char c : prefix) {
    if (std::string_view("*?[]^\\-").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern + std::string(Key().to_string().size(), '?');
}

}  // namespace

/// Nothing for what is damaged.
std::vector<std::optional<std::size_t>> Objects::sizes_of(std::span<const std::string> names) {
  const std::string end = range_end();
  const auto heads = servers_.exchange(
      names,
      [&](Request& request, std::size_t i) {
        request.command({"GETRANGE", names[i], "0", end});
      },
      "list");
  const auto lengths = servers_.exchange(
      names,
      [&](Request& request, std::size_t i) {
        request.command({"STRLEN", names[i]});
      },
      "list");
  std::vector<std::optional<std::size_t>> sizes(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ByteSpan head = heads[i].bulk.span();
    if (!Manifest::is_one(head)) {
      // One without bytes may also have gone meanwhile.
      sizes[i] = lengths[i].integer > 0 ? static_cast<std::size_t>(lengths[i].integer)
                                        : static_cast<std::size_t>(Key::unknown_size);
      continue;
    }
    try {
      sizes[i] = Manifest::parse(head)->size;
    } catch (const IntegrityError& error) {
      detail::log(LogLevel::warning, "object " + names[i] + ": " + error.what());
    }
  }
  return sizes;
}

/// SCAN tells what is there from its begin to its end, and some of it twice.
void Objects::list(const std::function<bool(std::string_view, std::size_t)>& visit) {
  const std::string pattern = pattern_of(settings().options.prefix);
  for (const std::string& address : servers_.addresses()) {
    std::string cursor = "0";
    do {
      const Reply page = servers_.call_at(
          address,
          Request().command({"SCAN", cursor, "MATCH", pattern, "COUNT", "1000", "TYPE", "string"}),
          "list");
      if (page.elements.size() != 2 || page.elements[0].type != Reply::Type::bulk) {
        throw MessageError("Redis at " + settings().server() + " answers SCAN with no page",
                           {.connector = "redis", .operation = "list"});
      }
      cursor = page.elements[0].bulk.text();
      std::vector<std::string> names;
      for (const Reply& name : page.elements[1].elements) names.emplace_back(name.bulk.text());
      const auto sizes = sizes_of(names);
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (sizes[i] && !visit(names[i], *sizes[i])) return;
      }
    } while (cursor != "0");
  }
}

// -- Waiting

bool Objects::wait(const std::string& name, milliseconds timeout,
                   const std::function<bool()>& is_over) {
  const auto deadline = detail::deadline_after(timeout);
  const std::string names[] = {name};
  if (exist(names).front()) return true;
  Channels::Listener listener(channels_, name, channel_of(name));
  while (Clock::now() < deadline && !is_over()) {
    try {
      listener.wait(deadline, is_over);
      if (exist(names).front()) return true;
    } catch (const RetriableError&) {
      if (Clock::now() >= deadline) throw;
      detail::pause(milliseconds(50));
    }
  }
  return false;
}

// -- Sessions

void Objects::change_session(std::string_view command, const std::string& session,
                             std::span<const std::string> names, const char* verb) {
  const std::string set = session_set(session);
  for (std::size_t from = 0; from < names.size(); from += most_names) {
    const auto some = names.subspan(from, std::min(most_names, names.size() - from));
    std::vector<std::string_view> arguments{command, set};
    arguments.insert(arguments.end(), some.begin(), some.end());
    (void)servers_.call(set, Request().command(arguments), verb);
  }
}

void Objects::remember(const std::string& session, std::span<const std::string> names) {
  change_session("SADD", session, names, "put");
}

void Objects::forget(const std::string& session, std::span<const std::string> names) {
  change_session("SREM", session, names, "evict");
}

std::vector<std::string> Objects::recall(const std::string& session) {
  const std::string set = session_set(session);
  const std::string count = std::to_string(most_names);
  std::vector<std::string> names;
  const Reply reply = servers_.call(set, Request().command({"SPOP", set, count}), "close");
  for (const Reply& one : reply.elements) names.emplace_back(one.bulk.text());
  return names;
}

std::string Objects::session_set(const std::string& session) const {
  return settings().options.prefix + "proxystore:session:" + session;
}

// -- Scripts

std::int64_t Objects::evaluate(std::string_view script, const std::string& name,
                               std::span<const std::string> others,
                               std::span<const std::string> arguments, const char* verb,
                               Effect effect) {
  const auto deadline = detail::deadline_after(settings().options.timeout);
  Bytes head;
  while (true) {
    std::vector<std::string> keys{name};
    keys.insert(keys.end(), others.begin(), others.end());
    if (const auto manifest = manifest_in(head.span())) {
      const auto parts = part_names(name, *manifest);
      keys.insert(keys.end(), parts.begin(), parts.end());
    }
    const std::string count = std::to_string(keys.size());
    std::vector<std::string_view> words{"EVAL", script, count};
    words.insert(words.end(), keys.begin(), keys.end());
    words.push_back(head.text());
    words.insert(words.end(), arguments.begin(), arguments.end());
    Reply reply = servers_.call(name, Request().command(words), verb, effect);
    if (reply.type != Reply::Type::bulk) return reply.integer;
    if (Clock::now() >= deadline) fail_replacing(name, verb);
    head = std::move(reply.bulk);
  }
}

void Objects::fail_replacing(const std::string& name, const char* verb) const {
  throw TimeoutError("object " + name + " in Redis at " + settings().server() +
                         " is replaced again and again, for " +
                         std::to_string(settings().options.timeout.count()) + " ms",
                     {.connector = "redis", .operation = verb, .key = Key::parse(name)});
}

void Objects::flush() {
  servers_.call_all(Request().command({"FLUSHDB"}), "close");
}

}  // namespace proxystore::inline v0::redis
