// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A pickle as data: what it would make, without making it.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxystore/bytes.hpp"

namespace proxystore::inline v0::python {

/// One value in a pickle. Values refer to each other, also in circles.
struct PickleValue {
  enum class Kind : std::uint8_t {
    none,
    boolean,
    integer,
    real,
    text,
    bytes,
    list,    ///< Also of tuples and sets
    dict,    ///< Keys and values in turns
    global,  ///< A name in a module, "module.name"
    object,  ///< What calling `items[0]` with `items[1]` makes
    other,   ///< What no proxy has
  };
  Kind kind = Kind::other;
  std::int64_t integer = 0;  ///< Also of a boolean
  double real = 0;
  std::string text{};
  std::vector<const PickleValue*> items{};
  const PickleValue* state = nullptr;  ///< Of an object, what BUILD gave it

  [[nodiscard]] bool is(Kind what) const noexcept { return kind == what; }
  /// The value of @p key in a dict; null if there is none.
  [[nodiscard]] const PickleValue* find(std::string_view key) const noexcept;
  /// "module.name" of the callable of an object; empty for anything else.
  [[nodiscard]] std::string_view callable() const noexcept;
};

/// A pickle of protocol 2 to 5, as Python's documentation of `pickletools` has it.
class Pickle {
 public:
  /// @throws MessageError saying where it is malformed
  explicit Pickle(ByteSpan bytes);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;

  [[nodiscard]] const PickleValue& value() const noexcept { return *value_; }

 private:
  class Reader;

  std::deque<PickleValue> values_;  // all of them, whoever refers to them
  const PickleValue* value_ = nullptr;
};

}  // namespace proxystore::inline v0::python
