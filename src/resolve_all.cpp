// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/resolve_all.hpp"

#include <exception>

#include "proxystore/error.hpp"
#include "proxystore/store_factory.hpp"

namespace proxystore::inline v0::detail {

void resolve_all(std::span<const std::shared_ptr<ProxyState>> proxies) {
  std::exception_ptr first;
  try {
    StoreProxyFactory::prefetch(proxies);
  } catch (const Error&) {
    // One object spoils the exchange for all: each by itself, so that the others come.
  }
  for (const auto& proxy : proxies) {
    try {
      (void)proxy->resolve();
    } catch (const ProxyResolveError&) {
      if (!first) first = std::current_exception();
    }
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace proxystore::inline v0::detail
