// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include <array>
#include <cstring>
#include <fstream>
#include <vector>

#include <unistd.h>

#include <proxystore/mpi/report.hpp>

#include "mpi_ranks.hpp"
#include "redis_peer.hpp"

namespace bench {

namespace {

/// A get is a mapping, so its time must not depend on the size.
void gets(Ranks& ranks) {
  Session& session = ranks.session();
  const auto connector = ranks.connector();
  const ps::Key small = ranks.put(*connector, kibibyte);
  const auto get = [&](const ps::Key& key) {
    return together(session, [&connector, key] { keep(connector->get(key)); });
  };
  std::vector<std::size_t> sizes{kibibyte, 64 * kibibyte, mebibyte, 64 * mebibyte};
  if (!session.is_quick()) sizes.push_back(gibibyte);
  for (const std::size_t size : sizes) {
    ranks.say("get on the node, " + std::to_string(size) + " bytes");
    const ps::Key key = ranks.put(*connector, size);
    const auto medians = ranks.at(reader, [&] { return in_turns(session, get(key), get(small)); });
    ranks.add({.name = "get on the node vs of 1 KiB", .size = size, .budget = 2.0}, medians);
    if (ranks.is(owner)) connector->evict(key);
  }

  ranks.say("gets on the node, absolute");
  const auto absolute = [&](const std::string& name, auto sample) {
    const auto none = [] { return microsecond; };
    const auto medians = ranks.at(reader, [&] { return in_turns(session, sample(), none); });
    ranks.add({.name = name + " vs 1 us", .size = kibibyte, .budget = 1.0}, medians);
  };
  absolute("connector get on the node", [&] { return get(small); });
  const auto store = ps::Store::create("bench", ps::MpiOptions{}, {.cache_size = 0});
  ps::Key key;
  if (ranks.is(owner)) key = store->put(ps::Bytes::copy_of(touched(kibibyte).span()));
  key = ranks.from(owner, key);
  absolute("store get on the node",
           [&] { return together(session, [&] { keep(store->get<ps::Bytes>(key)); }); });
}

/// Where the ranks of a node share a window of MPI, as long as it lives.
class SharedWindow {
 public:
  SharedWindow(const Ranks& ranks, std::size_t size) {
    void* own = nullptr;
    const std::size_t wanted = ranks.is(owner) ? size + ps::MutableBytes::alignment : 0;
    MPI_Win_allocate_shared(static_cast<MPI_Aint>(wanted), 1, MPI_INFO_NULL, ranks.comm(),
                            static_cast<void*>(&own), &window_);
    MPI_Aint there = 0;
    int unit = 1;
    void* base = nullptr;
    MPI_Win_shared_query(window_, owner, &there, &unit, static_cast<void*>(&base));
    // Open MPI aligns it to 8 bytes, which can make copies many times slower.
    auto room = static_cast<std::size_t>(there);
    data_ = std::align(ps::MutableBytes::alignment, size, base, room);
    if (ranks.is(owner)) std::memset(data_, 1, size);
    MPI_Barrier(ranks.comm());
  }
  SharedWindow(const SharedWindow&) = delete;
  SharedWindow& operator=(const SharedWindow&) = delete;
  ~SharedWindow() { MPI_Win_free(&window_); }

  [[nodiscard]] const void* data() const noexcept { return data_; }

 private:
  MPI_Win window_ = MPI_WIN_NULL;
  void* data_ = nullptr;
};

/// What a program would do by hand.
void peers(Ranks& ranks) {
  Session& session = ranks.session();
  const auto connector = ranks.connector();
  for (const std::size_t size : {kibibyte, 64 * kibibyte, mebibyte, 64 * mebibyte}) {
    ranks.say("peers on the node, " + std::to_string(size) + " bytes");
    const ps::Key key = ranks.put(*connector, size);
    const SharedWindow window(ranks, size);
    const auto copied = ranks.at(reader, [&] {
      auto target = touched(size);
      auto get = together(session, [&] { keep(connector->get_into(key, target.span())); });
      auto copy = together(session, [&] {
        std::memcpy(target.data(), window.data(), size);
        keep(target);
      });
      return in_turns(session, get, copy);
    });
    ranks.add({.name = "get_into on the node vs memcpy from a shared window", .size = size},
              copied);
    if (ranks.is(owner)) connector->evict(key);
    ranks.add({.name = "get on the node vs MPI_Send and MPI_Recv", .size = size},
              ranks.get_and_message(*connector, size));
  }
}

/// A server on the node, over a Unix socket, as a program would use it without a library like this.
void redis(Ranks& ranks) {
#ifdef BENCH_HAS_REDIS
  if (!RedisPeer::is_installed()) {
    ranks.session().note("There is no redis-server here: not compared with it.");
    return;
  }
  Session& session = ranks.session();
  const auto connector = ranks.connector();
  for (const std::size_t size : {kibibyte, mebibyte, 16 * mebibyte}) {
    ranks.say("Redis on the node, " + std::to_string(size) + " bytes");
    const auto got_and_put = [&](bool is_put) {
      RedisPeer server;
      auto source = touched(size);
      const ps::ByteSpan part = source.span();
      server.set("object", part);
      const ps::Key key = connector->put(std::span(&part, 1), {});
      const auto medians =
          is_put ? in_turns(session,
                            one_by_one(
                                session, [&] { return connector->put(std::span(&part, 1), {}); },
                                [&](const ps::Key& one) { connector->evict(one); }),
                            together(session, [&] { server.set("object", part); }))
                 : in_turns(session, together(session, [&] { keep(connector->get(key)); }),
                            together(session, [&] { keep(server.get("object")); }));
      connector->evict(key);
      return medians;
    };
    ranks.add({.name = "get on the node vs GET from Redis", .size = size},
              ranks.at(reader, [&] { return got_and_put(false); }));
    ranks.add({.name = "put on the node vs SET to Redis", .size = size},
              ranks.at(reader, [&] { return got_and_put(true); }));
  }
#else
  ranks.session().note("Built without hiredis: not compared with Redis.");
#endif
}

/// The memory that evicted objects had is used again, and is touched already.
void puts(Ranks& ranks) {
  Session& session = ranks.session();
  const auto connector = ranks.connector();
  for (const std::size_t size : {64 * kibibyte, mebibyte, 64 * mebibyte}) {
    ranks.say("put on the node, " + std::to_string(size) + " bytes");
    const auto medians = ranks.at(owner, [&] {
      auto source = touched(size);
      auto target = touched(size);
      const ps::ByteSpan part = source.span();
      auto put = one_by_one(
          session, [&] { return connector->put(std::span(&part, 1), {}); },
          [&](const ps::Key& key) { connector->evict(key); });
      auto copy = one_by_one(
          session,
          [&] {
            std::memcpy(target.data(), source.data(), size);
            keep(target);
            return 0;
          },
          [](int) {});
      for (int i = 0; i < 3; ++i) keep(put());
      return in_turns(session, put, copy);
    });
    ranks.add({.name = "put on the node vs memcpy", .size = size, .budget = 1.3}, medians);
  }
}

/// Memory that the owner has taken for objects, with its books.
double taken_bytes() {
  const auto report = ps::mpi::report().at(owner);
  return static_cast<double>(report.committed_bytes + report.table_bytes);
}

/// Memory of this process that is there.
double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double all = 0.0;
  double resident = 0.0;
  file >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

std::string with_count(const char* before, std::size_t count, const char* after) {
  return before + std::to_string(count) + after;
}

void many_objects(Ranks& ranks) {
  constexpr std::size_t size = 64;
  const bool is_quick = ranks.session().is_quick();
  const std::size_t count = is_quick ? 20'000 : 1'000'000;
  const std::size_t span = is_quick ? 1'000 : 10'000;  // of what is compared
  constexpr std::size_t batch = 100;
  ranks.say(with_count("", count, " objects"));
  const auto connector = ranks.connector();
  const std::array<std::byte, size> object{};
  const ps::ByteSpan part = object;
  std::vector<ps::Key> keys(ranks.is(owner) ? span + count : 0);
  std::vector<double> seconds;  // of each batch
  seconds.reserve((span + count) / batch);
  const double taken = taken_bytes();
  const double resident = resident_bytes();
  for (std::size_t i = 0; i < keys.size(); i += batch) {
    const Stopwatch watch;
    for (std::size_t j = i; j < i + batch; ++j) keys[j] = connector->put(std::span(&part, 1), {});
    seconds.push_back(watch.seconds() / batch);
  }
  const auto beyond = [&](double bytes) {  // what the objects are, for each of them
    return bytes / static_cast<double>(span + count) - static_cast<double>(size);
  };
  const double resident_more = ranks.from(owner, resident_bytes() - resident);
  Row row{.size = size, .reference = 128.0, .budget = 1.0, .unit = Unit::bytes};
  row.name = with_count("memory beyond each of ", count, " objects vs 128 bytes");
  row.ours = beyond(taken_bytes() - taken);
  ranks.session().add(row);
  row.name = with_count("resident memory beyond each of ", count, " objects vs 128 bytes");
  row.ours = beyond(resident_more);
  ranks.session().add(row);

  Medians medians;
  if (ranks.is(owner)) {
    const auto compared = static_cast<std::ptrdiff_t>(span / batch);
    const auto first = seconds.begin() + compared;  // those before are the warm-up
    medians = {.ours = median({seconds.end() - compared, seconds.end()}),
               .reference = median({first, first + compared})};
    connector->evict_batch(keys);
  }
  ranks.add({.name = with_count("last ", span, " of these puts vs the first"),
             .size = size,
             .budget = 1.5},
            ranks.from(owner, medians));
}

void cycles(Ranks& ranks) {
  constexpr std::size_t size = 4 * kibibyte;
  const bool is_quick = ranks.session().is_quick();
  const std::size_t few = is_quick ? 1'000 : 10'000;
  const std::size_t many = is_quick ? 10'000 : 1'000'000;
  ranks.say(with_count("", many, " puts and evictions"));
  const auto connector = ranks.connector();
  const std::vector<std::byte> object(size);
  const ps::ByteSpan part = object;
  const auto taken_after = [&](std::size_t count) {
    for (std::size_t i = 0; ranks.is(owner) && i < count; ++i) {
      connector->evict(connector->put(std::span(&part, 1), {}));
    }
    ranks.meet();
    return static_cast<double>(ps::mpi::report().at(owner).committed_bytes);
  };
  const double before = taken_after(few);
  const double after = taken_after(many - few);
  ranks.session().add({.name = with_count("memory after ", many, " puts and evictions vs after ") +
                               std::to_string(few),
                       .size = size,
                       .ours = after,
                       .reference = before,
                       .budget = 1.0,
                       .unit = Unit::bytes});
}

}  // namespace

void measure_on_node(Session& session) {
  // Each begins with memory of its own that nobody has used.
  for (const auto work : {gets, puts, peers, redis, many_objects, cycles}) {
    Ranks ranks(session, {});
    work(ranks);
  }
}

}  // namespace bench
