// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How a C++ type is framed as stored bytes. The frames are those of Python's proxystore, two
/// letters and a newline, so that both languages read one store:
///
///     BS  bytes     Bytes, std::vector<std::byte>
///     US  text      std::string (UTF-8)
///     NP  array     Array, std::vector of numbers: an .npy image whose data begin on a 64-byte
///                   boundary
///     CB  anything  what cereal can write, after the fingerprint of its type; for C++ only

#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "proxystore/bytes.hpp"
#include "proxystore/error.hpp"
#include "proxystore/export.hpp"
#include "proxystore/float16.hpp"
#include "proxystore/key.hpp"
#include "proxystore/serialize/archive.hpp"
#include "proxystore/serialize/serialized_object.hpp"
#include "proxystore/serialize/trivial_type.hpp"
#include "proxystore/serialize/type_name.hpp"

namespace proxystore::inline v0 {

/// Keys travel in messages, alone and inside other values.
template <>
struct TypeName<Key> {
  static std::string get() { return "key/1"; }
};
template <class Archive>
void serialize(Archive& archive, Key& key) {
  archive(key.id, key.size, key.checksum, key.flags, key.locator);
}

}  // namespace proxystore::inline v0

namespace proxystore::inline v0::detail {

inline constexpr std::string_view bytes_frame = "BS\n";
inline constexpr std::string_view text_frame = "US\n";
inline constexpr std::string_view array_frame = "NP\n";
inline constexpr std::string_view cereal_frame = "CB\n";

/// The two letters and newline at the start of @p object.
/// @throws SerializationError if they are not a frame that C++ reads, saying what they are
[[nodiscard]] PROXYSTORE_EXPORT std::string_view frame_of(ByteSpan object);

/// Throws SerializationError: @p object was asked for as @p wanted, and holds something else.
[[noreturn]] PROXYSTORE_EXPORT void throw_wrong_frame(ByteSpan object, std::string_view wanted);

[[nodiscard]] PROXYSTORE_EXPORT bool is_utf8(std::string_view text) noexcept;

// -- Arrays: the .npy format, version 1.0 to 3.0 (NumPy Enhancement Proposal 1).

/// numpy's name of an element type: kind and width in bytes, or a list of fields.
template <class T>
std::string numpy_dtype() {
  if constexpr (DeclaredTrivial<T>) {
    return layout_of<T>().dtype;
  } else {
    return number_dtype<T>();
  }
}

template <class T>
inline constexpr bool is_numpy_element = is_numpy_number<T> || DeclaredTrivial<T>;

/// What an .npy header says.
struct NpyHeader {
  std::string dtype{};  ///< Such as "<f8", or "[('x', '<f8')]"
  bool fortran_order = false;
  std::vector<std::uint64_t> shape{};
  std::size_t element_size = 0;  ///< Bytes
  std::size_t size = 0;          ///< Bytes of frame and header
  std::size_t data_bytes = 0;    ///< That follow
};

/// The same, and the data behind it.
struct NpyArray : NpyHeader {
  ByteSpan data{};
};

/// Bytes of one element of @p dtype, such as 8 for "<f8".
/// @throws SerializationError if it is neither a plain number nor a struct of such
[[nodiscard]] PROXYSTORE_EXPORT std::size_t element_size(std::string_view dtype);

/// Frame and header for an array whose data follow; a multiple of 64 bytes long.
[[nodiscard]] PROXYSTORE_EXPORT std::string npy_header(std::string_view dtype,
                                                       std::span<const std::uint64_t> shape,
                                                       bool fortran_order = false);

/// Reads frame and header at the front of @p object, whose data need not be there.
/// @throws SerializationError if they cannot be read
[[nodiscard]] PROXYSTORE_EXPORT NpyHeader parse_npy_header(ByteSpan object);

/// Reads frame and header. @throws SerializationError unless shape, dtype and data agree
[[nodiscard]] PROXYSTORE_EXPORT NpyArray parse_npy(ByteSpan object);

/// Begins the stored form of an array: what follows in @p target are its elements.
PROXYSTORE_EXPORT void write_array(SerializedObject& target, std::string_view dtype,
                                   std::vector<std::uint64_t> shape,
                                   ObjectInfo::Order order = ObjectInfo::Order::c);

/// The array whose stored form is @p object. @throws SerializationError unless it is one of
/// @p dtype and @p rank
[[nodiscard]] PROXYSTORE_EXPORT NpyArray read_array(ByteSpan object, std::string_view dtype,
                                                    std::size_t rank);

/// Throws SerializationError unless an array of @p dtype and @p shape is what was asked for.
PROXYSTORE_EXPORT void require_array(std::string_view dtype, std::span<const std::uint64_t> shape,
                                     std::string_view wanted_dtype, std::size_t wanted_rank);

/// @p bytes where their memory begins on a 64-byte boundary: themselves or a copy.
[[nodiscard]] PROXYSTORE_EXPORT Bytes aligned(Bytes bytes);

/// An array whose elements are anywhere in memory.
struct StoredArray {
  std::string dtype{};
  std::vector<std::uint64_t> shape{};
  ObjectInfo::Order order = ObjectInfo::Order::c;
  Bytes elements{};
};

// -- Everything else: cereal.

template <class T>
concept CerealWritable = cereal::traits::is_output_serializable<T, OutputArchive>::value &&
    cereal::traits::is_input_serializable<T, InputArchive>::value;

/// Appends the frame for @p name to @p target.
PROXYSTORE_EXPORT void write_cereal_frame(SerializedObject& target, std::uint64_t fingerprint);

/// Checks the frame and returns what follows it. @p name is for the error's text.
[[nodiscard]] PROXYSTORE_EXPORT ByteSpan read_cereal_frame(ByteSpan object,
                                                           std::uint64_t fingerprint,
                                                           std::string_view name);

/// Throws SerializationError with the text of the exception being handled.
[[noreturn]] PROXYSTORE_EXPORT void rethrow_as_serialization_error(std::string_view what,
                                                                   std::string_view type);

/// Types that are written and read by serializers that are named in calls or stores.
template <class T>
inline constexpr bool is_custom_type = false;

template <class T>
inline constexpr bool has_stored_form = NamedType<T>&& CerealWritable<T>;

/// The error of the compiler for a type that has none.
template <class T>
constexpr void require_stored_form() {
  static_assert(
      has_stored_form<T>,
      "this type, or one inside it, has no stored form. At global scope write\n"
      "PROXYSTORE_TRIVIAL_TYPE(T, \"name/1\", its fields...); for a plain struct,\n"
      "PROXYSTORE_TYPE_NAME(T, \"name/1\"); for one with a cereal function serialize(Archive&), "
      "or\n"
      "PROXYSTORE_CUSTOM_TYPE(T, \"name/1\"); for one that register_serializer() is called for");
}

/// Default form of T: cereal, labelled with the type.
template <class T>
struct Codec {
  static void encode(const T& value, SerializedObject& target) {
    require_stored_form<T>();
    if constexpr (has_stored_form<T>) write(value, target);
  }

  static T decode(const Bytes& object) {
    require_stored_form<T>();
    if constexpr (has_stored_form<T>) return read(object);
  }

 private:
  static void write(const T& value, SerializedObject& target) {
    write_cereal_frame(target, type_fingerprint<T>());
    try {
      OutputArchive archive(target);
      archive(value);
    } catch (const Error&) {
      throw;
    } catch (const std::exception&) {
      rethrow_as_serialization_error("write", TypeName<T>::get());
    }
  }

  static T read(const Bytes& object) {
    const std::string name = TypeName<T>::get();
    ByteReader rest(read_cereal_frame(object.span(), type_fingerprint<T>(), name));
    T value = make();
    try {
      InputArchive archive(rest);
      archive(value);
    } catch (const SerializationError&) {
      throw;
    } catch (const std::exception&) {
      rethrow_as_serialization_error("read", name);
    }
    if (rest.remaining() != 0) {
      throw SerializationError(std::to_string(rest.remaining()) +
                               " bytes follow an object of type " + name);
    }
    return value;
  }

  static T make() {
    static_assert(std::is_default_constructible_v<T>,
                  "reading this type back needs a default constructor");
    return T{};
  }
};

/// Types with a frame of their own, declared by `Codec<T>::has_frame`.
template <class T>
concept HasFrame = requires {
  requires Codec<T>::has_frame;
};

/// Types whose values keep their stored bytes alive instead of copying them.
template <class T>
inline constexpr bool views_memory = std::is_same_v<T, Bytes> || requires {
  requires Codec<T>::views_memory;
};

/// Types whose values can be changed through a const reference, such as views of memory that is not
/// const: each who asks for one gets its own, and none is cached.
template <class T>
inline constexpr bool is_private = requires {
  requires Codec<T>::is_private;
};

/// Types whose values are made of elements without an .npy image around them, of which their memory
/// may be a part: `Codec<T>::from_array()`.
template <class T>
concept MadeOfElements = requires(const StoredArray& array) {
  { Codec<T>::from_array(array) } -> std::same_as<T>;
};

/// Types whose values are made behind a pointer, beside what keeps their memory:
/// `Codec<T>::decode_shared()`.
template <class T>
concept DecodesShared = requires(const Bytes& object) {
  { Codec<T>::decode_shared(object) } -> std::same_as<std::shared_ptr<const T>>;
};

// -- Types of this library.

template <>
struct PROXYSTORE_EXPORT Codec<Bytes> {
  static void encode(const Bytes& value, SerializedObject& target);
  static Bytes decode(const Bytes& object);
};

template <>
struct PROXYSTORE_EXPORT Codec<std::vector<std::byte>> {
  static void encode(const std::vector<std::byte>& value, SerializedObject& target);
  static std::vector<std::byte> decode(const Bytes& object);
};

/// Text that is not UTF-8 would be unreadable in Python, so it travels as a C++ object.
template <>
struct PROXYSTORE_EXPORT Codec<std::string> {
  static void encode(const std::string& value, SerializedObject& target);
  static std::string decode(const Bytes& object);
};

template <class T>
requires is_numpy_element<T>
struct Codec<std::vector<T>> {
  static void encode(const std::vector<T>& value, SerializedObject& target) {
    write_array(target, numpy_dtype<T>(), {value.size()});
    append_elements(target, std::span<const T>(value));
  }

  static std::vector<T> decode(const Bytes& object) {
    const NpyArray array = read_array(object.span(), numpy_dtype<T>(), 1);
    if constexpr (DeclaredTrivial<T>) require_booleans(layout_of<T>(), array.data);
    // Constructing from a range spares the zeroing of memory that is overwritten at once.
    const bool is_aligned = reinterpret_cast<std::uintptr_t>(array.data.data()) % alignof(T) == 0;
    const Bytes data = is_aligned ? object.slice(array.size) : aligned(object.slice(array.size));
    const T* first = reinterpret_cast<const T*>(data.data());
    return std::vector<T>(first, first + data.size() / sizeof(T));
  }
};

}  // namespace proxystore::inline v0::detail
