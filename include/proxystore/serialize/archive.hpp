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
#include <type_traits>
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

/// Reads from a ByteReader.
class InputArchive : public cereal::InputArchive<InputArchive, cereal::AllowEmptyClassElision> {
 public:
  explicit InputArchive(ByteReader& source)
      : cereal::InputArchive<InputArchive, cereal::AllowEmptyClassElision>(this), source_(source) {}

  void read(void* into, std::size_t size) { source_.read(into, size); }

  /// A container's count cannot exceed the bytes that remain: refused before memory is taken.
  void check_count(std::uint64_t count) const {
    if (count > source_.remaining()) source_.fail_truncated(static_cast<std::size_t>(count));
  }

 private:
  ByteReader& source_;
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
requires(!std::is_arithmetic_v<T>) void CEREAL_LOAD_FUNCTION_NAME(InputArchive& archive,
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
