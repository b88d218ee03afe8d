// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "object_file.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proxystore/error.hpp"

namespace proxystore::inline v0::file {

ErrorContext ObjectFile::context() const {
  return {.connector = "file", .operation = "get", .key = key_};
}

std::optional<ObjectFile> ObjectFile::open(const std::filesystem::path& path, const Key& key) {
  const ErrorContext context{.connector = "file", .operation = "get", .key = key};
  // A stale NFS handle means that the file was replaced or removed: one more look tells which.
  for (bool is_retry : {false, true}) {
    // O_NONBLOCK: a pipe of that name must not make us wait for its writer.
    detail::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!fd) {
      if (errno == ENOENT) return std::nullopt;
      if (errno == ESTALE && !is_retry) continue;
      detail::throw_system_error(errno, "cannot open " + path.string(), context);
    }
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) {
      if (errno == ESTALE && !is_retry) continue;
      detail::throw_system_error(errno, "cannot examine " + path.string(), context);
    }
    if (!S_ISREG(info.st_mode)) {
      throw ConnectorError(path.string() + " is not a regular file", context);
    }
    return ObjectFile(std::move(fd), static_cast<std::size_t>(info.st_size), path, key);
  }
  return std::nullopt;
}

Bytes ObjectFile::map() const {
  if (size_ == 0) return {};
  void* memory = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd_.get(), 0);
  if (memory == MAP_FAILED) {
    detail::throw_system_error(errno, "cannot map " + path_.string(), context());
  }
  const std::shared_ptr<const void> owner(
      memory, [size = size_](const void* mapped) { ::munmap(const_cast<void*>(mapped), size); });
  return Bytes::wrap({static_cast<const std::byte*>(memory), size_}, owner, Bytes::Memory::mapped);
}

Bytes ObjectFile::copy(std::size_t offset, std::size_t length) const {
  MutableBytes buffer(length);
  read(offset, buffer.span());
  return std::move(buffer).freeze();
}

void ObjectFile::read(std::size_t offset, std::span<std::byte> target) const {
  constexpr std::size_t most = std::size_t{1} << 30U;  // a read moves at most 2 GiB
  while (!target.empty()) {
    const ssize_t n = ::pread(fd_.get(), target.data(), std::min(target.size(), most),
                              static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) detail::throw_system_error(errno, "cannot read " + path_.string(), context());
    if (n == 0) {
      throw IntegrityError("the file " + path_.string() + " became shorter while it was read",
                           context());
    }
    offset += static_cast<std::size_t>(n);
    target = target.subspan(static_cast<std::size_t>(n));
  }
}

}  // namespace proxystore::inline v0::file
