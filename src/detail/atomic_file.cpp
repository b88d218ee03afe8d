// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Protocol: write `<name>.tmp-<random>` beside the target, then rename(2) over it. The temporary
// name is opened with O_EXCL and is random, so no two writers of any node share it; rename within a
// folder is atomic, so a reader opens the old file, the new one or none, never a part. A writer
// that fails removes its temporary file; one that is killed leaves it behind under a name that no
// reader looks for.
//
// A client of NFS whose request was done, but whose answer was lost, sends it again, and is told
// that there is no such file. So "no such file" for a name that one process knows alone means that
// the request was done, if its result is there to be seen.
#include "detail/atomic_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "detail/medium.hpp"
#include "detail/system.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::detail {

namespace {

/// writev() takes at most IOV_MAX parts and moves at most 2 GiB a call.
constexpr std::size_t most_parts = std::min<std::size_t>(IOV_MAX, 256);
constexpr std::size_t most_bytes = std::size_t{1} << 30U;
/// Writes that are hashed as well stay in the processor's cache between the two.
constexpr std::size_t most_hashed_bytes = std::size_t{256} << 10U;

constexpr std::string_view temporary_infix = ".tmp-";

/// 0 if there is no such file. Asks the server, where names are cached.
std::uint64_t inode_of(const std::filesystem::path& path) {
  revalidate(path.parent_path().empty() ? "." : path.parent_path());
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

void write_all(int fd, std::span<const ByteSpan> parts, const std::string& name,
               const ErrorContext& context, Xxh3Stream* hash) {
  const std::size_t most = hash != nullptr ? most_hashed_bytes : most_bytes;
  std::vector<iovec> batch;
  std::size_t part = 0;
  std::size_t offset = 0;
  while (true) {
    batch.clear();
    std::size_t bytes = 0;
    std::size_t from = offset;
    for (std::size_t i = part; i < parts.size() && batch.size() < most_parts; ++i, from = 0) {
      const ByteSpan rest = parts[i].subspan(from);
      const std::size_t take = std::min(rest.size(), most - bytes);
      if (take > 0) batch.push_back({const_cast<std::byte*>(rest.data()), take});
      bytes += take;
      if (bytes == most) break;
    }
    if (batch.empty()) return;
    const ssize_t written = ::writev(fd, batch.data(), static_cast<int>(batch.size()));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_system_error(errno, "cannot write " + name, context);
    auto left = static_cast<std::size_t>(written);
    while (part < parts.size()) {
      const ByteSpan done =
          parts[part].subspan(offset).first(std::min(left, parts[part].size() - offset));
      if (hash != nullptr) hash->update(done);
      left -= done.size();
      offset += done.size();
      if (offset < parts[part].size()) break;
      offset = 0;
      ++part;
    }
  }
}

}  // namespace

std::string temporary_name(const std::string& path) {
  return path + std::string(temporary_infix) + Key::random().to_string();
}

bool remove_once(const std::filesystem::path& path) {
  const std::string taken = temporary_name(path.string());
  const bool is_taken =
      ::rename(path.c_str(), taken.c_str()) == 0 || (errno == ENOENT && inode_of(taken) != 0);
  if (is_taken) ::unlink(taken.c_str());
  return is_taken;
}

void sync_folder(const std::filesystem::path& path, const ErrorContext& context) {
  const std::string folder = path.parent_path().empty() ? "." : path.parent_path().string();
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) {
    throw_system_error(errno, "cannot sync the folder " + folder, context);
  }
}

AtomicFile::AtomicFile(std::filesystem::path path, std::span<const ByteSpan> parts,
                       ErrorContext context, Sync sync, Xxh3Stream* hash)
    : path_(std::move(path)), context_(std::move(context)), sync_(sync) {
  const FileSizeSignalOff no_signal;
  const std::string name = temporary_name(path_.string());
  UniqueFd fd(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd) throw_system_error(errno, "cannot create " + path_.string(), context_);
  try {
    write_all(fd.get(), parts, path_.string(), context_, hash);
    if (sync == Sync::yes && ::fsync(fd.get()) != 0) {
      throw_system_error(errno, "cannot sync " + path_.string(), context_);
    }
    struct stat info {};
    if (::fstat(fd.get(), &info) == 0) inode_ = info.st_ino;
    // Some file systems report a full disk or quota only here.
    if (::close(fd.release()) != 0) {
      throw_system_error(errno, "cannot close " + path_.string(), context_);
    }
  } catch (...) {
    ::unlink(name.c_str());
    throw;
  }
  temporary_ = name;
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::publish() {
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    if (error != ENOENT || inode_ == 0 || inode_of(path_) != inode_) {
      throw_system_error(error, "cannot rename to " + path_.string(), context_);
    }
  }
  temporary_.clear();
  if (sync_ == Sync::yes) sync_folder(path_, context_);
}

std::string AtomicFile::random_part() const {
  return temporary_.substr(path_.string().size() + temporary_infix.size());
}

void write_file_atomically(const std::filesystem::path& path, std::span<const ByteSpan> parts,
                           const ErrorContext& context, Sync sync) {
  AtomicFile(path, parts, context, sync).publish();
}

void create_empty_file(const std::filesystem::path& path, const ErrorContext& context, Sync sync) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd) throw_system_error(errno, "cannot create " + path.string(), context);
  if (sync == Sync::yes) sync_folder(path, context);
}

}  // namespace proxystore::inline v0::detail
