// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// serialize() and deserialize(), and serializers of your own that configurations and proxies can
/// name. The frames are described in serialize/codec.hpp.

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>

#include "proxystore/bytes.hpp"
#include "proxystore/error.hpp"
#include "proxystore/export.hpp"
#include "proxystore/serialize/codec.hpp"
#include "proxystore/serialize/serialized_object.hpp"
#include "proxystore/serialize/type_name.hpp"

namespace proxystore::inline v0 {

/// Types that have a stored form without a serializer of their own.
template <class T>
concept Serializable = std::same_as<T, Bytes> || std::same_as<T, std::vector<std::byte>> ||
    std::same_as<T, std::string> || detail::HasFrame<T> ||
    (NamedType<T>&& detail::CerealWritable<T>);

/// The stored form of @p value. @lifetime large blocks refer to @p value's memory
/// @throws SerializationError
template <class T>
[[nodiscard]] SerializedObject serialize(const T& value) {
  SerializedObject object;
  detail::Codec<T>::encode(value, object);
  return object;
}

/// The value whose stored form is @p object.
/// @throws SerializationError if the bytes are not a T
template <class T>
[[nodiscard]] T deserialize(const Bytes& object) {
  return detail::Codec<T>::decode(object);
}

/// How to write a T: by default, by the name of a registered serializer, or by a function.
template <class T>
class Serializer {
 public:
  using Function = std::function<Bytes(const T&)>;

  Serializer() = default;
  Serializer(std::string name) : how_(std::move(name)) {}    // NOLINT(*-explicit-*)
  Serializer(const char* name) : how_(std::string(name)) {}  // NOLINT(*-explicit-*)
  template <class F>
  requires std::is_invocable_r_v<Bytes, F, const T&> Serializer(F function)
      : how_(Function(std::move(function))) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] const std::string* name() const noexcept { return std::get_if<std::string>(&how_); }
  [[nodiscard]] const Function* function() const noexcept { return std::get_if<Function>(&how_); }
  [[nodiscard]] bool is_default() const noexcept { return how_.index() == 0; }

 private:
  std::variant<std::monostate, std::string, Function> how_;
};

/// How to read a T: by default, by the name of a registered serializer, or by a function. A
/// function cannot travel in a proxy; a name can.
template <class T>
class Deserializer {
 public:
  using Function = std::function<T(const Bytes&)>;

  Deserializer() = default;
  Deserializer(std::string name) : how_(std::move(name)) {}    // NOLINT(*-explicit-*)
  Deserializer(const char* name) : how_(std::string(name)) {}  // NOLINT(*-explicit-*)
  template <class F>
  requires std::is_invocable_r_v<T, F, const Bytes&> Deserializer(F function)
      : how_(Function(std::move(function))) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] const std::string* name() const noexcept { return std::get_if<std::string>(&how_); }
  [[nodiscard]] const Function* function() const noexcept { return std::get_if<Function>(&how_); }

 private:
  std::variant<std::monostate, std::string, Function> how_;
};

namespace detail {

template <class T>
struct NamedSerializer {
  std::function<Bytes(const T&)> to_bytes;
  std::function<T(const Bytes&)> from_bytes;
};

PROXYSTORE_EXPORT void add_serializer(const std::string& name, const std::type_info& type,
                                      std::shared_ptr<const void> serializer);
/// @throws SerializationError that lists the names known for the type
[[nodiscard]] PROXYSTORE_EXPORT std::shared_ptr<const void> find_serializer(
    std::string_view name, const std::type_info& type);

template <class T>
std::shared_ptr<const NamedSerializer<T>> find_serializer(std::string_view name) {
  return std::static_pointer_cast<const NamedSerializer<T>>(find_serializer(name, typeid(T)));
}

/// Writes @p value as @p how says, or by the serializer @p fallback if it says nothing and that is
/// not empty.
template <class T>
SerializedObject serialize_with(const T& value, const Serializer<T>& how,
                                const std::string& fallback) {
  SerializedObject object;
  const std::string* name = how.name() != nullptr ? how.name() : &fallback;
  if (how.function() != nullptr) {
    object.share((*how.function())(value));
  } else if (!name->empty()) {
    object.share(find_serializer<T>(*name)->to_bytes(value));
  } else if constexpr (Serializable<T>) {
    Codec<T>::encode(value, object);
  } else if constexpr (!is_custom_type<T>) {
    require_stored_form<T>();
  } else {
    throw SerializationError("no serializer was named for type " + TypeName<T>::get() +
                             ", which PROXYSTORE_CUSTOM_TYPE declares to have one");
  }
  return object;
}

/// Reads a T by the default, or by the registered serializer @p name if it is not empty.
template <class T>
T deserialize_with(const Bytes& object, const std::string& name) {
  if (!name.empty()) return find_serializer<T>(name)->from_bytes(object);
  if constexpr (Serializable<T>) {
    return Codec<T>::decode(object);
  } else if constexpr (!is_custom_type<T>) {
    require_stored_form<T>();
  } else {
    throw SerializationError("no deserializer was named for type " + TypeName<T>::get() +
                             ", which PROXYSTORE_CUSTOM_TYPE declares to have one");
  }
}

}  // namespace detail

/// Makes a pair of functions known by @p name for objects of type T, in this process. Every process
/// that reads such objects must register the name.
/// @threadsafe
/// @throws SerializationError if @p name is registered for T already
template <class T>
void register_serializer(const std::string& name,
                         std::type_identity_t<std::function<Bytes(const T&)>> to_bytes,
                         std::type_identity_t<std::function<T(const Bytes&)>> from_bytes) {
  detail::add_serializer(
      name, typeid(T),
      std::make_shared<const detail::NamedSerializer<T>>(
          detail::NamedSerializer<T>{std::move(to_bytes), std::move(from_bytes)}));
}

}  // namespace proxystore::inline v0

/// Names a type that is written and read by serializers alone, at global scope: by those that
/// register_serializer() made known and a store or a call names, or by functions given to calls.
#define PROXYSTORE_CUSTOM_TYPE(type, name) \
  PROXYSTORE_TYPE_NAME(type, name);        \
  template <>                              \
  inline constexpr bool proxystore::detail::is_custom_type<type> = true
