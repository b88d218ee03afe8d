// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/float16.hpp"

#include <cmath>
#include <limits>

namespace proxystore::inline v0 {

Float16::operator float() const noexcept {
  // IEEE 754-2019, section 3.4: 1 bit of sign, 5 of exponent with bias 15, 10 of fraction.
  const int exponent = (bits >> 10U) & 0x1fU;
  const int fraction = bits & 0x3ffU;
  float value = 0;
  if (exponent == 0x1f) {
    value = fraction == 0 ? std::numeric_limits<float>::infinity()
                          : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    value = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    value = std::ldexp(static_cast<float>(0x400 + fraction), exponent - 25);
  }
  return (bits & 0x8000U) != 0 ? -value : value;
}

}  // namespace proxystore::inline v0
