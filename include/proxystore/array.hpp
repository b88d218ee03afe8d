// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Array<T, Rank>: numbers in up to 32 dimensions that share the memory they were fetched into.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "proxystore/bytes.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/detail/items.hpp"
#include "proxystore/error.hpp"
#include "proxystore/export.hpp"
#include "proxystore/float16.hpp"
#include "proxystore/serialize/codec.hpp"
#include "proxystore/serialize/serialized_object.hpp"
#include "proxystore/serialize/type_name.hpp"

/// Whether Array's operator() checks its indices. One value for all sources of a program, or they
/// would define one function in two ways: CMake's option of this name sets it for all that link the
/// library. It does not follow NDEBUG, which may differ between sources.
#ifndef PROXYSTORE_CHECK_INDICES
#define PROXYSTORE_CHECK_INDICES 0
#endif

namespace proxystore::inline v0 {

/// Which dimension's elements are neighbours in memory: the last one's (C) or the first one's.
using Order = ObjectInfo::Order;

/// Elements of arrays: numbers, complex numbers and bool, as numpy has them, and plain structs that
/// PROXYSTORE_TRIVIAL_TYPE declares.
template <class T>
concept ArrayElement =
    detail::is_numpy_element<T> || std::same_as<T, bool> || std::same_as<T, Float16>;

namespace detail {

/// Extents as connectors have them.
template <std::size_t Rank>
std::vector<std::uint64_t> shape_of(const std::array<std::size_t, Rank>& extents) {
  return {extents.begin(), extents.end()};
}

/// The bytes of an array of @p shape, whose elements have @p element_bytes.
/// @throws ArgumentError if there are more than memory can have
[[nodiscard]] PROXYSTORE_EXPORT std::size_t bytes_of_array(std::span<const std::uint64_t> shape,
                                                           std::size_t element_bytes);

[[noreturn]] PROXYSTORE_EXPORT void throw_index_outside(std::size_t dimension, std::uint64_t index,
                                                        std::uint64_t extent);

/// Throws ArgumentError unless an array of @p shape has @p bytes.
PROXYSTORE_EXPORT void require_size(std::span<const std::uint64_t> shape, std::size_t element_bytes,
                                    std::size_t bytes);

/// Throws SerializationError unless each byte is 0 or 1.
PROXYSTORE_EXPORT void require_booleans(ByteSpan bytes);

}  // namespace detail

template <ArrayElement T, std::size_t Rank>
struct ArrayView;

/// An immutable array whose copies share its elements, which lie one after the other in C or
/// Fortran order and begin on a 64-byte boundary. A value: copying costs a reference count.
///
/// Got from a store it has no copy of its own where the store's memory is mapped (mpi, local,
/// file), or where the elements lie well in the answer that came: only arrays that Python wrote do
/// not, and are copied once. In a store it is an .npy image, which numpy reads.
/// @threadsafe Distinct copies may be used from any thread.
template <ArrayElement T, std::size_t Rank>
class Array {
  static_assert(Rank <= 32, "numpy's arrays have at most 32 dimensions");

 public:
  using value_type = T;
  using const_iterator = const T*;
  using iterator = const_iterator;
  /// Sizes, or indices, by dimension.
  using Extents = std::array<std::size_t, Rank>;

  /// No elements; of rank 0, one that is 0.
  Array() {
    if constexpr (Rank == 0) {
      const T zero{};
      elements_ = Bytes::copy_of(std::as_bytes(std::span(&zero, 1)));
    }
  }

  /// An array over @p elements, which are as many as the product of @p extents says. They are
  /// copied only if they do not begin on a 64-byte boundary.
  /// @throws ArgumentError if they are more or fewer
  Array(Bytes elements, const Extents& extents, Order order = Order::c)
      : extents_(extents), order_(order) {
    detail::require_size(detail::shape_of(extents), sizeof(T), elements.size());
    elements_ = detail::aligned(std::move(elements));
    std::size_t stride = 1;
    for (std::size_t i = 0; i < Rank; ++i) {
      const std::size_t dimension = order == Order::c ? Rank - 1 - i : i;
      strides_[dimension] = stride;
      stride *= extents_[dimension];
    }
  }

  /// An array of a copy of @p elements.
  [[nodiscard]] static Array copy_of(std::span<const T> elements, const Extents& extents,
                                     Order order = Order::c) {
    return Array(Bytes::copy_of(std::as_bytes(elements)), extents, order);
  }

  /// An array of a copy of the elements of @p view. @throws ArgumentError as above
  explicit Array(const ArrayView<T, Rank>& view);

  [[nodiscard]] static constexpr std::size_t rank() noexcept { return Rank; }
  [[nodiscard]] const Extents& extents() const noexcept { return extents_; }
  [[nodiscard]] std::size_t extent(std::size_t dimension) const noexcept {
    return extents_[dimension];
  }
  [[nodiscard]] Order order() const noexcept { return order_; }
  /// Between neighbours in each dimension, in elements.
  [[nodiscard]] const Extents& strides() const noexcept { return strides_; }
  /// Of all elements together.
  [[nodiscard]] std::size_t size() const noexcept { return elements_.size() / sizeof(T); }
  [[nodiscard]] bool empty() const noexcept { return elements_.empty(); }
  [[nodiscard]] const T* data() const noexcept {
    return reinterpret_cast<const T*>(elements_.data());
  }

  /// The elements as they lie in memory. @lifetime while any copy of the array lives
  [[nodiscard]] std::span<const T> values() const noexcept { return {data(), size()}; }
  operator std::span<const T>() const noexcept { return values(); }  // NOLINT(*-explicit-*)
  [[nodiscard]] const T* begin() const noexcept { return data(); }
  [[nodiscard]] const T* end() const noexcept { return data() + size(); }

  /// Of an array of one dimension that is not empty.
  [[nodiscard]] const T& front() const noexcept requires(Rank == 1) { return *data(); }
  [[nodiscard]] const T& back() const noexcept requires(Rank == 1) { return data()[size() - 1]; }
  /// As operator(), of an array of one dimension.
  [[nodiscard]] const T& operator[](std::size_t index) const requires(Rank == 1) {
    return (*this)(index);
  }

  /// The memory, shared.
  [[nodiscard]] const Bytes& bytes() const noexcept { return elements_; }

  /// One element. Its indices are checked as by at() where PROXYSTORE_CHECK_INDICES is 1, and not
  /// at all otherwise.
  template <std::integral... Indices>
  requires(sizeof...(Indices) == Rank) [[nodiscard]] const T& operator()(Indices... indices) const {
    if constexpr (PROXYSTORE_CHECK_INDICES != 0) {
      return at(indices...);
    } else {
      return data()[offset({static_cast<std::size_t>(indices)...})];
    }
  }

  /// One element. @throws ArgumentError naming the index that is outside
  template <std::integral... Indices>
  requires(sizeof...(Indices) == Rank) [[nodiscard]] const T& at(Indices... indices) const {
    const Extents all{static_cast<std::size_t>(indices)...};
    for (std::size_t i = 0; i < Rank; ++i) {
      if (all[i] >= extents_[i]) detail::throw_index_outside(i, all[i], extents_[i]);
    }
    return data()[offset(all)];
  }

  /// The array as an mdspan of your library: `array.as<std::mdspan<const T, dextents>>()`, or
  /// Kokkos' one. Its layout may be right, left or stride, and has to be that of the elements.
  /// @lifetime while any copy of the array lives @throws ArgumentError if the layout is another
  template <class Mdspan>
  requires(Mdspan::rank() == Rank) [[nodiscard]] Mdspan as() const {
    using Mapping = typename Mdspan::mapping_type;
    using MdExtents = typename Mdspan::extents_type;
    using Index = typename Mdspan::index_type;
    std::array<Index, Rank> sizes{};
    std::array<Index, Rank> steps{};
    for (std::size_t i = 0; i < Rank; ++i) {
      sizes[i] = static_cast<Index>(extents_[i]);
      steps[i] = static_cast<Index>(strides_[i]);
    }
    if constexpr (std::is_constructible_v<Mapping, MdExtents, std::array<Index, Rank>>) {
      return Mdspan(data(), Mapping(MdExtents(sizes), steps));
    } else {
      const Mapping mapping{MdExtents(sizes)};
      for (std::size_t i = 0; i < Rank && !empty(); ++i) {
        if (extents_[i] > 1 && mapping.stride(i) != steps[i]) {
          throw ArgumentError("the elements of this array are in the other order");
        }
      }
      return Mdspan(data(), mapping);
    }
  }

  /// Compares extents and elements, each with that of the same indices, whatever the orders.
  friend bool operator==(const Array& a, const Array& b) {
    if (a.extents_ != b.extents_) return false;
    if (a.strides_ == b.strides_) return std::equal(a.begin(), a.end(), b.begin());
    Extents at{};
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!(a.data()[a.offset(at)] == b.data()[b.offset(at)])) return false;
      for (std::size_t dimension = Rank;
           dimension-- > 0 && ++at[dimension] == a.extents_[dimension];)
        at[dimension] = 0;
    }
    return true;
  }

 private:
  [[nodiscard]] std::size_t offset(const Extents& indices) const noexcept {
    std::size_t offset = 0;
    for (std::size_t i = 0; i < Rank; ++i) offset += indices[i] * strides_[i];
    return offset;
  }

  Bytes elements_;
  Extents extents_{};
  Extents strides_{};
  Order order_ = Order::c;
};

/// Elements of the caller, with their extents, to be stored from where they are: `store->proxy(
/// ArrayView<double, 2>{field, {rows, columns}})`, a Proxy<Array<double, 2>>. They are read back as
/// an Array, or a vector.
/// @lifetime the elements are the caller's
template <ArrayElement T, std::size_t Rank>
struct ArrayView {
  std::span<const T> elements{};
  std::array<std::size_t, Rank> extents{};
  Order order = Order::c;
};

template <ArrayElement T, std::size_t Rank>
Array<T, Rank>::Array(const ArrayView<T, Rank>& view)
    : Array(copy_of(view.elements, view.extents, view.order)) {}

template <class T, std::size_t Rank>
struct TypeName<Array<T, Rank>> {
  static std::string get() {
    return "ndarray<" + detail::numpy_dtype<T>() + "," + std::to_string(Rank) + ">";
  }
};
template <class T, std::size_t Rank>
struct TypeName<ArrayView<T, Rank>> : TypeName<Array<T, Rank>> {};

namespace detail {

template <class T, std::size_t Rank>
struct Codec<Array<T, Rank>> {
  static constexpr bool has_frame = true;
  static constexpr bool views_memory = true;

  static void encode(const Array<T, Rank>& value, SerializedObject& target) {
    write_array(target, numpy_dtype<T>(), shape_of(value.extents()), value.order());
    append_elements(target, value.values());
  }
  static Array<T, Rank> decode(const Bytes& object) {
    NpyArray array = read_array(object.span(), numpy_dtype<T>(), Rank);
    return from_array({.dtype = std::move(array.dtype),
                       .shape = std::move(array.shape),
                       .order = array.fortran_order ? Order::fortran : Order::c,
                       .elements = object.slice(array.size)});
  }
  static Array<T, Rank> from_array(const StoredArray& array) {
    require_array(array.dtype, array.shape, numpy_dtype<T>(), Rank);
    std::array<std::size_t, Rank> extents{};
    std::ranges::copy(array.shape, extents.begin());
    if constexpr (std::same_as<T, bool>) require_booleans(array.elements.span());
    if constexpr (DeclaredTrivial<T>) require_booleans(layout_of<T>(), array.elements.span());
    return Array<T, Rank>(array.elements, extents, array.order);
  }
};

template <class T, std::size_t Rank>
struct Codec<ArrayView<T, Rank>> {
  static constexpr bool has_frame = true;

  static void encode(const ArrayView<T, Rank>& value, SerializedObject& target) {
    const auto shape = shape_of(value.extents);
    require_size(shape, sizeof(T), value.elements.size_bytes());
    write_array(target, numpy_dtype<T>(), shape, value.order);
    append_elements(target, value.elements);
  }
};

template <class T, std::size_t Rank>
struct StoredAs<ArrayView<T, Rank>> {
  using Type = Array<T, Rank>;
};

}  // namespace detail

}  // namespace proxystore::inline v0

// Copies of an array share its elements: it is a view, which keeps them. So a view of a temporary
// one, as of `*proxy | std::views::reverse`, is good.
/// @cond
template <class T, std::size_t Rank>
inline constexpr bool std::ranges::enable_view<proxystore::Array<T, Rank>> = true;
/// @endcond
