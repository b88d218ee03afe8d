// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Writes pickles of protocol 4 that call what they name when Python reads them.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proxystore/config.hpp"

namespace proxystore::inline v0::python {

class PickleWriter {
 public:
  PickleWriter& none() { return code('N'); }
  PickleWriter& boolean(bool value) { return code(value ? '\x88' : '\x89'); }
  PickleWriter& integer(std::int64_t value);
  PickleWriter& text(std::string_view value);
  PickleWriter& value(const ConfigValue& value);
  PickleWriter& dict(const ConfigTable& table);
  PickleWriter& bytes(std::string_view value);
  /// begin_dict(), keys and values in turns, end_dict()
  PickleWriter& begin_dict() { return code('}').code('('); }
  PickleWriter& end_dict() { return code('u'); }
  /// begin_list(), its items, end_list()
  PickleWriter& begin_list() { return code(']').code('('); }
  PickleWriter& end_list() { return code('e'); }
  /// "module.name"
  PickleWriter& global(std::string_view name);
  /// begin_tuple(), its items, end_tuple()
  PickleWriter& begin_tuple() { return code('('); }
  PickleWriter& end_tuple() { return code('t'); }
  /// Calls what was written before the tuple.
  PickleWriter& call() { return code('R'); }
  /// Gives the object the attributes of the dict after it.
  PickleWriter& build() { return code('b'); }

  [[nodiscard]] std::string finish() && {
    code('.');
    return std::move(bytes_);
  }

 private:
  PickleWriter& code(char one) {
    bytes_.push_back(one);
    return *this;
  }
  void number(std::uint64_t value, std::size_t size);

  std::string bytes_ = "\x80\x04";
};

}  // namespace proxystore::inline v0::python
