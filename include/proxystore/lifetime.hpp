// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Lifetime: what decides when stored objects go. A Store takes one as an argument of its verbs;
/// lifetimes.hpp has those of a scope, a lease and the program.

#include <memory>
#include <span>

#include "proxystore/detail/proxy_factory.hpp"
#include "proxystore/export.hpp"
#include "proxystore/fwd.hpp"
#include "proxystore/key.hpp"
#include "proxystore/proxy.hpp"

namespace proxystore::inline v0 {

/// Arguments of Lifetime::close.
struct LifetimeCloseArgs {
  bool close_stores = false;  ///< Close the stores of the objects, too
};

/// Objects that are evicted together, when it ends. An object has one lifetime, or an owner, or
/// goes when it is resolved: never two of these. @threadsafe
class PROXYSTORE_EXPORT Lifetime {
 public:
  Lifetime() = default;
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;
  virtual ~Lifetime();

  /// Adds objects of @p store, all or none; null means the lifetime's own store, if it has one.
  /// @throws LifetimeEndedError, ArgumentError if there is no store or it is another one
  virtual void add_keys(std::span<const Key> keys,
                        const std::shared_ptr<Store>& store = nullptr) = 0;
  void add_key(const Key& key, const std::shared_ptr<Store>& store = nullptr) {
    add_keys(std::span(&key, 1), store);
  }

  /// Adds the objects of proxies.
  /// @throws ProxyStoreFactoryError if no store made a proxy, ArgumentError if resolving it evicts
  /// its object; as add_keys()
  template <class... T>
  void add_proxy(const Proxy<T>&... proxies) {
    (add_object_of(detail::factory_of(proxies)), ...);
  }

  /// Evicts the objects; a second call does nothing. If it throws, the lifetime has not ended, and
  /// what was not evicted stays in it. @throws ConnectorError, StoreClosedError
  virtual void close(const LifetimeCloseArgs& args = {}) = 0;

  /// Whether it has ended, and its objects are gone.
  [[nodiscard]] virtual bool done() const noexcept = 0;

 private:
  void add_object_of(const detail::ProxyFactory* factory);
};

}  // namespace proxystore::inline v0
