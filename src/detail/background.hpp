// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Background: the threads of the library, and what they do when. docs/threads.md tells who needs
/// them for what.

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace proxystore::inline v0::detail {

/// Kinds of work, each with threads of its own, so that none holds another up.
enum class Work : std::uint8_t {
  fetch,    ///< of objects, before somebody needs them
  renewal,  ///< of leases
  ending,   ///< of lifetimes, and of objects that were retired
};

/// Runs tasks on threads that start when there is work, at once or later. A task may block for as
/// long as one call of a connector may, and waits for nothing else: what is to be waited for is
/// looked at again later. Tasks must not throw. src/detail/background.cpp tells about forks.
/// @threadsafe
class Background {
 public:
  using Clock = std::chrono::steady_clock;
  using Task = std::function<void()>;
  /// What schedule() returned; times are part of it, for the order.
  using Id = std::pair<Clock::time_point, std::uint64_t>;

  static Background& global();

  /// Runs @p task. Of the tasks with one @p owner one runs at a time, so that an owner that does
  /// not answer keeps one thread at most; null: no owner. Forgotten if the program ends before.
  void submit(Work work, const void* owner, Task task);
  /// As submit(), at @p time.
  Id schedule(Work work, const void* owner, Clock::time_point time, Task task);
  /// Forgets what was scheduled. It may run just now; this does not wait for it.
  void cancel(const Id& id);

 private:
  struct Job {
    Work work{};
    const void* owner = nullptr;
    Task task{};
  };
  /// The threads of one kind of work, and what they have to do.
  struct Pool {
    std::size_t most_threads = 0;
    std::size_t threads = 0;
    std::size_t idle = 0;
    std::deque<Job> ready{};
    /// The owners of tasks that are ready or run, each with those that come after.
    std::unordered_map<const void*, std::deque<Job>> lanes{};
    std::condition_variable wake{};
  };
  struct State {
    State();

    std::mutex mutex;
    std::array<Pool, 3> pools;
    std::map<Id, Job> scheduled;
    std::uint64_t last_id = 0;
    std::condition_variable changed;  // what is scheduled
    std::size_t running = 0;
    bool is_forking = false;
    std::condition_variable quiet;  // nothing runs, while a fork waits for that
    bool is_stopped = false;
    bool has_clock = false;
    std::vector<std::thread> threads;
    State* of_parent = nullptr;  // kept for ever: threads that are gone waited on it

    void add(Job job);
    void start_thread(Pool& pool);
    void run(Pool& pool);
    void finish(Pool& pool, const void* owner);
    void watch_clock();
    void await_quiet();
  };

  Background();
  void stop() noexcept;

  std::unique_ptr<State> state_;
};

}  // namespace proxystore::inline v0::detail
