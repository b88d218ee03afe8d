// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/task_pool.hpp"

#include <cstdlib>
#include <system_error>

namespace proxystore::inline v0::detail {

TaskPool& TaskPool::global() {
  // Never destroyed, so that a late submit() finds it; its threads are joined at exit.
  static TaskPool* pool = [] {
    auto* made = new TaskPool;
    std::atexit([] { TaskPool::global().stop(); });
    return made;
  }();
  return *pool;
}

void TaskPool::submit(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopped_) {
      tasks_.push_back(std::move(task));
      if (tasks_.size() > idle_ && threads_.size() < most_threads) {
        try {
          threads_.emplace_back([this] { work(); });
        } catch (const std::system_error&) {
          if (threads_.empty()) {  // no thread to be had: do the work here
            task = std::move(tasks_.back());
            tasks_.pop_back();
          }
        }
      }
    }
  }
  if (task) {
    task();
  } else {
    wake_.notify_one();
  }
}

void TaskPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    wake_.wait(lock, [this] { return stopped_ || !tasks_.empty(); });
    --idle_;
    if (tasks_.empty()) return;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
}

void TaskPool::stop() noexcept {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    threads.swap(threads_);
  }
  wake_.notify_all();
  for (auto& thread : threads) thread.join();
}

}  // namespace proxystore::inline v0::detail
