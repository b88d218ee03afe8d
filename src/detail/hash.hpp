// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// XXH3-64, the checksum and fingerprint of everything here.

#include <cstdint>
#include <memory>
#include <span>

#include "proxystore/bytes.hpp"

namespace proxystore::inline v0::detail {

[[nodiscard]] std::uint64_t xxh3(ByteSpan bytes) noexcept;

/// The hash of the concatenation of @p parts.
[[nodiscard]] std::uint64_t xxh3(std::span<const ByteSpan> parts);

/// The hash of bytes that come piece by piece: the same as that of all at once.
class Xxh3Stream {
 public:
  Xxh3Stream();
  void update(ByteSpan piece) noexcept;
  void reset() noexcept;  ///< As if nothing had come
  [[nodiscard]] std::uint64_t digest() const noexcept;

 private:
  struct State;
  struct Free {
    void operator()(State* state) const noexcept;
  };
  std::unique_ptr<State, Free> state_;
};

}  // namespace proxystore::inline v0::detail
