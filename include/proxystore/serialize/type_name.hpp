// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Structural names of types, the same for every compiler, and their 64-bit fingerprints. They let
/// a reader refuse bytes that were written as another type.

#include <array>
#include <chrono>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "proxystore/bytes.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// Specialised for every type that has a name: `static std::string get()`. Arithmetic types and
/// standard containers have one; give your own types one with PROXYSTORE_TYPE_NAME.
template <class T>
struct TypeName;

/// Types whose stored bytes are labelled, and checked when they are read.
template <class T>
concept NamedType = requires {
  { TypeName<T>::get() } -> std::convertible_to<std::string>;
};

namespace detail {

/// XXH3-64 of @p name.
[[nodiscard]] PROXYSTORE_EXPORT std::uint64_t fingerprint_of(std::string_view name) noexcept;

template <class... Ts>
std::string joined_names(std::string_view outer) {
  std::string name(outer);
  name += '<';
  ((name += TypeName<Ts>::get(), name += ','), ...);
  if (name.back() == ',') name.pop_back();
  name += '>';
  return name;
}

}  // namespace detail

/// The fingerprint of @p T's structural name.
template <NamedType T>
[[nodiscard]] std::uint64_t type_fingerprint() {
  static const std::uint64_t fingerprint = detail::fingerprint_of(TypeName<T>::get());
  return fingerprint;
}

// Numbers: kind and width, so that `long` and `long long` of one width are one type.
template <std::integral T>
struct TypeName<T> {
  static std::string get() {
    if constexpr (std::is_same_v<T, bool>) return "bool";
    return (std::is_signed_v<T> ? "i" : "u") + std::to_string(sizeof(T));
  }
};
template <std::floating_point T>
struct TypeName<T> {
  static std::string get() { return "f" + std::to_string(sizeof(T)); }
};
/// An enumeration that has no name of its own is known by what it is made of, as numbers are.
template <class T>
requires std::is_enum_v<T>
struct TypeName<T> {
  static std::string get() { return "enum<" + TypeName<std::underlying_type_t<T>>::get() + ">"; }
};
template <>
struct TypeName<std::byte> {
  static std::string get() { return "byte"; }
};
template <>
struct TypeName<Bytes> {
  static std::string get() { return "bytes"; }
};
template <>
struct TypeName<std::string> {
  static std::string get() { return "string"; }
};
template <>
struct TypeName<std::monostate> {
  static std::string get() { return "monostate"; }
};

/// Names a standard template by its name and the names of its arguments.
#define PROXYSTORE_CONTAINER_NAME(name, parameters, type, ...)                   \
  template <parameters>                                                          \
  struct TypeName<type> {                                                        \
    static std::string get() { return detail::joined_names<__VA_ARGS__>(name); } \
  }
#define PROXYSTORE_PACK(...) __VA_ARGS__

PROXYSTORE_CONTAINER_NAME("vector", NamedType T, std::vector<T>, T);
PROXYSTORE_CONTAINER_NAME("deque", NamedType T, std::deque<T>, T);
PROXYSTORE_CONTAINER_NAME("list", NamedType T, std::list<T>, T);
PROXYSTORE_CONTAINER_NAME("set", NamedType T, std::set<T>, T);
PROXYSTORE_CONTAINER_NAME("unordered_set", NamedType T, std::unordered_set<T>, T);
PROXYSTORE_CONTAINER_NAME("optional", NamedType T, std::optional<T>, T);
PROXYSTORE_CONTAINER_NAME("complex", NamedType T, std::complex<T>, T);
PROXYSTORE_CONTAINER_NAME("unique_ptr", NamedType T, std::unique_ptr<T>, T);
PROXYSTORE_CONTAINER_NAME("shared_ptr", NamedType T, std::shared_ptr<T>, T);
PROXYSTORE_CONTAINER_NAME("pair", PROXYSTORE_PACK(NamedType A, NamedType B),
                          PROXYSTORE_PACK(std::pair<A, B>), A, B);
PROXYSTORE_CONTAINER_NAME("map", PROXYSTORE_PACK(NamedType K, NamedType V),
                          PROXYSTORE_PACK(std::map<K, V>), K, V);
PROXYSTORE_CONTAINER_NAME("unordered_map", PROXYSTORE_PACK(NamedType K, NamedType V),
                          PROXYSTORE_PACK(std::unordered_map<K, V>), K, V);
PROXYSTORE_CONTAINER_NAME("tuple", NamedType... Ts, std::tuple<Ts...>, Ts...);
PROXYSTORE_CONTAINER_NAME("variant", NamedType... Ts, std::variant<Ts...>, Ts...);

#undef PROXYSTORE_PACK
#undef PROXYSTORE_CONTAINER_NAME

template <NamedType T, std::size_t N>
struct TypeName<std::array<T, N>> {
  static std::string get() { return "array<" + TypeName<T>::get() + "," + std::to_string(N) + ">"; }
};
template <NamedType Rep, std::intmax_t Num, std::intmax_t Den>
struct TypeName<std::chrono::duration<Rep, std::ratio<Num, Den>>> {
  static std::string get() {
    return "duration<" + TypeName<Rep>::get() + "," + std::to_string(Num) + "/" +
           std::to_string(Den) + ">";
  }
};

}  // namespace proxystore::inline v0

/// Names a type of your own, at global scope: `PROXYSTORE_TYPE_NAME(Mesh, "mesh/1");`. Change the
/// name when the stored form changes, and older objects are refused instead of misread.
#define PROXYSTORE_TYPE_NAME(type, name)        \
  template <>                                   \
  struct proxystore::TypeName<type> {           \
    static std::string get() { return (name); } \
  }
