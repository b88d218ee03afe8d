// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Forward declarations of the public types, for headers that only name them.

#include <cstdint>

namespace proxystore::inline v0 {

class Bytes;
class ConfigValue;
class Connector;
class ConnectorRegistry;
class Lifetime;
class Store;
class StoreMetrics;
struct ConnectorConfig;
struct Key;
struct StoreConfig;
template <class T>
class Future;
template <class T>
class OwnedProxy;
template <class T>
class Proxy;
template <class T>
class StoreFactory;

namespace detail {
class OwnedObject;
class StoreProxyFactory;
}  // namespace detail

}  // namespace proxystore::inline v0
