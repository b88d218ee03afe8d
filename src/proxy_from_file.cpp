// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/proxy_from_file.hpp"

#include <cstring>

#include "detail/folders.hpp"
#include "detail/hash.hpp"
#include "proxystore/connectors/hdf5.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::detail {

namespace {

std::uint64_t hash_of(const std::string& text) {
  return xxh3(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace

FileObject object_in_file(const std::filesystem::path& file, std::string_view dataset) {
  if (file.empty() || dataset.find_first_not_of('/') == std::string_view::npos) {
    throw ArgumentError("a proxy of a file's data needs the file's name and that of a dataset",
                        {.operation = "proxy_from_file"});
  }
  const Hdf5DatasetOptions options{.file = detail::absolute_path(file),
                                   .dataset = std::string(dataset)};
  const std::string name = options.file.string() + ":" + options.dataset;
  FileObject object;
  // The same for all proxies of the dataset, so that they are equal.
  const std::uint64_t halves[] = {hash_of(name), hash_of(name + ":")};
  static_assert(sizeof halves == sizeof object.key.id);
  std::memcpy(object.key.id.data(), halves, sizeof halves);
  object.config = {.name = "hdf5:" + name, .connector = options, .cache_size = 0};
  return object;
}

}  // namespace proxystore::inline v0::detail
