// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// proxy_from_file(): a proxy of data that are in an HDF5 file already, whoever wrote them.

#include <filesystem>
#include <string>
#include <string_view>

#include "proxystore/config.hpp"
#include "proxystore/export.hpp"
#include "proxystore/key.hpp"
#include "proxystore/proxy.hpp"
#include "proxystore/store_factory.hpp"

namespace proxystore::inline v0 {

namespace detail {

/// A dataset as the object of a store of its own, which nobody can write to.
struct FileObject {
  Key key{};
  StoreConfig config{};
};
[[nodiscard]] PROXYSTORE_EXPORT FileObject object_in_file(const std::filesystem::path& file,
                                                          std::string_view dataset);

}  // namespace detail

/// A proxy of dataset @p dataset, such as "/forecast/temperature", of HDF5 file @p file. It is a
/// proxy like any other, and can be sent to ranks and jobs that see the file under the same path.
/// No access, no check: it is opened when the proxy is resolved, each time anew.
///
/// A dataset of numbers, in any byte order, is an array in C order: Array<T, Rank>, a vector or a
/// Kokkos view, of the element's type. A string of fixed length is a std::string.
/// @local @threadsafe
/// @throws ArgumentError if a name is empty; when it is resolved, ProxyResolveError with its cause:
///         ProxyResolveMissingKeyError if there is no such file or dataset, SerializationError if
///         it is not a T, IntegrityError if the file is damaged, CapacityError if memory has no
///         room for it, ConnectorError if the file is open for writing, or if the data are in
///         other files or need a filter that is missing
template <class T>
[[nodiscard]] Proxy<T> proxy_from_file(const std::filesystem::path& file,
                                       std::string_view dataset) {
  const detail::FileObject object = detail::object_in_file(file, dataset);
  return Proxy<T>(StoreFactory<T>(object.key, object.config));
}

}  // namespace proxystore::inline v0
