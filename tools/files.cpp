// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "files.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "answer.hpp"

namespace tool {

namespace ps = proxystore;

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

/// A descriptor; the standard ones stay open.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

void write_to(int fd, const std::string& name, std::span<const ps::ByteSpan> parts) {
  for (ps::ByteSpan rest : parts) {
    while (!rest.empty()) {
      const ssize_t count = ::write(fd, rest.data(), rest.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail("cannot write " + name);
      rest = rest.subspan(static_cast<std::size_t>(count));
    }
  }
}

/// The file that @p path leads to, which need not be there yet: the links stay.
std::string behind_links(const std::string& path) {
  std::string target = path;
  constexpr int most_links = 40;  // as the system has it
  for (int i = 0; i < most_links; ++i) {
    std::error_code is_no_link;
    const std::filesystem::path next = std::filesystem::read_symlink(target, is_no_link);
    if (is_no_link) return target;
    target = (std::filesystem::path(target).parent_path() / next).string();
  }
  errno = ELOOP;
  fail("cannot write " + path);
}

/// As far as this process may give files away; who else gets one must not read it by that.
void keep_owner(int fd, const struct stat& info) {
  if (::fchown(fd, info.st_uid, info.st_gid) != 0) (void)::fchown(fd, ::geteuid(), info.st_gid);
}

mode_t mask_of_new_files() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mask;
}

}  // namespace

ps::Bytes read_all(const std::string& path) {
  const bool is_input = path == "-";
  const std::string name = is_input ? "standard input" : path;
  const Descriptor file(is_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail("cannot read " + name);
  std::vector<std::byte> bytes;
  struct stat info {};
  if (::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode)) {
    bytes.reserve(static_cast<std::size_t>(info.st_size) + 1);
  }
  constexpr std::size_t piece = std::size_t{1} << 20U;
  while (true) {
    const std::size_t size = bytes.size();
    bytes.resize(std::max(bytes.capacity(), size + piece));
    const ssize_t count = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    bytes.resize(size + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count == 0) return ps::Bytes::own(std::move(bytes));
    if (count < 0 && errno != EINTR) fail("cannot read " + name);
  }
}

void write_all(const std::string& path, std::span<const ps::ByteSpan> parts) {
  struct stat info {};
  const bool is_there = ::stat(path.c_str(), &info) == 0;
  if (is_there && !S_ISREG(info.st_mode)) {  // such as /dev/null, or a pipe
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.get() < 0) fail("cannot write " + path);
    write_to(file.get(), path, parts);
    return;
  }
  const std::string target = behind_links(path);
  std::string temporary = target + ".tmp-XXXXXX";
  const Descriptor file(::mkstemp(temporary.data()));
  if (file.get() < 0) fail("cannot write " + path);
  try {
    write_to(file.get(), path, parts);
    if (is_there) keep_owner(file.get(), info);
    if (::fchmod(file.get(), is_there ? info.st_mode & 07777 : 0666 & ~mask_of_new_files()) != 0 ||
        ::rename(temporary.c_str(), target.c_str()) != 0) {
      fail("cannot write " + path);
    }
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void write_out(std::span<const ps::ByteSpan> parts) {
  begin_answer();
  write_to(STDOUT_FILENO, "standard output", parts);
}

bool is_terminal() noexcept {
  return ::isatty(STDOUT_FILENO) == 1;
}

}  // namespace tool
