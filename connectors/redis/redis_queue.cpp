// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// A queue is a Redis Stream `<prefix>{<queue>}:messages`, whose entries have the fields m, the
// message, and e, 1 if it ends a topic; and a hash `<prefix>{<queue>}:state` with the fields
//
//     closed                        if it takes no more
//     push:<id>, dropped:<id>       of each RedisQueue that pushes: its last push, and what that
//     one
//                                   made give way
//     end:<producer>:<topic>, ends  each end that a consumer saw, and how many
//
// push   a script, so that looking for room and filling it are one step. It knows the number of the
//        pusher's last push, and does the same one only once: a lost answer is asked for again.
// pop    1. XREADGROUP: the message is ours now, and the server knows that
//        2. XACK, XDEL
//        When the connection is lost in 1, nobody knows whether we got a message: so we ask for
//        those that are ours and not acknowledged before new ones. When 2 fails, the message is in
//        hand already, and its number is remembered, so that it is not taken again. Who dies
//        between both leaves a message that has an owner but no acknowledgement; who finds none
//        that is new takes over those of which this is so for half a minute (XAUTOCLAIM).
//
// Each reader at one time has a name of its own in the group, so two never mix up what is theirs.
#include "proxystore/stream/redis_queue.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include <sys/types.h>
#include <unistd.h>

#include "detail/deadline.hpp"
#include "detail/hash.hpp"
#include "detail/log.hpp"
#include "detail/pause.hpp"
#include "options.hpp"
#include "proxystore/error.hpp"
#include "proxystore/key.hpp"
#include "servers.hpp"

namespace proxystore::inline v0 {

namespace {

using Clock = std::chrono::steady_clock;
using redis::Connection;
using redis::Reply;
using redis::Request;
using std::chrono::milliseconds;

constexpr std::string_view group = "consumers";
constexpr milliseconds longest_block{500};  // after which it is seen whether the queue is closed
constexpr std::string_view abandoned_after = "30000";  // ms

// KEYS: messages, state. ARGV: the message, whether it is an end, capacity, policy, id of the
// pusher, number of its push. Returns {what was done, the message that had to give way}.
constexpr std::string_view push_script = R"(
local push, gone = 'push:' .. ARGV[5], 'dropped:' .. ARGV[5]
if redis.call('HGET', KEYS[2], push) == ARGV[6] then
  return {'done', redis.call('HGET', KEYS[2], gone)}
end
if redis.call('HGET', KEYS[2], 'closed') then return {'closed'} end
local dropped, is_taken = false, true
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[3]) then
  if ARGV[4] == 'block' then return {'full'} end
  dropped, is_taken = ARGV[1], false
  if ARGV[4] == 'drop_oldest' then
    local from = '-'
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
      for i = 1, #group, 2 do
        if group[i] == 'last-delivered-id' then from = '(' .. group[i + 1] end
      end
    end
    while not is_taken do
      local entries = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 100)
      if #entries == 0 then break end
      for _, entry in ipairs(entries) do
        from = '(' .. entry[1]
        if entry[2][4] == '0' then
          redis.call('XDEL', KEYS[1], entry[1])
          dropped, is_taken = entry[2][2], true
          break
        end
      end
    end
  end
end
if is_taken then redis.call('XADD', KEYS[1], '*', 'm', ARGV[1], 'e', ARGV[2]) end
redis.call('HSET', KEYS[2], push, ARGV[6])
if dropped then
  redis.call('HSET', KEYS[2], gone, dropped)
else
  redis.call('HDEL', KEYS[2], gone)
end
return {'done', dropped}
)";

// KEYS: messages, state. ARGV: producer and topic, number of producers.
constexpr std::string_view end_script = R"(
if redis.call('HSETNX', KEYS[2], 'end:' .. ARGV[1], '1') == 1 then
  redis.call('HINCRBY', KEYS[2], 'ends', 1)
end
if tonumber(redis.call('HGET', KEYS[2], 'ends')) >= tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[2], 'closed', '1')
end
return 0
)";

ErrorContext about(const char* operation) {
  return {.connector = "redis queue", .operation = operation};
}

struct Entry {
  std::string id{};
  std::optional<Bytes> message{};  // nothing if it was removed since: then it is to be acknowledged
};

[[noreturn]] void fail_malformed() {
  throw MessageError("Redis answers with what is no message of a queue", about("pop"));
}

/// The first of some entries, each [id, [m, <message>, e, <0 or 1>]]; nothing if there is none.
std::optional<Entry> first_entry(const Reply& entries) {
  if (entries.is_nil()) return std::nullopt;
  if (entries.type != Reply::Type::array) fail_malformed();
  if (entries.elements.empty()) return std::nullopt;
  const Reply& entry = entries.elements.front();
  if (entry.elements.size() != 2 || entry.elements[0].type != Reply::Type::bulk) fail_malformed();
  Entry found{.id = std::string(entry.elements[0].bulk.text())};
  const Reply& fields = entry.elements[1];
  if (fields.is_nil()) return found;
  if (fields.elements.size() != 4 || fields.elements[1].type != Reply::Type::bulk) {
    fail_malformed();
  }
  found.message = fields.elements[1].bulk;
  return found;
}

}  // namespace

class RedisQueue::Impl {
 public:
  Impl(const RedisOptions& server, std::string_view name, const QueueOptions& options)
      : servers_(redis::Settings::of(server)),
        options_(options),
        name_(name),
        messages_(base_of(server, name) + ":messages"),
        state_(base_of(server, name) + ":state") {
    if (options.capacity == 0) throw ArgumentError("a message queue needs room for one message");
    make_group();
  }

  std::optional<Bytes> push(const Bytes& message, bool is_end) {
    const auto deadline = detail::deadline_after(options_.timeout);
    std::chrono::nanoseconds pause = std::chrono::microseconds(100);
    while (true) {
      std::optional<Bytes> dropped;
      if (try_push(message, is_end, dropped)) {
        if (dropped) ++dropped_;
        return dropped;
      }
      const auto now = Clock::now();
      if (now >= deadline) break;
      detail::pause(std::min<std::chrono::nanoseconds>(pause, deadline - now));
      pause = std::min<std::chrono::nanoseconds>(2 * pause, milliseconds(50));
    }
    throw TimeoutError("the queue " + name_ + " of " + std::to_string(options_.capacity) +
                           " messages in Redis at " + servers_.settings().server() +
                           " stayed full for " + std::to_string(options_.timeout.count()) + " ms",
                       about("push"));
  }

  std::optional<Bytes> pop(milliseconds timeout) {
    const auto deadline = detail::deadline_after(timeout);
    const BorrowedReader reader(*this);
    while (true) {
      try {
        if (auto message = try_pop(*reader)) return message;
        if (is_over()) return std::nullopt;
        if (auto message = wait_and_pop(*reader, deadline)) return message;
      } catch (const redis::RetriableError&) {
        reader->distrust();
        if (Clock::now() >= deadline) throw;
        detail::pause(milliseconds(20));
      } catch (const ConnectorError& error) {
        reader->distrust();
        if (!says(error, "NOGROUP")) throw;
        make_group();  // the server was restarted, and has lost what it had
      } catch (...) {
        reader->distrust();
        throw;
      }
      if (Clock::now() < deadline) continue;
      throw TimeoutError("no message came in the queue " + name_ + " in Redis at " +
                             servers_.settings().server() + " within " +
                             std::to_string(timeout.count()) + " ms",
                         about("pop"));
    }
  }

  void note_end(std::uint64_t producer, std::string_view topic, std::size_t producers) {
    const auto hash = detail::xxh3(std::as_bytes(std::span(topic.data(), topic.size())));
    const std::string end = std::to_string(producer) + ":" + std::to_string(hash);
    const std::string count = std::to_string(producers);
    (void)servers_.call(messages_,
                        Request().command({"EVAL", end_script, "2", messages_, state_, end, count}),
                        "note_end");
  }

  void close() {
    (void)servers_.call(messages_, Request().command({"HSET", state_, "closed", "1"}), "close");
  }

  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] std::size_t size() {
    const Reply reply = servers_.call(messages_, Request().command({"XLEN", messages_}), "size");
    return static_cast<std::size_t>(std::max<std::int64_t>(reply.integer, 0));
  }
  void remove() {
    (void)servers_.call(messages_, Request().command({"DEL", messages_, state_}), "remove");
  }

 private:
  /// One who reads, at one time.
  struct Reader {
    std::string name{};
    std::unique_ptr<Connection> connection{};
    bool is_in_doubt = false;  // whether a message is its own already
    std::string taken{};       // the message that it has, but could not acknowledge

    void distrust() {
      connection.reset();
      is_in_doubt = true;
    }
  };

  /// A reader for the length of a pop.
  class BorrowedReader {
   public:
    explicit BorrowedReader(Impl& queue) : queue_(queue), reader_(queue.take_reader()) {}
    BorrowedReader(const BorrowedReader&) = delete;
    BorrowedReader& operator=(const BorrowedReader&) = delete;
    ~BorrowedReader() { queue_.give_back(std::move(reader_)); }
    Reader& operator*() const { return *reader_; }
    Reader* operator->() const { return reader_.get(); }

   private:
    Impl& queue_;
    std::unique_ptr<Reader> reader_;
  };

  static std::string base_of(const RedisOptions& server, std::string_view name) {
    if (name.empty() || name.find_first_of("{}") != std::string_view::npos) {
      throw ArgumentError("the name of a queue in Redis has letters, and no braces: '" +
                          std::string(name) + "'");
    }
    return server.prefix + "{proxystore:queue:" + std::string(name) + "}";
  }

  static bool says(const Error& error, std::string_view code) {
    return std::string_view(error.what()).find(code) != std::string_view::npos;
  }

  void make_group() {
    try {
      (void)servers_.call(
          messages_, Request().command({"XGROUP", "CREATE", messages_, group, "0", "MKSTREAM"}),
          "open");
    } catch (const ConnectorError& error) {
      if (!says(error, "BUSYGROUP")) throw;  // or else it is there already
    }
  }

  /// Whether it is done; not if the queue is full.
  bool try_push(const Bytes& message, bool is_end, std::optional<Bytes>& dropped) {
    static constexpr std::string_view policies[] = {"block", "drop_newest", "drop_oldest"};
    const auto policy = is_end ? Overflow::block : options_.overflow;
    const std::string capacity = std::to_string(options_.capacity);
    const std::lock_guard lock(push_mutex_);  // pushes are numbered, and done in that order
    const std::string number = std::to_string(++pushes_);
    const Reply reply =
        servers_.call(messages_,
                      Request().command({"EVAL", push_script, "2", messages_, state_,
                                         message.text(), is_end ? "1" : "0", capacity,
                                         policies[static_cast<std::size_t>(policy)], id_, number}),
                      "push");
    if (reply.elements.empty() || reply.elements[0].type != Reply::Type::bulk) fail_malformed();
    const std::string_view outcome = reply.elements[0].bulk.text();
    if (outcome == "closed") {
      throw StoreClosedError("the queue " + name_ + " is closed", about("push"));
    }
    if (outcome == "full") return false;
    if (reply.elements.size() > 1 && !reply.elements[1].is_nil()) {
      dropped = reply.elements[1].bulk;
    }
    return true;
  }

  std::unique_ptr<Reader> take_reader() {
    const std::lock_guard lock(reader_mutex_);
    if (process_ != ::getpid()) {  // a forked child has its parent's sockets, and leaves them alone
      process_ = ::getpid();
      readers_.clear();
    }
    if (readers_.empty()) {
      return std::make_unique<Reader>(Reader{.name = Key::random().to_string()});
    }
    auto reader = std::move(readers_.back());
    readers_.pop_back();
    return reader;
  }
  void give_back(std::unique_ptr<Reader> reader) {
    const std::lock_guard lock(reader_mutex_);
    // Those in doubt are the next to be taken.
    const auto place = reader->is_in_doubt ? readers_.end() : readers_.begin();
    readers_.insert(place, std::move(reader));
  }

  /// A message, if there is one now.
  std::optional<Bytes> try_pop(Reader& reader) {
    while (reader.is_in_doubt) {
      auto entry = read(reader, "0", milliseconds(0));
      if (!entry) {
        reader.is_in_doubt = false;
      } else if (entry->id == reader.taken || !entry->message) {
        acknowledge(entry->id);
        reader.taken.clear();
      } else {
        return hand_out(reader, std::move(*entry));
      }
    }
    return hand_out(reader, read(reader, ">", milliseconds(0)));
  }

  /// One that comes, or one that its owner has abandoned.
  std::optional<Bytes> wait_and_pop(Reader& reader, Clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    const auto block = std::clamp(left, milliseconds(1), longest_block);
    if (auto message = hand_out(reader, read(reader, ">", block))) return message;
    const Reply abandoned =
        servers_.call(messages_,
                      Request().command({"XAUTOCLAIM", messages_, group, reader.name,
                                         abandoned_after, "0", "COUNT", "1"}),
                      "pop");
    if (abandoned.elements.size() < 2) fail_malformed();
    return hand_out(reader, first_entry(abandoned.elements[1]));
  }

  /// The message of @p entry, if there is one, which is removed from the queue.
  std::optional<Bytes> hand_out(Reader& reader, std::optional<Entry> entry) {
    if (!entry) return std::nullopt;
    try {
      acknowledge(entry->id);
    } catch (const ConnectorError& error) {
      detail::log(LogLevel::warning, error.what());
      reader.is_in_doubt = true;
      reader.taken = entry->id;
    }
    return std::move(entry->message);
  }

  void acknowledge(const std::string& id) {
    Request request;
    request.begin();
    request.command({"XACK", messages_, group, id}).command({"XDEL", messages_, id});
    request.commit();
    (void)servers_.transact(messages_, request, "pop");
  }

  /// Waits in slices, so that ranks that wait for this one are looked after.
  std::optional<Entry> read(Reader& reader, std::string_view from, milliseconds block) {
    if (!reader.connection) {
      (void)size();  // whoever has the queue now: a cluster may have moved it
      reader.connection = std::make_unique<Connection>(servers_.settings_for(messages_));
    }
    Connection& connection = *reader.connection;
    const std::string time = std::to_string(block.count());
    Request request;
    if (block.count() > 0) {
      request.command({"XREADGROUP", "GROUP", group, reader.name, "COUNT", "1", "BLOCK", time,
                       "STREAMS", messages_, from});
    } else {
      request.command(
          {"XREADGROUP", "GROUP", group, reader.name, "COUNT", "1", "STREAMS", messages_, from});
    }
    connection.send(request);
    const auto limit = detail::deadline_after(block);
    while (Clock::now() < limit && !connection.wait_for_answer(milliseconds(20))) {
    }
    const Reply reply = connection.receive();
    redis::check(reply, about("pop"), connection.server());
    if (reply.is_nil()) return std::nullopt;
    // [[name, entries]]
    if (reply.elements.size() != 1 || reply.elements[0].elements.size() != 2) fail_malformed();
    return first_entry(reply.elements[0].elements[1]);
  }

  /// Closed, and nothing is in it, nor on its way to anybody.
  [[nodiscard]] bool is_over() {
    Request request;
    request.begin().command({"HGET", state_, "closed"}).command({"XLEN", messages_}).commit();
    const auto answers = servers_.transact(messages_, request, "pop");
    return !answers[0].is_nil() && answers[1].integer == 0;
  }

  redis::Servers servers_;
  const QueueOptions options_;
  const std::string name_;
  const std::string messages_;
  const std::string state_;
  const std::string id_ = Key::random().to_string();
  std::mutex push_mutex_;
  std::uint64_t pushes_ = 0;
  std::atomic<std::uint64_t> dropped_{0};
  std::mutex reader_mutex_;
  std::vector<std::unique_ptr<Reader>> readers_;  // that nobody uses now
  pid_t process_ = ::getpid();
};

RedisQueue::RedisQueue(const RedisOptions& server, std::string_view name,
                       const QueueOptions& options)
    : impl_(std::make_unique<Impl>(server, name, options)) {}
RedisQueue::~RedisQueue() = default;

std::optional<Bytes> RedisQueue::push(Bytes message) {
  return impl_->push(message, false);
}
void RedisQueue::push_end(Bytes message) {
  (void)impl_->push(message, true);
}
std::optional<Bytes> RedisQueue::pop(milliseconds timeout) {
  return impl_->pop(timeout);
}
void RedisQueue::note_end(std::uint64_t producer, std::string_view topic, std::size_t producers) {
  impl_->note_end(producer, topic, producers);
}
void RedisQueue::close() {
  impl_->close();
}
std::uint64_t RedisQueue::dropped() const {
  return impl_->dropped();
}
std::size_t RedisQueue::size() const {
  return impl_->size();
}
void RedisQueue::remove(const RedisOptions& server, std::string_view name) {
  Impl(server, name, {}).remove();
}

}  // namespace proxystore::inline v0
