// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// The verbs of a connector in terms of objects.hpp: keys, checksums, and what a session has put.
#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "credentials.hpp"
#include "detail/connector_errors.hpp"
#include "detail/hash.hpp"
#include "detail/lease_table.hpp"
#include "detail/log.hpp"
#include "leases.hpp"
#include "objects.hpp"
#include "options.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/redis.hpp"
#include "tls.hpp"

namespace proxystore::inline v0 {

namespace redis {

using std::chrono::milliseconds;
using Clear = RedisOptions::Clear;

/// What the locator of a key from put() says: that the object is not in parts.
constexpr std::byte whole{1};

/// Whoever creates a store that clears gives it a session; it travels with the configuration, but
/// the wish to clear does not, nor do credentials.
Settings settings_for(Settings settings, OpenMode mode) {
  if (mode == OpenMode::attach) {
    settings = with_own_credentials(std::move(settings));
    settings.options.clear = Clear::none;
  } else {
    remember_credentials(settings);
  }
  if (settings.options.tls) tls::require_built();
  const bool is_new = mode == OpenMode::create && settings.options.clear == Clear::own;
  if (is_new) settings.session = Key::random().to_string();
  return settings;
}

class RedisConnector final : public Connector {
 public:
  RedisConnector(const Settings& settings, OpenMode mode)
      : options_(settings.options),
        session_(settings.session),
        is_creator_(mode == OpenMode::create),
        objects_(settings) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "redis"; }

  [[nodiscard]] Capabilities capabilities() const noexcept override {
    return {Capability::stores,     Capability::deferrable, Capability::wait, Capability::lease,
            Capability::persistent, Capability::shared,     Capability::list};
  }

  [[nodiscard]] ConnectorConfig config() const override {
    Settings handed_out{.options = options_, .session = session_};
    handed_out.options.clear = Clear::none;
    return without_credentials(std::move(handed_out)).to_config();
  }

  [[nodiscard]] Key put(std::span<const ByteSpan> parts, const PutOptions& options) override {
    require_open("put");
    Key key = new_whole_key(parts);
    const std::string name = name_of(key);
    remember(std::span(&name, 1));
    try {
      put_one(key, name, parts, expiry_of(options));
    } catch (const DurabilityError&) {
      remove_quietly(name);
      throw;
    }
    return key;
  }

  [[nodiscard]] std::vector<Key> put_batch(std::span<const PutRequest> requests) override {
    require_open("put_batch");
    std::vector<Key> keys;
    std::vector<std::string> names;
    for (const PutRequest& request : requests) {
      keys.push_back(new_whole_key(request.parts));
      names.push_back(name_of(keys.back()));
    }
    remember(names);
    try {
      put_all(requests, keys, names);
    } catch (...) {
      for (const std::string& name : names) remove_quietly(name);
      throw;
    }
    return keys;
  }

  [[nodiscard]] std::optional<Bytes> get(const Key& key) override {
    require_open("get");
    if (is_whole(key) && key.size >= large && key.size <= Manifest::largest_part) {
      const bool is_checked = (key.flags & Key::has_checksum) != 0;
      detail::Xxh3Stream hash;
      auto object = objects_.get_whole(name_of(key), key.size, is_checked ? &hash : nullptr);
      if (object) {
        if (is_checked) verify(key, object->span(), kind(), where(key), hash.digest());
        return object;
      }
    }
    auto object = objects_.get(name_of(key));
    if (object) verify(key, object->span(), kind(), where(key));
    return object;
  }

  [[nodiscard]] std::vector<std::optional<Bytes>> get_batch(std::span<const Key> keys) override {
    require_open("get_batch");
    auto objects = objects_.get_many(names_of(keys));
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (objects[i]) verify(keys[i], objects[i]->span(), kind(), where(keys[i]));
    }
    return objects;
  }

  [[nodiscard]] std::optional<Bytes> get_range(const Key& key, std::size_t offset,
                                               std::size_t length) override {
    require_open("get_range");
    return objects_.get_range(name_of(key), offset, length);
  }

  [[nodiscard]] bool exists(const Key& key) override {
    require_open("exists");
    return exists_batch(std::span(&key, 1)).front();
  }
  [[nodiscard]] std::vector<bool> exists_batch(std::span<const Key> keys) override {
    require_open("exists_batch");
    return objects_.exist(names_of(keys));
  }

  bool evict(const Key& key) override {
    require_open("evict");
    const std::string name = name_of(key);
    const bool was_there = objects_.remove(name, !is_whole(key));
    forget(std::span(&name, 1));
    return was_there;
  }
  void evict_batch(std::span<const Key> keys) override {
    require_open("evict_batch");
    std::vector<std::string> whole_ones;
    std::vector<std::string> others;
    for (const Key& key : keys) (is_whole(key) ? whole_ones : others).push_back(name_of(key));
    objects_.remove_many(whole_ones, false);
    objects_.remove_many(others, true);
    forget(whole_ones);
    forget(others);
  }

  void list(const std::function<bool(const Key&)>& visit) override {
    require_open("list");
    objects_.list([&](std::string_view name, std::size_t size) {
      auto key = Key::parse(name.substr(options_.prefix.size()));
      if (!key || name_of(*key) != name) return true;  // it is no object
      key->size = size;
      return visit(*key);
    });
  }

  [[nodiscard]] Key new_key() override {
    require_open("new_key");
    Key key = Key::random();
    key.flags |= Key::versioned;
    return key;
  }

  void set(const Key& key, std::span<const ByteSpan> parts, const PutOptions& options) override {
    require_open("set");
    const std::string name = name_of(key);
    remember(std::span(&name, 1));
    if (!options.only_first) {
      objects_.set(name, parts, expiry_of(options));
    } else if (!objects_.set_first(name, parts, expiry_of(options))) {
      detail::throw_already_set(kind(), key);
    }
  }

  [[nodiscard]] bool wait(const Key& key, milliseconds timeout) override {
    require_open("wait");
    const bool is_there = objects_.wait(name_of(key), timeout, [this] { return closed_.load(); });
    require_open("wait");
    return is_there;
  }

  [[nodiscard]] std::optional<Lease> lease(const Key& key, LeaseMode mode,
                                           milliseconds ttl) override {
    require_open("lease");
    const Lease lease{.key = key, .mode = mode, .token = detail::LeaseTable::new_token()};
    if (!leases_.take(name_of(key), mode, lease.token, ttl)) return std::nullopt;
    return lease;
  }
  [[nodiscard]] bool renew(const Lease& lease, milliseconds ttl) override {
    require_open("renew");
    return leases_.renew(name_of(lease.key), lease.token, ttl);
  }
  void unlease(const Lease& lease) override {
    require_open("unlease");
    leases_.give_back(name_of(lease.key), lease.token);
  }
  void retire(const Key& key) override {
    require_open("retire");
    const std::string name = name_of(key);
    leases_.retire(name);  // it goes by itself from now on
    forget(std::span(&name, 1));
  }

  [[nodiscard]] bool clears_on_close() const noexcept override {
    return options_.clear != Clear::none && !closed_;
  }

  /// A call after one that threw clears the rest.
  void close(const CloseOptions& options) override {
    std::unordered_set<std::string> rest;
    Clear clear = Clear::none;
    {
      const std::lock_guard lock(mutex_);
      if (!closed_.exchange(true)) {
        to_clear_ = options.clear ? (*options.clear ? cleared() : Clear::none) : options_.clear;
      }
      clear = std::exchange(to_clear_, Clear::none);
      rest.swap(put_here_);
    }
    try {
      if (clear == Clear::flushdb) objects_.flush();
      if (clear == Clear::own) remove_all(rest);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      to_clear_ = clear;
      put_here_.merge(rest);
      throw;
    }
  }

 private:
  void require_open(std::string_view verb) const {
    if (closed_) detail::throw_closed(kind(), verb);
  }
  [[nodiscard]] std::string name_of(const Key& key) const {
    return options_.prefix + key.to_string();
  }
  [[nodiscard]] std::vector<std::string> names_of(std::span<const Key> keys) const {
    std::vector<std::string> names;
    for (const Key& key : keys) names.push_back(name_of(key));
    return names;
  }
  [[nodiscard]] std::string where(const Key& key) const {
    return name_of(key) + " in Redis at " + objects_.settings().server();
  }
  [[nodiscard]] milliseconds expiry_of(const PutOptions& options) const {
    return options.expiry.count() > 0 ? options.expiry : options_.expiry;
  }
  [[nodiscard]] static bool is_whole(const Key& key) {
    return !key.is_versioned() && key.locator[0] == whole;
  }
  /// Removes what @p rest names, and what the session has; after a failure @p rest has what is
  /// left.
  void remove_all(std::unordered_set<std::string>& rest) {
    do {
      objects_.remove_many(std::vector(rest.begin(), rest.end()), true);
      rest.clear();
      if (session_.empty() || !is_creator_) return;
      for (std::string& name : objects_.recall(session_)) rest.insert(std::move(name));
    } while (!rest.empty());
  }

  /// What close({.clear = true}) clears.
  [[nodiscard]] Clear cleared() const {
    return options_.clear == Clear::flushdb ? Clear::flushdb : Clear::own;
  }

  [[nodiscard]] Key new_whole_key(std::span<const ByteSpan> parts) const {
    Key key = Key::random();
    key.size = joined_size(parts);
    if (options_.checksum) {
      if (key.size < large) key.checksum = checksum_of(parts);  // or else put_one() takes it
      key.flags |= Key::has_checksum;
    }
    key.locator[0] = whole;
    return key;
  }

  /// Stores what @p key was made for, and completes it.
  void put_one(Key& key, const std::string& name, std::span<const ByteSpan> parts,
               milliseconds expiry) {
    bool is_in_parts = false;
    if (options_.checksum && key.size >= large) {
      PiecewiseChecksum checksum(parts);
      is_in_parts = objects_.put(name, parts, expiry, &checksum);
      key.checksum = checksum.finish();
    } else {
      is_in_parts = objects_.put(name, parts, expiry);
    }
    if (is_in_parts) key.locator[0] = std::byte{0};
  }

  void put_all(std::span<const PutRequest> requests, std::vector<Key>& keys,
               const std::vector<std::string>& names) {
    std::vector<std::string> small_names;
    std::vector<std::span<const ByteSpan>> small_values;
    std::vector<milliseconds> expiries;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const auto expiry = expiry_of(requests[i].options);
      if (keys[i].size >= small_limit || !objects_.keeps_whole(requests[i].parts)) {
        put_one(keys[i], names[i], requests[i].parts, expiry);
        continue;
      }
      small_names.push_back(names[i]);
      small_values.push_back(requests[i].parts);
      expiries.push_back(expiry);
    }
    objects_.put_many(small_names, small_values, expiries);
  }

  /// Keeps in mind what was put, for close(): in the server if others put for this store, too.
  void remember(std::span<const std::string> names) {
    if (!session_.empty()) {
      objects_.remember(session_, names);
    } else if (is_creator_) {
      const std::lock_guard lock(mutex_);
      put_here_.insert(names.begin(), names.end());
    }
  }
  /// What is gone need not be cleared. That it was remembered is no harm, and evict() has
  /// succeeded.
  void forget(std::span<const std::string> names) {
    if (session_.empty()) {
      const std::lock_guard lock(mutex_);
      for (const std::string& name : names) put_here_.erase(name);
      return;
    }
    try {
      objects_.forget(session_, names);
    } catch (const ConnectorError& error) {
      detail::log(LogLevel::warning, error.what());
    }
  }
  void remove_quietly(const std::string& name) noexcept {
    try {
      (void)objects_.remove(name, true);
    } catch (const std::exception&) {  // the error that led here is thrown
    }
  }

  static constexpr std::size_t large = std::size_t{512}
                                       << 10U;       // worth to be worked on while it is under way
  static constexpr std::size_t small_limit = 65536;  // below which objects of a batch go together

  const RedisOptions options_;
  const std::string session_;
  const bool is_creator_;
  Objects objects_;
  Leases leases_{objects_};
  std::mutex mutex_;
  std::unordered_set<std::string> put_here_;
  Clear to_clear_ = Clear::none;  // by close()
  std::atomic<bool> closed_{false};
};

/// Which server, database and names.
ConfigTable identity(const ConfigTable& table) {
  const RedisOptions options = Settings::parse(table).options;
  ConfigTable what{{"database", options.database}, {"prefix", options.prefix}};
  if (!options.cluster_seeds.empty()) {
    auto seeds = options.cluster_seeds;
    std::ranges::sort(seeds);
    what["cluster_seeds"] = ConfigArray(seeds.begin(), seeds.end());
  } else if (options.unix_socket.empty()) {
    what["hostname"] = options.hostname;
    what["port"] = options.port;
  } else {
    what["unix_socket"] = options.unix_socket;
  }
  return what;
}

}  // namespace redis

namespace detail {

void register_redis(ConnectorRegistry& registry) {
  registry.add({.name = "redis",
                .aliases = {"proxystore.connectors.redis.RedisConnector"},
                .make =
                    [](const ConfigTable& options, OpenMode mode) {
                      return std::make_shared<redis::RedisConnector>(
                          redis::settings_for(redis::Settings::parse(options), mode), mode);
                    },
                .identity = redis::identity});
}

}  // namespace detail
}  // namespace proxystore::inline v0
