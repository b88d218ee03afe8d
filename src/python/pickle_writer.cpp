// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "pickle_writer.hpp"

#include <bit>
#include <limits>

namespace proxystore::inline v0::python {

void PickleWriter::number(std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) code(static_cast<char>(value >> (8 * i) & 0xFFU));
}

PickleWriter& PickleWriter::integer(std::int64_t value) {
  const bool is_short = value >= std::numeric_limits<std::int32_t>::min() &&
                        value <= std::numeric_limits<std::int32_t>::max();
  if (is_short) {
    code('J');
    number(static_cast<std::uint64_t>(value), 4);
  } else {
    code('\x8a').code(8);
    number(static_cast<std::uint64_t>(value), 8);
  }
  return *this;
}

PickleWriter& PickleWriter::text(std::string_view value) {
  const bool is_short = value.size() < 256;
  code(is_short ? '\x8c' : '\x8d');
  number(value.size(), is_short ? 1 : 8);
  bytes_ += value;
  return *this;
}

PickleWriter& PickleWriter::bytes(std::string_view value) {
  code('\x8e');  // BINBYTES8
  number(value.size(), 8);
  bytes_ += value;
  return *this;
}

PickleWriter& PickleWriter::value(const ConfigValue& value) {
  if (const auto* boolean_value = value.get_if<bool>()) return boolean(*boolean_value);
  if (const auto* integer_value = value.get_if<std::int64_t>()) return integer(*integer_value);
  if (const auto* text_value = value.get_if<std::string>()) return text(*text_value);
  if (const auto* table = value.get_if<ConfigTable>()) return dict(*table);
  if (const auto* array = value.get_if<ConfigArray>()) {
    begin_list();
    for (const ConfigValue& item : *array) this->value(item);
    return end_list();
  }
  code('G');
  const auto bits = std::bit_cast<std::uint64_t>(std::get<double>(value.variant()));
  for (int shift = 56; shift >= 0; shift -= 8) code(static_cast<char>(bits >> shift & 0xFFU));
  return *this;
}

PickleWriter& PickleWriter::dict(const ConfigTable& table) {
  begin_dict();
  for (const auto& [key, item] : table) text(key).value(item);
  return end_dict();
}

PickleWriter& PickleWriter::global(std::string_view name) {
  // Of "proxystore.store.config.StoreConfig.model_validate" the module is what is in lower case
  // up to the first class, or all but the last word.
  std::size_t split = name.rfind('.');
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos;
       dot = name.find('.', dot + 1)) {
    if (dot + 1 < name.size() && name[dot + 1] >= 'A' && name[dot + 1] <= 'Z') {
      split = dot;
      break;
    }
  }
  return text(name.substr(0, split)).text(name.substr(split + 1)).code('\x93');
}

}  // namespace proxystore::inline v0::python
