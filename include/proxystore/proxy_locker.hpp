// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// ProxyLocker<T>: a proxy that cannot be resolved by accident.

#include <iosfwd>
#include <ostream>
#include <string>
#include <utility>

#include "proxystore/proxy.hpp"
#include "proxystore/serialize.hpp"

namespace proxystore::inline v0 {

/// Holds a proxy for those who only pass it on: it has no way to the object but unlock(), where
/// a Proxy has three. A value; it travels as the proxy does.
template <class T>
class ProxyLocker {
 public:
  ProxyLocker() noexcept = default;
  explicit ProxyLocker(Proxy<T> proxy) noexcept : proxy_(std::move(proxy)) {}

  /// The proxy. Fetches nothing.
  [[nodiscard]] Proxy<T> unlock() const { return proxy_; }

  friend bool operator==(const ProxyLocker& a, const ProxyLocker& b) noexcept {
    return a.proxy_ == b.proxy_;
  }
  /// Prints as the proxy does, and fetches nothing.
  friend std::ostream& operator<<(std::ostream& out, const ProxyLocker& locker) {
    return out << "<Locked " << locker.proxy_ << ">";
  }

  /// Cereal writes the proxy, never its object.
  template <class Archive>
  void serialize(Archive& archive) {
    archive(proxy_);
  }

 private:
  Proxy<T> proxy_;
};

template <NamedType T>
struct TypeName<ProxyLocker<T>> {
  static std::string get() { return "locker<" + TypeName<T>::get() + ">"; }
};

}  // namespace proxystore::inline v0
