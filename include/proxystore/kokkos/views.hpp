// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Objects of a store as Kokkos views. Header-only; link ProxyStore::kokkos. Valid for Kokkos 3.4
/// to 5.

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <Kokkos_Core.hpp>

#include "proxystore/error.hpp"

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

template <class T, std::integral... Extents>
[[nodiscard]] HostView<const T, sizeof...(Extents)> host_view(const std::vector<T>& elements,
                                                              Extents... extents) {
  return host_view(std::span<const T>(elements), extents...);
}

}  // namespace proxystore::inline v0::kokkos
