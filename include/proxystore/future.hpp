// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Future<T>: an object that comes later, whose proxies can be passed on before.
///
/// The key is made first (Connector::new_key), and the object or the producer's failure is
/// published under it once (Connector::set with only_first), whichever process does so. Whoever
/// waits asks the connector to wait for the key, or polls where it cannot; nobody asks the
/// producer, which may be gone. So a producer that dies shows as a time-out, and one that fails as
/// what it said.

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "proxystore/bytes.hpp"
#include "proxystore/error.hpp"
#include "proxystore/proxy.hpp"
#include "proxystore/serialize.hpp"
#include "proxystore/store.hpp"

namespace proxystore::inline v0 {

/// Stands for an object of type T that a producer sets once, and any number of consumers use. A
/// value: copies are one future, here and in other processes.
/// @threadsafe
template <class T>
class Future {
 public:
  using value_type = T;

  /// An empty future; Store::future() makes others.
  Future() noexcept = default;

  /// Whether the result, or the producer's failure, is there.
  [[nodiscard]] bool done() const { return proxy_.resolved() || store()->exists(proxy_.key()); }

  /// Publishes the result.
  /// @throws AlreadySetError if there is one, or a failure: nothing is changed; as Store::set()
  void set_result(const T& value) const {
    store()->set(proxy_.key(), value, {.serializer = serializer_, .options = {.only_first = true}});
  }

  /// Publishes that there will be no result, and why: whoever waits gets a FutureFailedError.
  /// @p what is cut after 16 KiB. @throws AlreadySetError as set_result()
  void set_failure(std::string_view what) const { store()->set_failure(proxy_.key(), what); }
  void set_exception(const std::exception_ptr& error) const {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& exception) {
      set_failure(exception.what());
    } catch (...) {
      set_failure("an exception that is no std::exception");
    }
  }

  /// The result, when it is there.
  /// @blocking until it is, for @p timeout at most; by default that of the future's polling
  /// @throws TimeoutError, FutureFailedError, SerializationError, ConnectorError
  [[nodiscard]] std::shared_ptr<const T> result(
      std::optional<std::chrono::milliseconds> timeout = std::nullopt) const {
    if (!proxy_.resolved()) wait(timeout);
    try {
      return proxy_.share();
    } catch (const ProxyResolveError& error) {
      if (error.cause()) std::rethrow_exception(error.cause());
      throw;
    }
  }

  /// A proxy of the result, whose first use waits as result() does. All of them, and result(),
  /// share one fetch.
  [[nodiscard]] Proxy<T> proxy() const { return proxy_; }

  [[nodiscard]] const Key& key() const { return proxy_.key(); }
  /// Whether it stands for an object at all: not if it was default-constructed or moved from.
  [[nodiscard]] bool valid() const noexcept { return proxy_.valid(); }
  bool empty() const = delete;  // of the future: !f.valid(); of its object: f.result()->empty()

  /// Cereal writes what is needed to set or to await the result elsewhere.
  /// @throws ProxyStoreFactoryError if its serializer or deserializer is a function
  template <class Archive>
  void save(Archive& archive) const {
    if (serializer_.function() != nullptr) {
      throw ProxyStoreFactoryError(
          "a future whose serializer is a function cannot be sent; register the serializer and "
          "give its name");
    }
    archive(proxy_, serializer_.name() != nullptr ? *serializer_.name() : std::string());
  }
  template <class Archive>
  void load(Archive& archive) {
    std::string serializer;
    archive(proxy_, serializer);
    serializer_ = serializer.empty() ? Serializer<T>() : Serializer<T>(serializer);
  }

 private:
  friend class Store;

  Future(Proxy<T> proxy, Serializer<T> serializer)
      : proxy_(std::move(proxy)), serializer_(std::move(serializer)) {}

  [[nodiscard]] const detail::StoreProxyFactory& factory() const {
    return detail::store_factory_of(detail::factory_of(proxy_));
  }
  [[nodiscard]] std::shared_ptr<Store> store() const { return factory().get_store(); }

  void wait(std::optional<std::chrono::milliseconds> timeout) const {
    Polling polling = factory().polling().value_or(Polling{});
    if (timeout) polling.timeout = *timeout;
    if (store()->wait(key(), polling)) return;
    throw TimeoutError("the future " + key().to_string() + " was not set within " +
                           std::to_string(polling.timeout.count()) + " ms",
                       {.connector = {}, .operation = "result", .key = key()});
  }

  Proxy<T> proxy_;
  Serializer<T> serializer_;
};

template <class T>
Future<T> Store::future(const FutureArgs<T>& args) {
  static_assert(Proxiable<T>, "this type has no proxy; see the concept Proxiable");
  args.polling.check();
  const StoreFactory<T> factory(
      new_key(), travel_config(),
      {.evict = args.evict, .deserializer = args.deserializer, .polling = args.polling});
  return Future<T>(Proxy<T>(factory), args.serializer);
}

template <NamedType T>
struct TypeName<Future<T>> {
  static std::string get() { return "future<" + TypeName<T>::get() + ">"; }
};

}  // namespace proxystore::inline v0
