// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/store_registry.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>

#include <unistd.h>

#include "detail/log.hpp"
#include "detail/store_hooks.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

namespace {

using Policy = std::function<void(const StoreConfig&)>;

/// The stores that the registry opened itself and still has, by name, the last used first. A proxy
/// opens a store again if need be, so only the last used of those stay that nobody else holds.
using Opened = std::list<std::string>;
constexpr std::size_t most_opened = 64;

struct Entry {
  std::shared_ptr<Store> store;
  std::uint64_t number;                      // in the order of registration
  std::optional<Opened::iterator> opened{};  // of one that the registry opened
};

/// What is closed at the end of the program, if that is the process which said so.
struct AtEnd {
  std::shared_ptr<Connector> connector;
  pid_t process;
};

void end_program() noexcept;

/// Never destroyed; emptied at exit.
struct Registry {
  std::mutex mutex;
  std::map<std::string, Entry, std::less<>> stores;
  Opened opened;
  std::uint64_t registered = 0;  // so far
  std::shared_ptr<const Policy> policy;
  std::vector<void (*)() noexcept> before_close;
  std::map<const Connector*, AtEnd> at_end;
  std::atomic<bool> environment_clears{false};

  static Registry& global() {
    static Registry* registry = [] {
      auto* made = new Registry;
      std::atexit([] { end_program(); });
      return made;
    }();
    return *registry;
  }

  // What follows is called with the mutex held.

  std::shared_ptr<Store> find(std::string_view name) {
    const auto found = stores.find(name);
    if (found == stores.end()) return nullptr;
    if (const auto& place = found->second.opened) opened.splice(opened.begin(), opened, *place);
    return found->second.store;
  }

  void add(std::shared_ptr<Store> store) {
    const std::string name = store->name();
    stores.try_emplace(name, Entry{.store = std::move(store), .number = ++registered});
  }

  /// Adds a store that the registry opened. Returns what it lets go of instead, to be closed after
  /// the lock is released. Looks at few, so that many that are held cost nothing.
  [[nodiscard]] std::vector<std::shared_ptr<Store>> add_opened(
      const std::shared_ptr<Store>& store) {
    constexpr int most_looks = 8;
    add(store);
    opened.push_front(store->name());
    stores.find(store->name())->second.opened = opened.begin();
    std::vector<std::shared_ptr<Store>> unused;
    for (int i = 0; i < most_looks && opened.size() > most_opened; ++i) {
      const auto entry = stores.find(opened.back());
      if (entry->second.store.use_count() > 1 || entry->second.store->metrics() != nullptr) {
        opened.splice(opened.begin(), opened, *entry->second.opened);
      } else {
        unused.push_back(remove(entry));
      }
    }
    return unused;
  }

  std::shared_ptr<Store> remove(decltype(stores)::iterator entry) {
    if (entry->second.opened) opened.erase(*entry->second.opened);
    auto store = std::move(entry->second.store);
    stores.erase(entry);
    return store;
  }
};

[[noreturn]] void throw_taken(std::string_view name) {
  throw StoreExistsError("a store named '" + std::string(name) +
                         "' is registered already; get_store(name) finds it");
}

ConnectorConfig identity(const ConnectorConfig& config) {
  return ConnectorRegistry::global().identity(config);
}

/// Whether @p found is what @p wanted describes. What that leaves open is met by anything: a
/// `local` store that names no instance by any.
bool meets(const ConnectorConfig& found, const ConnectorConfig& wanted) {
  return found.kind == wanted.kind &&
         std::all_of(wanted.options.begin(), wanted.options.end(), [&](const auto& option) {
           const auto same = found.options.find(option.first);
           return same != found.options.end() && same->second == option.second;
         });
}

void require_same(const Store& registered, const StoreConfig& wanted) {
  const ConnectorConfig found = registered.config().connector;
  if (found == wanted.connector || meets(identity(found), identity(wanted.connector))) return;
  throw StoreConflictError(
      "the name '" + wanted.name +
          "' is taken in this process by a store with other connector options;"
          " give one of the two stores another name",
      {.connector = wanted.connector.kind, .operation = "get_or_create_store"});
}

void ask_policy(const StoreConfig& config) {
  auto& registry = Registry::global();
  std::shared_ptr<const Policy> policy;
  {
    const std::lock_guard lock(registry.mutex);
    policy = registry.policy;
  }
  if (!policy) return;
  try {
    (*policy)(config);
  } catch (const std::exception& error) {
    throw StoreRefusedError("the application refuses to open store '" + config.name + "' (" +
                                config.connector.kind + "): " + error.what(),
                            {.connector = config.connector.kind, .operation = "open"});
  }
}

void end_program() noexcept {
  close_registered_stores();
  if (!Registry::global().environment_clears) detail::clear_stores();
}

}  // namespace

std::shared_ptr<Store> get_store(std::string_view name) {
  auto& registry = Registry::global();
  const std::lock_guard lock(registry.mutex);
  return registry.find(name);
}

std::shared_ptr<Store> get_or_create_store(const StoreConfig& config, const GetOrCreateArgs& args) {
  if (auto store = get_store(config.name)) {
    require_same(*store, config);
    return store;
  }
  ask_policy(config);
  auto made = Store::open_unregistered(config, OpenMode::attach);
  if (!args.register_new) return made;
  auto& registry = Registry::global();
  std::vector<std::shared_ptr<Store>> unused;  // closed after the lock is released
  std::unique_lock lock(registry.mutex);
  auto store = registry.find(config.name);
  if (!store) {
    unused = registry.add_opened(made);
    lock.unlock();
    return made;
  }
  // Another thread was faster; the store made here closes, and clears nothing.
  lock.unlock();
  require_same(*store, config);
  return store;
}

void register_store(std::shared_ptr<Store> store, const RegisterArgs& args) {
  if (!store) throw ArgumentError("register_store() needs a store");
  auto& registry = Registry::global();
  std::shared_ptr<Store> replaced;  // closed, if nobody else holds it, after the lock is released
  const std::lock_guard lock(registry.mutex);
  const auto found = registry.stores.find(store->name());
  if (found != registry.stores.end()) {
    if (!args.exist_ok) throw_taken(store->name());
    replaced = registry.remove(found);
  }
  registry.add(std::move(store));
}

void unregister_store(std::string_view name) {
  auto& registry = Registry::global();
  std::shared_ptr<Store> removed;
  const std::lock_guard lock(registry.mutex);
  const auto found = registry.stores.find(name);
  if (found != registry.stores.end()) removed = registry.remove(found);
}

void unregister_store(const Store& store) {
  auto& registry = Registry::global();
  std::shared_ptr<Store> removed;
  const std::lock_guard lock(registry.mutex);
  const auto found = registry.stores.find(store.name());
  if (found == registry.stores.end() || found->second.store.get() != &store) return;
  removed = registry.remove(found);
}

StoreRegistration::StoreRegistration(std::vector<std::shared_ptr<Store>> stores,
                                     const RegisterArgs& args) {
  try {
    for (auto& store : stores) {
      register_store(store, args);
      stores_.push_back(std::move(store));
    }
  } catch (...) {
    for (const auto& store : stores_) unregister_store(*store);
    throw;
  }
}

StoreRegistration::~StoreRegistration() {
  for (const auto& store : stores_) unregister_store(*store);
}

void close_registered_stores() noexcept {
  auto& registry = Registry::global();
  decltype(registry.before_close) before_close;
  {
    const std::lock_guard lock(registry.mutex);
    before_close = registry.before_close;
  }
  for (const auto function : before_close) function();
  std::vector<Entry> stores;
  {
    const std::lock_guard lock(registry.mutex);
    for (auto& [name, entry] : registry.stores) stores.push_back(std::move(entry));
    registry.stores.clear();
    registry.opened.clear();
  }
  std::ranges::sort(stores, std::greater(), &Entry::number);
  for (const Entry& entry : stores) {
    try {
      entry.store->close();
    } catch (const std::exception& error) {
      detail::log(LogLevel::error,
                  "closing store '" + entry.store->name() + "' failed: " + error.what());
    }
  }
}

void detail::call_before_stores_close(void (*function)() noexcept) {
  auto& registry = Registry::global();
  const std::lock_guard lock(registry.mutex);
  registry.before_close.push_back(function);
}

void detail::require_free_name(std::string_view name) {
  auto& registry = Registry::global();
  const std::lock_guard lock(registry.mutex);
  if (registry.stores.contains(name)) throw_taken(name);
}

void detail::close_at_end(std::shared_ptr<Connector> connector) {
  auto& registry = Registry::global();
  const std::lock_guard lock(registry.mutex);
  const Connector* const address = connector.get();
  registry.at_end.try_emplace(address, AtEnd{std::move(connector), ::getpid()});
}

void detail::forget_at_end(const Connector& connector) {
  auto& registry = Registry::global();
  const std::lock_guard lock(registry.mutex);
  registry.at_end.erase(&connector);
}

void detail::clear_stores() noexcept {
  auto& registry = Registry::global();
  decltype(registry.at_end) at_end;
  {
    const std::lock_guard lock(registry.mutex);
    at_end.swap(registry.at_end);
  }
  for (const auto& [address, one] : at_end) {
    if (one.process != ::getpid()) continue;
    try {
      one.connector->close();
    } catch (const std::exception& error) {
      log(LogLevel::error, "clearing a store (" + std::string(one.connector->kind()) +
                               ") at the end of the program failed: " + error.what());
    }
  }
}

void detail::leave_clearing_to_environment(bool leave) noexcept {
  Registry::global().environment_clears = leave;
}

void set_store_policy(Policy policy) {
  auto& registry = Registry::global();
  auto shared = policy ? std::make_shared<const Policy>(std::move(policy)) : nullptr;
  const std::lock_guard lock(registry.mutex);
  registry.policy = std::move(shared);
}

}  // namespace proxystore::inline v0
