// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// SerializedObject: an object on its way to a connector, as parts that need not be copied first;
/// and ByteReader, its way back.

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "proxystore/bytes.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// The stored form of an object, as a list of parts. Small pieces are copied here; large blocks are
/// only referred to, so the object must outlive this.
class PROXYSTORE_EXPORT SerializedObject {
 public:
  /// Blocks from this size on are referred to rather than copied, in bytes.
  static constexpr std::size_t reference_threshold = 1024;

  SerializedObject() = default;
  SerializedObject(SerializedObject&&) noexcept = default;
  SerializedObject& operator=(SerializedObject&&) noexcept = default;
  SerializedObject(const SerializedObject&) = delete;
  SerializedObject& operator=(const SerializedObject&) = delete;
  ~SerializedObject() = default;

  /// Appends a copy of @p bytes.
  void copy(ByteSpan bytes);
  void copy(std::string_view text) { copy(std::as_bytes(std::span(text.data(), text.size()))); }

  /// Appends @p bytes without a copy if they are large. @lifetime they must outlive this object
  void refer(ByteSpan bytes);

  /// Appends @p bytes without a copy and shares their ownership.
  void share(Bytes bytes);

  [[nodiscard]] std::span<const ByteSpan> parts() const noexcept { return parts_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  ObjectInfo info{};  ///< What the bytes mean.

 private:
  void append(ByteSpan part);

  std::vector<ByteSpan> parts_;
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::size_t chunk_used_ = 0;
  std::size_t chunk_size_ = 0;
  std::vector<Bytes> shared_;
  std::size_t size_ = 0;
};

namespace detail {

/// Reads stored bytes from front to back and never past their end.
class PROXYSTORE_EXPORT ByteReader {
 public:
  explicit ByteReader(ByteSpan bytes) noexcept : rest_(bytes) {}

  [[nodiscard]] std::size_t remaining() const noexcept { return rest_.size(); }

  /// @throws SerializationError if fewer than @p size bytes remain
  [[nodiscard]] ByteSpan take(std::size_t size) {
    if (size > rest_.size()) fail_truncated(size);
    const ByteSpan part = rest_.first(size);
    rest_ = rest_.subspan(size);
    return part;
  }

  void read(void* into, std::size_t size) {
    const ByteSpan part = take(size);
    if (size > 0) std::memcpy(into, part.data(), size);
  }

  [[noreturn]] void fail_truncated(std::size_t wanted) const;

 private:
  ByteSpan rest_;
};

}  // namespace detail
}  // namespace proxystore::inline v0
