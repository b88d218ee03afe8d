// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Objects of this process, by key, under one mutex. `set` replaces the Bytes of a key in one step,
// so a reader holds either the old or the new version; `wait` sleeps on a condition that `set` and
// `close` signal after a change under the same mutex, so no wake-up is lost.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "detail/connector_errors.hpp"
#include "detail/deadline.hpp"
#include "detail/lease_table.hpp"
#include "detail/options_reader.hpp"
#include "detail/process_identity.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

namespace {

/// The objects of one instance, shared by all connectors that name it.
struct Table {
  explicit Table(std::int64_t number) : instance(number) {}

  const std::int64_t instance;
  std::mutex mutex;
  std::condition_variable published;
  std::unordered_map<Key, Bytes> objects;
  std::shared_ptr<detail::LeaseTable> leases;

  static std::shared_ptr<Table> make(std::int64_t number) {
    auto table = std::make_shared<Table>(number);
    table->leases =
        std::make_shared<detail::LeaseTable>([of = std::weak_ptr(table)](const Key& key) {
          if (const auto alive = of.lock()) (void)alive->evict(key);
        });
    return table;
  }

  bool evict(const Key& key) {
    decltype(objects)::node_type evicted;  // freed after the lock is released
    const std::lock_guard lock(mutex);
    evicted = objects.extract(key);
    return !evicted.empty();
  }
};

/// The tables of this process. They stay, whoever still holds them, until they are cleared: a proxy
/// may name their objects in bytes that are on their way.
class Tables {
 public:
  std::shared_ptr<Table> make() {
    const std::lock_guard lock(mutex_);
    auto table = Table::make(++last_);
    all_.emplace(table->instance, table);
    return table;
  }
  std::shared_ptr<Table> find(std::int64_t instance) {
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(instance);
    return found == all_.end() ? nullptr : found->second;
  }
  void forget(std::int64_t instance) {
    decltype(all_)::node_type forgotten;  // freed after the lock is released
    const std::lock_guard lock(mutex_);
    forgotten = all_.extract(instance);
  }

  static Tables& global() {
    static auto* tables = new Tables;  // never destroyed: stores may close while the program ends
    return *tables;
  }

 private:
  std::mutex mutex_;
  std::int64_t last_ = 0;
  std::unordered_map<std::int64_t, std::shared_ptr<Table>> all_;
};

class LocalConnector final : public Connector {
 public:
  explicit LocalConnector(std::shared_ptr<Table> table) : table_(std::move(table)) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "local"; }
  [[nodiscard]] Capabilities capabilities() const noexcept override {
    return {Capability::stores, Capability::deferrable, Capability::wait,
            Capability::lease,  Capability::zero_copy,  Capability::list};
  }
  [[nodiscard]] ConnectorConfig config() const override {
    return {.kind = "local",
            .options = {{"process", detail::process_identity()}, {"instance", table_->instance}}};
  }

  [[nodiscard]] Key put(std::span<const ByteSpan> parts, const PutOptions&) override {
    require_open("put");
    Bytes object = Bytes::copy_of(parts);
    Key key = Key::random();
    key.size = object.size();
    const std::lock_guard lock(table_->mutex);
    table_->objects.emplace(key, std::move(object));
    return key;
  }

  [[nodiscard]] std::optional<Bytes> get(const Key& key) override {
    require_open("get");
    const std::lock_guard lock(table_->mutex);
    const auto found = table_->objects.find(key);
    if (found == table_->objects.end()) return std::nullopt;
    return found->second;
  }

  [[nodiscard]] bool exists(const Key& key) override {
    require_open("exists");
    const std::lock_guard lock(table_->mutex);
    return table_->objects.contains(key);
  }

  bool evict(const Key& key) override {
    require_open("evict");
    return table_->evict(key);
  }

  /// Of what is there when it begins: @p visit may use the table.
  void list(const std::function<bool(const Key&)>& visit) override {
    require_open("list");
    std::vector<Key> keys;
    {
      const std::lock_guard lock(table_->mutex);
      keys.reserve(table_->objects.size());
      for (const auto& [key, object] : table_->objects) {
        keys.push_back(key);
        keys.back().size = object.size();
      }
    }
    for (const Key& key : keys) {
      if (!visit(key)) return;
    }
  }

  [[nodiscard]] Key new_key() override {
    require_open("new_key");
    Key key = Key::random();
    key.flags |= Key::versioned;
    return key;
  }

  void set(const Key& key, std::span<const ByteSpan> parts, const PutOptions& options) override {
    require_open("set");
    Bytes object = Bytes::copy_of(parts);
    {
      const std::lock_guard lock(table_->mutex);
      if (options.only_first && table_->objects.contains(key)) {
        detail::throw_already_set(kind(), key);
      }
      std::swap(table_->objects[key], object);
    }
    table_->published.notify_all();
  }

  [[nodiscard]] bool wait(const Key& key, std::chrono::milliseconds timeout) override {
    std::unique_lock lock(table_->mutex);
    const bool is_over = table_->published.wait_for(lock, detail::clamp_wait(timeout), [&] {
      return closed_ || table_->objects.contains(key);
    });
    require_open("wait");
    return is_over;
  }

  [[nodiscard]] std::optional<Lease> lease(const Key& key, LeaseMode mode,
                                           std::chrono::milliseconds ttl) override {
    require_open("lease");
    const Lease lease{.key = key, .mode = mode, .token = detail::LeaseTable::new_token()};
    if (!table_->leases->take(key, mode, lease.token, ttl)) return std::nullopt;
    return lease;
  }
  [[nodiscard]] bool renew(const Lease& lease, std::chrono::milliseconds ttl) override {
    require_open("renew");
    return table_->leases->renew(lease.key, lease.token, ttl);
  }
  void unlease(const Lease& lease) override {
    require_open("unlease");
    table_->leases->give_back(lease.key, lease.token);
  }
  void retire(const Key& key) override {
    require_open("retire");
    table_->leases->retire(key);
  }

  /// Told to clear, it has the objects go as soon as nobody else has this instance open.
  void close(const CloseOptions& options) override {
    {
      const std::lock_guard lock(table_->mutex);
      closed_ = true;
    }
    table_->published.notify_all();
    if (options.clear.value_or(false)) Tables::global().forget(table_->instance);
  }

 private:
  void require_open(std::string_view verb) const {
    if (closed_) detail::throw_closed(kind(), verb);
  }

  const std::shared_ptr<Table> table_;
  std::atomic<bool> closed_{false};
};

/// Which table of which process; neither for a new one.
struct Place {
  std::string process{};
  std::int64_t instance = 0;
};

Place parse(const ConfigTable& options) {
  Place place;
  detail::OptionsReader reader("local", options);
  reader.read("process", place.process);
  reader.read("instance", place.instance, 1, INT64_MAX);
  reader.finish();
  if (place.process.empty() != (place.instance == 0)) {
    reader.fail(place.process.empty() ? "process" : "instance",
                "is missing: 'process' and 'instance' come together, from config(), or not at all");
  }
  return place;
}

std::shared_ptr<Connector> make(const ConfigTable& options, OpenMode) {
  const auto [process, instance] = parse(options);
  if (process.empty()) return std::make_shared<LocalConnector>(Tables::global().make());
  if (process != detail::process_identity()) {
    throw ConnectorError("the objects of this local store are in the memory of process " + process +
                             ", and this is process " + detail::process_identity() +
                             "; use a file store to share objects",
                         {.connector = "local", .operation = "open"});
  }
  auto table = Tables::global().find(instance);
  if (!table) {
    throw ConnectorError("the local store number " + std::to_string(instance) +
                             " of this process was closed and cleared, and its objects are gone",
                         {.connector = "local", .operation = "open"});
  }
  return std::make_shared<LocalConnector>(std::move(table));
}

}  // namespace

LocalOptions::operator ConnectorConfig() const {
  return {.kind = "local"};
}

namespace detail {

void register_local(ConnectorRegistry& registry) {
  registry.add({.name = "local",
                .aliases = {"proxystore.connectors.local.LocalConnector"},
                .make = make,
                .identity = [](const ConfigTable& options) {
                  (void)parse(options);
                  return options;
                }});
}

}  // namespace detail
}  // namespace proxystore::inline v0
