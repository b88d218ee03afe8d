// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The registry: stores of this process by name. Proxies find their store here, or have it made.

#include <functional>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <vector>

#include "proxystore/config.hpp"
#include "proxystore/export.hpp"
#include "proxystore/proxy.hpp"
#include "proxystore/store.hpp"

namespace proxystore::inline v0 {

/// The registered store of this name, or null. @threadsafe
[[nodiscard]] PROXYSTORE_EXPORT std::shared_ptr<Store> get_store(std::string_view name);

/// The store that @p proxy came from; made and registered if it is not here yet.
/// @throws ProxyStoreFactoryError if no store made the proxy
template <class T>
[[nodiscard]] std::shared_ptr<Store> get_store(const Proxy<T>& proxy) {
  return detail::store_factory_of(detail::factory_of(proxy)).get_store();
}

/// Arguments of get_or_create_store.
struct GetOrCreateArgs {
  bool register_new = true;  ///< Register the store if it had to be made
};

/// The registered store of the configuration's name, or a new one made from it, which makes no
/// folders and clears nothing. Of stores that were made so, 64 stay registered that nobody else
/// holds, the last used ones; proxies open the others again. Local: no other process is asked.
/// @threadsafe
/// @throws StoreConflictError if the name is taken by a store with other connector options;
///         StoreRefusedError if the policy refuses it; as Store::from_config
[[nodiscard]] PROXYSTORE_EXPORT std::shared_ptr<Store> get_or_create_store(
    const StoreConfig& config, const GetOrCreateArgs& args = {});

/// Arguments of register_store.
struct RegisterArgs {
  bool exist_ok = false;  ///< Replace a store of the same name
};

/// Makes @p store known by its name; the registry then keeps it open until it is unregistered, or
/// the program ends. @threadsafe
/// @throws StoreExistsError if the name is taken and not args.exist_ok
PROXYSTORE_EXPORT void register_store(std::shared_ptr<Store> store, const RegisterArgs& args = {});

/// Forgets the store of this name, or this store; no error if it is not registered. @threadsafe
PROXYSTORE_EXPORT void unregister_store(std::string_view name);
/// As above, of this store. @threadsafe
PROXYSTORE_EXPORT void unregister_store(const Store& store);

/// Registers stores for as long as it lives, also if the scope is left by an exception.
class PROXYSTORE_EXPORT StoreRegistration {
 public:
  /// @throws StoreExistsError if a name is taken and not args.exist_ok: then none is registered
  explicit StoreRegistration(std::vector<std::shared_ptr<Store>> stores,
                             const RegisterArgs& args = {});
  explicit StoreRegistration(std::shared_ptr<Store> store, const RegisterArgs& args = {})
      : StoreRegistration(std::vector{std::move(store)}, args) {}
  StoreRegistration(const StoreRegistration&) = delete;
  StoreRegistration& operator=(const StoreRegistration&) = delete;
  ~StoreRegistration();

 private:
  std::vector<std::shared_ptr<Store>> stores_;
};

/// Closes all registered stores, the latest first, and forgets them; removes no objects. Called at
/// exit, and when the MPI environment is finalised. Errors are logged.
PROXYSTORE_EXPORT void close_registered_stores() noexcept;

/// Called before a store is opened because a proxy or get_or_create_store() names it; throws to
/// refuse, by kind, folder or host. Whoever resolves a proxy opens the store that its bytes name:
/// set a policy where proxies come from strangers. An empty one allows all. @threadsafe
PROXYSTORE_EXPORT void set_store_policy(std::function<void(const StoreConfig& config)> policy);

}  // namespace proxystore::inline v0
