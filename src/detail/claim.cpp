// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Waits in a circle.
//
// Each thread that waits for a claim is noted in a table, under one mutex, before it sleeps. With
// the owners of claims the table is a graph: a thread waits for at most one claim, and a claim has
// at most one owner. A thread follows it from the claim that it wants; where that leads back to the
// thread itself, it would wait for ever, and gets an error instead.
//
// No circle is missed. A thread becomes an owner while it waits for nothing, so a circle closes
// when one of its threads starts to wait. That thread has taken all its claims before, and so have
// the others before they noted, under the mutex, that they wait: it sees all of the circle.
//
// No error is wrong. The note of a thread that was woken, and has not removed it yet, leads to a
// claim that nobody has, or that another thread has for which it goes on waiting.
//
// A fork leaves all threads but one behind. The number of a thread tells how many forks there were
// when it was first seen, so a claim of one that is gone is known, and nobody waits for it.
#include "proxystore/detail/claim.hpp"

#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "detail/fork.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::detail {

namespace {

constexpr unsigned fork_shift = 32;

std::uint64_t this_thread() noexcept {
  static std::atomic<std::uint32_t> last{0};
  thread_local const std::uint64_t number =
      (std::uint64_t{fork_count()} << fork_shift) | (last.fetch_add(1) + 1);
  return number;
}

bool is_alive(std::uint64_t thread) noexcept {
  return thread != 0 && (thread >> fork_shift == fork_count() || thread == this_thread());
}

std::string name_of(const Key* object) {
  return object == nullptr ? "an object without a key" : "object " + object->to_string();
}

[[noreturn]] void throw_circle(const Key* wanted, const std::string& others) {
  ErrorContext context{.operation = "resolve"};
  if (wanted != nullptr) context.key = *wanted;
  const std::string circle =
      others.empty() ? " is needed by its own fetch" : others + ", which this thread is fetching";
  throw ProxyResolveError(name_of(wanted) + circle +
                              ": objects that need each other cannot be fetched; let one of them "
                              "hold a proxy of the other, and resolve it later",
                          nullptr, std::move(context));
}

}  // namespace

/// Which thread waits for what. Never destroyed.
class WaitGraph {
 public:
  static WaitGraph& global() {
    static auto* graph = new WaitGraph;
    return *graph;
  }

  /// Notes that this thread waits, for as long as this lives. @throws ProxyResolveError
  class Note {
   public:
    Note(const Claim& claim, const Key* object) {
      auto& graph = global();
      const std::lock_guard lock(graph.mutex_);
      graph.require_no_circle(claim, object);
      graph.waits_.insert_or_assign(this_thread(), Wait{&claim, object});
    }
    Note(const Note&) = delete;
    Note& operator=(const Note&) = delete;
    ~Note() {
      auto& graph = global();
      const std::lock_guard lock(graph.mutex_);
      graph.waits_.erase(this_thread());
    }
  };

 private:
  struct Wait {
    const Claim* claim;
    const Key* object;  // both live as long as the thread waits
  };

  void require_no_circle(const Claim& wanted, const Key* object) const {
    std::string others;
    const Claim* claim = &wanted;
    for (std::size_t steps = 0; steps <= waits_.size(); ++steps) {
      const std::uint64_t owner = claim->owner_.load(std::memory_order_acquire);
      if (owner == this_thread()) throw_circle(object, others);
      const auto wait = waits_.find(owner);
      if (!is_alive(owner) || wait == waits_.end()) return;
      others += (others.empty() ? " needs " : ", which needs ") + name_of(wait->second.object);
      claim = wait->second.claim;
    }
  }

  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Wait> waits_;
};

void Claim::take(const Key* object) {
  std::uint64_t owner = 0;
  while (!owner_.compare_exchange_strong(owner, this_thread(), std::memory_order_acq_rel)) {
    if (!is_alive(owner)) continue;  // is taken from the thread that is gone
    wait(object);
    owner = 0;
  }
}

void Claim::release() noexcept {
  owner_.store(0, std::memory_order_release);
  owner_.notify_all();
}

void Claim::wait(const Key* object) const {
  for (auto owner = owner_.load(std::memory_order_acquire); is_alive(owner);
       owner = owner_.load(std::memory_order_acquire)) {
    const WaitGraph::Note note(*this, object);
    owner_.wait(owner, std::memory_order_acquire);
  }
}

bool Claim::is_taken() const noexcept {
  return is_alive(owner_.load(std::memory_order_acquire));
}

bool Claim::is_mine() const noexcept {
  return owner_.load(std::memory_order_relaxed) == this_thread();
}

}  // namespace proxystore::inline v0::detail
