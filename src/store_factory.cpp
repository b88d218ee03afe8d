// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// A proxy in a message, all numbers little-endian, lengths as LEB128:
//
//     u8      format, 1
//     u8      flags: 1 evict, 2 the object's type, 4 a deserializer's name, 8 a checksum, 16 a
//     locator 16      the key's id varint  the key's flags varint  the object's size + 1; 0 if
//     unknown u64     checksum, if flagged blob    locator without its trailing zeros, if flagged
//     u64     fingerprint of the store's configuration
//     blob    the store's configuration (StoreConfig::to_compact)
//     u64     fingerprint of the object's type, if flagged
//     text    the deserializer's name, if flagged
//     then sections until the end: u8 tag, blob. A tag below 128 must be understood; one from 128
//     on may be skipped.
//         1   how to wait for the object of a future: varint interval in us, u64 the bits of the
//             back-off factor, varint longest interval in us + 1 or 0, varint time-out in ms
//         2   which part of an array: varint number of dimensions, and for each the varints offset,
//             extent and stride
//
// A receiver that has seen the configuration's fingerprint does not parse it again. It compares the
// fingerprint with the bytes that came, so no sender can pass one configuration for another.
#include "proxystore/store_factory.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <exception>
#include <list>
#include <map>
#include <unordered_map>

#include "detail/background.hpp"
#include "detail/deadline.hpp"
#include "detail/hash.hpp"
#include "detail/pause.hpp"
#include "detail/wire.hpp"
#include "proxystore/detail/claim.hpp"
#include "proxystore/error.hpp"
#include "proxystore/proxy_info.hpp"
#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"

namespace proxystore::inline v0 {

void Polling::check() const {
  const auto fail = [](const std::string& what) { throw ArgumentError("polling: " + what); };
  constexpr auto longest = detail::longest_wait;
  if (interval.count() <= 0 || interval > longest) fail("the interval must be more than 0");
  if (interval_limit && (interval_limit->count() <= 0 || *interval_limit > longest)) {
    fail("the interval's limit must be more than 0");
  }
  if (!(backoff_factor >= 1) || std::isinf(backoff_factor)) fail("the factor must be 1 or more");
  if (timeout.count() < 0 || timeout > longest) fail("the time-out must be 0 to a century");
}

namespace detail {

namespace {

constexpr std::uint8_t format_version = 1;
constexpr std::uint8_t polling_section = 1;
constexpr std::uint8_t box_section = 2;
constexpr std::uint8_t first_optional_section = 128;

enum Flag : std::uint8_t {
  with_evict = 1U << 0U,
  with_type = 1U << 1U,
  with_deserializer = 1U << 2U,
  with_checksum = 1U << 3U,
  with_locator = 1U << 4U,
  all_flags = (1U << 5U) - 1,
};

std::vector<std::byte> write_polling(const Polling& polling) {
  WireWriter out;
  out.varint(static_cast<std::uint64_t>(polling.interval.count()));
  out.u64(std::bit_cast<std::uint64_t>(polling.backoff_factor));
  out.varint(
      polling.interval_limit ? static_cast<std::uint64_t>(polling.interval_limit->count()) + 1 : 0);
  out.varint(static_cast<std::uint64_t>(polling.timeout.count()));
  return std::move(out).take();
}

Polling read_polling(ByteSpan section) {
  constexpr std::uint64_t most = std::uint64_t{1} << 52U;
  WireReader in(section, "proxy");
  const auto time = [&] {
    const std::uint64_t count = in.varint();
    if (count > most) in.fail("a time of " + std::to_string(count));
    return static_cast<std::int64_t>(count);
  };
  Polling polling;
  polling.interval = std::chrono::microseconds(time());
  polling.backoff_factor = std::bit_cast<double>(in.u64());
  const auto limit = time();
  polling.interval_limit.reset();
  if (limit > 0) polling.interval_limit = std::chrono::microseconds(limit - 1);
  polling.timeout = std::chrono::milliseconds(time());
  if (in.remaining() > 0) in.fail("bytes after the times of its polling");
  try {
    polling.check();
  } catch (const ArgumentError& error) {
    in.fail(error.what());
  }
  return polling;
}

std::vector<std::byte> write_box(const Box& box) {
  WireWriter out;
  out.varint(box.rank());
  for (std::size_t i = 0; i < box.rank(); ++i) {
    out.varint(box.offset[i]);
    out.varint(box.shape[i]);
    out.varint(box.step(i));
  }
  return std::move(out).take();
}

Box read_box(ByteSpan section) {
  constexpr std::uint64_t most = 32;  // numpy's limit
  WireReader in(section, "proxy");
  const std::uint64_t rank = in.varint();
  if (rank > most) in.fail("a box of " + std::to_string(rank) + " dimensions");
  Box box;
  for (std::uint64_t i = 0; i < rank; ++i) {
    box.offset.push_back(in.varint());
    box.shape.push_back(in.varint());
    box.stride.push_back(in.varint());
  }
  if (in.remaining() > 0) in.fail("bytes after the numbers of its box");
  if (std::ranges::find(box.stride, std::uint64_t{0}) != box.stride.end()) in.fail("a stride of 0");
  return box;
}

void write_key(WireWriter& out, const Key& key, std::uint8_t flags) {
  out.raw(key.id);
  out.varint(key.flags);
  out.varint(key.size + 1);  // unknown is all ones, so it becomes 0
  if ((flags & with_checksum) != 0) out.u64(key.checksum);
  if ((flags & with_locator) != 0) {
    std::size_t used = key.locator.size();
    while (key.locator[used - 1] == std::byte{0}) --used;
    out.blob(ByteSpan(key.locator).first(used));
  }
}

Key read_key(WireReader& in, std::uint8_t flags) {
  Key key;
  const ByteSpan id = in.raw(key.id.size());
  std::copy(id.begin(), id.end(), key.id.begin());
  const std::uint64_t key_flags = in.varint();
  if (key_flags > std::numeric_limits<std::uint32_t>::max()) in.fail("key flags beyond 32 bits");
  key.flags = static_cast<std::uint32_t>(key_flags);
  key.size = in.varint() - 1;
  if ((flags & with_checksum) != 0) key.checksum = in.u64();
  if (((flags & with_checksum) != 0) != ((key.flags & Key::has_checksum) != 0)) {
    in.fail("the key's flags and its checksum do not agree");
  }
  if ((flags & with_locator) != 0) {
    const ByteSpan locator = in.blob();
    if (locator.size() > key.locator.size()) in.fail("a locator of more than 28 bytes");
    std::copy(locator.begin(), locator.end(), key.locator.begin());
  }
  return key;
}

/// Configurations seen in messages, by fingerprint; the least recently seen go first.
class ConfigTable {
 public:
  std::shared_ptr<const TravelConfig> find(std::uint64_t fingerprint) {
    const std::lock_guard lock(mutex_);
    const auto found = index_.find(fingerprint);
    if (found == index_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return *found->second;
  }

  std::shared_ptr<const TravelConfig> add(std::shared_ptr<const TravelConfig> config) {
    const std::lock_guard lock(mutex_);
    const auto [place, is_new] = index_.try_emplace(config->fingerprint());
    if (is_new) {
      order_.push_front(std::move(config));
      place->second = order_.begin();
      if (order_.size() > most_configs) {
        index_.erase(order_.back()->fingerprint());
        order_.pop_back();
      }
    }
    return *place->second;
  }

  static ConfigTable& global() {
    static auto* table = new ConfigTable;  // never destroyed: proxies may be read until the end
    return *table;
  }

 private:
  static constexpr std::size_t most_configs = 1024;
  using Order = std::list<std::shared_ptr<const TravelConfig>>;

  std::mutex mutex_;
  Order order_;
  std::unordered_map<std::uint64_t, Order::iterator> index_;
};

}  // namespace

TravelConfig::TravelConfig(StoreConfig config)
    : config_(std::move(config)),
      compact_(config_.to_compact()),
      fingerprint_(xxh3(compact_.span())) {}

std::shared_ptr<const TravelConfig> TravelConfig::intern(std::uint64_t fingerprint,
                                                         ByteSpan compact) {
  if (xxh3(compact) != fingerprint) {
    throw MessageError("malformed proxy: its store configuration is damaged");
  }
  const auto known = ConfigTable::global().find(fingerprint);
  // Whoever wants to can make another configuration of the same fingerprint: look at the bytes.
  if (known && std::ranges::equal(known->compact(), compact)) return known;
  auto read = std::make_shared<const TravelConfig>(StoreConfig::from_compact(compact));
  return known ? read : ConfigTable::global().add(std::move(read));
}

std::shared_ptr<Store> TravelConfig::store() const {
  const std::lock_guard lock(mutex_);
  return store_.lock();
}

void TravelConfig::remember(const std::shared_ptr<Store>& store) const {
  const std::lock_guard lock(mutex_);
  store_ = store;
}

StoreProxyFactory::StoreProxyFactory(const Key& key, std::shared_ptr<const TravelConfig> config,
                                     const ObjectType& type, Options options)
    : key_(key), config_(std::move(config)), type_(type), options_(std::move(options)) {}

StoreProxyFactory::~StoreProxyFactory() = default;

std::shared_ptr<StoreProxyFactory> StoreProxyFactory::with_key(const Key& key) const {
  return std::make_shared<StoreProxyFactory>(key, config_, type_,
                                             Options{.decoder = options_.decoder});
}

std::shared_ptr<Store> StoreProxyFactory::get_store() const {
  if (auto store = config_->store(); store && !store->is_closed()) return store;
  auto store = get_or_create_store(config_->config());
  config_->remember(store);
  return store;
}

void StoreProxyFactory::throw_missing(const Store& store) const {
  std::string why;
  if (options_.polling) {
    why = "its producer did not set it within " +
          std::to_string(options_.polling->timeout.count()) + " ms, or it was evicted";
  } else if (const auto can = store.connector().capabilities();
             can.has(Capability::persistent) && !can.has(Capability::stores)) {  // somebody's file
    why = "there is no such file, or it has no such dataset";
  }
  throw ProxyResolveMissingKeyError(key_, std::string(store.connector().kind()), store.name(), why);
}

std::shared_ptr<const void> StoreProxyFactory::get_from(Store& store) const {
  if (options_.box) return store.get_box(key_, *options_.box, type_, options_.decoder);
  return store.get_object(key_, type_, options_.decoder);
}

/// What @p get returns once the object is there. An object that exists and cannot be had, since it
/// went again or lacks a part, is waited for as well.
template <class Get>
auto StoreProxyFactory::await(Store& store, const Get& get) const -> decltype(get()) {
  const Stopwatch watch;
  const auto deadline = deadline_after(options_.polling->timeout);
  auto found = get();
  while (!found && store.wait(key_, deadline, *options_.polling)) {
    found = get();
    if (found || std::chrono::steady_clock::now() >= deadline) break;
    pause(std::chrono::milliseconds(1));
  }
  store.record_time("factory.polling_resolve", key_, watch.elapsed());
  return found;
}

std::shared_ptr<const void> StoreProxyFactory::fetch() const {
  return try_fetch(true);
}

/// The object; null if it comes later, and this is not to wait for it.
std::shared_ptr<const void> StoreProxyFactory::try_fetch(bool waits) const {
  const Stopwatch watch;
  const auto store = get_store();
  auto object = get_from(*store);
  if (!object && options_.polling) {
    if (!waits) return nullptr;
    object = await(*store, [&] { return get_from(*store); });
  }
  if (!object) throw_missing(*store);
  // Others may have fetched it, too; one of them evicts it, and only that one has it.
  if (options_.evict && !store->evict(key_)) throw_missing(*store);
  store->record_time("factory.resolve", key_, watch.elapsed());
  return object;
}

std::shared_ptr<ProxyFactory> StoreProxyFactory::with_box(Box box, const ObjectType& type) const {
  box.require_valid();
  if (options_.box) box = box.within(*options_.box);
  return std::make_shared<StoreProxyFactory>(
      key_, config_, type,
      Options{.decoder = options_.decoder, .polling = options_.polling, .box = std::move(box)});
}

std::vector<std::uint64_t> StoreProxyFactory::extents() const {
  if (options_.box) return options_.box->shape;
  const auto store = get_store();
  auto info = store->describe(key_);
  if (!info && options_.polling) info = await(*store, [&] { return store->describe(key_); });
  if (!info) throw_missing(*store);
  if (info->kind != ObjectInfo::Kind::array) {
    throw SerializationError("object " + key_.to_string() + " is no array, and has no extents");
  }
  return info->shape;
}

void StoreProxyFactory::prefetch(std::span<const std::shared_ptr<ProxyState>> proxies) {
  struct Wanted {
    ProxyState* proxy;
    const StoreProxyFactory* factory;
  };
  std::map<std::shared_ptr<Store>, std::vector<Wanted>> stores;
  for (const auto& proxy : proxies) {
    const auto* factory = dynamic_cast<const StoreProxyFactory*>(&proxy->factory());
    if (factory == nullptr || proxy->is_resolved() || factory->options_.box) continue;
    stores[factory->get_store()].push_back({proxy.get(), factory});
  }
  for (const auto& [store, all] : stores) {
    std::vector<Store::ObjectRequest> requests;
    requests.reserve(all.size());
    for (const auto& one : all) {
      requests.push_back({one.factory->key_, &one.factory->type_, &one.factory->options_.decoder});
    }
    const auto objects = store->get_objects(requests);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!objects[i]) continue;
      if (all[i].factory->evicts() && !store->evict(all[i].factory->key_)) continue;
      all[i].proxy->resolve_with(objects[i]);
    }
  }
}

// Fetching in the background. A thread looks whether the object is there; of a future that is not
// set yet it looks again later, after pauses that double, so that nobody waits in a thread of the
// library. `prefetch_` is the fetch that goes on, under the mutex; a look has its claim, which is
// taken and released under the mutex, too. Whoever resolves takes `prefetch_` away unless a look
// has the claim, and then fetches, and waits, by itself: a look that begins later finds that it is
// wanted no more. So the object is fetched, and perhaps evicted, by one of them.

struct StoreProxyFactory::Prefetch {
  explicit Prefetch(std::chrono::steady_clock::time_point end) : deadline(end) {}

  const std::chrono::steady_clock::time_point deadline;
  std::chrono::milliseconds pause{1};
  Claim claim{};
  std::shared_ptr<const void> object{};
  std::exception_ptr error{};
};

std::shared_ptr<const void> StoreProxyFactory::resolve() {
  const Stopwatch watch;
  std::shared_ptr<const void> object;
  if (!take_prefetched(object)) object = fetch();
  if (const auto store = config_->store())
    store->record_time("factory.call", key_, watch.elapsed());
  return object;
}

/// Whether it was fetched in the background; if not, nobody does so from now on.
/// @throws what that has thrown
bool StoreProxyFactory::take_prefetched(std::shared_ptr<const void>& object) {
  std::shared_ptr<Prefetch> prefetch;
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (!prefetch_) return false;
      prefetch = prefetch_;
      if (!prefetch->claim.is_taken()) {
        prefetch_ = nullptr;
        break;
      }
    }
    prefetch->claim.wait(&key_);
  }
  if (prefetch->error) std::rethrow_exception(prefetch->error);
  object = std::move(prefetch->object);
  return object != nullptr;
}

void StoreProxyFactory::resolve_async() {
  try {
    // Of an array in parts it is not known yet where those are.
    if (key_.is_composite() || !get_store()->connector().allows_background(key_)) return;
  } catch (const Error&) {
    return;  // resolve() throws it
  }
  const auto timeout = options_.polling ? options_.polling->timeout : std::chrono::milliseconds(0);
  const auto prefetch = std::make_shared<Prefetch>(deadline_after(timeout));
  {
    const std::lock_guard lock(mutex_);
    if (prefetch_) return;
    prefetch_ = prefetch;
  }
  Background::global().submit(Work::fetch, nullptr,
                              [self = shared_from_this(), prefetch] { self->look(prefetch); });
}

void StoreProxyFactory::look(const std::shared_ptr<Prefetch>& prefetch) {
  {
    const std::lock_guard lock(mutex_);
    if (prefetch_ != prefetch) return;
    prefetch->claim.take(&key_);
  }
  std::shared_ptr<const void> object;
  std::exception_ptr error;
  try {
    object = try_fetch(false);
  } catch (...) {
    error = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  prefetch->object = std::move(object);
  prefetch->error = std::move(error);
  if (!prefetch->object && !prefetch->error) look_later(prefetch);
  prefetch->claim.release();
}

/// For an object that comes later; not after its time-out.
void StoreProxyFactory::look_later(const std::shared_ptr<Prefetch>& prefetch) {
  constexpr std::chrono::milliseconds longest_pause{1000};
  const auto next = deadline_after(prefetch->pause);
  prefetch->pause = std::min(2 * prefetch->pause, longest_pause);
  if (next > prefetch->deadline) {
    prefetch_ = nullptr;
    return;
  }
  // Not shared: a fetch that nobody can ask for any more ends here.
  Background::global().schedule(Work::fetch, nullptr, next, [self = weak_from_this(), prefetch] {
    if (const auto alive = self.lock()) alive->look(prefetch);
  });
}

Bytes StoreProxyFactory::to_wire() const {
  if (options_.decoder.function) {
    throw ProxyStoreFactoryError(
        "a proxy whose deserializer is a function cannot be sent; register the deserializer and "
        "give its name");
  }
  const bool has_locator = key_.locator != decltype(key_.locator){};
  const auto flags = static_cast<std::uint8_t>(
      (options_.evict ? with_evict : 0) | (type_.fingerprint != 0 ? with_type : 0) |
      (options_.decoder.name.empty() ? 0 : with_deserializer) |
      ((key_.flags & Key::has_checksum) != 0 ? with_checksum : 0) |
      (has_locator ? with_locator : 0));
  WireWriter out;
  out.u8(format_version);
  out.u8(flags);
  write_key(out, key_, flags);
  out.u64(config_->fingerprint());
  out.blob(config_->compact().span());
  if (type_.fingerprint != 0) out.u64(type_.fingerprint);
  if (!options_.decoder.name.empty()) out.text(options_.decoder.name);
  if (options_.polling) {
    out.u8(polling_section);
    out.blob(write_polling(*options_.polling));
  }
  if (options_.box) {
    out.u8(box_section);
    out.blob(write_box(*options_.box));
  }
  return Bytes::own(std::move(out).take());
}

namespace {

/// A proxy's bytes taken apart; the configuration is left as it came.
struct WireProxy {
  Key key{};
  std::uint64_t config_fingerprint = 0;
  ByteSpan config{};
  std::uint64_t type = 0;
  StoreProxyFactory::Options options{};
  std::vector<ProxyInfo::Section> unknown{};
};

WireProxy read_wire(ByteSpan wire) {
  WireReader in(wire, "proxy");
  if (const auto version = in.u8(); version != format_version) {
    in.fail("format " + std::to_string(version) + "; this library reads format 1");
  }
  const std::uint8_t flags = in.u8();
  if ((flags & ~all_flags) != 0) in.fail("unknown flags");
  WireProxy proxy;
  proxy.key = read_key(in, flags);
  proxy.config_fingerprint = in.u64();
  proxy.config = in.blob();
  if ((flags & with_type) != 0) proxy.type = in.u64();
  proxy.options.evict = (flags & with_evict) != 0;
  if ((flags & with_deserializer) != 0) proxy.options.decoder.name = in.text();
  while (in.remaining() > 0) {
    const std::uint8_t tag = in.u8();
    const ByteSpan section = in.blob();
    if (tag == polling_section) {
      proxy.options.polling = read_polling(section);
    } else if (tag == box_section) {
      proxy.options.box = read_box(section);
    } else {
      proxy.unknown.push_back(
          {.tag = tag, .size = section.size(), .is_critical = tag < first_optional_section});
    }
  }
  return proxy;
}

}  // namespace

std::shared_ptr<ProxyFactory> make_factory(ByteSpan wire, const ObjectType& type) {
  WireProxy proxy = read_wire(wire);
  for (const auto& section : proxy.unknown) {
    if (!section.is_critical) continue;
    throw MessageError("malformed proxy: section " + std::to_string(section.tag) +
                       ", which this version does not know");
  }
  if (proxy.type != 0 && type.fingerprint != 0 && proxy.type != type.fingerprint) {
    throw SerializationError("the proxy is of another type than " + type.name +
                             ", as which it was read");
  }
  return std::make_shared<StoreProxyFactory>(
      proxy.key, TravelConfig::intern(proxy.config_fingerprint, proxy.config), type,
      std::move(proxy.options));
}

const StoreProxyFactory& store_factory_of(const ProxyFactory* factory) {
  const auto* of_store = dynamic_cast<const StoreProxyFactory*>(factory);
  if (of_store == nullptr) {
    throw ProxyStoreFactoryError("the proxy was not made by a store, so it has none");
  }
  return *of_store;
}

}  // namespace detail

ProxyInfo describe_proxy(ByteSpan wire) {
  detail::WireProxy proxy = detail::read_wire(wire);
  return {.key = proxy.key,
          .store = detail::TravelConfig::intern(proxy.config_fingerprint, proxy.config)->config(),
          .evict = proxy.options.evict,
          .type_fingerprint = proxy.type,
          .deserializer = std::move(proxy.options.decoder.name),
          .polling = proxy.options.polling,
          .box = std::move(proxy.options.box),
          .unknown = std::move(proxy.unknown)};
}

}  // namespace proxystore::inline v0
