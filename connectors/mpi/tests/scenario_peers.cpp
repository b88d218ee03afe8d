// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Other ranks that stop, or die.
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>
#include <vector>

#include <unistd.h>

#include "proxystore/mpi/executor.hpp"
#include "scenario.hpp"

namespace scenario {
namespace {

/// Keeps a process stopped for a while.
class Stopped {
 public:
  explicit Stopped(pid_t process) : process_(process) { ::kill(process_, SIGSTOP); }
  Stopped(const Stopped&) = delete;
  Stopped& operator=(const Stopped&) = delete;
  ~Stopped() { ::kill(process_, SIGCONT); }

 private:
  pid_t process_;
};

/// Everything that is asked of a rank that is stopped fails in time, and works when it goes on.
int stopped_owner(int argc, char** argv) {
  Environment environment(argc, argv, {.finalize_timeout = 30s, .memory = {.timeout = 500ms}});
  const auto connector = open_connector();
  const int last = environment.size() - 1;
  const bool is_last = environment.rank() == last;
  const ps::Key small = from(last, is_last ? put(*connector, kib, 1) : ps::Key{});
  const ps::Key large = from(last, is_last ? put(*connector, 20 * mib, 2) : ps::Key{});
  const ps::Key later = from(last, is_last ? connector->new_key() : ps::Key{});
  const pid_t owner = from(last, ::getpid());
  barrier();
  if (environment.rank() == 0) {
    const Stopped stopped(owner);
    const auto expect_late = [&](const ps::Key* key, const std::function<void()>& function) {
      const std::string text = error_of<ps::TimeoutError>(function);
      require(contains(text, "rank " + std::to_string(last)), text);
      require(key == nullptr || contains(text, key->to_string()), text);
    };
    expect_late(&small, [&] { (void)connector->get(small); });
    expect_late(&large, [&] { (void)connector->get(large); });
    expect_late(&small, [&] { (void)connector->exists(small); });
    expect_late(&later, [&] { (void)connector->wait(later, 20s); });
    expect_late(&later, [&] { set(*connector, later, 10, 5); });
    expect_late(nullptr, [&] { (void)put(*connector, kib, 3, last); });
    expect_late(nullptr, [&] { (void)put(*connector, 20 * mib, 4, last); });
    const ps::Key mine = put(*connector, mib, 6);  // and this rank goes on
    REQUIRE(has(*connector, mine, mib, 6));
    connector->evict(mine);
  }
  barrier();
  REQUIRE(has(*connector, small, kib, 1));
  REQUIRE(has(*connector, large, 20 * mib, 2));
  // What was put too late is nobody's, and is evicted. What was set too late is there.
  const auto end = Clock::now() + 20s;
  std::uint64_t objects = 0;
  do {
    barrier();
    objects = mpi::report()[static_cast<std::size_t>(last)].objects;
  } while (from(0, objects != 3 && Clock::now() < end));
  require(objects == 3, std::to_string(objects) + " objects");
  REQUIRE(has(*connector, later, 10, 5));
  barrier();
  environment.finalize();
  return ok();
}

int stopped_in_a_large_answer(int argc, char** argv) {
  Environment environment(argc, argv, {.finalize_timeout = 60s, .memory = {.timeout = 1s}});
  const auto connector = open_connector();
  constexpr std::size_t size = 600 * mib;
  const int last = environment.size() - 1;
  const ps::Key key = from(last, environment.rank() == last ? put(*connector, size, 1) : ps::Key{});
  const pid_t owner = from(last, ::getpid());
  barrier();
  bool was_late = false;
  if (environment.rank() == 0) {
    for (int i = 0; i < 10 && !was_late; ++i) {
      std::optional<Stopped> stopped;
      std::thread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(10 + 15 * i));
        stopped.emplace(owner);
      });
      try {
        REQUIRE(has(*connector, key, size, 1));
      } catch (const ps::TimeoutError& error) {
        was_late = true;
        require(contains(error.what(), key.to_string()), error.what());
      }
      stopper.join();
    }
    REQUIRE(was_late);
    REQUIRE(has(*connector, key, size, 1));
  }
  barrier();
  environment.finalize();
  return ok();
}

/// The last rank dies with an object of the first in its hands.
int dead_reader(int argc, char** argv) {
  Environment environment(argc, argv, {.memory = {.limit = 16 * mib}});
  const auto connector = open_connector();
  const int last = environment.size() - 1;
  const ps::Key key = from(0, environment.rank() == 0 ? put(*connector, 10 * mib, 1) : ps::Key{});
  std::optional<ps::Bytes> held;
  if (environment.rank() == last) held = connector->get(key);
  barrier();
  if (environment.rank() == 0) {
    connector->evict(key);
    (void)error_of<ps::CapacityError>([&] { (void)put(*connector, 10 * mib, 2); });
  }
  barrier();
  if (environment.rank() == last) ::raise(SIGKILL);
  if (environment.rank() == 0) {
    const auto end = Clock::now() + 20s;
    for (bool is_done = false; !is_done;) {
      REQUIRE(Clock::now() < end);
      try {
        REQUIRE(has(*connector, put(*connector, 10 * mib, 2), 10 * mib, 2));
        is_done = true;
      } catch (const ps::CapacityError&) {
        std::this_thread::sleep_for(5ms);
      }
    }
    (void)ok();
  }
  std::this_thread::sleep_for(500ms);
  std::_Exit(EXIT_SUCCESS);
}

/// The last rank dies in a task: the caller hears of it when its time is over, and others work on.
int dead_worker(int argc, char** argv) {
  Environment environment(argc, argv, {.memory = {.timeout = 500ms}});
  mpi::Executor pool({.store = ps::Store::create("tasks", ps::MpiOptions{}), .timeout = 30s});
  const int last = environment.size() - 1;
  const pid_t victim = from(last, ::getpid());
  const auto work = pool.define("work", [&](int task) {
    if (environment.rank() == last) ::raise(SIGKILL);
    // A slow one is given a task, too: nobody is done before it is dead.
    const auto end = Clock::now() + 20s;
    while (::kill(victim, 0) == 0 && Clock::now() < end) std::this_thread::sleep_for(1ms);
    return task;
  });
  barrier();
  const auto body = [&] {
    std::vector<mpi::TaskFuture<int>> futures;
    for (int i = 0; i < 20; ++i) futures.push_back(pool.submit(work, i));
    int late = 0;
    for (int i = 0; i < 20; ++i) {
      try {
        REQUIRE(*futures[static_cast<std::size_t>(i)].result(last == 1 ? 200ms : 4000ms) == i);
      } catch (const ps::TimeoutError& error) {
        const std::string text = error.what();
        const std::string rank = "given to rank " + std::to_string(last);
        require(contains(text, rank) || (last == 1 && contains(text, "waits for")), text);
        ++late;
      }
    }
    // Its tasks are lost, of which it had one or two; and all, if nobody else works.
    require(last == 1 ? late == 20 : late == 1 || late == 2, std::to_string(late) + " were late");
    (void)ok();
    throw ps::Error("enough");  // so that nobody waits for the dead
  };
  if (environment.rank() == 0) {
    (void)error_of<ps::Error>([&] { pool.run(body); });
  } else {
    pool.run(body);
  }
  std::this_thread::sleep_for(500ms);  // the end is on its way to the others
  std::_Exit(EXIT_SUCCESS);
}

/// A rank is killed in the middle of its work. killed.sh looks what is left.
int killed(int argc, char** argv) {
  Environment environment(argc, argv);
  const auto connector = open_connector();
  const ps::Key mine = put(*connector, 5 * mib, 1);
  std::vector<ps::Bytes> held;
  for (int rank = 0; rank < environment.size(); ++rank) {
    held.push_back(*connector->get(from(rank, mine)));
  }
  barrier();
  std::puts("all work");
  std::fflush(stdout);
  const auto start = Clock::now();
  while (true) {
    connector->evict(put(*connector, mib, 1));
    if (environment.rank() == 0 && Clock::now() - start > 200ms) ::raise(SIGKILL);
  }
}

const Registration stopped_owner_{"stopped_owner", stopped_owner};
const Registration stopped_in_a_large_answer_{"stopped_in_a_large_answer",
                                              stopped_in_a_large_answer};
const Registration dead_reader_{"dead_reader", dead_reader};
const Registration dead_worker_{"dead_worker", dead_worker};
const Registration killed_{"killed", killed};

}  // namespace
}  // namespace scenario
