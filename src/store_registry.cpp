// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/store_registry.hpp"

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include "detail/log.hpp"
#include "detail/store_hooks.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

namespace {

using Policy = std::function<void(const StoreConfig&)>;

/// Stores in the order of their registration. Never destroyed; emptied at exit.
struct Registry {
  std::mutex mutex;
  std::vector<std::shared_ptr<Store>> stores;
  std::shared_ptr<const Policy> policy;
  std::vector<void (*)() noexcept> before_close;

  static Registry& global() {
    static Registry* registry = [] {
      auto* made = new Registry;
      std::atexit([] { close_registered_stores(); });
      return made;
    }();
    return *registry;
  }

  auto find(std::string_view name) {
    return std::find_if(stores.begin(), stores.end(),
                        [&](const auto& store) { return store->name() == name; });
  }
};

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

std::shared_ptr<Store> open_quietly(StoreConfig config) {
  config.auto_register = false;  // the caller registers, atomically with its look-up
  return Store::from_config(config, OpenMode::attach);
}

}  // namespace

std::shared_ptr<Store> get_store(std::string_view name) {
  auto& registry = Registry::global();
  const std::lock_guard lock(registry.mutex);
  const auto found = registry.find(name);
  return found == registry.stores.end() ? nullptr : *found;
}

std::shared_ptr<Store> get_or_create_store(const StoreConfig& config, const GetOrCreateArgs& args) {
  if (auto store = get_store(config.name)) {
    require_same(*store, config);
    return store;
  }
  ask_policy(config);
  auto made = open_quietly(config);
  if (!args.register_new) return made;
  auto& registry = Registry::global();
  std::unique_lock lock(registry.mutex);
  const auto found = registry.find(config.name);
  if (found == registry.stores.end()) {
    registry.stores.push_back(made);
    return made;
  }
  // Another thread was faster; the store made here closes, and clears nothing.
  auto store = *found;
  lock.unlock();
  require_same(*store, config);
  return store;
}

void register_store(std::shared_ptr<Store> store, const RegisterArgs& args) {
  if (!store) throw ArgumentError("register_store() needs a store");
  auto& registry = Registry::global();
  std::shared_ptr<Store> replaced;  // closed, if nobody else holds it, after the lock is released
  const std::lock_guard lock(registry.mutex);
  const auto found = registry.find(store->name());
  if (found == registry.stores.end()) {
    registry.stores.push_back(std::move(store));
  } else if (args.exist_ok) {
    replaced = std::exchange(*found, std::move(store));
  } else {
    throw StoreExistsError("a store named '" + store->name() +
                           "' is registered already; get_store(name) finds it");
  }
}

void unregister_store(std::string_view name) {
  auto& registry = Registry::global();
  std::shared_ptr<Store> removed;
  const std::lock_guard lock(registry.mutex);
  const auto found = registry.find(name);
  if (found == registry.stores.end()) return;
  removed = std::move(*found);
  registry.stores.erase(found);
}

void unregister_store(const Store& store) {
  auto& registry = Registry::global();
  std::shared_ptr<Store> removed;
  const std::lock_guard lock(registry.mutex);
  const auto found = std::find_if(registry.stores.begin(), registry.stores.end(),
                                  [&](const auto& known) { return known.get() == &store; });
  if (found == registry.stores.end()) return;
  removed = std::move(*found);
  registry.stores.erase(found);
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
  std::vector<std::shared_ptr<Store>> stores;
  {
    const std::lock_guard lock(registry.mutex);
    stores.swap(registry.stores);
  }
  for (auto store = stores.rbegin(); store != stores.rend(); ++store) {
    try {
      (*store)->close();
    } catch (const std::exception& error) {
      detail::log(LogLevel::error,
                  "closing store '" + (*store)->name() + "' failed: " + error.what());
    }
  }
}

void detail::call_before_stores_close(void (*function)() noexcept) {
  auto& registry = Registry::global();
  const std::lock_guard lock(registry.mutex);
  registry.before_close.push_back(function);
}

void set_store_policy(Policy policy) {
  auto& registry = Registry::global();
  auto shared = policy ? std::make_shared<const Policy>(std::move(policy)) : nullptr;
  const std::lock_guard lock(registry.mutex);
  registry.policy = std::move(shared);
}

}  // namespace proxystore::inline v0
