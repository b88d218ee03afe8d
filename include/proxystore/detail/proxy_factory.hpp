// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What a proxy knows of the thing that fetches its object. Proxies stand below stores, so they see
/// this interface; the engine implements it.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

#include "proxystore/box.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/export.hpp"
#include "proxystore/key.hpp"
#include "proxystore/serialize.hpp"

namespace proxystore::inline v0::detail {

/// A C++ type as the untyped engine sees it: one static instance for each type.
struct ObjectType {
  const std::type_info& type;
  std::uint64_t fingerprint;  ///< 0 if the type has no name
  std::string name;           ///< Structural name, or empty
  bool views_memory;          ///< Objects keep their stored bytes alive instead of copying them
  bool is_private;            ///< Objects can be changed: no two who ask get the same one
  std::shared_ptr<const void> (*decode)(const Bytes& object, const std::string& deserializer);
  /// Null if objects are only made of stored bytes.
  std::shared_ptr<const void> (*from_array)(const StoredArray& array);
};

template <class T>
constexpr auto from_array_of() -> std::shared_ptr<const void> (*)(const StoredArray&) {
  if constexpr (MadeOfElements<T>) {
    return [](const StoredArray& array) -> std::shared_ptr<const void> {
      return std::make_shared<const T>(Codec<T>::from_array(array));
    };
  } else {
    return nullptr;
  }
}

template <class T>
const ObjectType& object_type() {
  static const ObjectType type = [] {
    std::uint64_t fingerprint = 0;
    std::string name;
    if constexpr (NamedType<T>) {
      fingerprint = type_fingerprint<T>();
      name = TypeName<T>::get();
    }
    return ObjectType{
        .type = typeid(T),
        .fingerprint = fingerprint,
        .name = std::move(name),
        .views_memory = detail::views_memory<T>,
        .is_private = detail::is_private<T>,
        .decode = [](const Bytes& object,
                     const std::string& deserializer) -> std::shared_ptr<const void> {
          if constexpr (DecodesShared<T>) {
            if (deserializer.empty()) return Codec<T>::decode_shared(object);
            return std::make_shared<const T>(find_serializer<T>(deserializer)->from_bytes(object));
          } else {
            return std::make_shared<const T>(deserialize_with<T>(object, deserializer));
          }
        },
        .from_array = from_array_of<T>()};
  }();
  return type;
}

/// Fetches the object of one proxy; shared by the proxy's copies. @threadsafe
class PROXYSTORE_EXPORT ProxyFactory {
 public:
  ProxyFactory() = default;
  ProxyFactory(const ProxyFactory&) = delete;
  ProxyFactory& operator=(const ProxyFactory&) = delete;
  virtual ~ProxyFactory();

  /// The object, never null, as a `const T` of the proxy's T.
  [[nodiscard]] virtual std::shared_ptr<const void> resolve() = 0;

  /// Starts to fetch in the background. @throws ProxyStoreFactoryError if no store made the proxy
  virtual void resolve_async();

  /// The object's key, or null if no store made the proxy.
  [[nodiscard]] virtual const Key* key() const noexcept { return nullptr; }

  /// Name of the store, or empty.
  [[nodiscard]] virtual std::string_view store_name() const noexcept { return {}; }

  /// Which part of an array it fetches, or null: all of the object.
  [[nodiscard]] virtual const Box* box() const noexcept { return nullptr; }

  /// One for @p box of the array that this one fetches.
  /// @throws ProxyStoreFactoryError if no store made the proxy, ArgumentError
  [[nodiscard]] virtual std::shared_ptr<ProxyFactory> with_box(Box box,
                                                               const ObjectType& type) const;

  /// Of the array that it fetches. @throws as resolve(), ProxyStoreFactoryError
  [[nodiscard]] virtual std::vector<std::uint64_t> extents() const;

  /// The proxy's form in messages.
  /// @throws ProxyStoreFactoryError if no store made the proxy
  [[nodiscard]] virtual Bytes to_wire() const;
};

/// A factory that calls a function.
class CallableFactory final : public ProxyFactory {
 public:
  explicit CallableFactory(std::function<std::shared_ptr<const void>()> function)
      : function_(std::move(function)) {}
  [[nodiscard]] std::shared_ptr<const void> resolve() override { return function_(); }

 private:
  std::function<std::shared_ptr<const void>()> function_;
};

/// Rebuilds the factory of a proxy of @p type from its form in a message. A link-time seam: the
/// engine defines it (src/store_factory.cpp).
/// @throws MessageError if @p wire is malformed, SerializationError if it is a proxy of another
/// type
[[nodiscard]] PROXYSTORE_EXPORT std::shared_ptr<ProxyFactory> make_factory(ByteSpan wire,
                                                                           const ObjectType& type);

}  // namespace proxystore::inline v0::detail
