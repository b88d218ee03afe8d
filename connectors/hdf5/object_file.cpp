// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "object_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "detail/atomic_file.hpp"
#include "detail/system.hpp"

namespace proxystore::inline v0::hdf5 {

namespace {

constexpr const char* format_attribute = "proxystore_format";
constexpr int format_version = 1;
constexpr hsize_t aligned_from = 65536;  // smaller data lie one after the other

void check_format(const File& file, const std::filesystem::path& path,
                  const ErrorContext& context) {
  if (H5Aexists(file.id(), format_attribute) <= 0) return;  // somebody else's
  const Attribute attribute(H5Aopen(file.id(), format_attribute, H5P_DEFAULT));
  const Space space(H5Aget_space(attribute.id()));
  int version = 0;
  if (H5Sget_simple_extent_npoints(space.id()) != 1 ||
      H5Aread(attribute.id(), H5T_NATIVE_INT, &version) < 0 || version < 1) {
    throw IntegrityError(path.string() + " has a format that cannot be read", context);
  }
  if (version > format_version) {
    throw ConnectorError(path.string() + " has format " + std::to_string(version) +
                             "; this library reads format " + std::to_string(format_version),
                         context);
  }
}

/// A file by its identity, and how much of it the medium holds.
struct Seen {
  dev_t device{};
  ino_t inode{};
  std::uint64_t held = 0;
};

/// Which file has the name; nothing if none has. @throws unless it is one that we can read
std::optional<Seen> look_at(const std::filesystem::path& path, const ErrorContext& context,
                            Links links) {
  const int refused = links == Links::refused ? O_NOFOLLOW : 0;
  // O_NONBLOCK: a pipe of that name must not make us wait for its writer.
  const detail::UniqueFd fd(::open(path.c_str(), O_RDONLY | refused | O_NONBLOCK | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT || errno == ESTALE) return std::nullopt;
    if (errno == ELOOP) {
      throw ConnectorError(path.string() + " is a link, which is not followed", context);
    }
    detail::throw_system_error(errno, "cannot open " + path.string(), context);
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    throw ConnectorError(path.string() + " is not a regular file", context);
  }
  constexpr std::uint64_t block = 512;
  const auto held = std::min(static_cast<std::uint64_t>(info.st_size),
                             static_cast<std::uint64_t>(info.st_blocks) * block);
  return Seen{.device = info.st_dev, .inode = info.st_ino, .held = held};
}

/// How it went to open a file.
struct Attempt {
  File file{};
  Failure failure{};  // unless there is a file
};

/// A file that the program has open itself can be opened again only in the way in which it did
/// that, which is nearly always the library's default. One that a writer has open so that others
/// may read meanwhile says so in its header, and is opened only by who says that it knows.
Attempt open_to_read(const std::filesystem::path& path) {
  Properties access = access_of(1);
  H5Pset_fclose_degree(access.id(), H5F_CLOSE_DEFAULT);
  Attempt attempt{.file = File(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()))};
  if (attempt.file) return attempt;
  attempt.failure = take_failure();
  attempt.file = File(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
  if (attempt.file) return attempt;
  attempt.file = File(H5Fopen(path.c_str(), H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, access.id()));
  H5Eclear2(H5E_DEFAULT);
  return attempt;
}

/// Says why HDF5 does not open the file of that path.
[[noreturn]] void fail_to_open(const std::filesystem::path& path, const Failure& failure,
                               const ErrorContext& context) {
  const std::string what = "cannot open " + path.string();
  if (failure.system_error != 0) fail(what, failure, context);
  if (failure.reason.find("already open for") != std::string::npos) {
    fail(what +
             ", which a writer has open, or has left without closing it; try again when it is "
             "closed, or, if its writer has died, after 'h5clear -s " +
             path.string() + "'",
         failure, context);
  }
  throw IntegrityError(
      path.string() + " is no HDF5 file, or it is damaged: HDF5 says: " + failure.reason, context);
}

}  // namespace

Properties access_of(std::size_t alignment) {
  Properties properties(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_fclose_degree(properties.id(), H5F_CLOSE_STRONG);
  if (alignment > 1) H5Pset_alignment(properties.id(), aligned_from, alignment);
#if H5_VERSION_GE(1, 10, 7)
  // Nobody writes what another one reads, and parallel file systems often have no locks.
  H5Pset_file_locking(properties.id(), 0, 1);
#endif
  return properties;
}

void write_format(const File& file, const ErrorContext& context) {
  const Space scalar(H5Screate(H5S_SCALAR));
  const Attribute attribute(H5Acreate2(file.id(), format_attribute, H5T_STD_I32LE, scalar.id(),
                                       H5P_DEFAULT, H5P_DEFAULT));
  if (!attribute || H5Awrite(attribute.id(), H5T_NATIVE_INT, &format_version) < 0) {
    fail("cannot write to a new file", context);
  }
}

PendingFile::PendingFile(const std::filesystem::path& path, const Hdf5Options& options,
                         ErrorContext context)
    : context_(std::move(context)),
      sync_(options.fsync),
      name_(detail::temporary_name(path.string())) {
  const Properties access = access_of(options.alignment);
  file_ = File(H5Fcreate(name_.c_str(), H5F_ACC_EXCL, H5P_DEFAULT, access.id()));
  if (!file_) fail("cannot create a file in " + path.parent_path().string(), context_);
  try {
    write_format(file_, context_);
  } catch (...) {
    (void)file_.close();
    ::unlink(name_.c_str());
    throw;
  }
}

PendingFile::~PendingFile() {
  if (file_) {
    // Not finished, perhaps since the disk is full: then HDF5 cannot write what it has to before it
    // closes a file, and complains of that when the program ends. So it gets room.
    (void)::truncate(name_.c_str(), 0);
    (void)file_.close();
  }
  ::unlink(name_.c_str());
}

void PendingFile::finish() {
  if (H5Fflush(file_.id(), H5F_SCOPE_GLOBAL) < 0 || !file_.close()) {
    fail("cannot write " + name_, context_);
  }
}

void PendingFile::sync_data() const {
  if (!sync_) return;
  const detail::UniqueFd fd(::open(name_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) {
    detail::throw_system_error(errno, "cannot sync " + name_, context_);
  }
}

void PendingFile::rename_to(const std::filesystem::path& path) {
  if (::rename(name_.c_str(), path.c_str()) != 0) {
    detail::throw_system_error(errno, "cannot rename to " + path.string(), context_);
  }
}

void PendingFile::sync_names() const {
  if (sync_) detail::sync_folder(name_, context_);
}

bool PendingFile::link_to(const std::filesystem::path& path) {
  if (::link(name_.c_str(), path.c_str()) == 0) return true;
  if (errno == EEXIST) {  // perhaps from a request that NFS did, and was sent again
    struct stat ours {};
    struct stat there {};
    return ::stat(name_.c_str(), &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
  }
  detail::throw_system_error(errno, "cannot link to " + path.string(), context_);
}

std::optional<OpenFile> open_file(const std::filesystem::path& path, const ErrorContext& context,
                                  Links links) {
  // Another file may get the name between our look at it and HDF5's; each of them is complete.
  constexpr int most_tries = 100;
  for (int i = 1;; ++i) {
    const auto seen = look_at(path, context, links);
    if (!seen) return std::nullopt;
    Attempt attempt = open_to_read(path);
    if (attempt.file) {
      check_format(attempt.file, path, context);
      return OpenFile{.file = std::move(attempt.file), .held = seen->held};
    }
    const auto now = look_at(path, context, links);
    const bool is_same = now && now->device == seen->device && now->inode == seen->inode;
    if (is_same || i == most_tries) fail_to_open(path, attempt.failure, context);
  }
}

}  // namespace proxystore::inline v0::hdf5
