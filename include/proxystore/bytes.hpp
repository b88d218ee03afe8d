// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Bytes: immutable, shared memory of any owner. Next: key.hpp, connector.hpp.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// Read-only view of memory, in bytes.
using ByteSpan = std::span<const std::byte>;

/// Immutable, contiguous bytes that are shared by all copies and kept alive by any owner: the heap,
/// a mapped file, a shared segment, a reply buffer. A value: copying costs a reference count.
/// @threadsafe Distinct copies may be used from any thread.
class PROXYSTORE_EXPORT Bytes {
 public:
  /// Where the memory comes from. A cache keeps no strong hold on `mapped` memory.
  enum class Memory : std::uint8_t { heap, mapped };

  Bytes() noexcept = default;

  /// Copies @p source into fresh memory aligned to 64 bytes.
  [[nodiscard]] static Bytes copy_of(ByteSpan source);
  [[nodiscard]] static Bytes copy_of(std::string_view source);

  /// Concatenates @p parts into fresh memory aligned to 64 bytes.
  [[nodiscard]] static Bytes copy_of(std::span<const ByteSpan> parts);

  /// Takes over a container without a copy.
  [[nodiscard]] static Bytes own(std::vector<std::byte> source);
  [[nodiscard]] static Bytes own(std::string source);

  /// Views @p view, which stays valid as long as @p owner lives.
  [[nodiscard]] static Bytes wrap(ByteSpan view, std::shared_ptr<const void> owner,
                                  Memory memory = Memory::heap) noexcept {
    return Bytes(view, std::move(owner), memory);
  }

  [[nodiscard]] const std::byte* data() const noexcept { return view_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return view_.size(); }
  [[nodiscard]] bool empty() const noexcept { return view_.empty(); }
  [[nodiscard]] ByteSpan span() const noexcept { return view_; }
  [[nodiscard]] const std::byte* begin() const noexcept { return view_.data(); }
  [[nodiscard]] const std::byte* end() const noexcept { return view_.data() + view_.size(); }
  [[nodiscard]] Memory memory() const noexcept { return memory_; }
  [[nodiscard]] const std::shared_ptr<const void>& owner() const noexcept { return owner_; }

  /// The bytes as characters, whatever their encoding.
  /// @lifetime valid while any Bytes over the same memory lives.
  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(view_.data()), view_.size()};
  }

  /// The part of @p length bytes from @p offset, sharing the memory; both are cut to what is there.
  [[nodiscard]] Bytes slice(std::size_t offset, std::size_t length = SIZE_MAX) const noexcept;

  /// Compares contents.
  friend PROXYSTORE_EXPORT bool operator==(const Bytes& a, const Bytes& b) noexcept;

 private:
  Bytes(ByteSpan view, std::shared_ptr<const void> owner, Memory memory) noexcept
      : view_(view), owner_(std::move(owner)), memory_(memory) {}

  ByteSpan view_;
  std::shared_ptr<const void> owner_;
  Memory memory_ = Memory::heap;
};

/// The number of bytes that @p parts are together.
[[nodiscard]] PROXYSTORE_EXPORT std::size_t joined_size(std::span<const ByteSpan> parts) noexcept;

/// Copies @p parts one behind the other to the beginning of @p target, which has room for
/// joined_size(@p parts) bytes and overlaps none of them.
PROXYSTORE_EXPORT void join(std::span<const ByteSpan> parts, std::span<std::byte> target) noexcept;

/// Uninitialised writable memory, aligned to 64 bytes, that is filled once and then frozen.
/// Move-only; not thread-safe.
class PROXYSTORE_EXPORT MutableBytes {
 public:
  /// Alignment of every buffer, in bytes: one cache line, and what SIMD loads want.
  static constexpr std::size_t alignment = 64;

  MutableBytes() noexcept = default;
  /// @throws std::bad_alloc
  explicit MutableBytes(std::size_t size);

  [[nodiscard]] std::byte* data() noexcept { return memory_.get(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<std::byte> span() noexcept { return {memory_.get(), size_}; }

  /// Ends writing: the memory becomes shared and immutable, without a copy.
  [[nodiscard]] Bytes freeze() &&;

 private:
  struct Free {
    void operator()(std::byte* memory) const noexcept;
  };
  std::unique_ptr<std::byte[], Free> memory_;
  std::size_t size_ = 0;
};

}  // namespace proxystore::inline v0
