// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Store: objects in, keys or proxies out. store_registry.hpp finds stores by name.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "proxystore/array.hpp"
#include "proxystore/array_builder.hpp"
#include "proxystore/cache.hpp"
#include "proxystore/config.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/export.hpp"
#include "proxystore/fwd.hpp"
#include "proxystore/metrics.hpp"
#include "proxystore/proxy.hpp"
#include "proxystore/proxy_locker.hpp"
#include "proxystore/serialize.hpp"
#include "proxystore/store_arguments.hpp"
#include "proxystore/store_factory.hpp"

namespace proxystore::inline v0 {

struct GetOrCreateArgs;

namespace detail {
struct ArrayParts;
}

/// Objects by key, kept by a connector, with a cache of what this process fetched.
///
/// A shared resource: it is made by create(), from_config() or from_toml(), lives behind a
/// std::shared_ptr, and closes when the last one goes. What it holds stays until it is evicted,
/// close({.clear = true}) is called, or the program that created the store ends: see close(). All
/// members may be called from any thread; no lock is held while the connector works, and concurrent
/// gets of one key share one fetch. In a forked child it goes on, and what
/// the parent created is not cleared there unless close() is told to; see docs/threads.md.
class PROXYSTORE_EXPORT Store : public std::enable_shared_from_this<Store> {
 public:
  /// A new store. @p connector is a connector's options, such as FileOptions{...}, or a connector,
  /// which is left as it came if this throws.
  /// @throws StoreExistsError if options.auto_register and the name is taken: then nothing was
  ///         made; ConfigError; ConnectorNotBuiltError; what the connector throws
  [[nodiscard]] static std::shared_ptr<Store> create(std::string name,
                                                     const ConnectorConfig& connector,
                                                     const StoreOptions& options = {});
  [[nodiscard]] static std::shared_ptr<Store> create(std::string name,
                                                     std::shared_ptr<Connector> connector,
                                                     const StoreOptions& options = {});

  /// The store that @p config describes; only a creator makes folders and clears.
  [[nodiscard]] static std::shared_ptr<Store> from_config(const StoreConfig& config,
                                                          OpenMode mode = OpenMode::create);
  [[nodiscard]] static std::shared_ptr<Store> from_toml(const std::filesystem::path& path);

  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  /// close(), unless it was called already; errors are logged. Removes no objects.
  ~Store();

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] Connector& connector() const noexcept { return *connector_; }
  [[nodiscard]] const ObjectCache& cache() const noexcept { return cache_; }
  /// Name of the store's serializer; empty: the default one.
  [[nodiscard]] const std::string& serializer() const noexcept { return serializer_; }
  [[nodiscard]] const std::string& deserializer() const noexcept { return deserializer_; }
  /// Null unless the store was made with metrics.
  [[nodiscard]] StoreMetrics* metrics() const noexcept { return metrics_.get(); }

  /// Everything needed to open this store elsewhere; whoever does so will clear nothing.
  [[nodiscard]] StoreConfig config() const { return travel_config_->config(); }

  /// Ends this store, not what it holds: proxies of that resolve on. Unregisters it if it is
  /// registered. Verbs then throw StoreClosedError; objects that were handed out stay valid.
  ///
  /// With the option `clear` of its connector a store that was created here is cleared at the end
  /// of the program; with an mpi::Environment, when that ends, on all ranks. options.clear says
  /// otherwise: true removes now what this store put, as its connector's page tells; false removes
  /// nothing, ever.
  ///
  /// A second call does nothing, but to clear what an earlier one left, or to go on where it threw.
  /// @local @threadsafe @throws ConnectorError, AccessError if objects cannot be removed
  void close(const CloseOptions& options = {});
  [[nodiscard]] bool is_closed() const noexcept { return closed_; }

  /// Stores @p value and returns its key. Does not fill the cache.
  /// @blocking until every process that can reach the store can get it
  /// @throws SerializationError, CapacityError, AccessError, ConnectorError, LifetimeEndedError:
  ///         then nothing is stored
  template <class T>
  [[nodiscard]] Key put(const T& value, const PutArgs<std::type_identity_t<T>>& args = {});

  /// Stores all of @p values, or none if it throws. Keys come in their order. The values are any
  /// range: a container, or a view, of which what it makes is kept until all are stored.
  template <std::ranges::input_range Range>
  [[nodiscard]] std::vector<Key> put_batch(Range&& values,
                                           const PutArgs<detail::ItemOf<Range>>& args = {});

  /// Memory of the store for an array of @p shape, slowest dimension first, to be written in place
  /// and published without a copy; see ArrayBuilder. @throws CapacityError, ConnectorError
  template <ArrayElement T>
  [[nodiscard]] ArrayBuilder<T> create(std::vector<std::uint64_t> shape,
                                       const PutOptions& options = {}) {
    require_open("create");
    return ArrayBuilder<T>(connector_, travel_config(), std::move(shape), options);
  }

  /// The object, shared with the cache; args.default_value, by default null, if there is none.
  /// @throws SerializationError if the bytes are not a T, IntegrityError, ConnectorError
  template <class T>
  [[nodiscard]] std::shared_ptr<const T> get(const Key& key, const GetArgs<T>& args = {});

  /// As get(), for many; answers come in the order of @p keys.
  template <class T>
  [[nodiscard]] std::vector<std::shared_ptr<const T>> get_batch(std::span<const Key> keys,
                                                                const GetArgs<T>& args = {});

  /// Publishes the first or a new version of the object of a key that Connector::new_key() made:
  /// of a future, or of an object with an owner. Readers have the old or the new one, whole.
  /// @throws UnsupportedError if the connector has no deferred objects, AlreadySetError if
  ///         args.options.only_first and there is one; as put()
  template <class T>
  void set(const Key& key, const T& value, const SetArgs<std::type_identity_t<T>>& args = {});

  /// Waits until the object exists, at most for polling.timeout; whether it does.
  /// @blocking @throws ArgumentError, ConnectorError
  [[nodiscard]] bool wait(const Key& key, const Polling& polling = {});

  /// An object that comes later, which can be passed on already; see Future, in future.hpp.
  /// @throws UnsupportedError if the connector has no deferred objects, ArgumentError
  template <class T>
  [[nodiscard]] Future<T> future(const FutureArgs<T>& args = {});

  /// What the object is, without its bytes: for an array its dtype, shape and order, also if it is
  /// distributed; nothing if there is none. @throws ConnectorError, SerializationError
  [[nodiscard]] std::optional<ObjectInfo> describe(const Key& key);

  /// Whether the object is in the cache or in the store.
  [[nodiscard]] bool exists(const Key& key);
  /// Removes the object from store and cache; no error if there is none.
  /// @returns whether there was one: of all calls for one object exactly one returns true
  bool evict(const Key& key);
  void evict_batch(std::span<const Key> keys);
  /// Whether the object is in this process's cache.
  [[nodiscard]] bool is_cached(const Key& key) const { return cache_.exists(key); }

  /// Stores @p value and returns a proxy of it. An rvalue of at most `populate_limit` bytes is
  /// moved into the proxy, which is then resolved here; an lvalue is not copied just to be kept. A
  /// proxy with evict is not resolved here, whatever its size: its first use fetches and evicts.
  /// @throws NonProxiableTypeError if @p value is an empty optional or null pointer; ArgumentError
  ///         for both an evict and a lifetime; as put()
  template <class T>
  requires(!detail::is_shared_const<std::remove_cvref_t<T>>)
      [[nodiscard]] Proxy<detail::ProxiedBy<T>> proxy(
          T&& value, const ProxyArgs<detail::ProxiedBy<T>>& args = {});

  /// Stores what @p value points to; the proxy shares it.
  template <class T>
  [[nodiscard]] Proxy<T> proxy(const std::shared_ptr<const T>& value,
                               const ProxyArgs<std::type_identity_t<T>>& args = {});

  /// Proxies of all of @p values, any range, in one exchange; if one cannot be stored, none is.
  template <std::ranges::input_range Range>
  [[nodiscard]] std::vector<Proxy<detail::ProxiedItemOf<Range>>> proxy_batch(
      Range&& values, const ProxyArgs<detail::ProxiedItemOf<Range>>& args = {});

  /// A proxy of what is stored under @p key, or will be. No access, no check.
  /// @throws ArgumentError for both an evict and a lifetime, LifetimeEndedError
  template <class T>
  [[nodiscard]] Proxy<T> proxy_from_key(const Key& key, const ProxyFromKeyArgs<T>& args = {}) {
    require_one_end(args.evict, args.lifetime);
    keep(std::span(&key, 1), args.lifetime);
    return Proxy<T>(StoreFactory<T>(key, travel_config(),
                                    {.evict = args.evict, .deserializer = args.deserializer}));
  }

  /// A proxy of @p value, or @p value itself if it stands for nothing or its type has no proxy.
  template <class T>
  [[nodiscard]] typename detail::ProxyOrOf<detail::ProxiedBy<T>>::Type proxy_or(
      T&& value, const ProxyArgs<detail::ProxiedBy<T>>& args = {});

  /// A proxy of @p value that cannot be resolved by accident: a ProxyLocker<T>. If T can stand for
  /// nothing, a std::variant of that and T; if it has no proxy, the T itself.
  /// @throws NonProxiableTypeError if @p value stands for nothing and not skip_nonproxiable
  template <class T>
  [[nodiscard]] typename detail::LockedOf<detail::ProxiedBy<T>>::Type locked_proxy(
      T&& value, const LockedProxyArgs<detail::ProxiedBy<T>>& args = {});

  /// The owner of @p value, which is stored, and evicted with its owner: an OwnedProxy<T>, see
  /// owned_proxy.hpp. If T can stand for nothing, a std::variant of T and that; if it has no proxy,
  /// the T itself. @throws as locked_proxy()
  template <class T>
  [[nodiscard]] typename detail::OwnedOf<detail::ProxiedBy<T>>::Type owned_proxy(
      T&& value, const OwnedProxyArgs<detail::ProxiedBy<T>>& args = {});

  /// As proxy_or() for each of @p values, in their order, stored in one exchange.
  template <std::ranges::input_range Range>
  [[nodiscard]] std::vector<typename detail::ProxyOrOf<detail::ProxiedItemOf<Range>>::Type>
  proxy_or_batch(Range&& values, const ProxyArgs<detail::ProxiedItemOf<Range>>& args = {});

 private:
  friend class detail::StoreProxyFactory;
  friend class detail::OwnedObject;
  friend std::shared_ptr<detail::StoreProxyFactory> detail::clone_object(
      const detail::StoreProxyFactory& factory);
  template <class T>
  friend class Future;
  friend std::shared_ptr<Store> get_or_create_store(const StoreConfig& config,
                                                    const GetOrCreateArgs& args);

  Store(std::string name, std::shared_ptr<Connector> connector, const StoreOptions& options);
  static std::shared_ptr<Store> open(std::string name, std::shared_ptr<Connector> connector,
                                     const StoreOptions& options, bool registers);
  /// As from_config(), for the registry: it registers atomically with its look-up.
  static std::shared_ptr<Store> open_unregistered(const StoreConfig& config, OpenMode mode);

  void require_open(std::string_view verb) const;
  static void require_one_end(bool evict, const Lifetime* lifetime);
  static void require_not_ended(const Lifetime* lifetime);
  /// Adds what is stored under @p keys to @p lifetime, if there is one.
  void keep(std::span<const Key> keys, Lifetime* lifetime);
  /// The same for what was just put: evicts it if it cannot be added.
  void keep_or_evict(std::span<const Key> keys, Lifetime* lifetime);
  Key put_object(const SerializedObject& object, const PutOptions& options,
                 StoreMetrics::Milliseconds serialize_time);
  std::vector<Key> put_objects(std::span<const SerializedObject> objects, const PutOptions& options,
                               StoreMetrics::Milliseconds serialize_time);
  std::shared_ptr<const void> find_cached(const Key& key, const detail::ObjectType& type,
                                          std::string_view deserializer);
  std::shared_ptr<const void> get_object(const Key& key, const detail::ObjectType& type,
                                         const detail::Decoder& decoder);
  // Arrays by boxes, and in parts; store_arrays.cpp.
  std::shared_ptr<const void> get_box(const Key& key, const Box& box,
                                      const detail::ObjectType& type,
                                      const detail::Decoder& decoder);
  std::shared_ptr<const void> gather(const detail::ArrayParts& parts, const Box& box,
                                     const Key& key, const detail::ObjectType& type,
                                     const detail::Decoder& decoder);
  std::shared_ptr<const detail::ArrayParts> find_parts(const Key& key);

  /// One object of a batch, as what it is wanted, and how it is read.
  struct ObjectRequest {
    Key key;
    const detail::ObjectType* type;
    const detail::Decoder* decoder;
  };
  std::vector<std::shared_ptr<const void>> get_objects(std::span<const ObjectRequest> requests);
  std::vector<std::shared_ptr<const void>> find_objects(std::span<const ObjectRequest> requests);
  void set_object(const Key& key, const SerializedObject& object, const PutOptions& options,
                  StoreMetrics::Milliseconds serialize_time);
  void set_failure(const Key& key, std::string_view what);
  /// Stores an object that may get new versions, if the connector can.
  Key put_owned(const SerializedObject& object, const PutOptions& options,
                StoreMetrics::Milliseconds serialize_time);
  Key put_owned_bytes(std::span<const ByteSpan> parts);
  /// Evicts the object when it is not leased any more.
  void retire(const Key& key);
  void forget(const Key& key);
  [[nodiscard]] Key new_key();
  bool wait(const Key& key, std::chrono::steady_clock::time_point deadline, const Polling& polling);
  /// The object, or null; @p size becomes the bytes of its stored form.
  std::shared_ptr<const void> fetch(const Key& key, const detail::ObjectType& type,
                                    const detail::Decoder& decoder, std::size_t& size);
  std::shared_ptr<const void> decode(const Key& key, const Bytes& bytes,
                                     const detail::ObjectType& type,
                                     const detail::Decoder& decoder);
  [[nodiscard]] std::shared_ptr<const detail::TravelConfig> travel_config();
  void record_time(std::string_view name, const Key& key, StoreMetrics::Milliseconds time) const;
  /// Records a write of one object: @p verb is "put" or "set".
  void record_write(const std::string& verb, const Key& key, std::size_t size,
                    StoreMetrics::Milliseconds serialize_time,
                    StoreMetrics::Milliseconds connector_time) const;

  // A T is stored so that it is read as a Value: the same, or what a view of memory becomes.
  template <class Value, class T>
  Key put_as(const T& value, const PutArgs<Value>& args);
  template <class Value, class T>
  std::vector<Key> put_items(std::span<const T* const> items, const PutArgs<Value>& args);
  template <class Value, class T>
  std::vector<Proxy<Value>> proxy_items(std::span<const T* const> items,
                                        const ProxyArgs<Value>& args);
  template <class Value, class T>
  SerializedObject serialize_value(const T& value, const Serializer<Value>& serializer) const {
    if constexpr (std::is_same_v<T, Value>) {
      return detail::serialize_with(value, serializer, serializer_);
    } else if (serializer.is_default() && serializer_.empty()) {
      return serialize(value);
    } else {  // it writes Values, to memory of its own
      return detail::serialize_with(Value(value), serializer, serializer_);
    }
  }
  /// Whether a new proxy has its object from the start. One with evict has not: what it did not
  /// fetch it would never evict.
  [[nodiscard]] bool populates(std::optional<bool> asked, bool is_cheap, bool evict) const {
    return asked.value_or(populate_target_ && is_cheap && !evict);
  }
  /// The object that a new proxy has from the start, or null. An lvalue is copied on request alone.
  template <class Value, class T>
  [[nodiscard]] std::shared_ptr<const Value> target_of(T&& value, std::size_t size,
                                                       std::optional<bool> populate,
                                                       bool evict = false) const {
    // A view that is moved has its elements where others may change them still.
    constexpr bool may_move = std::is_same_v<T, Value> && !detail::is_private<Value>;
    if (!populates(populate, may_move && size <= populate_limit_, evict)) return nullptr;
    if constexpr (std::is_constructible_v<Value, T>) {
      return std::make_shared<const Value>(std::forward<T>(value));
    } else {
      return nullptr;
    }
  }
  template <class T>
  Proxy<T> make_proxy(const Key& key, const ProxyArgs<T>& args, std::shared_ptr<const T> target) {
    return Proxy<T>(StoreFactory<T>(key, travel_config(),
                                    {.evict = args.evict, .deserializer = args.deserializer}),
                    std::move(target));
  }

  const std::string name_;
  const std::shared_ptr<Connector> connector_;
  const std::string serializer_;
  const std::string deserializer_;
  const bool populate_target_;
  const std::size_t populate_limit_;
  const std::unique_ptr<StoreMetrics> metrics_;
  const std::shared_ptr<const detail::TravelConfig> travel_config_;
  ObjectCache cache_;
  const std::unique_ptr<detail::SingleFlight> flights_;
  const unsigned forks_;  // before it was made
  std::atomic<bool> closed_{false};
};

// ---------------------------------------------------------------------------------------------

template <class T>
Key Store::put(const T& value, const PutArgs<std::type_identity_t<T>>& args) {
  return put_as<T>(value, args);
}

template <class Value, class T>
Key Store::put_as(const T& value, const PutArgs<Value>& args) {
  require_open("put");
  require_not_ended(args.lifetime);
  const detail::Stopwatch watch;
  const SerializedObject object = serialize_value<Value>(value, args.serializer);
  const Key key = put_object(object, args.options, watch.elapsed());
  keep_or_evict(std::span(&key, 1), args.lifetime);
  return key;
}

template <std::ranges::input_range Range>
std::vector<Key> Store::put_batch(Range&& values, const PutArgs<detail::ItemOf<Range>>& args) {
  const detail::Items items(values);
  return put_items<detail::ItemOf<Range>>(items.all(), args);
}

template <class Value, class T>
std::vector<Key> Store::put_items(std::span<const T* const> items, const PutArgs<Value>& args) {
  require_open("put_batch");
  require_not_ended(args.lifetime);
  const detail::Stopwatch watch;
  std::vector<SerializedObject> objects;
  objects.reserve(items.size());
  for (const T* item : items) objects.push_back(serialize_value<Value>(*item, args.serializer));
  auto keys = put_objects(objects, args.options, watch.elapsed());
  keep_or_evict(keys, args.lifetime);
  return keys;
}

template <class T>
void Store::set(const Key& key, const T& value, const SetArgs<std::type_identity_t<T>>& args) {
  require_open("set");
  const detail::Stopwatch watch;
  const SerializedObject object = serialize_value<T>(value, args.serializer);
  set_object(key, object, args.options, watch.elapsed());
}

template <class T>
std::shared_ptr<const T> Store::get(const Key& key, const GetArgs<T>& args) {
  auto object = get_object(key, detail::object_type<T>(), detail::Decoder::from(args.deserializer));
  if (!object) return args.default_value;
  return std::static_pointer_cast<const T>(std::move(object));
}

template <class T>
std::vector<std::shared_ptr<const T>> Store::get_batch(std::span<const Key> keys,
                                                       const GetArgs<T>& args) {
  const auto decoder = detail::Decoder::from(args.deserializer);
  std::vector<ObjectRequest> requests;
  requests.reserve(keys.size());
  for (const Key& key : keys) requests.push_back({key, &detail::object_type<T>(), &decoder});
  auto objects = get_objects(requests);
  std::vector<std::shared_ptr<const T>> values;
  values.reserve(objects.size());
  for (auto& object : objects) {
    values.push_back(object ? std::static_pointer_cast<const T>(std::move(object))
                            : args.default_value);
  }
  return values;
}

template <class T>
requires(!detail::is_shared_const<std::remove_cvref_t<T>>) Proxy<detail::ProxiedBy<T>> Store::proxy(
    T&& value, const ProxyArgs<detail::ProxiedBy<T>>& args) {
  using Value = detail::ProxiedBy<T>;
  static_assert(Proxiable<Value>, "this type has no proxy; see the concept Proxiable");
  if (detail::is_nothing(value)) {
    throw NonProxiableTypeError("an empty optional or null pointer has no proxy; use proxy_or()");
  }
  require_one_end(args.evict, args.lifetime);
  const detail::Stopwatch watch;
  const Key key = put_as<Value>(
      value, {.serializer = args.serializer, .options = args.options, .lifetime = args.lifetime});
  auto proxy = make_proxy<Value>(
      key, args,
      target_of<Value>(std::forward<T>(value), key.size, args.populate_target, args.evict));
  record_time("store.proxy", key, watch.elapsed());
  return proxy;
}

template <class T>
Proxy<T> Store::proxy(const std::shared_ptr<const T>& value,
                      const ProxyArgs<std::type_identity_t<T>>& args) {
  if (!value) throw NonProxiableTypeError("a null pointer has no proxy; use proxy_or()");
  require_one_end(args.evict, args.lifetime);
  const detail::Stopwatch watch;
  const Key key = put(
      *value, {.serializer = args.serializer, .options = args.options, .lifetime = args.lifetime});
  auto proxy =
      make_proxy<T>(key, args, populates(args.populate_target, true, args.evict) ? value : nullptr);
  record_time("store.proxy", key, watch.elapsed());
  return proxy;
}

template <std::ranges::input_range Range>
std::vector<Proxy<detail::ProxiedItemOf<Range>>> Store::proxy_batch(
    Range&& values, const ProxyArgs<detail::ProxiedItemOf<Range>>& args) {
  const detail::Items items(values);
  return proxy_items<detail::ProxiedItemOf<Range>>(items.all(), args);
}

template <class Value, class T>
std::vector<Proxy<Value>> Store::proxy_items(std::span<const T* const> items,
                                             const ProxyArgs<Value>& args) {
  static_assert(Proxiable<Value>, "this type has no proxy; see the concept Proxiable");
  for (const T* item : items) {
    if (detail::is_nothing(*item)) {
      throw NonProxiableTypeError(
          "an empty optional or null pointer has no proxy; use proxy_or_batch()");
    }
  }
  require_one_end(args.evict, args.lifetime);
  const detail::Stopwatch watch;
  const auto keys = put_items<Value>(
      items, {.serializer = args.serializer, .options = args.options, .lifetime = args.lifetime});
  std::vector<Proxy<Value>> proxies;
  proxies.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    proxies.push_back(make_proxy<Value>(
        keys[i], args, target_of<Value>(*items[i], keys[i].size, args.populate_target)));
  }
  if (metrics_) metrics_->add_time("store.proxy_batch", keys, watch.elapsed());
  return proxies;
}

template <class T>
typename detail::ProxyOrOf<detail::ProxiedBy<T>>::Type Store::proxy_or(
    T&& value, const ProxyArgs<detail::ProxiedBy<T>>& args) {
  using Value = detail::ProxiedBy<T>;
  using Result = typename detail::ProxyOrOf<Value>::Type;
  if constexpr (Proxiable<Value>) {
    if (detail::is_nothing(value)) return Result(std::in_place_index<0>, std::forward<T>(value));
    return Result(std::in_place_index<1>, proxy(std::forward<T>(value), args));
  } else {
    return std::forward<T>(value);
  }
}

template <class T>
typename detail::LockedOf<detail::ProxiedBy<T>>::Type Store::locked_proxy(
    T&& value, const LockedProxyArgs<detail::ProxiedBy<T>>& args) {
  using Value = detail::ProxiedBy<T>;
  using Result = typename detail::LockedOf<Value>::Type;
  if constexpr (!Proxiable<Value>) {
    return std::forward<T>(value);
  } else if constexpr (detail::CanBeNothing<Value>) {
    if (args.skip_nonproxiable && detail::is_nothing(value)) {
      return Result(std::in_place_index<0>, std::forward<T>(value));
    }
    return Result(std::in_place_index<1>, proxy(std::forward<T>(value), args.for_proxy()));
  } else {
    return Result(proxy(std::forward<T>(value), args.for_proxy()));
  }
}

template <std::ranges::input_range Range>
std::vector<typename detail::ProxyOrOf<detail::ProxiedItemOf<Range>>::Type> Store::proxy_or_batch(
    Range&& values, const ProxyArgs<detail::ProxiedItemOf<Range>>& args) {
  using Item = detail::ItemOf<Range>;
  using Value = detail::ProxiedItemOf<Range>;
  const detail::Items items(values);
  std::vector<typename detail::ProxyOrOf<Value>::Type> result;
  if constexpr (Proxiable<Value>) {
    std::vector<const Item*> something;
    for (const Item* item : items.all()) {
      if (!detail::is_nothing(*item)) something.push_back(item);
    }
    auto proxies = proxy_items<Value, Item>(something, args);
    auto next = proxies.begin();
    for (const Item* item : items.all()) {
      if (detail::is_nothing(*item)) {
        result.emplace_back(std::in_place_index<0>, *item);
      } else {
        result.emplace_back(std::in_place_index<1>, std::move(*next++));
      }
    }
  } else {
    for (const Item* item : items.all()) result.push_back(*item);
  }
  return result;
}

}  // namespace proxystore::inline v0
