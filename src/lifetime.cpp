// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/lifetime.hpp"

#include "proxystore/error.hpp"
#include "proxystore/store_factory.hpp"

namespace proxystore::inline v0 {

Lifetime::~Lifetime() = default;

void Lifetime::add_object_of(const detail::ProxyFactory* factory) {
  const auto& of_store = detail::store_factory_of(factory);
  if (of_store.evicts()) {
    throw ArgumentError("the proxy evicts its object when it is resolved; it has no other lifetime",
                        {.connector = {}, .operation = "add_proxy", .key = *of_store.key()});
  }
  add_key(*of_store.key(), of_store.get_store());
}

}  // namespace proxystore::inline v0
