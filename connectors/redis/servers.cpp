// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// In a cluster each name is in one of 16384 slots, and each slot has one server. A client keeps a
// map of them, which may be old at any time; that costs a detour, and never a wrong answer, since
// each server refuses what is about a slot that it has not:
//
//   MOVED       the slot has another server: note it, and ask there
//   ASK         the slot is being moved, and the name is not here any more, or not yet there: ask
//               there for this command only, after `ASKING`
//   TRYAGAIN, CLUSTERDOWN   the slot is being moved, or its server replaced: ask later
//
// The unit that is sent again elsewhere is one command or one transaction, never a sequence of
// them: while a slot is being moved, one name of an object may be here and the next one there.
// A server that cannot be reached may have been replaced by a replica: the map is read anew from
// any server that answers. All this goes on until the time-out, for a fail-over takes seconds.
//
// A single server may refuse for a while as well: it loads, or has become a replica, and a master
// is behind its address soon, or is already. So its connections are closed then, and made anew, and
// the command is sent again until the time-out.
//
// A command whose connection is lost may have been done. It is done again, for all commands but
// those of Effect::once have the same outcome then. WAIT counts the replicas that have what *its
// own* connection wrote, so it follows there, and is repeated with what it vouches for.
#include "servers.hpp"

#include <algorithm>
#include <exception>
#include <numeric>
#include <random>
#include <unordered_set>

#include "detail/deadline.hpp"
#include "detail/log.hpp"
#include "detail/pause.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::redis {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds map_is_fresh{50};                     // for so long nobody asks again
constexpr std::size_t piece_size = std::size_t{512} << 10U;  // of a large value that is read
constexpr std::size_t pieces_ahead = 2;
constexpr int most_detours = 16;             // without a pause
constexpr std::size_t most_commands = 1000;  // that are sent together

std::minstd_rand& random_source() {
  thread_local std::minstd_rand source{std::random_device{}()};
  return source;
}

ErrorContext about(const char* verb, const std::string& name) {
  return {.connector = "redis", .operation = verb, .key = Key::parse(name)};
}

}  // namespace

/// The tries of one operation.
class Servers::Attempts {
 public:
  explicit Attempts(Servers& servers) : servers_(servers) {}

  /// A connection to the server that has @p name, or to the one that the last try was told to ask.
  [[nodiscard]] ConnectionPool::Taken take(const std::string& name) {
    is_sent_ = false;
    auto connection = servers_.pool_at(asked_.empty() ? servers_.address_of(name) : asked_).take();
    connection->set_asking(!asked_.empty());
    asked_.clear();
    is_sent_ = true;
    return connection;
  }

  /// In a handler: throws on what is final; learns from the rest, and waits if that may help.
  void learn_or_rethrow(Effect effect) {
    try {
      throw;
    } catch (const RedirectError& error) {
      require_cluster(error);
      if (++detours_ > most_detours) again_later(true);
      if (error.ask()) {
        asked_ = error.address();
      } else {
        servers_.follow(error);
      }
    } catch (const RefusedError&) {
      again_later(true);
    } catch (const RetriableError&) {
      if (effect == Effect::once && is_sent_) throw;
      again_later(servers_.is_cluster());
    } catch (const CapacityError&) {
      // The server may need a moment to let go of values that it refused or removed.
      if (count_ >= std::min(servers_.settings_.options.retries, 2)) throw;
      back_off();
    } catch (const TimeoutError&) {
      servers_.doubt_map();
      throw;
    }
  }

 private:
  void require_cluster(const RedirectError& error) const {
    if (servers_.is_cluster()) return;
    throw ConnectorError(std::string(error.what()) +
                             "; it is part of a Redis Cluster: name some of its servers in "
                             "cluster_seeds = [\"host:port\", ...]",
                         error.context());
  }

  /// To be called in a handler: waits, or throws, if it was often enough and the time-out is over,
  /// or that does not matter.
  void again_later(bool until_timeout) {
    const RedisOptions& options = servers_.settings_.options;
    if (count_ >= options.retries && (!until_timeout || Clock::now() >= deadline_)) throw;
    back_off();
    if (servers_.is_cluster()) servers_.load_map();
  }

  void back_off() {
    const int longest = 10 << std::min(count_++, 7);  // ms
    const milliseconds pause(
        std::uniform_int_distribution<int>(longest / 2, longest)(random_source()));
    const auto left = std::chrono::ceil<milliseconds>(deadline_ - Clock::now());
    detail::pause(count_ > servers_.settings_.options.retries ? std::min(pause, left) : pause);
  }

  Servers& servers_;
  const Clock::time_point deadline_ = detail::deadline_after(servers_.settings_.options.timeout);
  int count_ = 0;
  int detours_ = 0;
  bool is_sent_ = false;
  std::string asked_{};
};

Servers::Servers(Settings settings) : settings_(std::move(settings)) {}

// -- Who has a name

Settings Servers::settings_at(const std::string& address) const {
  Settings settings = settings_;
  if (!is_cluster()) return settings;
  settings.options.cluster_seeds.clear();
  Address parsed = Address::parse(address);
  settings.options.hostname = std::move(parsed.host);
  settings.options.port = parsed.port;
  return settings;
}

ConnectionPool& Servers::pool_at(const std::string& address) {
  const std::lock_guard lock(mutex_);
  const auto found = pools_.find(address);
  if (found != pools_.end()) return *found->second;
  return *pools_.emplace(address, std::make_unique<ConnectionPool>(settings_at(address)))
              .first->second;
}

/// Empty if there is one server only.
std::string Servers::address_of(const std::string& name) {
  if (!is_cluster()) return {};
  {
    const std::lock_guard lock(mutex_);
    if (map_ && loaded_at_ != Clock::time_point{}) {
      const std::string& address = map_->at(slot_of(name));
      if (!address.empty()) return address;
    }
  }
  load_map();
  const std::lock_guard lock(mutex_);
  if (map_) {
    const std::string& address = map_->at(slot_of(name));
    if (!address.empty()) return address;
  }
  throw RefusedError("no server of the Redis Cluster has slot " + std::to_string(slot_of(name)),
                     {.connector = "redis", .operation = "find a server"});
}

void Servers::follow(const RedirectError& redirect) {
  const std::lock_guard lock(mutex_);
  if (map_) map_->assign(redirect.slot(), redirect.address());
}

/// Another server may be in the place of one that does not answer, when the next one asks.
void Servers::doubt_map() {
  const std::lock_guard lock(mutex_);
  loaded_at_ = {};
}

void Servers::load_map() {
  {
    const std::lock_guard lock(mutex_);
    if (map_ && Clock::now() - loaded_at_ < map_is_fresh) return;
  }
  try {
    SlotMap map = ask_for_map();
    const std::lock_guard lock(mutex_);
    map_ = std::move(map);
    loaded_at_ = Clock::now();
  } catch (const RetriableError& error) {
    const std::lock_guard lock(mutex_);
    if (!map_) throw;
    detail::log(LogLevel::warning, error.what());  // and what is known has to do
  }
}

/// From the first server that answers, of those known, in any order, and then of the seeds.
SlotMap Servers::ask_for_map() {
  std::vector<std::string> addresses;
  {
    const std::lock_guard lock(mutex_);
    if (map_) addresses = map_->servers();
  }
  std::shuffle(addresses.begin(), addresses.end(), random_source());
  const auto& seeds = settings_.options.cluster_seeds;
  addresses.insert(addresses.end(), seeds.begin(), seeds.end());
  std::string why;
  for (const std::string& address : addresses) {
    Settings settings = settings_at(address);
    settings.options.timeout = std::min(settings.options.timeout, settings.options.connect_timeout);
    try {
      Connection connection(settings);
      const Reply reply = connection.call(Request().command({"CLUSTER", "SLOTS"}));
      check(reply, {.connector = "redis", .operation = "find a server"}, address);
      return SlotMap::parse(reply, settings.options.hostname);
    } catch (const AccessError&) {
      throw;  // the password is the same everywhere
    } catch (const Error& error) {
      why += std::string("; ") + error.what();
    }
  }
  throw RetriableError("no server of the Redis Cluster tells who has what" + why,
                       {.connector = "redis", .operation = "find a server"});
}

Settings Servers::settings_for(const std::string& name) {
  return settings_at(address_of(name));
}

// -- Commands

template <class F>
auto Servers::with_connection(const std::string& name, Effect effect, const F& function)
    -> decltype(function(std::declval<Connection&>())) {
  for (Attempts attempts(*this);;) {
    try {
      const auto connection = attempts.take(name);
      return function(*connection);
    } catch (const ConnectorError&) {
      attempts.learn_or_rethrow(effect);
    }
  }
}

/// @throws DurabilityError if fewer replicas than the options say have what @p connection wrote
void Servers::require_replicas(Connection& connection, const char* verb) const {
  const RedisOptions& options = settings_.options;
  if (options.min_replicas == 0) return;
  const milliseconds limit = options.timeout / 2;  // so that it answers before we give up
  const std::string count = std::to_string(options.min_replicas);
  const std::string time = std::to_string(std::max<std::int64_t>(limit.count(), 1));
  const Reply reply = connection.call(Request().command({"WAIT", count, time}));
  check(reply, {.connector = "redis", .operation = verb}, connection.server());
  if (reply.integer >= options.min_replicas) return;
  throw DurabilityError("only " + std::to_string(reply.integer) + " of " + count +
                            " replicas of Redis at " + connection.server() +
                            " confirmed the object within " + time + " ms",
                        {.connector = "redis", .operation = verb});
}

Reply Servers::call(const std::string& name, const Request& request, const char* verb,
                    Effect effect) {
  return with_connection(name, effect, [&](Connection& connection) {
    Reply reply = connection.call(request);
    check(reply, about(verb, name), connection.server());
    if (effect == Effect::published) require_replicas(connection, verb);
    return reply;
  });
}

bool Servers::call_into(const std::string& name, const Request& request, const char* verb,
                        std::span<std::byte> target) {
  return with_connection(name, Effect::repeatable, [&](Connection& connection) {
    connection.send(request);
    Reply reply;
    const bool is_there = connection.receive_into(target, reply);
    check(reply, about(verb, name), connection.server());
    return is_there;
  });
}

/// In pieces, of which the next ones are asked for while one arrives: for a whole value the server
/// makes a copy of it first, and the client waits.
bool Servers::fetch(const std::string& name, const std::string& what, std::span<std::byte> target,
                    detail::Xxh3Stream* hash) {
  return with_connection(name, Effect::repeatable, [&](Connection& connection) {
    if (hash != nullptr) hash->reset();
    std::size_t asked = 0;
    const auto ask = [&] {
      const std::size_t end = std::min(asked + piece_size, target.size());
      // The last one asks for a byte more, which there must not be.
      const std::string first = std::to_string(asked);
      const std::string last = std::to_string(end == target.size() ? end : end - 1);
      connection.send(Request().command({"GETRANGE", what, first, last}));
      asked = end;
    };
    for (std::size_t i = 0; i < pieces_ahead && asked < target.size(); ++i) ask();
    bool is_there = true;
    for (std::size_t at = 0; at < target.size() && is_there; at += piece_size) {
      if (asked < target.size()) ask();
      const auto place = target.subspan(at, std::min(piece_size, target.size() - at));
      Reply reply;
      is_there = connection.receive_into(place, reply, hash);
      check(reply, about("get", name), connection.server());
    }
    while (connection.is_waiting()) (void)connection.receive();
    return is_there;
  });
}

std::vector<Reply> Servers::transact(const std::string& name, const Request& request,
                                     const char* verb, Effect effect) {
  return with_connection(name, effect, [&](Connection& connection) {
    connection.send(request);
    // Each is queued, or refused; the last answer tells of all.
    const std::size_t count = request.commands().size() - 2;
    Reply refused;
    for (std::size_t i = 0; i < count + 1; ++i) {
      Reply queued = connection.receive();
      if (queued.type == Reply::Type::error && refused.is_nil()) refused = std::move(queued);
    }
    Reply all = connection.receive();
    check(refused, about(verb, name), connection.server());
    check(all, about(verb, name), connection.server());
    for (const Reply& one : all.elements) check(one, about(verb, name), connection.server());
    if (all.elements.size() != count) {
      throw MessageError("Redis at " + connection.server() + " answers a transaction of " +
                             std::to_string(count) + " commands with " +
                             std::to_string(all.elements.size()) + " answers",
                         about(verb, name));
    }
    if (effect == Effect::published) require_replicas(connection, verb);
    return std::move(all.elements);
  });
}

std::vector<Reply> Servers::exchange(std::span<const std::string> names, const Adder& add,
                                     const char* verb, Effect effect) {
  std::vector<Reply> answers(names.size());
  for (std::size_t from = 0; from < names.size(); from += most_commands) {
    std::vector<std::size_t> left(std::min(most_commands, names.size() - from));
    std::iota(left.begin(), left.end(), from);
    for (Attempts attempts(*this); !left.empty();) {
      try {
        exchange_some(names, add, verb, effect, left, answers);
      } catch (const ConnectorError&) {
        attempts.learn_or_rethrow(effect);
      }
    }
  }
  return answers;
}

/// Sends what is @p left, and takes from it what has its answer. Throws the first error, when all
/// that could be done is done.
void Servers::exchange_some(std::span<const std::string> names, const Adder& add, const char* verb,
                            Effect effect, std::vector<std::size_t>& left,
                            std::vector<Reply>& answers) {
  struct Share {
    std::optional<ConnectionPool::Taken> connection{};
    std::vector<std::size_t> indices{};
    std::exception_ptr error{};
  };
  // Taken in the order of addresses: whoever waits for a connection holds those before it only.
  std::map<std::string, Share> shares;
  for (const std::size_t i : left) shares[address_of(names[i])].indices.push_back(i);
  std::exception_ptr error;
  const auto keep_first = [&] {
    if (!error) error = std::current_exception();
  };
  std::vector<std::size_t> to_be_asked_for;
  std::unordered_set<std::size_t> done;
  for (auto& [address, share] : shares) {
    try {
      share.connection.emplace(pool_at(address).take());
      Request request;
      for (const std::size_t i : share.indices) add(request, i);
      (*share.connection)->send(request);
    } catch (const ConnectorError&) {
      keep_first();
      share.indices.clear();
    }
  }
  for (auto& [address, share] : shares) {
    if (share.indices.empty()) continue;
    try {
      Connection& connection = **share.connection;
      for (const std::size_t i : share.indices) answers[i] = connection.receive();
      if (effect == Effect::published) require_replicas(connection, verb);
    } catch (const ConnectorError&) {
      keep_first();
      continue;
    }
    for (const std::size_t i : share.indices) {
      try {
        check(answers[i], about(verb, names[i]), (*share.connection)->server());
        done.insert(i);
      } catch (const RedirectError& redirect) {
        if (is_cluster() && redirect.ask()) {
          to_be_asked_for.push_back(i);
          continue;
        }
        keep_first();
        follow(redirect);
      } catch (const ConnectorError&) {
        keep_first();
      }
    }
  }
  shares.clear();
  for (const std::size_t i : to_be_asked_for) {
    Request request;
    add(request, i);
    answers[i] = call(names[i], request, verb, effect);
    done.insert(i);
  }
  std::erase_if(left, [&](std::size_t i) { return done.contains(i); });
  if (error) std::rethrow_exception(error);
}

std::vector<std::string> Servers::addresses() {
  if (!is_cluster()) return {""};
  load_map();
  const std::lock_guard lock(mutex_);
  return map_->servers();
}

Reply Servers::call_at(const std::string& address, const Request& request, const char* verb) {
  for (Attempts attempts(*this);;) {
    try {
      const auto connection = pool_at(address).take();
      Reply reply = connection->call(request);
      check(reply, {.connector = "redis", .operation = verb}, connection->server());
      return reply;
    } catch (const ConnectorError&) {
      attempts.learn_or_rethrow(Effect::repeatable);
    }
  }
}

void Servers::call_all(const Request& request, const char* verb) {
  for (const std::string& address : addresses()) (void)call_at(address, request, verb);
}

}  // namespace proxystore::inline v0::redis
