// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Kokkos views as objects of stores: Store::put(view), Proxy<Kokkos::View<...>>, resolve_into().
/// Header-only; link ProxyStore::kokkos. Valid for Kokkos 3.4 to 5.
///
/// A view is stored as an array of its elements, which is also read as an Array or by Python. Its
/// type says how it comes back:
///
///     View<const double**, LayoutRight, HostSpace, MemoryTraits<Unmanaged>>
///         has no copy: it views the store's memory, which lives as long as the proxy or
///         proxy.share()
///     View<double**>, View<const double**, CudaSpace> and so on
///         has memory of its own, filled by one copy, from the host to the device if need be. It
///         is nobody else's: stores do not cache such objects. Proxies that hold one must be gone
///         before Kokkos::finalize()
///
/// Elements are numbers, complex numbers (Kokkos::complex, std::complex) and bool. Extents that a
/// type fixes must be those of the object. Views of devices are staged in memory of the host.

#include <algorithm>
#include <array>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <Kokkos_Core.hpp>

#include "proxystore/array.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/error.hpp"
#include "proxystore/proxy.hpp"
#include "proxystore/store_factory.hpp"

namespace proxystore::inline v0::kokkos {

namespace detail {

template <class T, std::size_t Rank>
struct PointerTo {
  using Type = typename PointerTo<T, Rank - 1>::Type*;
};
template <class T>
struct PointerTo<T, 0> {
  using Type = T;
};

/// The element of an Array that has the memory of a T.
template <class T>
struct StoredElement {
  using Type = T;
};
template <class Real>
struct StoredElement<Kokkos::complex<Real>> {
  using Type = std::complex<Real>;
};

template <class View>
using ElementOf = typename StoredElement<typename View::non_const_value_type>::Type;

template <class View>
inline constexpr auto rank_of = static_cast<std::size_t>(View::rank);
template <class View>
inline constexpr auto dynamic_rank_of = static_cast<std::size_t>(View::rank_dynamic);

template <class View>
using ExtentsOf = std::array<std::size_t, rank_of<View>>;

/// Views that a store can hold.
template <class T>
concept StorableView = Kokkos::is_view<T>::value && ArrayElement<ElementOf<T>> &&
                       sizeof(ElementOf<T>) == sizeof(typename T::non_const_value_type);

template <class View>
inline constexpr bool is_const = std::is_const_v<typename View::value_type>;
template <class View>
inline constexpr bool is_unmanaged = View::memory_traits::is_unmanaged;
template <class View>
inline constexpr bool is_on_host =
    Kokkos::SpaceAccessibility<Kokkos::HostSpace, typename View::memory_space>::accessible;
template <class View>
inline constexpr bool has_strides =
    std::is_same_v<typename View::array_layout, Kokkos::LayoutStride>;

template <class View>
ExtentsOf<View> extents_of(const View& view) {
  ExtentsOf<View> extents{};
  for (std::size_t i = 0; i < extents.size(); ++i) extents[i] = view.extent(i);
  return extents;
}

/// Whether the elements lie one after the other in @p order.
template <class View>
bool lies_in(const View& view, Order order) {
  constexpr std::size_t rank = rank_of<View>;
  std::array<std::size_t, rank + 1> strides{};
  view.stride(strides.data());
  std::size_t expected = 1;
  for (std::size_t n = 0; n < rank; ++n) {
    const std::size_t i = order == Order::c ? rank - 1 - n : n;
    if (view.extent(i) > 1 && strides[i] != expected && view.size() > 0) return false;
    expected *= view.extent(i);
  }
  return true;
}

/// A view of @p rank dimensions in memory of its own, or over @p memory.
template <class View, class First, std::size_t... Dynamic>
View construct(const First& first, const ExtentsOf<View>& extents, Order order,
               std::index_sequence<Dynamic...>) {
  if constexpr (has_strides<View>) {
    Kokkos::LayoutStride layout;
    std::size_t stride = 1;
    for (std::size_t n = 0; n < extents.size(); ++n) {
      const std::size_t i = order == Order::c ? extents.size() - 1 - n : n;
      layout.dimension[i] = extents[i];
      layout.stride[i] = stride;
      stride *= extents[i];
    }
    return View(first, layout);
  } else {
    return View(first, extents[Dynamic]...);
  }
}
template <class View, class First>
View construct(const First& first, const ExtentsOf<View>& extents, Order order) {
  const View view =
      construct<View>(first, extents, order, std::make_index_sequence<dynamic_rank_of<View>>());
  if (extents_of(view) != extents) {
    std::string text;
    for (const std::size_t extent : extents) text += " " + std::to_string(extent);
    throw SerializationError("the view asked for has extents that its type fixes, and the object" +
                             std::string(" has the extents") + text);
  }
  return view;
}

/// A view of the layout @p Layout over elements on the host.
template <class View, class Layout>
using HostViewLike =
    Kokkos::View<typename PointerTo<const typename View::non_const_value_type, rank_of<View>>::Type,
                 Layout, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

/// Calls @p function with a view of @p array's elements.
template <class View, class Function>
void with_elements(const Array<ElementOf<View>, rank_of<View>>& array, const Function& function) {
  using Value = typename View::non_const_value_type;
  const auto* elements = reinterpret_cast<const Value*>(array.data());
  if (array.order() == Order::c) {
    using Source = HostViewLike<View, Kokkos::LayoutRight>;
    function(construct<Source>(elements, array.extents(), Order::c));
  } else {
    using Source = HostViewLike<View, Kokkos::LayoutLeft>;
    function(construct<Source>(elements, array.extents(), Order::fortran));
  }
}

/// Copies the elements of @p array to @p view, which has its extents.
template <class View>
void copy_to(const Array<ElementOf<View>, rank_of<View>>& array, const View& view) {
  if constexpr (is_on_host<View>) {
    if (lies_in(view, array.order())) {
      // Kokkos' deep_copy is parallel, and waits for all that was started before; one thread is
      // what fills memory at its speed on most nodes, and waits for nobody.
      if (!array.empty())
        std::memcpy(static_cast<void*>(view.data()), array.data(), array.bytes().size());
      return;
    }
    with_elements<View>(array, [&](const auto& source) { Kokkos::deep_copy(view, source); });
  } else {
    const auto staged = Kokkos::create_mirror_view(view);
    with_elements<View>(array, [&](const auto& source) { Kokkos::deep_copy(staged, source); });
    Kokkos::deep_copy(view, staged);
  }
}

/// The elements of @p view on the host, one after the other, and kept as long as the result.
template <class View>
std::pair<Bytes, Order> elements_of(const View& view) {
  const std::size_t bytes = view.size() * sizeof(typename View::value_type);
  const auto share = [bytes](const auto& host) {
    const auto owner = std::make_shared<std::decay_t<decltype(host)>>(host);
    return Bytes::wrap({reinterpret_cast<const std::byte*>(host.data()), bytes}, owner);
  };
  for (const Order order : {Order::c, Order::fortran}) {
    if (!lies_in(view, order)) continue;
    if constexpr (is_on_host<View>) {
      return {share(view), order};
    } else {
      return {share(Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, view)), order};
    }
  }
  // Elements that lie apart come together where they are: only whole memory moves between spaces.
  using Together =
      Kokkos::View<typename PointerTo<typename View::non_const_value_type, rank_of<View>>::Type,
                   Kokkos::LayoutRight, typename View::memory_space>;
  const auto together = construct<Together>(
      Kokkos::view_alloc(Kokkos::WithoutInitializing, "proxystore"), extents_of(view), Order::c);
  Kokkos::deep_copy(together, view);
  return {share(Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace{}, together)), Order::c};
}

}  // namespace detail

/// A view of @p Rank dimensions over host memory that somebody else owns.
template <class T, std::size_t Rank>
using HostView = Kokkos::View<typename detail::PointerTo<T, Rank>::Type, Kokkos::LayoutRight,
                              Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;

/// @p elements as an array of these @p extents in C order, without a copy: `host_view(*proxy, rows,
/// cols)` is how a proxied vector enters a kernel on the host.
/// @lifetime the elements must outlive the view; keep the proxy, or proxy.share()
/// @throws ArgumentError if the product of the extents is not the number of elements
template <class T, std::integral... Extents>
[[nodiscard]] HostView<T, sizeof...(Extents)> host_view(std::span<T> elements, Extents... extents) {
  static_assert(sizeof...(Extents) >= 1 && sizeof...(Extents) <= 8,
                "Kokkos views have 1 to 8 dimensions");
  const std::size_t product = (std::size_t{1} * ... * static_cast<std::size_t>(extents));
  if (product != elements.size()) {
    throw ArgumentError("a view of " + std::to_string(product) + " elements cannot be made of " +
                        std::to_string(elements.size()));
  }
  return HostView<T, sizeof...(Extents)>(elements.data(), static_cast<std::size_t>(extents)...);
}

/// As above, of the elements of a vector, which must outlive the view.
template <class T, std::integral... Extents>
[[nodiscard]] HostView<const T, sizeof...(Extents)> host_view(const std::vector<T>& elements,
                                                              Extents... extents) {
  return host_view(std::span<const T>(elements), extents...);
}

/// @p array as a view with strides, without a copy.
/// @lifetime the array, or a copy of it, must outlive the view
template <class T, std::size_t Rank>
[[nodiscard]] auto host_view(const Array<T, Rank>& array) {
  static_assert(Rank <= 8, "Kokkos views have at most 8 dimensions");
  using View = Kokkos::View<typename detail::PointerTo<const T, Rank>::Type, Kokkos::LayoutStride,
                            Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  return detail::construct<View>(array.data(), array.extents(), array.order());
}

/// Copies what @p proxy stands for, an array or a view of the same elements, straight to @p view:
/// once on the host, and through memory of the host to a device. The proxy stays unresolved, or
/// resolved; if it evicts, and was not resolved, it does so now.
/// @blocking until the copy is done @threadsafe
/// @throws ArgumentError if the extents are others, ProxyResolveMissingKeyError,
///         SerializationError if it is no array of such elements and that rank
template <class T, class DataType, class... Properties>
void resolve_into(const Proxy<T>& proxy, const Kokkos::View<DataType, Properties...>& view) {
  using View = Kokkos::View<DataType, Properties...>;
  static_assert(detail::StorableView<View>, "arrays of such elements cannot be stored");
  static_assert(!detail::is_const<View>, "the view must be of elements that can be written");
  using Stored = Array<detail::ElementOf<View>, detail::rank_of<View>>;
  const auto copy = [&](const Stored& array) {
    if (array.extents() != detail::extents_of(view)) {
      throw ArgumentError("the view has other extents than the object it is to take");
    }
    detail::copy_to(array, view);
  };
  if constexpr (std::is_same_v<T, Stored>) {
    if (proxy.resolved()) return copy(*proxy);
  }
  const auto& factory = v0::detail::store_factory_of(v0::detail::factory_of(proxy));
  copy(*StoreFactory<Stored>(*factory.key(), factory.travel_config(),
                             {.evict = factory.evicts(),
                              .polling = factory.polling(),
                              .box = factory.box() ? std::optional(*factory.box()) : std::nullopt})
            .resolve());
}

}  // namespace proxystore::inline v0::kokkos

namespace proxystore::inline v0 {

/// As that of the Array of the same elements: a proxy of one can be received as one of the other.
template <kokkos::detail::StorableView View>
struct TypeName<View>
    : TypeName<Array<kokkos::detail::ElementOf<View>, kokkos::detail::rank_of<View>>> {};

namespace detail {

template <kokkos::detail::StorableView View>
struct Codec<View> {
  static constexpr bool is_borrowed = kokkos::detail::is_unmanaged<View>;
  static constexpr bool has_frame = true;
  static constexpr bool views_memory = is_borrowed;
  /// Elements could be changed, or outlive Kokkos in a store's cache, which it would not forgive.
  static constexpr bool is_private = !is_borrowed;

  using Stored = Array<kokkos::detail::ElementOf<View>, kokkos::detail::rank_of<View>>;

  static void encode(const View& view, SerializedObject& target) {
    auto [elements, order] = kokkos::detail::elements_of(view);
    write_array(target, numpy_dtype<typename Stored::value_type>(),
                shape_of(kokkos::detail::extents_of(view)), order);
    target.share(std::move(elements));
  }

  static View decode(const Bytes& object) requires(!is_borrowed) {
    using Writable = typename View::non_const_type;
    const Stored array = Codec<Stored>::decode(object);
    const auto view = kokkos::detail::construct<Writable>(
        Kokkos::view_alloc(Kokkos::WithoutInitializing, "proxystore"), array.extents(),
        array.order());
    kokkos::detail::copy_to(array, view);
    return view;
  }

  static std::shared_ptr<const View> decode_shared(const Bytes& object) requires(is_borrowed) {
    static_assert(kokkos::detail::is_const<View> && kokkos::detail::is_on_host<View>,
                  "a view without memory of its own views that of the store: on the host, and of "
                  "const elements");
    struct Held {
      Stored array;  // the memory
      View view;
    };
    Stored array = Codec<Stored>::decode(object);
    const auto* elements =
        reinterpret_cast<const typename View::non_const_value_type*>(array.data());
    const View view = kokkos::detail::construct<View>(elements, array.extents(), array.order());
    if (!kokkos::detail::lies_in(view, array.order())) {
      throw SerializationError(
          array.order() == Order::c
              ? "the array is stored in C order: ask for LayoutRight, for LayoutStride, or for a "
                "view with memory of its own"
              : "the array is stored in Fortran order: ask for LayoutLeft, for LayoutStride, or "
                "for "
                "a view with memory of its own");
    }
    auto held = std::make_shared<const Held>(Held{std::move(array), view});
    return {held, &held->view};
  }
};

}  // namespace detail
}  // namespace proxystore::inline v0
