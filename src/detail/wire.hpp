// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Reading and writing small binary messages. The reader trusts nothing: every size is compared
/// with the bytes that remain before memory is taken.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "proxystore/bytes.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::detail {

static_assert(std::endian::native == std::endian::little,
              "wire and file formats are little-endian; other hosts need byte swaps here");

/// How deep options of a store may lie in others.
inline constexpr int deepest_options = 16;

/// Appends to a growing buffer.
class WireWriter {
 public:
  void u8(std::uint8_t value) { buffer_.push_back(std::byte{value}); }

  void u64(std::uint64_t value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    buffer_.insert(buffer_.end(), bytes, bytes + sizeof value);
  }

  /// LEB128: 7 bits a byte, lowest first.
  void varint(std::uint64_t value) {
    while (value >= 0x80) {
      u8(static_cast<std::uint8_t>(value) | 0x80U);
      value >>= 7U;
    }
    u8(static_cast<std::uint8_t>(value));
  }

  void raw(ByteSpan bytes) { buffer_.insert(buffer_.end(), bytes.begin(), bytes.end()); }

  void blob(ByteSpan bytes) {
    varint(bytes.size());
    raw(bytes);
  }

  void text(std::string_view value) { blob(std::as_bytes(std::span(value.data(), value.size()))); }

  [[nodiscard]] std::vector<std::byte> take() && { return std::move(buffer_); }

 private:
  std::vector<std::byte> buffer_;
};

/// Reads what WireWriter wrote. @throws MessageError on anything else
class WireReader {
 public:
  /// @p what names the message in errors, such as "proxy".
  WireReader(ByteSpan bytes, std::string_view what) : bytes_(bytes), what_(what) {}

  [[nodiscard]] std::size_t remaining() const noexcept { return bytes_.size() - at_; }

  std::uint8_t u8() { return std::to_integer<std::uint8_t>(raw(1).front()); }

  std::uint64_t u64() {
    std::uint64_t value = 0;
    std::memcpy(&value, raw(sizeof value).data(), sizeof value);
    return value;
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = u8();
      if (shift == 63 && byte > 1) break;
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    fail("a number of more than 64 bits");
  }

  ByteSpan raw(std::size_t size) {
    if (size > remaining()) {
      fail(std::to_string(size) + " more bytes are announced, " + std::to_string(remaining()) +
           " remain");
    }
    const ByteSpan part = bytes_.subspan(at_, size);
    at_ += size;
    return part;
  }

  ByteSpan blob() {
    const std::uint64_t size = varint();
    if (size > remaining()) {
      fail(std::to_string(size) + " bytes are announced, " + std::to_string(remaining()) +
           " remain");
    }
    return raw(static_cast<std::size_t>(size));
  }

  std::string text() {
    const ByteSpan part = blob();
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }

  [[noreturn]] void fail(const std::string& why) const {
    throw MessageError("malformed " + std::string(what_) + " at byte " + std::to_string(at_) +
                       " of " + std::to_string(bytes_.size()) + ": " + why);
  }

 private:
  ByteSpan bytes_;
  std::string_view what_;
  std::size_t at_ = 0;
};

}  // namespace proxystore::inline v0::detail
