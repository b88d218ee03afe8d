// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Reading one object's file: mapped, or copied.

#include <filesystem>
#include <optional>
#include <span>

#include "detail/system.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::file {

/// An object's file, open for reading.
class ObjectFile {
 public:
  /// Nothing if there is no such file. @throws AccessError, ConnectorError
  static std::optional<ObjectFile> open(const std::filesystem::path& path, const Key& key);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// All of the file, without a copy. The bytes stay valid when the file is removed or replaced.
  [[nodiscard]] Bytes map() const;
  /// @p length bytes from @p offset, both within the file, in fresh memory.
  [[nodiscard]] Bytes copy(std::size_t offset, std::size_t length) const;
  /// Fills @p target from @p offset.
  void read(std::size_t offset, std::span<std::byte> target) const;

 private:
  ObjectFile(detail::UniqueFd fd, std::size_t size, const std::filesystem::path& path,
             const Key& key)
      : fd_(std::move(fd)), size_(size), path_(path), key_(key) {}
  [[nodiscard]] ErrorContext context() const;

  detail::UniqueFd fd_;
  std::size_t size_;
  std::filesystem::path path_;
  Key key_;
};

}  // namespace proxystore::inline v0::file
