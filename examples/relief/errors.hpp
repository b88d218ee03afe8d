// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The two ways in which `relief` fails: the input is not usable, or the output cannot be written.

#include <filesystem>
#include <stdexcept>
#include <string>

namespace relief {

/// A failure at a file. The message says what was tried, where, and why it failed.
class FileError : public std::runtime_error {
 public:
  /// @param operation what was tried, as it follows "cannot": "open", "read", ...
  /// @param path the file; @param dataset the dataset in it, empty where none is concerned
  /// @param reason why it failed, and where possible what would be accepted
  FileError(const std::string& operation, std::filesystem::path path, std::string dataset,
            const std::string& reason)
      : std::runtime_error("cannot " + operation + " " +
                           (dataset.empty() ? "" : "dataset '" + dataset + "' of ") + "'" +
                           path.string() + "': " + reason),
        operation_(operation),
        path_(std::move(path)),
        dataset_(std::move(dataset)) {}

  [[nodiscard]] const std::string& operation() const { return operation_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::string& dataset() const { return dataset_; }

 private:
  std::string operation_;
  std::filesystem::path path_;
  std::string dataset_;
};

/// The input is not what the program reads: a mistake that the user can mend.
class InputError : public FileError {
 public:
  using FileError::FileError;
};

/// An output file could not be written: no folder, no permission, no space.
class OutputError : public FileError {
 public:
  using FileError::FileError;
};

}  // namespace relief
