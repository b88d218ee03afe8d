// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/store.hpp"

#include <algorithm>

#include "detail/deadline.hpp"
#include "detail/failure_frame.hpp"
#include "detail/fork.hpp"
#include "detail/log.hpp"
#include "detail/pause.hpp"
#include "detail/single_flight.hpp"
#include "detail/store_hooks.hpp"
#include "proxystore/detail/array_parts.hpp"
#include "proxystore/error.hpp"
#include "proxystore/lifetime.hpp"
#include "proxystore/store_registry.hpp"

namespace proxystore::inline v0 {

namespace {

void log_done(const std::string& store, std::string_view verb, const Key& key,
              StoreMetrics::Milliseconds time) {
  if (!detail::log_enabled(LogLevel::debug)) return;
  detail::log(LogLevel::debug, "Store(" + store + "): " + std::string(verb) + " " +
                                   key.to_string() + " in " + std::to_string(time.count()) + " ms");
}

StoreConfig config_of(const std::string& name, const Connector& connector,
                      const StoreOptions& options) {
  return {.name = name,
          .connector = connector.config(),
          .serializer = options.serializer,
          .deserializer = options.deserializer,
          .cache_size = options.cache_size,
          .metrics = options.metrics,
          .populate_target = options.populate_target,
          .auto_register = options.auto_register,
          .cache_bytes = options.cache_bytes,
          .populate_limit = options.populate_limit};
}

StoreOptions options_of(const StoreConfig& config) {
  return {.serializer = config.serializer,
          .deserializer = config.deserializer,
          .cache_size = config.cache_size,
          .metrics = config.metrics,
          .populate_target = config.populate_target,
          .auto_register = config.auto_register,
          .cache_bytes = config.cache_bytes,
          .populate_limit = config.populate_limit};
}

/// @p options, with what is known of the object's bytes where the caller says nothing.
PutOptions with_info(PutOptions options, const ObjectInfo& info) {
  if (options.info.kind != ObjectInfo::Kind::opaque) return options;
  options.info.kind = info.kind;
  options.info.dtype = info.dtype;
  options.info.shape = info.shape;
  options.info.order = info.order;
  options.info.header_bytes = info.header_bytes;
  return options;
}

}  // namespace

Store::Store(std::string name, std::shared_ptr<Connector> connector, const StoreOptions& options)
    : name_(std::move(name)),
      connector_(std::move(connector)),
      serializer_(options.serializer.value_or("")),
      deserializer_(options.deserializer.value_or("")),
      populate_target_(options.populate_target),
      populate_limit_(options.populate_limit),
      metrics_(options.metrics ? std::make_unique<StoreMetrics>() : nullptr),
      travel_config_(
          std::make_shared<const detail::TravelConfig>(config_of(name_, *connector_, options))),
      cache_(options.cache_size, options.cache_bytes),
      flights_(std::make_unique<detail::SingleFlight>()),
      forks_(detail::fork_count()) {}

std::shared_ptr<Store> Store::open(std::string name, std::shared_ptr<Connector> connector,
                                   const StoreOptions& options, bool registers) {
  if (!connector) throw ArgumentError("a store needs a connector");
  if (name.empty()) throw ArgumentError("a store needs a name");
  const std::shared_ptr<Store> store(new Store(std::move(name), std::move(connector), options));
  try {
    if (registers) register_store(store);
  } catch (...) {
    store->closed_ = true;  // it never was a store: its connector stays as it came
    throw;
  }
  if (detail::log_enabled(LogLevel::info)) {
    detail::log(LogLevel::info, "opened store '" + store->name_ + "' (" +
                                    std::string(store->connector_->kind()) + ")");
  }
  return store;
}

std::shared_ptr<Store> Store::create(std::string name, const ConnectorConfig& connector,
                                     const StoreOptions& options) {
  if (options.auto_register) detail::require_free_name(name);  // before anything is made
  return open(std::move(name), ConnectorRegistry::global().make(connector, OpenMode::create),
              options, options.auto_register);
}

std::shared_ptr<Store> Store::create(std::string name, std::shared_ptr<Connector> connector,
                                     const StoreOptions& options) {
  return open(std::move(name), std::move(connector), options, options.auto_register);
}

std::shared_ptr<Store> Store::from_config(const StoreConfig& config, OpenMode mode) {
  if (config.auto_register) detail::require_free_name(config.name);
  return open(config.name, ConnectorRegistry::global().make(config.connector, mode),
              options_of(config), config.auto_register);
}

std::shared_ptr<Store> Store::open_unregistered(const StoreConfig& config, OpenMode mode) {
  return open(config.name, ConnectorRegistry::global().make(config.connector, mode),
              options_of(config), false);
}

std::shared_ptr<Store> Store::from_toml(const std::filesystem::path& path) {
  return from_config(StoreConfig::from_toml(path));
}

Store::~Store() {
  if (closed_) return;
  try {
    close();
  } catch (const std::exception& error) {
    detail::log(LogLevel::error, "closing store '" + name_ + "' failed: " + error.what());
  }
}

void Store::close(const CloseOptions& options) {
  closed_ = true;
  const auto self = weak_from_this().lock();  // the registry may be the last to hold this store
  unregister_store(*this);
  cache_.clear();
  // What there is to clear is the parent's where this process was forked.
  const bool is_inherited = forks_ != detail::fork_count();
  if (!options.clear && !is_inherited && connector_->clears_on_close()) {
    detail::close_at_end(connector_);
    return;
  }
  connector_->close(is_inherited ? CloseOptions{.clear = options.clear.value_or(false)} : options);
  detail::forget_at_end(*connector_);
}

void Store::require_open(std::string_view verb) const {
  if (!closed_) return;
  throw StoreClosedError(
      "store '" + name_ + "' is closed; " + std::string(verb) + "() came too late",
      {.connector = std::string(connector_->kind()), .operation = std::string(verb)});
}

void Store::require_one_end(bool evict, const Lifetime* lifetime) {
  if (!evict || lifetime == nullptr) return;
  throw ArgumentError(
      "`evict` and `lifetime` exclude each other: the object goes when a proxy fetched it, or when "
      "its lifetime ends");
}

void Store::require_not_ended(const Lifetime* lifetime) {
  if (lifetime == nullptr || !lifetime->done()) return;
  throw LifetimeEndedError("the lifetime has ended; it takes no more objects");
}

void Store::keep(std::span<const Key> keys, Lifetime* lifetime) {
  if (lifetime != nullptr) lifetime->add_keys(keys, shared_from_this());
}

void Store::keep_or_evict(std::span<const Key> keys, Lifetime* lifetime) {
  try {
    keep(keys, lifetime);
  } catch (...) {
    try {
      evict_batch(keys);
    } catch (const Error&) {  // the first error is the one to report
    }
    throw;
  }
}

void Store::record_time(std::string_view name, const Key& key,
                        StoreMetrics::Milliseconds time) const {
  if (metrics_) metrics_->add_time(name, key, time);
}

void Store::record_write(const std::string& verb, const Key& key, std::size_t size,
                         StoreMetrics::Milliseconds serialize_time,
                         StoreMetrics::Milliseconds connector_time) const {
  const auto time = serialize_time + connector_time;
  if (metrics_) {
    const std::string name = "store." + verb;
    metrics_->add_time(name + ".serialize", key, serialize_time);
    metrics_->add_time(name + ".connector", key, connector_time);
    metrics_->add_attribute(name + ".object_size", key, size);
    metrics_->add_time(name, key, time);
  }
  log_done(name_, verb == "put" ? "PUT" : "SET", key, time);
}

std::shared_ptr<const detail::TravelConfig> Store::travel_config() {
  travel_config_->remember(shared_from_this());
  return travel_config_;
}

Key Store::put_object(const SerializedObject& object, const PutOptions& options,
                      StoreMetrics::Milliseconds serialize_time) {
  const detail::Stopwatch watch;
  const Key key = connector_->put(object.parts(), with_info(options, object.info));
  record_write("put", key, object.size(), serialize_time, watch.elapsed());
  return key;
}

std::vector<Key> Store::put_objects(std::span<const SerializedObject> objects,
                                    const PutOptions& options,
                                    StoreMetrics::Milliseconds serialize_time) {
  if (objects.empty()) return {};
  std::vector<PutRequest> requests;
  requests.reserve(objects.size());
  std::size_t bytes = 0;
  for (const auto& object : objects) {
    requests.push_back({.parts = object.parts(), .options = with_info(options, object.info)});
    bytes += object.size();
  }
  const detail::Stopwatch watch;
  auto keys = connector_->put_batch(requests);
  const auto connector_time = watch.elapsed();
  if (metrics_) {
    metrics_->add_time("store.put_batch.serialize", keys, serialize_time);
    metrics_->add_time("store.put_batch.connector", keys, connector_time);
    metrics_->add_attribute("store.put_batch.object_sizes", keys, bytes);
    metrics_->add_time("store.put_batch", keys, serialize_time + connector_time);
  }
  return keys;
}

std::shared_ptr<const void> Store::find_cached(const Key& key, const detail::ObjectType& type,
                                               std::string_view deserializer) {
  const CacheKey cache_key{.key = key, .type = &type.type, .deserializer = deserializer};
  if (!metrics_ && !detail::log_enabled(LogLevel::debug)) return cache_.get(cache_key);
  const detail::Stopwatch watch;
  auto object = cache_.get(cache_key);
  if (object) {
    if (metrics_) metrics_->add_counter("store.get.cache_hits", key, 1);
    record_time("store.get", key, watch.elapsed());
    log_done(name_, "GET (cached)", key, watch.elapsed());
  }
  return object;
}

std::shared_ptr<const void> Store::get_object(const Key& key, const detail::ObjectType& type,
                                              const detail::Decoder& decoder) {
  require_open("get");
  std::shared_ptr<const void> object;
  // A function has no name to find its results by, and a versioned object may have changed.
  const bool may_be_cached = !decoder.function && !key.is_versioned() && !type.is_private;
  const std::string& name = decoder.name.empty() ? deserializer_ : decoder.name;
  if (may_be_cached && (object = find_cached(key, type, name))) return object;

  const detail::Stopwatch watch;
  std::size_t size = 0;
  if (may_be_cached) {
    const CacheKey cache_key{.key = key, .type = &type.type, .deserializer = name};
    ObjectCache::Dropped dropped;  // destroyed when no lock is held
    object = flights_->run(
        key, type.type, name, [&] { return cache_.peek(cache_key); },
        [&] { return fetch(key, type, decoder, size); },
        [&](const auto& fetched) {
          dropped =
              cache_.set(cache_key, fetched, size, type.views_memory ? Hold::weak : Hold::strong);
        });
  } else {
    object = fetch(key, type, decoder, size);
  }
  record_time("store.get", key, watch.elapsed());
  log_done(name_, "GET", key, watch.elapsed());
  return object;
}

std::shared_ptr<const void> Store::fetch(const Key& key, const detail::ObjectType& type,
                                         const detail::Decoder& decoder, std::size_t& size) {
  if (key.is_composite()) {
    const auto parts = find_parts(key);
    if (!parts) return nullptr;
    auto array = gather(*parts, Box::whole(parts->shape), key, type, decoder);
    size = key.size;
    return array;
  }
  const detail::Stopwatch watch;
  const auto bytes = connector_->get(key);
  if (metrics_) {
    metrics_->add_counter("store.get.cache_misses", key, 1);
    metrics_->add_time("store.get.connector", key, watch.elapsed());
  }
  if (!bytes) return nullptr;
  size = bytes->size();
  return decode(key, *bytes, type, decoder);
}

std::shared_ptr<const void> Store::decode(const Key& key, const Bytes& bytes,
                                          const detail::ObjectType& type,
                                          const detail::Decoder& decoder) {
  if (const auto failure = detail::failure_in(bytes.span())) {
    throw FutureFailedError(
        "the producer of " + key.to_string() + " failed: " + *failure,
        {.connector = std::string(connector_->kind()), .operation = "get", .key = key});
  }
  const detail::Stopwatch watch;
  const std::string& name = decoder.name.empty() ? deserializer_ : decoder.name;
  std::shared_ptr<const void> object;
  try {
    object = decoder.function ? decoder.function(bytes) : type.decode(bytes, name);
  } catch (const std::exception& error) {
    const std::string how = decoder.function ? "a function" : name.empty() ? "default" : name;
    throw SerializationError(
        "Failed to deserialize object (deserializer=" + how + ", key=" + key.to_string() +
            ", store=" + name_ + "): " + error.what(),
        {.connector = std::string(connector_->kind()), .operation = "get", .key = key});
  }
  if (metrics_) {
    metrics_->add_time("store.get.deserialize", key, watch.elapsed());
    metrics_->add_attribute("store.get.object_size", key, bytes.size());
  }
  return object;
}

std::vector<std::shared_ptr<const void>> Store::get_objects(
    std::span<const ObjectRequest> requests) {
  require_open("get_batch");
  const detail::Stopwatch watch;
  auto objects = find_objects(requests);
  if (metrics_ && !requests.empty()) {
    std::vector<Key> keys;
    for (const ObjectRequest& request : requests) keys.push_back(request.key);
    metrics_->add_time("store.get_batch", keys, watch.elapsed());
  }
  return objects;
}

std::vector<std::shared_ptr<const void>> Store::find_objects(
    std::span<const ObjectRequest> requests) {
  const auto cache_key = [this](const ObjectRequest& request) {
    const std::string& name = request.decoder->name;
    return CacheKey{.key = request.key,
                    .type = &request.type->type,
                    .deserializer = name.empty() ? deserializer_ : name};
  };
  const auto may_be_cached = [](const ObjectRequest& request) {
    return !request.decoder->function && !request.key.is_versioned() && !request.type->is_private;
  };
  std::vector<std::shared_ptr<const void>> objects(requests.size());
  std::vector<std::size_t> missing;
  std::vector<Key> missing_keys;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (may_be_cached(requests[i])) objects[i] = cache_.get(cache_key(requests[i]));
    if (metrics_) {
      metrics_->add_counter(objects[i] ? "store.get.cache_hits" : "store.get.cache_misses",
                            requests[i].key, 1);
    }
    if (objects[i]) continue;
    if (requests[i].key.is_composite()) {
      objects[i] = get_object(requests[i].key, *requests[i].type, *requests[i].decoder);
      continue;
    }
    missing.push_back(i);
    missing_keys.push_back(requests[i].key);
  }
  if (missing.empty()) return objects;
  const auto evictions = flights_->evictions();
  const detail::Stopwatch watch;
  const auto stored = connector_->get_batch(missing_keys);
  if (metrics_) metrics_->add_time("store.get_batch.connector", missing_keys, watch.elapsed());
  for (std::size_t n = 0; n < missing.size(); ++n) {
    if (!stored[n]) continue;
    const ObjectRequest& request = requests[missing[n]];
    auto& object = objects[missing[n]];
    object = decode(request.key, *stored[n], *request.type, *request.decoder);
    if (!may_be_cached(request)) continue;
    ObjectCache::Dropped dropped;  // destroyed when no lock is held
    flights_->keep_unless_evicted(evictions, [&] {
      dropped = cache_.set(cache_key(request), object, stored[n]->size(),
                           request.type->views_memory ? Hold::weak : Hold::strong);
    });
  }
  return objects;
}

/// Lets the cache drop the object, and fetches that are under way not come there.
void Store::forget(const Key& key) {
  ObjectCache::Dropped dropped;  // destroyed when no lock is held
  flights_->evict(key, [&] { dropped = cache_.evict(key); });
}

Key Store::new_key() {
  require_open("future");
  const detail::Stopwatch watch;
  const Key key = connector_->new_key();
  record_time("store.future.connector", key, watch.elapsed());
  record_time("store.future", key, watch.elapsed());
  return key;
}

void Store::set_object(const Key& key, const SerializedObject& object, const PutOptions& options,
                       StoreMetrics::Milliseconds serialize_time) {
  const detail::Stopwatch watch;
  connector_->set(key, object.parts(), with_info(options, object.info));
  const auto connector_time = watch.elapsed();
  forget(key);
  record_write("set", key, object.size(), serialize_time, connector_time);
}

Key Store::put_owned(const SerializedObject& object, const PutOptions& options,
                     StoreMetrics::Milliseconds serialize_time) {
  require_open("owned_proxy");
  if (!connector_->capabilities().has(Capability::deferrable)) {
    return put_object(object, options, serialize_time);
  }
  const detail::Stopwatch watch;
  const Key key = connector_->new_key();
  try {
    connector_->set(key, object.parts(), with_info(options, object.info));
  } catch (...) {
    try {
      connector_->evict(key);
    } catch (const Error&) {  // the first error is the one to report
    }
    throw;
  }
  record_write("put", key, object.size(), serialize_time, watch.elapsed());
  return key;
}

Key Store::put_owned_bytes(std::span<const ByteSpan> parts) {
  if (!connector_->capabilities().has(Capability::deferrable)) return connector_->put(parts, {});
  const Key key = connector_->new_key();
  connector_->set(key, parts, {});
  return key;
}

void Store::retire(const Key& key) {
  require_open("evict");
  const detail::Stopwatch watch;
  connector_->retire(key);
  record_time("store.evict.connector", key, watch.elapsed());
  forget(key);
  record_time("store.evict", key, watch.elapsed());
}

void Store::set_failure(const Key& key, std::string_view what) {
  require_open("set_failure");
  const std::string frame = detail::failure_frame(what);
  const ByteSpan part = std::as_bytes(std::span(frame));
  connector_->set(key, {&part, 1}, {.only_first = true});
}

bool Store::wait(const Key& key, const Polling& polling) {
  polling.check();
  return wait(key, detail::deadline_after(polling.timeout), polling);
}

bool Store::wait(const Key& key, std::chrono::steady_clock::time_point deadline,
                 const Polling& polling) {
  using Clock = std::chrono::steady_clock;
  require_open("wait");
  if (connector_->capabilities().has(Capability::wait)) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    return connector_->wait(key, std::max(left, std::chrono::milliseconds(0)));
  }
  std::chrono::duration<double, std::micro> interval = polling.interval;
  while (!connector_->exists(key)) {
    const auto left = deadline - Clock::now();
    if (left <= left.zero()) return false;
    if (polling.interval_limit && interval > *polling.interval_limit) {
      interval = *polling.interval_limit;
    }
    detail::pause(interval < left ? std::chrono::ceil<Clock::duration>(interval) : left);
    require_open("wait");
    interval *= polling.backoff_factor;
  }
  return true;
}

bool Store::exists(const Key& key) {
  require_open("exists");
  const detail::Stopwatch watch;
  bool found = cache_.exists(key);
  if (!found) {
    const detail::Stopwatch connector_watch;
    found = connector_->exists(key);
    record_time("store.exists.connector", key, connector_watch.elapsed());
  }
  record_time("store.exists", key, watch.elapsed());
  return found;
}

bool Store::evict(const Key& key) {
  require_open("evict");
  const detail::Stopwatch watch;
  const auto parts = key.is_composite() ? find_parts(key) : nullptr;
  const bool was_there = connector_->evict(key);
  if (was_there && parts) connector_->evict_batch(parts->keys());
  record_time("store.evict.connector", key, watch.elapsed());
  forget(key);
  record_time("store.evict", key, watch.elapsed());
  log_done(name_, "EVICT", key, watch.elapsed());
  return was_there;
}

void Store::evict_batch(std::span<const Key> keys) {
  require_open("evict_batch");
  std::vector<Key> all(keys.begin(), keys.end());
  for (const Key& key : keys) {
    const auto parts = key.is_composite() ? find_parts(key) : nullptr;
    if (!parts) continue;
    const auto more = parts->keys();
    all.insert(all.end(), more.begin(), more.end());
  }
  connector_->evict_batch(all);
  for (const auto& key : keys) {
    forget(key);
  }
}

}  // namespace proxystore::inline v0
