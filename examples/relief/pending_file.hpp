// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// An output file that appears under its name only when it is complete.

#include <filesystem>

#include "errors.hpp"

namespace relief {

/// The name of an output file while it is written: a hidden one in the same folder, which `commit`
/// renames. Without a commit the destructor removes it, and what had the final name stays.
class PendingFile {
 public:
  /// @throws OutputError when the folder does not exist or may not be written, or the name is a
  /// folder's. Nothing is created yet.
  explicit PendingFile(std::filesystem::path path);
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;
  ~PendingFile();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::filesystem::path& temporary() const { return temporary_; }

  /// Brings the file to the disk and gives it its name. It must be closed.
  /// @throws OutputError; then the temporary file is removed
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
};

/// Throws OutputError if writing `output` would replace `input`.
void require_distinct(const std::filesystem::path& input, const std::filesystem::path& output);

}  // namespace relief
