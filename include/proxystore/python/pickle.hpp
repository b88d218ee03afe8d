// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Proxies that Python's ProxyStore 1.x takes and gives, as pickles. Objects cross by the store
/// alone: text, bytes and arrays of numbers, in stores of kind file and redis.

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "proxystore/array.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/config.hpp"
#include "proxystore/export.hpp"
#include "proxystore/key.hpp"
#include "proxystore/proxy.hpp"
#include "proxystore/store_factory.hpp"

namespace proxystore::inline v0::python {

namespace detail {

/// What a pickled proxy says.
struct PickledProxy {
  Key key{};
  StoreConfig config{};
  bool evict = false;
};

/// @throws UnsupportedError for what is more than one object, or less
[[nodiscard]] PROXYSTORE_EXPORT PickledProxy
as_pickled(const v0::detail::StoreProxyFactory& factory);

/// @p type is the name of a Python class, "module.name".
[[nodiscard]] PROXYSTORE_EXPORT Bytes write_proxy(const PickledProxy& proxy, std::string_view type);
[[nodiscard]] PROXYSTORE_EXPORT PickledProxy read_proxy(ByteSpan pickle);

/// The class of the objects that Python makes of a T; empty if it cannot read them.
template <class T>
inline constexpr std::string_view class_name = "";
template <>
inline constexpr std::string_view class_name<std::string> = "builtins.str";
template <>
inline constexpr std::string_view class_name<Bytes> = "builtins.bytes";
template <class T>
requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) inline constexpr std::string_view
    class_name<std::vector<T>> = "numpy.ndarray";
template <class T, std::size_t Rank>
inline constexpr std::string_view class_name<Array<T, Rank>> = "numpy.ndarray";

}  // namespace detail

/// The pickle of a proxy of Python's ProxyStore for the same object: `pickle.loads()` there makes
/// an unresolved proxy, which opens the store when it is used, and closes it without clearing.
/// @local @threadsafe
/// @throws UnsupportedError for a store that Python cannot open: one of another kind, or with
///         options that decide where objects are, such as a prefix; ProxyStoreFactoryError
template <class T>
[[nodiscard]] Bytes to_pickle(const Proxy<T>& proxy) {
  static_assert(!detail::class_name<T>.empty(),
                "Python reads text (std::string), Bytes, arrays, and vectors of numbers");
  const auto& factory = v0::detail::store_factory_of(v0::detail::factory_of(proxy));
  return detail::write_proxy(detail::as_pickled(factory), detail::class_name<T>);
}

/// The proxy that `pickle.dumps(proxy)` wrote in Python, protocol 2 to 5. The pickle is read as
/// data: nothing in it is called, imported or constructed, and anything that is not a plain proxy
/// of a store is refused. As with every proxy, its store is opened when it is first used.
/// @local @threadsafe
/// @throws MessageError if @p pickle is malformed, or of something else, named as far as known
template <class T>
[[nodiscard]] Proxy<T> from_pickle(ByteSpan pickle) {
  const detail::PickledProxy proxy = detail::read_proxy(pickle);
  return Proxy<T>(StoreFactory<T>(proxy.key, proxy.config, {.evict = proxy.evict}));
}

}  // namespace proxystore::inline v0::python
