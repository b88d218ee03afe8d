// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "spill_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "detail/memory_limit.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::partition {

namespace {

constexpr std::uint64_t page = 4096;
constexpr std::size_t most_at_once = std::size_t{1} << 30U;  // a call moves at most 2 GiB

ErrorContext spilling() {
  return {.connector = "mpi", .operation = "spill"};
}

/// What a file system is that has its files in memory; null for others. One that lies over such a
/// one, as in a container, cannot be told from one on a disk.
const char* memory_file_system(const struct statfs& info) {
  switch (static_cast<unsigned long>(info.f_type)) {
    case TMPFS_MAGIC:
      return "tmpfs";
    case RAMFS_MAGIC:
      return "ramfs";
    case HUGETLBFS_MAGIC:
      return "hugetlbfs";
    default:
      return nullptr;
  }
}

detail::UniqueFd create(const std::filesystem::path& folder) {
  struct statfs info {};
  if (::statfs(folder.c_str(), &info) != 0) {
    detail::throw_system_error(errno, "cannot use the spill folder " + folder.string(), spilling());
  }
  if (info.f_type == NFS_SUPER_MAGIC) {
    throw ConfigError("the spill folder " + folder.string() +
                      " is on a network file system; name a folder on a disk of the node");
  }
  if (const char* kind = memory_file_system(info)) {
    throw ConfigError("the spill folder " + folder.string() + " is in memory (" + kind +
                      "): objects that are moved there free none; name a folder on a disk of the "
                      "node");
  }
  detail::UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd) return fd;
  if (errno != EOPNOTSUPP && errno != EISDIR) {
    detail::throw_system_error(errno, "cannot make a file in the spill folder " + folder.string(),
                               spilling());
  }
  std::string name = (folder / "proxystore-spill-XXXXXX").string();
  fd.reset(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd) {
    detail::throw_system_error(errno, "cannot make a file in the spill folder " + folder.string(),
                               spilling());
  }
  ::unlink(name.c_str());
  return fd;
}

bool write_all(int fd, std::uint64_t place, ByteSpan bytes) {
  if (place + bytes.size() > detail::file_size_limit()) return false;  // it would raise a signal
  while (!bytes.empty()) {
    const ssize_t n =
        ::pwrite(fd, bytes.data(), std::min(bytes.size(), most_at_once), static_cast<off_t>(place));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    place += static_cast<std::uint64_t>(n);
  }
  return true;
}

}  // namespace

SpillFile::SpillFile(const std::filesystem::path& folder) : fd_(create(folder)) {}

std::string SpillFile::path() const {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd_.get());
}

std::uint64_t SpillFile::rounded(std::uint64_t size) {
  return std::max(page, (size + page - 1) & ~(page - 1));
}

std::optional<std::uint64_t> SpillFile::write(ByteSpan object) {
  const std::uint64_t size = rounded(object.size());
  auto place = extents_.take(size);
  if (!place) {
    place = end_;
    end_ += size;
  }
  if (write_all(fd_.get(), *place, object)) return place;
  free(*place, object.size());
  return std::nullopt;
}

void SpillFile::free(std::uint64_t place, std::uint64_t size) {
  const std::uint64_t length = rounded(size);
  extents_.give(place, length);
  // The disk's space goes back at once; where the file system cannot, it is used again.
  ::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(place),
              static_cast<off_t>(length));
}

void SpillFile::read(int fd, std::uint64_t place, std::span<std::byte> target) {
  while (!target.empty()) {
    const ssize_t n = ::pread(fd, target.data(), std::min(target.size(), most_at_once),
                              static_cast<off_t>(place));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) detail::throw_system_error(errno, "cannot read the spill file", spilling());
    if (n == 0) throw ConnectorError("the spill file is shorter than its objects", spilling());
    place += static_cast<std::uint64_t>(n);
    target = target.subspan(static_cast<std::size_t>(n));
  }
}

}  // namespace proxystore::inline v0::partition
