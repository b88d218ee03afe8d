// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Plain structs, declared in one line, whose stored form is their memory. Vectors and arrays of
/// them are stored with one copy and read as arrays of numbers are. Declared with their fields they
/// are numpy's structured arrays, and compounds in HDF5.
///
/// Padding, the bytes between and behind fields, holds whatever was in memory. It is stored as
/// zeros, so that nothing leaves the process by it, and equal elements have equal bytes: elements
/// with padding are copied once more for that. Of types declared without fields the compiler tells
/// where padding is, if it has __builtin_clear_padding (g++ has); otherwise it is stored as it is.

#include <array>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "proxystore/bytes.hpp"
#include "proxystore/export.hpp"
#include "proxystore/float16.hpp"
#include "proxystore/serialize/serialized_object.hpp"
#include "proxystore/serialize/type_name.hpp"

namespace proxystore::inline v0 {

/// Specialised by PROXYSTORE_TRIVIAL_TYPE.
template <class T>
struct TrivialType;

namespace detail {

/// numpy's name of an element type: kind, and width in bytes.
template <class T>
std::string number_dtype() {
  if constexpr (std::is_same_v<T, std::complex<float>>) return "<c8";
  if constexpr (std::is_same_v<T, std::complex<double>>) return "<c16";
  if constexpr (std::is_same_v<T, bool>) return "|b1";
  if constexpr (std::is_same_v<T, Float16>) return "<f2";
  const char kind = std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u';
  return std::string(sizeof(T) == 1 ? "|" : "<") + kind + std::to_string(sizeof(T));
}

/// Numbers that numpy has, and that mean the same there. `long double` and characters wider than a
/// byte differ between platforms.
template <class T>
inline constexpr bool is_numpy_number =
    (std::is_integral_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, wchar_t> &&
     !std::is_same_v<T, char8_t> && !std::is_same_v<T, char16_t> && !std::is_same_v<T, char32_t>) ||
    std::is_same_v<T, float> || std::is_same_v<T, double> ||
    std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>;

/// What the bytes of an element mean.
struct Layout {
  struct Gap {
    std::size_t offset = 0;
    std::size_t size = 0;
  };

  std::string name{};
  std::string dtype{};  ///< numpy's name, or its list of fields
  std::size_t size = 0;
  std::vector<Gap> padding{};
  std::vector<std::size_t> booleans{};  ///< Offsets of bytes that are 0 or 1
};

/// The same, of the type that declared it and not of one that derives from it.
template <class T>
struct LayoutOf : Layout {};

/// Structs that are declared here, at global scope or in the struct itself.
template <class T>
concept DeclaredTrivial = requires {
  { TrivialType<T>::layout() } -> std::same_as<LayoutOf<T>>;
}
|| requires {
  { T::proxystore_layout() } -> std::same_as<LayoutOf<T>>;
};

template <DeclaredTrivial T>
const Layout& layout_of() {
  static_assert(std::is_trivially_copyable_v<T>,
                "PROXYSTORE_TRIVIAL_TYPE is for types that may be copied as bytes; give others a "
                "cereal function and PROXYSTORE_TYPE_NAME");
  static_assert(alignof(T) <= 64, "elements of arrays are aligned to 64 bytes at most");
  static const Layout layout = [] {
    if constexpr (requires { TrivialType<T>::layout(); }) {
      return TrivialType<T>::layout();
    } else {
      return T::proxystore_layout();
    }
  }();
  return layout;
}

struct Field {
  std::string name{};
  std::size_t offset = 0;
  Layout element{};
  std::vector<std::size_t> shape{};  ///< Of an array of elements
};

/// The layout of a struct of @p size bytes with @p fields, in any order.
/// @throws ArgumentError if they overlap, or are too many to name
[[nodiscard]] PROXYSTORE_EXPORT Layout layout_with(std::string name, std::size_t size,
                                                   std::vector<Field> fields);

/// A copy of @p elements, with zeros as padding.
[[nodiscard]] PROXYSTORE_EXPORT Bytes without_padding(const Layout& layout, ByteSpan elements);

/// Throws SerializationError unless the booleans of all elements are 0 or 1.
PROXYSTORE_EXPORT void require_booleans(const Layout& layout, ByteSpan elements);

template <class T>
Field field(std::string name, std::size_t offset) {
  if constexpr (std::is_enum_v<T>) {
    return field<std::underlying_type_t<T>>(std::move(name), offset);
  } else if constexpr (DeclaredTrivial<T>) {
    return {std::move(name), offset, layout_of<T>(), {}};
  } else if constexpr (std::is_array_v<T>) {
    Field made = field<std::remove_extent_t<T>>(std::move(name), offset);
    made.shape.insert(made.shape.begin(), std::extent_v<T>);
    return made;
  } else if constexpr (requires {
                         std::tuple_size<T>::value;
                         typename T::value_type;
                       }) {
    return field<typename T::value_type[std::tuple_size_v<T>]>(std::move(name), offset);
  } else {
    static_assert(is_numpy_number<T> || std::is_same_v<T, bool> || std::is_same_v<T, Float16>,
                  "fields are numbers, bool, enumerations, std::array and arrays of these, and "
                  "types declared by PROXYSTORE_TRIVIAL_TYPE");
    Layout number{.dtype = number_dtype<T>(), .size = sizeof(T)};
    if constexpr (std::is_same_v<T, bool>) number.booleans = {0};
    return {std::move(name), offset, std::move(number), {}};
  }
}

/// The layout of a T with @p fields; without any its bytes are one field with the type's name.
template <class T>
LayoutOf<T> make_layout(std::string name, std::vector<Field> fields) {
  if (!fields.empty()) return {layout_with(std::move(name), sizeof(T), std::move(fields))};
  Layout bytes{.dtype = "|V" + std::to_string(sizeof(T)), .size = sizeof(T)};
#if defined(__has_builtin)
#if __has_builtin(__builtin_clear_padding)
  if constexpr (std::is_trivially_copyable_v<T>) {
    alignas(T) std::array<unsigned char, sizeof(T)> marked{};
    marked.fill(0xff);
    __builtin_clear_padding(reinterpret_cast<T*>(marked.data()));
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      if (marked[i] == 0) bytes.padding.push_back({i, 1});
    }
  }
#endif
#endif
  return {layout_with(name, sizeof(T), {Field{name, 0, std::move(bytes), {}}})};
}

/// The bytes of @p elements to store: those without padding, which @p kept keeps, if there is any.
template <class T>
ByteSpan storable(std::span<const T> elements, Bytes& kept) {
  if constexpr (DeclaredTrivial<T>) {
    if (!layout_of<T>().padding.empty()) {
      kept = without_padding(layout_of<T>(), std::as_bytes(elements));
      return kept.span();
    }
  }
  return std::as_bytes(elements);
}

/// Appends elements of any type that arrays have, from where they are unless they have padding.
template <class T>
void append_elements(SerializedObject& target, std::span<const T> elements) {
  Bytes kept;
  const ByteSpan bytes = storable(elements, kept);
  if (kept.empty()) {
    target.refer(bytes);
  } else {
    target.share(std::move(kept));
  }
}

}  // namespace detail

template <detail::DeclaredTrivial T>
struct TypeName<T> {
  static std::string get() { return detail::layout_of<T>().name; }
};

}  // namespace proxystore::inline v0

// Does something for each of the fields: each of the four levels looks at all again four times.
#define PROXYSTORE_PARENTHESES ()
#define PROXYSTORE_EXPAND(...) \
  PROXYSTORE_EXPAND_3(PROXYSTORE_EXPAND_3(PROXYSTORE_EXPAND_3(PROXYSTORE_EXPAND_3(__VA_ARGS__))))
#define PROXYSTORE_EXPAND_3(...) \
  PROXYSTORE_EXPAND_2(PROXYSTORE_EXPAND_2(PROXYSTORE_EXPAND_2(PROXYSTORE_EXPAND_2(__VA_ARGS__))))
#define PROXYSTORE_EXPAND_2(...) \
  PROXYSTORE_EXPAND_1(PROXYSTORE_EXPAND_1(PROXYSTORE_EXPAND_1(PROXYSTORE_EXPAND_1(__VA_ARGS__))))
#define PROXYSTORE_EXPAND_1(...) __VA_ARGS__
#define PROXYSTORE_FIELD(type, name, ...)                                         \
  ::proxystore::detail::field<decltype(type::name)>(#name, offsetof(type, name)), \
      __VA_OPT__(PROXYSTORE_NEXT_FIELD PROXYSTORE_PARENTHESES(type, __VA_ARGS__))
#define PROXYSTORE_NEXT_FIELD() PROXYSTORE_FIELD
#define PROXYSTORE_LAYOUT(type, name, ...) \
  ::proxystore::detail::make_layout<type>( \
      name, {__VA_OPT__(PROXYSTORE_EXPAND(PROXYSTORE_FIELD(type, __VA_ARGS__)))})

/// Declares a trivially copyable type of your own, at global scope, by its name and its fields:
/// `PROXYSTORE_TRIVIAL_TYPE(Particle, "particle/1", x, y, id);`. Fields are numbers, bool,
/// enumerations, arrays of these, and types that are declared so themselves; up to 60 of them.
/// Without fields its bytes have no meaning to anybody but programs that know the type.
#define PROXYSTORE_TRIVIAL_TYPE(type, name, ...)                       \
  template <>                                                          \
  struct proxystore::TrivialType<type> {                               \
    static ::proxystore::detail::LayoutOf<type> layout() {             \
      return PROXYSTORE_LAYOUT(type, name __VA_OPT__(, ) __VA_ARGS__); \
    }                                                                  \
  }

/// The same, written inside the struct, which may be local to a function:
/// `struct Step { double t; int n; PROXYSTORE_TRIVIAL_MEMBERS(Step, "step/1", t, n); };`
#define PROXYSTORE_TRIVIAL_MEMBERS(type, name, ...)                  \
  static ::proxystore::detail::LayoutOf<type> proxystore_layout() {  \
    return PROXYSTORE_LAYOUT(type, name __VA_OPT__(, ) __VA_ARGS__); \
  }                                                                  \
  static_assert(true, "so that a semicolon may follow")
