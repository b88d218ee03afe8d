// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "segment.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "detail/memory_limit.hpp"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace proxystore::inline v0::partition {

namespace {

constexpr std::uint64_t step_bytes = std::uint64_t{64} << 20U;

ErrorContext opening() {
  return {.connector = "mpi", .operation = "open"};
}

detail::UniqueFd create(Backing backing, const std::string& name) {
  if (backing == Backing::memfd) {
    return detail::UniqueFd(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
  }
  return detail::UniqueFd(::shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
}

}  // namespace

Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Mapping::~Mapping() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

std::optional<Mapping> Mapping::of(int fd, std::uint64_t size, Access access) noexcept {
  const int protection = access == Access::write ? PROT_READ | PROT_WRITE : PROT_READ;
  void* memory = ::mmap(nullptr, size, protection, MAP_SHARED | MAP_NORESERVE, fd, 0);
  if (memory == MAP_FAILED) return std::nullopt;
  ::madvise(memory, size, MADV_DONTDUMP);  // a core file of every rank would hold the node's memory
  Mapping mapping;
  mapping.data_ = static_cast<std::byte*>(memory);
  mapping.size_ = size;
  return mapping;
}

Segment::Segment(Backing backing, const std::string& name, std::uint64_t capacity)
    : backing_(backing),
      name_(backing == Backing::named ? "/" + name : name),
      fd_(create(backing, name_)) {
  if (!fd_) {
    const std::string where = backing == Backing::named ? "/dev/shm" + name_ : name_;
    detail::throw_system_error(errno, "cannot make shared memory '" + where + "'", opening());
  }
  auto mapping = Mapping::of(fd_.get(), capacity, Mapping::Access::write);
  if (!mapping) {
    const int code = errno;
    unlink();
    detail::throw_system_error(
        code, "cannot map " + std::to_string(capacity) + " bytes of shared memory", opening());
  }
  mapping_ = std::move(*mapping);
}

Segment::~Segment() {
  unlink();
}

std::string Segment::path() const {
  if (backing_ == Backing::named) return "/dev/shm" + name_;
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd_.get());
}

bool Segment::take(std::uint64_t begin, std::uint64_t end) noexcept {
  if (end > capacity() || end > detail::file_size_limit()) return false;
  for (std::uint64_t at = begin; at < end;) {
    const std::uint64_t step = std::min(end - at, step_bytes);
    const int result = ::fallocate(fd_.get(), 0, static_cast<off_t>(at), static_cast<off_t>(step));
    if (result != 0 && errno == EINTR) continue;
    if (result != 0) {
      ::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(begin),
                  static_cast<off_t>(end - begin));
      return false;
    }
    at += step;
  }
  return true;
}

void Segment::prefault(std::uint64_t begin, std::uint64_t end) noexcept {
  // An older kernel does not know it, and takes a fault for each page instead.
  ::madvise(mapping_.data() + begin, end - begin, MADV_POPULATE_WRITE);
}

void Segment::seal_for_peers() noexcept {
  if (backing_ == Backing::memfd) ::fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
}

void Segment::unlink() noexcept {
  if (backing_ == Backing::named && !name_.empty()) ::shm_unlink(name_.c_str());
  if (backing_ == Backing::named) name_.clear();
}

detail::UniqueFd open_segment(const std::string& path, Mapping::Access access) noexcept {
  const int mode = access == Mapping::Access::write ? O_RDWR : O_RDONLY;
  return detail::UniqueFd(::open(path.c_str(), mode | O_CLOEXEC | O_NONBLOCK));
}

}  // namespace proxystore::inline v0::partition
