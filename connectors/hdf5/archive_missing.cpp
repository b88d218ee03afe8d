// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/object_archive.hpp"

namespace proxystore::inline v0::detail {

namespace {

[[noreturn]] void throw_missing(const ErrorContext& context) {
  throw ConnectorNotBuiltError(
      "checkpoints are HDF5 files, and this library was built without HDF5; configure it with "
      "-DPROXYSTORE_ENABLE_HDF5=ON",
      context);
}

}  // namespace

std::unique_ptr<ArchiveWriter> create_archive(const std::filesystem::path&,
                                              const ErrorContext& context) {
  throw_missing(context);
}

std::unique_ptr<ArchiveReader> open_archive(const std::filesystem::path&,
                                            const ErrorContext& context) {
  throw_missing(context);
}

}  // namespace proxystore::inline v0::detail
