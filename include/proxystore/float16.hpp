// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Float16: numbers of half precision in arrays, as numpy.float16.

#include <cstdint>

#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// An IEEE 754 binary16 number as it is stored. C++20 computes with none: convert it to float, and
/// keep the bits of one that another library made.
struct PROXYSTORE_EXPORT Float16 {
  std::uint16_t bits = 0;

  /// The same number; every binary16 is a float.
  [[nodiscard]] explicit operator float() const noexcept;

  /// Compares bits: 0 and -0 differ, and a NaN equals itself.
  friend bool operator==(Float16, Float16) noexcept = default;
};

}  // namespace proxystore::inline v0
