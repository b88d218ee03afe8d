// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "pending_file.hpp"

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace relief {
namespace {

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

}  // namespace

PendingFile::PendingFile(std::filesystem::path path) : path_(std::move(path)) {
  const std::filesystem::path folder = folder_of(path_);
  std::error_code error;
  if (!path_.has_filename()) throw OutputError("create", path_, "", "a file name is needed");
  if (!std::filesystem::is_directory(folder, error)) {
    throw OutputError("create", path_, "", "there is no folder '" + folder.string() + "'");
  }
  if (std::filesystem::is_directory(path_, error)) {
    throw OutputError("create", path_, "", "it is a folder; a file name is needed");
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw OutputError("create", path_, "",
                      "folder '" + folder.string() + "': " + std::strerror(errno));
  }
  const std::string name = path_.filename().string();
  temporary_ = folder / ("." + name + "." + std::to_string(::getpid()) + ".part");
}

PendingFile::~PendingFile() {
  if (temporary_.empty()) return;
  std::error_code ignored;  // there is nobody to tell, and often no file
  std::filesystem::remove(temporary_, ignored);
}

void PendingFile::commit() {
  // Without fsync a full disk may show only after the rename.
  const int file = ::open(temporary_.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) throw OutputError("write", path_, "", std::strerror(errno));
  // Gives back what was reserved beyond the end.
  const off_t size = ::lseek(file, 0, SEEK_END);
  const int synced = size < 0 || ::ftruncate(file, size) != 0 ? -1 : ::fsync(file);
  const int why = errno;
  ::close(file);
  if (synced != 0) throw OutputError("write", path_, "", std::strerror(why));
  std::error_code error;
  std::filesystem::rename(temporary_, path_, error);
  if (error) throw OutputError("rename the finished", path_, "", error.message());
  temporary_.clear();
}

void require_distinct(const std::filesystem::path& input, const std::filesystem::path& output) {
  std::error_code error;
  if (std::filesystem::equivalent(input, output, error) && !error) {
    throw OutputError("create", output, "", "it is the input file");
  }
}

}  // namespace relief
