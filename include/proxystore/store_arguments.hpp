// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The optional arguments of a Store's members: one aggregate for each verb.

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>

#include "proxystore/connector.hpp"
#include "proxystore/detail/items.hpp"
#include "proxystore/fwd.hpp"
#include "proxystore/metrics.hpp"
#include "proxystore/proxy.hpp"
#include "proxystore/proxy_locker.hpp"
#include "proxystore/serialize.hpp"
#include "proxystore/store_factory.hpp"

namespace proxystore::inline v0 {

/// Arguments of a store beside its name and connector; see StoreConfig for their meaning.
struct StoreOptions {
  std::optional<std::string> serializer{};
  std::optional<std::string> deserializer{};
  std::size_t cache_size = 16;
  bool metrics = false;
  bool populate_target = true;
  bool auto_register = false;
  std::size_t cache_bytes = 0;
  std::size_t populate_limit = 1U << 20U;
};

/// Arguments of Store::put.
template <class T>
struct PutArgs {
  Serializer<T> serializer{};    ///< Instead of the store's
  PutOptions options{};          ///< For the connector
  Lifetime* lifetime = nullptr;  ///< Decides when the object goes; used during the call only
};

/// Arguments of Store::set.
template <class T>
struct SetArgs {
  Serializer<T> serializer{};  ///< Instead of the store's
  PutOptions options{};        ///< For the connector
};

/// Arguments of Store::get.
template <class T>
struct GetArgs {
  Deserializer<T> deserializer{};            ///< Instead of the store's
  std::shared_ptr<const T> default_value{};  ///< Returned when there is no such object
};

/// Arguments of Store::proxy. Of `evict` and `lifetime` only one may be given.
template <class T>
struct ProxyArgs {
  bool evict = false;  ///< Remove the object once a proxy fetched it
  /// Keep the object in the proxy: always, never, or as Store::proxy() says. Always means a copy of
  /// an lvalue, but for types that have none. A proxy with evict
  /// that keeps it evicts nothing when it is used here: who gets the proxy in a message does.
  std::optional<bool> populate_target{};
  Serializer<T> serializer{};
  Deserializer<T> deserializer{};
  PutOptions options{};
  Lifetime* lifetime = nullptr;  ///< As in PutArgs
};

/// Arguments of Store::locked_proxy: as ProxyArgs, and one more.
template <class T>
struct LockedProxyArgs {
  bool evict = false;
  std::optional<bool> populate_target{};
  bool skip_nonproxiable = true;  ///< Return a value that stands for nothing as it is
  Serializer<T> serializer{};
  Deserializer<T> deserializer{};
  PutOptions options{};
  Lifetime* lifetime = nullptr;

  [[nodiscard]] ProxyArgs<T> for_proxy() const {
    return {.evict = evict,
            .populate_target = populate_target,
            .serializer = serializer,
            .deserializer = deserializer,
            .options = options,
            .lifetime = lifetime};
  }
};

/// Arguments of Store::owned_proxy.
template <class T>
struct OwnedProxyArgs {
  std::optional<bool> populate_target{};  ///< As in ProxyArgs
  bool skip_nonproxiable = true;          ///< Return a value that stands for nothing as it is
  Serializer<T> serializer{};
  Deserializer<T> deserializer{};
  PutOptions options{};
};

/// Arguments of Store::proxy_from_key. Of `evict` and `lifetime` only one may be given.
template <class T>
struct ProxyFromKeyArgs {
  bool evict = false;              ///< Remove the object once a proxy fetched it
  Deserializer<T> deserializer{};  ///< Instead of the store's
  Lifetime* lifetime = nullptr;    ///< As in PutArgs
};

/// Arguments of Store::future.
template <class T>
struct FutureArgs {
  bool evict = false;              ///< Remove the object once a proxy of the future fetched it
  Serializer<T> serializer{};      ///< Instead of the store's; a name travels, a function does not
  Deserializer<T> deserializer{};  ///< The same
  Polling polling{};               ///< How its proxies wait
};

namespace detail {

template <class T>
struct ProxyOrOf {
  using Type = T;  // a type that has no proxy stays what it is
};
template <Proxiable T>
struct ProxyOrOf<T> {
  using Type = ProxyOr<T>;
};

template <class T>
inline constexpr bool is_shared_const = false;
template <class T>
inline constexpr bool is_shared_const<std::shared_ptr<const T>> = true;

template <class T>
concept ComparesWithNull = requires(const T& value) {
  { value == nullptr } -> std::convertible_to<bool>;
};
template <class T>
concept ComparesWithNullopt = requires(const T& value) {
  { value == std::nullopt } -> std::convertible_to<bool>;
};

/// Types of which a value may stand for nothing: optionals, smart pointers.
template <class T>
concept CanBeNothing = ComparesWithNull<T> || ComparesWithNullopt<T>;

template <class T>
bool is_nothing(const T& value) {
  if constexpr (ComparesWithNull<T>) {
    return value == nullptr;
  } else if constexpr (ComparesWithNullopt<T>) {
    return value == std::nullopt;
  } else {
    return false;
  }
}

/// What a verb returns that makes a Holder of a T: what stands for nothing stays a T, and so does
/// a type that has no proxy.
template <class T, template <class> class Holder>
struct HeldOr {
  using Type = T;
};
template <Proxiable T, template <class> class Holder>
struct HeldOr<T, Holder> {
  using Type = std::conditional_t<CanBeNothing<T>, std::variant<T, Holder<T>>, Holder<T>>;
};
template <class T>
using LockedOf = HeldOr<T, ProxyLocker>;
template <class T>
using OwnedOf = HeldOr<T, OwnedProxy>;

class SingleFlight;
class Stopwatch {
 public:
  [[nodiscard]] StoreMetrics::Milliseconds elapsed() const {
    return std::chrono::steady_clock::now() - start_;
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace detail

}  // namespace proxystore::inline v0
