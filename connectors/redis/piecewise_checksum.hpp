// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The checksum of an object, taken while the object is being sent.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "detail/hash.hpp"
#include "proxystore/bytes.hpp"

namespace proxystore::inline v0::redis {

/// Goes through the concatenation of some parts in steps. Parts that are sent twice are gone
/// through once.
class PiecewiseChecksum {
 public:
  explicit PiecewiseChecksum(std::span<const ByteSpan> parts) : parts_(parts) {}

  /// Goes on through at most 256 KiB, and not beyond byte @p end; whether there is more before it.
  bool step(std::size_t end = SIZE_MAX) {
    constexpr std::size_t longest = 256 * 1024;
    if (at_ >= end || parts_.empty()) return false;
    const ByteSpan rest = parts_.front().subspan(offset_);
    const ByteSpan piece = rest.first(std::min({rest.size(), longest, end - at_}));
    hash_.update(piece);
    at_ += piece.size();
    offset_ += piece.size();
    if (piece.size() == rest.size()) {
      parts_ = parts_.subspan(1);
      offset_ = 0;
    }
    return at_ < end && !parts_.empty();
  }

  [[nodiscard]] std::uint64_t finish() {
    while (step()) {
    }
    return hash_.digest();
  }

 private:
  detail::Xxh3Stream hash_;
  std::span<const ByteSpan> parts_;  // what is left of them
  std::size_t offset_ = 0;           // in the first
  std::size_t at_ = 0;               // of all
};

}  // namespace proxystore::inline v0::redis
