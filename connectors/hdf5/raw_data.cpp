// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "raw_data.hpp"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

#include "detail/system.hpp"

namespace proxystore::inline v0::hdf5 {

namespace {

constexpr std::size_t longest_piece = std::size_t{512} << 10U;

}  // namespace

std::optional<RawData> RawData::of(const File& file, const Dataset& dataset) {
  const Properties properties(H5Dget_create_plist(dataset.id()));
  if (H5Pget_layout(properties.id()) != H5D_CONTIGUOUS ||
      H5Pget_external_count(properties.id()) > 0) {
    return std::nullopt;
  }
  const haddr_t offset = H5Dget_offset(dataset.id());
  const Properties access(H5Fget_access_plist(file.id()));
  void* handle = nullptr;
  if (offset == HADDR_UNDEF || H5Pget_driver(access.id()) != H5FD_SEC2 ||
      H5Fget_vfd_handle(file.id(), H5P_DEFAULT, &handle) < 0 || handle == nullptr) {
    H5Eclear2(H5E_DEFAULT);
    return std::nullopt;
  }
  return RawData{.fd = *static_cast<const int*>(handle), .offset = static_cast<off_t>(offset)};
}

void RawData::write(std::span<const ByteSpan> parts, detail::Xxh3Stream* hash,
                    const ErrorContext& context) const {
  off_t at = offset;
  for (ByteSpan part : parts) {
    while (!part.empty()) {
      const ssize_t written = ::pwrite(fd, part.data(), std::min(part.size(), longest_piece), at);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) detail::throw_system_error(errno, "cannot write the object", context);
      const auto count = static_cast<std::size_t>(written);
      if (hash != nullptr) hash->update(part.first(count));
      part = part.subspan(count);
      at += written;
    }
  }
}

void RawData::read(std::span<std::byte> target, detail::Xxh3Stream* hash,
                   const ErrorContext& context) const {
  off_t at = offset;
  while (!target.empty()) {
    const ssize_t count = ::pread(fd, target.data(), std::min(target.size(), longest_piece), at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) detail::throw_system_error(errno, "cannot read the object", context);
    if (count == 0) throw IntegrityError("the file ends within the object", context);
    const auto piece = target.first(static_cast<std::size_t>(count));
    if (hash != nullptr) hash->update(piece);
    target = target.subspan(piece.size());
    at += count;
  }
}

}  // namespace proxystore::inline v0::hdf5
