// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Files of objects: made under another name, closed, and only then given theirs; see
/// hdf5_connector.cpp. Everything here needs a Session.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "detail/system.hpp"
#include "library.hpp"
#include "proxystore/connectors/hdf5.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::hdf5 {

/// A file that is being written, or waits for its names. It loses its own name with this object.
/// Belongs to the thread that made it.
class PendingFile {
 public:
  /// Makes a file beside @p path. @throws as fail()
  PendingFile(const std::filesystem::path& path, const Hdf5Options& options, ErrorContext context);
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;
  ~PendingFile();

  [[nodiscard]] const File& file() const noexcept { return file_; }

  /// Ends writing. @throws as fail(), also if the disk turns out to be full only now
  void finish();

  // These need no Session.

  /// Returns when the data are on the medium, if the options ask for that.
  void sync_data() const;
  /// Gives the file the name @p path, in place of any older file of that name.
  void rename_to(const std::filesystem::path& path);
  /// Gives it this name as well; false if a file has it.
  [[nodiscard]] bool link_to(const std::filesystem::path& path);
  /// Returns when the names are on the medium, if the options ask for that.
  void sync_names() const;

 private:
  const detail::FileSizeSignalOff no_signal_;
  const ErrorContext context_;
  const bool sync_;
  std::string name_;
  File file_;
};

/// How files are opened, with data of 64 KiB and more at multiples of @p alignment.
[[nodiscard]] Properties access_of(std::size_t alignment);

/// Marks a new file as one of this library. @throws as fail()
void write_format(const File& file, const ErrorContext& context);

/// A file to read from.
struct OpenFile {
  File file{};
  std::uint64_t held = 0;  ///< Bytes that the medium holds of it, without holes
};

/// Whether a symbolic link may stand for the file.
enum class Links : bool { refused, followed };

/// Nothing if there is no such file.
/// @throws IntegrityError if it is no HDF5 file or is damaged, ConnectorError if it is a link, is
///         of a newer version, or is open for writing and not for readers, too; AccessError
[[nodiscard]] std::optional<OpenFile> open_file(const std::filesystem::path& path,
                                                const ErrorContext& context,
                                                Links links = Links::refused);

}  // namespace proxystore::inline v0::hdf5
