// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// One mutex guards all that is to be done; nothing is done while it is held.
//
// Tasks of one owner form a lane: a lane exists while one of its tasks is ready or runs, and holds
// those that come after. So the threads of a kind of work are at most as many as its owners that
// have work now, and an owner that does not answer keeps one of them.
//
// A fork copies the memory of this process, but only the thread that calls fork(). Before a fork no
// new tasks are begun, and those that run are waited for, for at most two seconds, so that they
// leave no lock of a connector taken in the child; whatever takes longer waits for a server or a
// disk, and connectors hold no locks meanwhile. The child then begins with no threads and nothing
// to do: what its parent had to do, the parent does. The old state is not destroyed there, since
// threads that are gone waited on it.
#include "detail/background.hpp"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include <pthread.h>

namespace proxystore::inline v0::detail {

namespace {

thread_local bool runs_task = false;

/// For waits: in real time, since thread sanitizers know no waits on the monotonic clock.
std::chrono::system_clock::time_point real_time_after(std::chrono::nanoseconds pause) {
  return std::chrono::system_clock::now() + std::chrono::ceil<std::chrono::microseconds>(pause);
}

}  // namespace

Background::State::State() {
  pools[static_cast<std::size_t>(Work::fetch)].most_threads = 4;
  pools[static_cast<std::size_t>(Work::renewal)].most_threads = 32;
  pools[static_cast<std::size_t>(Work::ending)].most_threads = 8;
}

Background::Background() : state_(std::make_unique<State>()) {
  pthread_atfork([] { global().state_->await_quiet(); },
                 [] {
                   State& state = *global().state_;
                   state.is_forking = false;
                   for (Pool& pool : state.pools) pool.wake.notify_all();
                   state.mutex.unlock();
                 },
                 [] {
                   auto& state = global().state_;
                   state->mutex.unlock();
                   auto fresh = std::make_unique<State>();
                   fresh->of_parent = state.release();
                   state = std::move(fresh);
                 });
}

Background& Background::global() {
  // Never destroyed, so that a late call finds it; its threads are joined at exit.
  static Background* background = [] {
    auto* made = new Background;
    std::atexit([] { Background::global().stop(); });
    return made;
  }();
  return *background;
}

void Background::submit(Work work, const void* owner, Task task) {
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  if (!state.is_stopped) state.add({work, owner, std::move(task)});
}

Background::Id Background::schedule(Work work, const void* owner, Clock::time_point time,
                                    Task task) {
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  const Id id{time, ++state.last_id};
  if (state.is_stopped) return id;
  if (!state.has_clock) {
    state.threads.emplace_back([&state] { state.watch_clock(); });
    state.has_clock = true;
  }
  state.scheduled.emplace(id, Job{work, owner, std::move(task)});
  state.changed.notify_one();
  return id;
}

void Background::cancel(const Id& id) {
  decltype(state_->scheduled)::node_type cancelled;  // destroyed after the lock is released
  const std::lock_guard lock(state_->mutex);
  cancelled = state_->scheduled.extract(id);
}

void Background::State::add(Job job) {
  Pool& pool = pools[static_cast<std::size_t>(job.work)];
  if (job.owner != nullptr) {
    const auto [lane, is_new] = pool.lanes.try_emplace(job.owner);
    if (!is_new) {
      lane->second.push_back(std::move(job));
      return;
    }
  }
  pool.ready.push_back(std::move(job));
  start_thread(pool);
  pool.wake.notify_one();
}

/// Where no thread is to be had the work waits for one that there is, or for whoever needs it.
void Background::State::start_thread(Pool& pool) {
  if (pool.ready.size() <= pool.idle || pool.threads == pool.most_threads) return;
  try {
    threads.emplace_back([this, &pool] { run(pool); });
    ++pool.threads;
  } catch (const std::system_error&) {
  }
}

void Background::State::run(Pool& pool) {
  runs_task = true;
  std::unique_lock lock(mutex);
  while (true) {
    ++pool.idle;
    pool.wake.wait(lock, [&] { return is_stopped || (!is_forking && !pool.ready.empty()); });
    --pool.idle;
    if (is_stopped) return;
    Job job = std::move(pool.ready.front());
    pool.ready.pop_front();
    ++running;
    lock.unlock();
    job.task();
    job.task = nullptr;
    lock.lock();
    --running;
    finish(pool, job.owner);
    if (is_forking) quiet.notify_all();
  }
}

/// The next task of the owner's lane is ready now.
void Background::State::finish(Pool& pool, const void* owner) {
  const auto lane = pool.lanes.find(owner);
  if (lane == pool.lanes.end()) return;
  if (lane->second.empty()) {
    pool.lanes.erase(lane);
    return;
  }
  pool.ready.push_back(std::move(lane->second.front()));
  lane->second.pop_front();
}

void Background::State::watch_clock() {
  std::unique_lock lock(mutex);
  while (!is_stopped) {
    if (scheduled.empty()) {
      changed.wait(lock);
      continue;
    }
    const auto first = scheduled.begin();
    const auto now = Clock::now();
    if (first->first.first > now) {
      // It looks again: a jump of the real clock is noticed within the second.
      changed.wait_until(lock, real_time_after(std::min<Clock::duration>(first->first.first - now,
                                                                         std::chrono::seconds(1))));
      continue;
    }
    add(std::move(first->second));
    scheduled.erase(first);
  }
}

/// Leaves the mutex locked, for the fork.
void Background::State::await_quiet() {
  std::unique_lock lock(mutex);
  is_forking = true;
  const std::size_t own = runs_task ? 1 : 0;
  quiet.wait_until(lock, real_time_after(std::chrono::seconds(2)), [&] { return running <= own; });
  (void)lock.release();
}

void Background::stop() noexcept {
  State& state = *state_;
  std::vector<std::thread> threads;
  std::array<std::deque<Job>, 3> ready;  // destroyed after the lock is released
  std::array<decltype(Pool::lanes), 3> lanes;
  decltype(State::scheduled) scheduled;
  {
    const std::lock_guard lock(state.mutex);
    state.is_stopped = true;
    threads.swap(state.threads);
    scheduled.swap(state.scheduled);
    for (std::size_t i = 0; i < state.pools.size(); ++i) {
      ready[i].swap(state.pools[i].ready);
      lanes[i].swap(state.pools[i].lanes);
    }
  }
  state.changed.notify_all();
  for (Pool& pool : state.pools) pool.wake.notify_all();
  for (auto& thread : threads) {
    if (thread.get_id() == std::this_thread::get_id()) {
      thread.detach();  // a task ends the program
    } else {
      thread.join();
    }
  }
}

}  // namespace proxystore::inline v0::detail
