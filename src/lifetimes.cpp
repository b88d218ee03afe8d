// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/lifetimes.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "detail/background.hpp"
#include "detail/deadline.hpp"
#include "detail/fork.hpp"
#include "detail/log.hpp"
#include "detail/store_hooks.hpp"
#include "proxystore/detail/claim.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

namespace detail {

/// The objects of one lifetime, of one store or of several. @threadsafe
class LifetimeObjects {
 public:
  /// @p store is the only one, and the default; null if there may be any.
  explicit LifetimeObjects(std::shared_ptr<Store> store) : own_store_(std::move(store)) {}

  void add(std::span<const Key> keys, const std::shared_ptr<Store>& store) {
    if (!store && !own_store_) {
      throw ArgumentError("this lifetime has no store of its own: say which the key is of");
    }
    if (store && own_store_ && store->name() != own_store_->name()) {
      throw ArgumentError("the key is of store '" + store->name() + "', the lifetime of store '" +
                          own_store_->name() + "'");
    }
    Keys of_parent;  // destroyed after the lock is released
    const std::lock_guard lock(mutex_);
    forget_those_of_parent(of_parent);
    require_not_ended();
    keys_[own_store_ ? own_store_ : store].insert(keys.begin(), keys.end());
  }

  void require_not_ended() const {
    if (is_ending_) throw LifetimeEndedError("the lifetime has ended; it takes no more objects");
  }

  /// No lock is held while objects are evicted, since their ends may run functions of the program.
  /// Whoever adds one meanwhile learns that it came too late.
  void close(bool close_stores) {
    if (closing_.is_mine()) return;  // the end of one of its objects ends it
    const Claim::Hold hold(closing_, nullptr);
    if (done_) return;
    std::vector<std::shared_ptr<Store>> stores;
    if (own_store_) stores.push_back(own_store_);
    while (auto next = take_some()) {
      try {
        const std::vector<Key> keys(next.mapped().begin(), next.mapped().end());
        next.key()->evict_batch(keys);
      } catch (...) {
        put_back(std::move(next));
        throw;
      }
      if (!own_store_) stores.push_back(next.key());
    }
    done_ = true;
    if (!close_stores) return;
    for (const auto& store : stores) store->close();
  }

  [[nodiscard]] bool done() const noexcept { return done_; }

  /// Whether a thread of the library may evict all of them.
  [[nodiscard]] bool allows_background() const {
    const std::lock_guard lock(mutex_);
    return std::all_of(keys_.begin(), keys_.end(), [](const auto& of_store) {
      const Connector& connector = of_store.first->connector();
      return std::all_of(of_store.second.begin(), of_store.second.end(),
                         [&](const Key& key) { return connector.allows_background(key); });
    });
  }

 private:
  using Keys = std::map<std::shared_ptr<Store>, std::unordered_set<Key>>;

  /// The objects of one store, or nothing if there are none left.
  Keys::node_type take_some() {
    Keys of_parent;  // destroyed after the lock is released
    const std::lock_guard lock(mutex_);
    forget_those_of_parent(of_parent);
    is_ending_ = true;
    return keys_.empty() ? Keys::node_type{} : keys_.extract(keys_.begin());
  }
  void put_back(Keys::node_type some) {
    const std::lock_guard lock(mutex_);
    is_ending_ = false;
    keys_.insert(std::move(some));
  }

  /// What was here when this process was forked is the parent's to end.
  void forget_those_of_parent(Keys& of_parent) {
    if (std::exchange(forks_, fork_count()) != fork_count()) of_parent.swap(keys_);
  }

  const std::shared_ptr<Store> own_store_;
  mutable std::mutex mutex_;
  unsigned forks_ = fork_count();
  Keys keys_;
  std::atomic<bool> is_ending_{false};
  Claim closing_;
  std::atomic<bool> done_{false};
};

namespace {

std::string or_random(std::string name) {
  return name.empty() ? Key::random().to_string() : std::move(name);
}

std::shared_ptr<Store> required(std::shared_ptr<Store> store) {
  if (!store) throw ArgumentError("the lifetime needs a store");
  return store;
}

void log_failure(const std::string& what, const std::exception& error) {
  log(LogLevel::error, what + " failed: " + error.what());
}

/// What ends before the registered stores are closed. Never destroyed.
struct Endings {
  std::mutex mutex;
  std::vector<std::pair<std::shared_ptr<Lifetime>, LifetimeCloseArgs>> registered;
  std::unordered_set<std::shared_ptr<LeaseState>> leases;

  static Endings& global() {
    static auto* endings = [] {
      call_before_stores_close(&end_all);
      return new Endings;
    }();
    return *endings;
  }

  static void end_all() noexcept;
};

}  // namespace

/// A lease, which its timer and its LeaseLifetime share. The timer looks at the deadline under the
/// mutex, so that it never ends a lease that was extended before.
class LeaseState : public std::enable_shared_from_this<LeaseState> {
 public:
  using SteadyClock = Background::Clock;

  explicit LeaseState(std::shared_ptr<Store> store)
      : store_(store.get()), objects_(std::move(store)) {}

  void start(SteadyClock::time_point deadline) {
    {
      const std::lock_guard lock(mutex_);
      deadline_ = deadline;
    }
    if (deadline <= SteadyClock::now()) {
      objects_.close(false);
      return;
    }
    auto& endings = Endings::global();
    {
      const std::lock_guard lock(endings.mutex);
      endings.leases.insert(shared_from_this());
    }
    wake_at(deadline);
  }

  /// Sets the deadline to what @p change makes of it.
  template <class Change>
  void extend(const Change& change) {
    settle();
    objects_.require_not_ended();
    SteadyClock::time_point deadline;
    {
      const std::lock_guard lock(mutex_);
      deadline = deadline_ = change(deadline_);
    }
    wake_at(deadline);
  }

  void add(std::span<const Key> keys, const std::shared_ptr<Store>& store) {
    settle();
    objects_.add(keys, store);
    SteadyClock::time_point deadline;
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(forks_, fork_count()) == fork_count()) return;
      deadline = deadline_;
    }
    wake_at(deadline);  // the parent's threads do it for the parent
  }

  void close(bool close_stores) {
    objects_.close(close_stores);
    std::optional<Background::Id> timer;
    {
      const std::lock_guard lock(mutex_);
      timer = std::exchange(timer_, std::nullopt);
    }
    if (timer) Background::global().cancel(*timer);
    forget();
  }

  [[nodiscard]] bool done() const noexcept { return objects_.done(); }
  [[nodiscard]] SteadyClock::time_point deadline() const {
    const std::lock_guard lock(mutex_);
    return deadline_;
  }

 private:
  void forget() {
    auto& endings = Endings::global();
    const std::lock_guard lock(endings.mutex);
    endings.leases.erase(shared_from_this());
  }

  void wake_at(SteadyClock::time_point time) {
    const std::lock_guard lock(mutex_);
    if (timer_) Background::global().cancel(*timer_);
    timer_ = Background::global().schedule(Work::ending, store_, time,
                                           [self = shared_from_this()] { self->wake_up(); });
  }

  /// Ends a lease whose time was over when only a thread of the program could.
  void settle() {
    if (!objects_.done() && deadline() <= SteadyClock::now()) close(false);
  }

  void wake_up() noexcept {
    constexpr std::chrono::seconds before_retry{1};
    try {
      if (objects_.done()) return;
      if (const auto until = deadline(); until > SteadyClock::now()) return wake_at(until);
      if (objects_.allows_background()) close(false);
    } catch (const StoreClosedError&) {
      forget();  // the store closed first, and kept or cleared its objects as it was told
    } catch (const std::exception& error) {
      log_failure("ending a lease", error);
      wake_at(deadline_after(before_retry));
    }
  }

  const void* const store_;  // whose leases end one after the other
  LifetimeObjects objects_;
  mutable std::mutex mutex_;
  unsigned forks_ = fork_count();
  SteadyClock::time_point deadline_{};
  std::optional<Background::Id> timer_;
};

namespace {

void Endings::end_all() noexcept {
  auto& endings = Endings::global();
  decltype(endings.registered) lifetimes;
  decltype(endings.leases) leases;
  {
    const std::lock_guard lock(endings.mutex);
    lifetimes.swap(endings.registered);
    leases.swap(endings.leases);
  }
  const auto end = [](const std::string& what, const auto& close) {
    try {
      close();
    } catch (const std::exception& error) {
      log_failure(what, error);
    }
  };
  for (const auto& lease : leases) end("ending a lease", [&] { lease->close(false); });
  for (auto last = lifetimes.rbegin(); last != lifetimes.rend(); ++last) {
    end("ending a registered lifetime", [&] { last->first->close(last->second); });
  }
}

/// Seconds as the clock counts them; what is out of its range becomes a century.
Background::Clock::duration to_clock(LeaseLifetime::Seconds duration) {
  if (std::isnan(duration.count())) throw ArgumentError("the time of a lease is not a number");
  constexpr LeaseLifetime::Seconds century = longest_wait;
  return std::chrono::duration_cast<Background::Clock::duration>(
      std::clamp(duration, -century, century));
}

Background::Clock::time_point to_deadline(LeaseLifetime::Clock::time_point expiry) {
  // In floating point: the difference of two clocks' extremes is out of their range.
  const LeaseLifetime::Seconds left =
      LeaseLifetime::Seconds(expiry.time_since_epoch()) -
      LeaseLifetime::Seconds(LeaseLifetime::Clock::now().time_since_epoch());
  return Background::Clock::now() + to_clock(left);
}

}  // namespace

}  // namespace detail

ContextLifetime::ContextLifetime(std::shared_ptr<Store> store, std::string name)
    : name_(detail::or_random(std::move(name))),
      objects_(std::make_unique<detail::LifetimeObjects>(detail::required(std::move(store)))) {}

ContextLifetime::~ContextLifetime() {
  try {
    close();
  } catch (const std::exception& error) {
    detail::log_failure("ending lifetime '" + name_ + "'", error);
  }
}

void ContextLifetime::add_keys(std::span<const Key> keys, const std::shared_ptr<Store>& store) {
  objects_->add(keys, store);
}

void ContextLifetime::close(const LifetimeCloseArgs& args) {
  objects_->close(args.close_stores);
}

bool ContextLifetime::done() const noexcept {
  return objects_->done();
}

LeaseLifetime::LeaseLifetime(std::shared_ptr<Store> store, Seconds duration, std::string name)
    : name_(detail::or_random(std::move(name))),
      state_(std::make_shared<detail::LeaseState>(detail::required(std::move(store)))) {
  state_->start(detail::Background::Clock::now() + detail::to_clock(duration));
}

LeaseLifetime::LeaseLifetime(std::shared_ptr<Store> store, Clock::time_point expiry,
                             std::string name)
    : name_(detail::or_random(std::move(name))),
      state_(std::make_shared<detail::LeaseState>(detail::required(std::move(store)))) {
  state_->start(detail::to_deadline(expiry));
}

LeaseLifetime::~LeaseLifetime() = default;

void LeaseLifetime::extend(Seconds duration) {
  const auto longer = detail::to_clock(duration);
  if (longer < longer.zero()) {
    throw ArgumentError("extend() by " + std::to_string(duration.count()) +
                        " s; to end a lease earlier, give the time");
  }
  state_->extend([&](auto deadline) {
    // Not beyond what any single duration may be, however often it is extended.
    return std::min(deadline + longer,
                    detail::Background::Clock::now() + detail::to_clock(Seconds(HUGE_VAL)));
  });
}

void LeaseLifetime::extend(Clock::time_point expiry) {
  state_->extend([&](auto) { return detail::to_deadline(expiry); });
}

LeaseLifetime::Clock::time_point LeaseLifetime::expiry() const {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(
                            state_->deadline() - detail::Background::Clock::now());
}

void LeaseLifetime::add_keys(std::span<const Key> keys, const std::shared_ptr<Store>& store) {
  state_->add(keys, store);
}

void LeaseLifetime::close(const LifetimeCloseArgs& args) {
  state_->close(args.close_stores);
}

bool LeaseLifetime::done() const noexcept {
  return state_->done();
}

StaticLifetime::StaticLifetime() : objects_(std::make_unique<detail::LifetimeObjects>(nullptr)) {}

StaticLifetime::~StaticLifetime() = default;

StaticLifetime& StaticLifetime::instance() {
  static StaticLifetime* lifetime = [] {
    // Never destroyed: it ends with the stores, which close while the program ends.
    const std::shared_ptr<StaticLifetime> made(new StaticLifetime, [](StaticLifetime*) {});
    register_lifetime_atexit(made);
    return made.get();
  }();
  return *lifetime;
}

void StaticLifetime::add_keys(std::span<const Key> keys, const std::shared_ptr<Store>& store) {
  objects_->add(keys, store);
}

void StaticLifetime::close(const LifetimeCloseArgs& args) {
  objects_->close(args.close_stores);
}

bool StaticLifetime::done() const noexcept {
  return objects_->done();
}

std::function<void()> register_lifetime_atexit(std::shared_ptr<Lifetime> lifetime,
                                               const LifetimeCloseArgs& args) {
  if (!lifetime) throw ArgumentError("register_lifetime_atexit() needs a lifetime");
  auto& endings = detail::Endings::global();
  const std::lock_guard lock(endings.mutex);
  endings.registered.emplace_back(lifetime, args);
  return [lifetime = std::move(lifetime), args] { lifetime->close(args); };
}

void unregister_lifetime_atexit(const std::shared_ptr<Lifetime>& lifetime) {
  auto& endings = detail::Endings::global();
  const std::lock_guard lock(endings.mutex);
  std::erase_if(endings.registered, [&](const auto& one) { return one.first == lifetime; });
}

}  // namespace proxystore::inline v0
