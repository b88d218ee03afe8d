// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Cereal archives over our buffers: the writer records large blocks by reference, the reader
/// compares every size with the bytes that remain. This is the only place that names cereal.

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <span>
#include <type_traits>
#include <typeinfo>
#include <unordered_map>
#include <vector>

#include <cereal/cereal.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/chrono.hpp>
#include <cereal/types/complex.hpp>
#include <cereal/types/deque.hpp>
#include <cereal/types/list.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/polymorphic.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/unordered_map.hpp>
#include <cereal/types/unordered_set.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>

#include "proxystore/error.hpp"
#include "proxystore/serialize/living_values.hpp"
#include "proxystore/serialize/serialized_object.hpp"
#include "proxystore/serialize/trivial_type.hpp"

namespace proxystore::inline v0::detail {

/// Writes into a SerializedObject. Blocks that provably live are recorded by reference, others are
/// copied: living_values.hpp has the proof.
class OutputArchive : public cereal::OutputArchive<OutputArchive, cereal::AllowEmptyClassElision> {
 public:
  explicit OutputArchive(SerializedObject& target)
      : cereal::OutputArchive<OutputArchive, cereal::AllowEmptyClassElision>(this),
        target_(target) {}

  void write(const void* data, std::size_t size) {
    const ByteSpan block(static_cast<const std::byte*>(data), size);
    if (living_.cover(block)) {
      target_.refer(block);
    } else {
      target_.copy(block);
    }
  }

  void copy(const void* data, std::size_t size) {
    target_.copy(ByteSpan(static_cast<const std::byte*>(data), size));
  }

  [[nodiscard]] LivingValues& living() noexcept { return living_; }

 private:
  SerializedObject& target_;
  LivingValues living_;
};

/// Reads from a ByteReader. What it reads may come from anybody, so two things that cereal takes on
/// trust are looked at: that a shared pointer which was read before leads to an object of the type
/// that it is asked for as, and that a registered type which is named derives from the one asked
/// for.
class InputArchive : public cereal::InputArchive<InputArchive, cereal::AllowEmptyClassElision> {
  using Base = cereal::InputArchive<InputArchive, cereal::AllowEmptyClassElision>;

 public:
  explicit InputArchive(ByteReader& source) : Base(this), source_(source) {}

  void read(void* into, std::size_t size) { source_.read(into, size); }

  /// A container's count, of elements of at least @p size bytes, cannot exceed the bytes that
  /// remain: refused before memory is taken.
  void check_count(std::uint64_t count, std::size_t size = 1) const {
    if (count > source_.remaining() / size) {
      source_.fail_truncated(static_cast<std::size_t>(count));
    }
  }

  void enter() {
    if (++depth_ > deepest_value) throw_too_deep();
  }
  void leave() noexcept { --depth_; }

  /// A pointer to @p asked_for is read next: to it itself, or to a class that derives from it.
  void expect(const std::type_info& asked_for) noexcept { asked_for_ = &asked_for; }

  /// An object of @p type is read now for that pointer.
  void expect_object(const std::type_info& type) {
    pointee_ = &type;
    if (type != *asked_for_ &&
        !cereal::detail::PolymorphicCasters::lookup_if_exists(*asked_for_, type).first) {
      throw SerializationError(
          "a pointer leads to an object of a class that does not derive from "
          "the one asked for");
    }
  }

  // Cereal calls these by their names, while it reads what expect_object() was called for.

  template <class T>
  void registerSharedPointer(std::uint32_t id, const std::shared_ptr<T>& pointer) {  // NOLINT
    shared_types_.insert_or_assign(id & ~cereal::detail::msb_32bit, &typeid(T));
    Base::registerSharedPointer(id, pointer);
  }

  std::shared_ptr<void> getSharedPointer(std::uint32_t id) {  // NOLINT
    const auto found = shared_types_.find(id);
    if (id != 0 && (found == shared_types_.end() || *found->second != *pointee_)) {
      throw SerializationError("a shared pointer leads to an object of another type, or to none");
    }
    return Base::getSharedPointer(id);
  }

 private:
  ByteReader& source_;
  std::size_t depth_ = 0;
  const std::type_info* asked_for_ = &typeid(void);
  const std::type_info* pointee_ = &typeid(void);
  std::unordered_map<std::uint32_t, const std::type_info*> shared_types_;
};

/// Values that may have others inside. Cereal's own types are wrappers around one, such as
/// NameValuePair: they are made where they are handed over, and lead to what they were made for.
template <class T>
inline constexpr bool is_composite =
    (std::is_class_v<T> || std::is_array_v<T>)&&!compilers_name<T>().starts_with("cereal::");

template <class T>
void prologue(OutputArchive& archive, const T& value) {
  if constexpr (is_composite<T>) archive.living().enter(value);
}
template <class T>
void epilogue(OutputArchive& archive, const T&) {
  if constexpr (is_composite<T>) archive.living().leave();
}

template <class T>
inline constexpr bool is_smart_pointer = is_owning_pointer<T>;
template <class T>
inline constexpr bool is_smart_pointer<std::weak_ptr<T>> = true;

template <class T>
void prologue(InputArchive& archive, const T&) {
  if constexpr (is_composite<T>) archive.enter();
  if constexpr (is_smart_pointer<T>) archive.expect(typeid(typename T::element_type));
}
template <class Pointer>
void prologue(InputArchive& archive, const cereal::memory_detail::PtrWrapper<Pointer&>&) {
  archive.expect_object(typeid(typename Pointer::element_type));
}
template <class T>
void epilogue(InputArchive& archive, const T&) {
  if constexpr (is_composite<T>) archive.leave();
}

// How the archives treat what cereal leaves to them.

template <class T>
requires std::is_arithmetic_v<T>
void CEREAL_SAVE_FUNCTION_NAME(OutputArchive& archive, const T& value) {
  archive.copy(std::addressof(value), sizeof value);
}
template <class T>
requires std::is_arithmetic_v<T>
void CEREAL_LOAD_FUNCTION_NAME(InputArchive& archive, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    std::uint8_t byte = 0;
    archive.read(&byte, sizeof byte);
    if (byte > 1) throw SerializationError("a boolean is neither 0 nor 1");
    value = byte == 1;
  } else {
    archive.read(std::addressof(value), sizeof value);
  }
}

/// Reads a sequence element by element. Cereal's own functions make all elements before they read
/// the first: a count of a million, which a megabyte may announce, of large ones would take any
/// memory.
template <class Sequence>
void load_sequence(InputArchive& archive, Sequence& sequence) {
  std::size_t count = 0;
  archive(cereal::make_size_tag(count));
  for (sequence.clear(); count > 0; --count) archive(sequence.emplace_back());
}
template <class T, class A>
requires(!std::is_arithmetic_v<T> &&
         !DeclaredTrivial<T>) void CEREAL_LOAD_FUNCTION_NAME(InputArchive& archive,
                                                             std::vector<T, A>& sequence) {
  load_sequence(archive, sequence);
}
template <class T, class A>
void CEREAL_LOAD_FUNCTION_NAME(InputArchive& archive, std::deque<T, A>& sequence) {
  load_sequence(archive, sequence);
}
template <class T, class A>
void CEREAL_LOAD_FUNCTION_NAME(InputArchive& archive, std::list<T, A>& sequence) {
  load_sequence(archive, sequence);
}

// Plain structs, alone and in vectors, are their bytes.
template <DeclaredTrivial T>
void save_elements(OutputArchive& archive, std::span<const T> elements) {
  const ByteSpan bytes = std::as_bytes(elements);
  if (layout_of<T>().padding.empty()) return archive.write(bytes.data(), bytes.size());
  const Bytes clean = without_padding(layout_of<T>(), bytes);
  archive.copy(clean.data(), clean.size());
}
template <DeclaredTrivial T>
void load_elements(InputArchive& archive, std::span<T> elements) {
  archive.read(elements.data(), elements.size_bytes());
  require_booleans(layout_of<T>(), std::as_bytes(elements));
}
template <DeclaredTrivial T>
void CEREAL_SAVE_FUNCTION_NAME(OutputArchive& archive, const T& value) {
  save_elements(archive, std::span(&value, 1));
}
template <DeclaredTrivial T>
void CEREAL_LOAD_FUNCTION_NAME(InputArchive& archive, T& value) {
  load_elements(archive, std::span(&value, 1));
}
template <DeclaredTrivial T, class A>
void CEREAL_SAVE_FUNCTION_NAME(OutputArchive& archive, const std::vector<T, A>& sequence) {
  archive(cereal::make_size_tag(static_cast<cereal::size_type>(sequence.size())));
  save_elements(archive, std::span<const T>(sequence));
}
template <DeclaredTrivial T, class A>
void CEREAL_LOAD_FUNCTION_NAME(InputArchive& archive, std::vector<T, A>& sequence) {
  std::uint64_t count = 0;
  archive(count);
  archive.check_count(count, sizeof(T));
  sequence.resize(static_cast<std::size_t>(count));
  load_elements(archive, std::span<T>(sequence));
}

template <class T>
void CEREAL_SAVE_FUNCTION_NAME(OutputArchive& archive, const cereal::BinaryData<T>& block) {
  archive.write(block.data, static_cast<std::size_t>(block.size));
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(InputArchive& archive, cereal::BinaryData<T>& block) {
  archive.read(block.data, static_cast<std::size_t>(block.size));
}

template <class T>
void CEREAL_SAVE_FUNCTION_NAME(OutputArchive& archive, const cereal::SizeTag<T>& tag) {
  archive(static_cast<std::uint64_t>(tag.size));
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(InputArchive& archive, cereal::SizeTag<T>& tag) {
  std::uint64_t count = 0;
  archive(count);
  archive.check_count(count);
  tag.size = static_cast<std::decay_t<T>>(count);
}

template <class T>
void CEREAL_SAVE_FUNCTION_NAME(OutputArchive& archive, const cereal::NameValuePair<T>& pair) {
  archive(pair.value);
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(InputArchive& archive, cereal::NameValuePair<T>& pair) {
  archive(pair.value);
}

}  // namespace proxystore::inline v0::detail

CEREAL_SETUP_ARCHIVE_TRAITS(proxystore::detail::InputArchive, proxystore::detail::OutputArchive)
CEREAL_REGISTER_ARCHIVE(proxystore::detail::InputArchive)
CEREAL_REGISTER_ARCHIVE(proxystore::detail::OutputArchive)
