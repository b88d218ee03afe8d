// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "liveness.hpp"

#include <atomic>
#include <cerrno>
#include <mutex>

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proxystore/error.hpp"

namespace proxystore::inline v0::partition {

namespace {

ErrorContext opening() {
  return {.connector = "mpi", .operation = "open"};
}

struct flock byte_lock(short type, std::uint16_t number) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = number;
  lock.l_len = 1;
  return lock;
}

std::atomic<bool> forked{false};

}  // namespace

Liveness::Liveness(Backing backing, const std::string& name) {
  if (backing == Backing::memfd) {
    fd_.reset(::memfd_create(name.c_str(), MFD_CLOEXEC));
  } else {
    name_ = "/" + name;
    fd_.reset(::shm_open(name_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  }
  if (!fd_) detail::throw_system_error(errno, "cannot make the node's file", opening());
}

Liveness::Liveness(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
  if (!fd_) detail::throw_system_error(errno, "cannot open the node's file " + path, opening());
}

void Liveness::unlink() noexcept {
  if (!name_.empty()) ::shm_unlink(name_.c_str());
  name_.clear();
}

std::string Liveness::path() const {
  if (!name_.empty()) return "/dev/shm" + name_;
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(fd_.get());
}

void Liveness::hold(std::uint16_t number) {
  struct flock lock = byte_lock(F_WRLCK, number);
  if (::fcntl(fd_.get(), F_SETLK, &lock) != 0) {
    detail::throw_system_error(errno, "cannot lock the node's file", opening());
  }
  own_ = number;
}

bool Liveness::is_alive(std::uint16_t number) const noexcept {
  if (number == own_) return true;  // one's own lock is not reported
  struct flock lock = byte_lock(F_WRLCK, number);
  // In doubt it lives: then something is kept too long, and nothing freed too early.
  return ::fcntl(fd_.get(), F_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

bool is_forked_child() noexcept {
  return forked.load(std::memory_order_relaxed);
}

void watch_forks() {
  static std::once_flag once;
  std::call_once(once, [] { ::pthread_atfork(nullptr, nullptr, [] { forked = true; }); });
}

}  // namespace proxystore::inline v0::partition
