// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// resolve_all: the objects of many proxies in one exchange.

#include <memory>
#include <ranges>
#include <span>
#include <type_traits>
#include <vector>

#include "proxystore/detail/proxy_state.hpp"
#include "proxystore/export.hpp"
#include "proxystore/proxy.hpp"

namespace proxystore::inline v0 {

namespace detail {
PROXYSTORE_EXPORT void resolve_all(std::span<const std::shared_ptr<ProxyState>> proxies);

template <class T>
std::shared_ptr<ProxyState> state_of(const Proxy<T>& proxy) {
  const auto& state = ProxyAccess::state(proxy);
  if (!state) throw_empty_proxy();
  return state;
}
}  // namespace detail

/// Fetches the objects of proxies that are not resolved yet: one Connector::get_batch for each
/// store, which asks each rank that owns some once. Then each is resolved that is not there, which
/// waits for futures. If some cannot be, the others are resolved all the same. The proxies are any
/// range, also a view that makes copies of them.
/// @blocking until all are there @throws ProxyResolveError of the first that is not
template <std::ranges::input_range Range>
requires(detail::is_proxy<std::remove_cvref_t<
             std::ranges::range_reference_t<Range>>>) void resolve_all(Range&& proxies) {
  std::vector<std::shared_ptr<detail::ProxyState>> states;
  for (auto&& proxy : proxies) states.push_back(detail::state_of(proxy));
  detail::resolve_all(states);
}

/// The same for proxies of different types.
template <class... T>
void resolve_all(const Proxy<T>&... proxies) {
  const std::vector<std::shared_ptr<detail::ProxyState>> states{detail::state_of(proxies)...};
  detail::resolve_all(states);
}

}  // namespace proxystore::inline v0
