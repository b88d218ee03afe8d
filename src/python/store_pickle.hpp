// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Keys and configurations of the stores that both languages have, in pickles of Python's
/// ProxyStore.

#include <cstdint>
#include <string>
#include <string_view>

#include "pickle_value.hpp"
#include "pickle_writer.hpp"
#include "proxystore/config.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::python {

/// The class of the keys of @p config's connector in Python.
/// @throws UnsupportedError if Python cannot open such a store, or finds nothing there
[[nodiscard]] std::string_view key_class(const StoreConfig& config, const char* operation);

/// Writes the call that makes the StoreConfig of @p config. A store made of it never clears.
void write_config(PickleWriter& pickle, const StoreConfig& config, const char* operation);

/// Finds what a pickle has to have. What it has not, or another way, is a MessageError.
class PickleSearch {
 public:
  /// @p subject and @p operation are for errors, such as "proxy of a store" and "from_pickle".
  /// @p size is the pickle's in bytes.
  PickleSearch(std::string_view subject, std::string_view operation, std::size_t size)
      : subject_(subject), operation_(operation), budget_(smallest_budget + growth * size) {}

  [[noreturn]] void refuse(const std::string& what) const;
  /// @p value, which is of @p kind. @p what it is is for errors.
  const PickleValue& require(const PickleValue* value, PickleValue::Kind kind,
                             const std::string& what) const;
  /// The value of @p name in @p dict.
  [[nodiscard]] const PickleValue& entry(const PickleValue& dict, const char* name,
                                         PickleValue::Kind kind) const {
    return require(dict.find(name), kind, name);
  }
  /// Sets @p into to the boolean or number @p name of @p dict, if there is one.
  template <class T>
  void read(const PickleValue& dict, const char* name, PickleValue::Kind kind, T& into) const {
    const PickleValue* found = dict.find(name);
    if (found != nullptr) into = static_cast<T>(require(found, kind, name).integer);
  }

  /// Counts @p bytes of what is made of the pickle. It refers to values by two bytes, as often as
  /// it likes, so that what is made of them may be many times as large as it is.
  void spend(std::size_t bytes) const {
    if (bytes > budget_) refuse("what it refers to is far larger than it is");
    budget_ -= bytes;
  }
  /// The text of @p value, which is copied.
  [[nodiscard]] const std::string& copied(const PickleValue& value) const {
    spend(value.text.size());
    return value.text;
  }

  /// A key of a class of Python's.
  [[nodiscard]] Key key(std::string_view python_class, const PickleValue* uuid) const;
  /// The configuration that @p value makes: a call of model_validate, or a model with its state.
  [[nodiscard]] StoreConfig config(const PickleValue& value) const;

 private:
  /// A batch refers to one configuration for each of its events.
  static constexpr std::size_t growth = 32;
  static constexpr std::size_t smallest_budget = std::size_t{1} << 20U;

  [[nodiscard]] const PickleValue& attributes_of(const PickleValue& model,
                                                 std::string_view name) const;
  [[nodiscard]] ConfigValue to_config_value(const PickleValue& value, int depth) const;
  [[nodiscard]] ConfigTable to_table(const PickleValue& dict, int depth) const;

  std::string_view subject_;
  std::string_view operation_;
  mutable std::size_t budget_;
};

/// Argument @p i of a call; null if there are not so many.
[[nodiscard]] const PickleValue* argument(const PickleValue& call, std::size_t i);

/// What @p value is, for errors.
[[nodiscard]] std::string described(const PickleValue& value);

}  // namespace proxystore::inline v0::python
