// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Owners and borrows.
//
// The rules: an object has one owner; as long as it is borrowed it stays; at any time it has any
// number of readers or one writer.
//
// In one process the OwnedObject counts. Each borrow made here holds it by a shared pointer, so the
// stored object goes with the last of the owner and its borrows, in whatever order they end.
//
// Between processes the connector's leases count. A borrow that is sent takes a lease first, and
// leaves the local count after that, so that there is no moment in which neither holds. From the
// first borrow that is sent, and in an owner that was received, local borrows take leases as well:
// one that gets its lease while others hold theirs is as compatible with them as with local ones.
// Before that moment nobody else can hold one, since leases are had from the owner only, and a
// borrow costs no access to the store.
//
// The owner's end retires the object (Connector::retire), which waits for the last lease. A lease
// is renewed by its holder each third of its time. A holder that dies stops doing so; one that
// finds its lease lost knows that others may have changed the object, and refuses to be used.
#include "proxystore/detail/ownership.hpp"

#include <string>
#include <unordered_set>
#include <utility>

#include "detail/background.hpp"
#include "detail/deadline.hpp"
#include "detail/fork.hpp"
#include "detail/log.hpp"
#include "detail/wire.hpp"
#include "proxystore/error.hpp"
#include "proxystore/store.hpp"

namespace proxystore::inline v0::detail {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest_lease{1};
constexpr milliseconds longest_lease = std::chrono::hours(24 * 366);

ErrorContext about(std::string_view operation, const Key& key) {
  return {.connector = {}, .operation = std::string(operation), .key = key};
}

/// The keys of the objects that have an owner in this process. Never destroyed.
struct OwnedKeys {
  std::mutex mutex;
  std::unordered_set<Key> keys;
  unsigned forks = fork_count();  // after which they are the parent's

  static OwnedKeys& global() {
    static auto* owned = new OwnedKeys;
    return *owned;
  }
  static void add(const Key& key) {
    const std::lock_guard lock(global().mutex);
    if (std::exchange(global().forks, fork_count()) != fork_count()) global().keys.clear();
    if (global().keys.insert(key).second) return;
    throw ReferenceError("object " + key.to_string() + " has an owner already",
                         about("into_owned", key));
  }
  static void remove(const Key& key) {
    const std::lock_guard lock(global().mutex);
    global().keys.erase(key);
  }
};

[[noreturn]] void throw_borrowed(const Key& key, const std::string& how) {
  throw MutableBorrowError("object " + key.to_string() + " is " + how, about("borrow", key));
}

}  // namespace

/// A lease that is renewed as long as this lives, and given back then. @threadsafe
class HeldLease : public std::enable_shared_from_this<HeldLease> {
 public:
  HeldLease(std::shared_ptr<Store> store, const Lease& lease, milliseconds ttl)
      : store_(std::move(store)),
        lease_(lease),
        ttl_(ttl),
        in_background_(store_->connector().allows_background(lease.key)) {}
  HeldLease(const HeldLease&) = delete;
  HeldLease& operator=(const HeldLease&) = delete;
  ~HeldLease() { give_back(); }

  /// Takes a lease. @throws MutableBorrowError if others exclude it, UnsupportedError
  static std::shared_ptr<HeldLease> take(const std::shared_ptr<Store>& store, const Key& key,
                                         LeaseMode mode, milliseconds ttl) {
    const auto lease = store->connector().lease(key, mode, ttl);
    if (!lease) throw_borrowed(key, "borrowed elsewhere, or gone");
    return start(std::make_shared<HeldLease>(store, *lease, ttl));
  }

  /// Goes on with a lease that was held elsewhere.
  static std::shared_ptr<HeldLease> take_over(std::shared_ptr<Store> store, const Lease& lease,
                                              milliseconds ttl) {
    auto held = std::make_shared<HeldLease>(std::move(store), lease, ttl);
    held->renew();
    return start(std::move(held));
  }

  /// Whether the object is still held. Renews the lease if nobody else can.
  [[nodiscard]] bool holds() {
    {
      const std::lock_guard lock(mutex_);
      if (is_lost_ || !is_held_) return false;
      if (in_background_ || Background::Clock::now() < renewed_ + ttl_ / 3) {
        if (Background::Clock::now() < renewed_ + ttl_) return true;
        is_lost_ = true;
        return false;
      }
    }
    renew();
    const std::lock_guard lock(mutex_);
    return !is_lost_ && Background::Clock::now() < renewed_ + ttl_;
  }

  /// Hands the lease on, with its full time.
  [[nodiscard]] Lease hand_on() {
    renew();
    const std::lock_guard lock(mutex_);
    is_held_ = false;
    return lease_;
  }

 private:
  static std::shared_ptr<HeldLease> start(std::shared_ptr<HeldLease> held) {
    held->schedule();
    return held;
  }

  void schedule() {
    if (!in_background_) return;
    const std::lock_guard lock(mutex_);
    if (!is_held_ || is_lost_) return;
    timer_ = Background::global().schedule(Work::renewal, &store_->connector(),
                                           deadline_after(ttl_ / 3), [held = weak_from_this()] {
                                             const auto alive = held.lock();
                                             if (!alive) return;
                                             alive->renew();
                                             alive->schedule();
                                           });
  }

  void renew() {
    const auto asked = Background::Clock::now();
    try {
      const bool is_renewed = store_->connector().renew(lease_, ttl_);
      const std::lock_guard lock(mutex_);
      if (is_renewed) {
        renewed_ = asked;
      } else {
        is_lost_ = true;
      }
    } catch (const std::exception& error) {  // tried again until its time is over
      log(LogLevel::warning,
          "the lease of " + lease_.key.to_string() + " was not renewed: " + error.what());
    }
  }

  void give_back() noexcept {
    if (forks_ != fork_count()) return;  // the parent holds it
    if (timer_) Background::global().cancel(*timer_);
    if (!is_held_) return;
    try {
      if (!store_->is_closed()) store_->connector().unlease(lease_);
    } catch (const std::exception& error) {  // it ends by itself
      log(LogLevel::warning,
          "the lease of " + lease_.key.to_string() + " was not given back: " + error.what());
    }
  }

  const std::shared_ptr<Store> store_;
  const Lease lease_;
  const milliseconds ttl_;
  const bool in_background_;
  const unsigned forks_ = fork_count();
  std::mutex mutex_;
  Background::Clock::time_point renewed_ = Background::Clock::now();
  std::optional<Background::Id> timer_;
  bool is_lost_ = false;
  bool is_held_ = true;
};

// -- OwnedObject

OwnedObject::OwnedObject(std::shared_ptr<StoreProxyFactory> factory)
    : factory_(std::move(factory)), forks_(fork_count()) {
  OwnedKeys::add(*factory_->key());
}

OwnedObject::~OwnedObject() {
  if (!passed_on_.empty() || forks_ != fork_count()) return;
  const Key& key = *factory_->key();
  OwnedKeys::remove(key);
  try {
    const auto known = factory_->travel_config()->store();
    if (known && known->is_closed()) return;  // which kept or cleared its objects as it was told
    factory_->get_store()->retire(key);
  } catch (const std::exception& error) {
    log(LogLevel::error,
        "object " + key.to_string() + " was not evicted when its owner went: " + error.what());
  }
}

std::shared_ptr<void> OwnedObject::value() const {
  const std::lock_guard lock(mutex_);
  return value_;
}

void OwnedObject::set_value(std::shared_ptr<void> value) {
  const std::lock_guard lock(mutex_);
  value_.swap(value);  // what it was is destroyed after the lock is released
}

void OwnedObject::require_readable() const {
  const std::lock_guard lock(mutex_);
  if (has_writer_) throw_borrowed(*factory_->key(), "mutably borrowed");
}

void OwnedObject::require_owned() const {
  if (forks_ != fork_count()) {
    throw ReferenceInvalidError(
        "the owner of " + factory_->key()->to_string() + " is in the process that forked this one",
        about("use", *factory_->key()));
  }
  const std::lock_guard lock(mutex_);
  if (passed_on_.empty()) return;
  throw ReferenceInvalidError(
      "the owner of " + factory_->key()->to_string() + " was moved to " + std::string(passed_on_),
      about("use", *factory_->key()));
}

void OwnedObject::pass_on(std::string_view where) {
  require_owned();
  const std::lock_guard lock(mutex_);
  const Key& key = *factory_->key();
  if (has_writer_) throw_borrowed(key, "mutably borrowed, so its owner cannot be moved");
  if (readers_ > 0) {
    throw_borrowed(key,
                   "borrowed " + std::to_string(readers_) + " times, so its owner cannot be moved");
  }
  passed_on_ = where;
  OwnedKeys::remove(key);
}

std::shared_ptr<HeldLease> OwnedObject::begin(LeaseMode mode, milliseconds ttl) {
  const Key& key = *factory_->key();
  bool uses_leases = false;
  {
    const std::lock_guard lock(mutex_);
    if (has_writer_) throw_borrowed(key, "mutably borrowed");
    if (mode == LeaseMode::exclusive && readers_ > 0) {
      throw_borrowed(key, "borrowed " + std::to_string(readers_) + " times");
    }
    (mode == LeaseMode::exclusive) ? void(has_writer_ = true) : void(++readers_);
    uses_leases = uses_leases_;
  }
  if (!uses_leases) return nullptr;
  try {
    return HeldLease::take(factory_->get_store(), key, mode, ttl);
  } catch (...) {
    end(mode);
    throw;
  }
}

void OwnedObject::end(LeaseMode mode) noexcept {
  const std::lock_guard lock(mutex_);
  if (mode == LeaseMode::exclusive) {
    has_writer_ = false;
  } else {
    --readers_;
  }
}

void OwnedObject::use_leases() {
  if (!factory_->get_store()->connector().capabilities().has(Capability::lease)) return;
  const std::lock_guard lock(mutex_);
  uses_leases_ = true;
}

// -- Borrow

Borrow::Borrow(std::shared_ptr<OwnedObject> owner, LeaseMode mode, milliseconds ttl)
    : owner_(std::move(owner)),
      factory_(owner_->factory()),
      mode_(mode),
      forks_(fork_count()),
      ttl_(ttl) {
  if (ttl < shortest_lease || ttl > longest_lease) {
    throw ArgumentError("a lease of " + std::to_string(ttl.count()) +
                        " ms: give it from 1 ms to a year");
  }
  lease_ = owner_->begin(mode, ttl);
}

// In messages: u64 the lease's token, varint its time in ms, blob the proxy.
Borrow::Borrow(ByteSpan wire, LeaseMode mode, const ObjectType& type)
    : mode_(mode), forks_(fork_count()) {
  WireReader in(wire, "borrow");
  Lease lease{.mode = mode, .token = in.u64()};
  const std::uint64_t ttl = in.varint();
  if (ttl < 1 || ttl > static_cast<std::uint64_t>(longest_lease.count())) in.fail("its lease");
  ttl_ = milliseconds(ttl);
  factory_ = factory_to_own(make_factory(in.blob(), type).get());
  if (in.remaining() > 0) in.fail("bytes are left over");
  lease.key = *factory_->key();
  lease_ = HeldLease::take_over(factory_->get_store(), lease, ttl_);
}

Borrow::~Borrow() {
  if (state_ == State::valid) end();
}

void Borrow::end() noexcept {
  lease_.reset();
  if (owner_) owner_->end(mode_);
  owner_.reset();
}

bool Borrow::is_valid() const noexcept {
  try {
    require_valid();
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void Borrow::require_valid() const {
  const Key& key = *factory_->key();
  const auto fail = [&](const std::string& why) {
    throw ReferenceInvalidError("the borrow of " + key.to_string() + " " + why, about("use", key));
  };
  if (forks_ != fork_count()) fail("is of the process that forked this one");
  if (state_ == State::released) fail("was given back");
  if (state_ == State::sent) fail("was moved to a message");
  if (lease_ && !lease_->holds()) {
    fail("is over: its lease of " + std::to_string(ttl_.count()) + " ms ran out");
  }
}

void Borrow::release() {
  if (state_ != State::valid) require_valid();
  state_ = State::released;
  end();
}

Bytes Borrow::to_wire() {
  require_valid();
  const Key& key = *factory_->key();
  if (!lease_) {
    const auto store = factory_->get_store();
    if (!store->connector().capabilities().has(Capability::lease)) {
      throw UnsupportedError(
          "a borrow of an object in the " + std::string(store->connector().kind()) + " store '" +
              store->name() +
              "' cannot be sent: that connector keeps no leases, so nobody would know of it",
          about("send", key));
    }
    owner_->use_leases();
    lease_ = HeldLease::take(store, key, mode_, ttl_);
  }
  WireWriter out;
  out.u64(lease_->hand_on().token);
  out.varint(static_cast<std::uint64_t>(ttl_.count()));
  out.blob(factory_->to_wire().span());
  state_ = State::sent;
  end();
  return Bytes::own(std::move(out).take());
}

// -- What the templates need besides

std::shared_ptr<StoreProxyFactory> clone_object(const StoreProxyFactory& factory) {
  const auto store = factory.get_store();
  const Key& key = *factory.key();
  const auto bytes = store->connector().get(key);
  if (!bytes) {
    throw ProxyResolveMissingKeyError(key, std::string(store->connector().kind()), store->name());
  }
  const ByteSpan part = bytes->span();
  return factory.with_key(store->put_owned_bytes({&part, 1}));
}

std::shared_ptr<StoreProxyFactory> factory_to_own(const ProxyFactory* factory) {
  const auto& of_store = store_factory_of(factory);
  const Key& key = *of_store.key();
  if (key.is_composite() || of_store.box() != nullptr) {
    throw UnsupportedError(
        "a distributed array, or a box of an array, has no owner; a Lifetime can "
        "have the whole",
        {.operation = "into_owned", .key = key});
  }
  return of_store.with_key(key);
}

void require_versions(const Key& key, Connector& connector) {
  if (key.is_versioned()) return;
  throw UnsupportedError(
      "object " + key.to_string() + " cannot have a new version: " +
          (connector.capabilities().has(Capability::deferrable)
               ? "make it with owned_proxy(), not with proxy() and into_owned()"
               : "the " + std::string(connector.kind()) + " connector is not deferrable"),
      {.connector = std::string(connector.kind()), .operation = "update", .key = key});
}

void throw_moved_from(std::string_view what) {
  throw ReferenceInvalidError("this " + std::string(what) + " is empty: it was moved from");
}

}  // namespace proxystore::inline v0::detail
