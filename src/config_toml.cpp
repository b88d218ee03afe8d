// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// The TOML form of StoreConfig. Field names, order and strictness are those of Python's
// proxystore, so that one file serves both languages.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

#include <toml++/toml.h>

#include "detail/atomic_file.hpp"
#include "detail/text.hpp"
#include "detail/wire.hpp"
#include "proxystore/config.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

namespace {

[[noreturn]] void fail(std::string_view origin, const toml::source_region& where,
                       const std::string& why) {
  throw ConfigError(std::string(origin) + ":" + std::to_string(where.begin.line) + ": " + why);
}

/// @p depth is that of options in options.
ConfigValue convert(const toml::node& node, std::string_view origin, int depth) {
  if (depth > detail::deepest_options) {
    fail(origin, node.source(),
         "options nested deeper than " + std::to_string(detail::deepest_options) + " levels");
  }
  if (const auto* value = node.as_boolean()) return value->get();
  if (const auto* value = node.as_integer()) return value->get();
  if (const auto* value = node.as_floating_point()) return value->get();
  if (const auto* value = node.as_string()) return value->get();
  if (const auto* array = node.as_array()) {
    ConfigArray result;
    for (const auto& item : *array) result.push_back(convert(item, origin, depth + 1));
    return result;
  }
  if (const auto* table = node.as_table()) {
    ConfigTable result;
    for (const auto& [key, value] : *table) {
      result.emplace(std::string(key.str()), convert(value, origin, depth + 1));
    }
    return result;
  }
  fail(origin, node.source(),
       "dates and times are not used in store configurations; accepted are booleans, numbers, "
       "strings, arrays and tables");
}

/// Throws ConfigError for keys such as a.b.c of so many parts that toml++, which bounds only arrays
/// and inline tables, would overflow the stack with the tables that it makes of them. Strings are
/// passed over; in those of several lines dots are counted, too.
void require_short_keys(std::string_view text, std::string_view origin) {
  constexpr int most = 1000;
  int dots = 0;
  std::size_t line = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      dots = 0;
      ++line;
    } else if (text[i] == '"' || text[i] == '\'' || text[i] == '#') {
      const char ends[] = {text[i], '\n', '\0'};
      const std::size_t end = text.find_first_of(text[i] == '#' ? "\n" : ends, i + 1);
      if (end == std::string_view::npos) return;
      i = text[end] == '\n' ? end - 1 : end;
    } else if (text[i] == '.' && ++dots > most) {
      throw ConfigError(std::string(origin) + ":" + std::to_string(line) +
                        ": a key has more than " + std::to_string(most) + " parts");
    }
  }
}

std::string_view type_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a float";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

/// Takes typed members out of one TOML table, and complains about those nobody took.
class TableReader {
 public:
  TableReader(const toml::table& table, std::string_view origin, std::string where)
      : table_(table), origin_(origin), where_(std::move(where)) {}

  template <class T>
  bool read(std::string_view name, T& into) {
    const toml::node* node = find(name);
    if (node == nullptr) return false;
    if constexpr (std::is_same_v<T, bool>) {
      into = typed<bool>(*node, name, "a boolean");
    } else if constexpr (std::is_same_v<T, std::size_t>) {
      const auto number = typed<std::int64_t>(*node, name, "an integer");
      if (number < 0) {
        fail(origin_, node->source(),
             "'" + std::string(name) + "' is " + std::to_string(number) +
                 ", but cannot be negative");
      }
      into = static_cast<std::size_t>(number);
    } else {
      into = typed<std::string>(*node, name, "a string");
    }
    return true;
  }

  void require(std::string_view name, std::string& into) {
    if (!read(name, into))
      fail(origin_, table_.source(), where_ + " needs '" + std::string(name) + "'");
  }

  const toml::table* table(std::string_view name) {
    const toml::node* node = find(name);
    if (node == nullptr) return nullptr;
    if (!node->is_table()) wrong_type(*node, name, "a table");
    return node->as_table();
  }

  void refuse_others() const {
    for (const auto& [key, value] : table_) {
      const std::string_view name = key.str();
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      fail(origin_, key.source(),
           "unknown entry '" + std::string(name) + "' in " + where_ + "; known are " +
               detail::quoted_list(known_));
    }
  }

 private:
  const toml::node* find(std::string_view name) {
    known_.emplace_back(name);
    return table_.get(name);
  }

  template <class T>
  T typed(const toml::node& node, std::string_view name, std::string_view wanted) {
    const auto value = node.value_exact<T>();
    if (!value) wrong_type(node, name, wanted);
    return *value;
  }

  [[noreturn]] void wrong_type(const toml::node& node, std::string_view name,
                               std::string_view wanted) const {
    fail(origin_, node.source(),
         "'" + std::string(name) + "' in " + where_ + " is " + std::string(type_of(node)) +
             "; it takes " + std::string(wanted));
  }

  const toml::table& table_;
  std::string_view origin_;
  std::string where_;
  std::vector<std::string> known_;
};

toml::table to_toml_table(const ConfigTable& options);
toml::array to_toml_array(const ConfigArray& items);

/// Calls @p insert with the toml++ form of @p value.
template <class Insert>
void convert_back(const ConfigValue& value, const Insert& insert) {
  if (const auto* array = value.get_if<ConfigArray>()) {
    insert(to_toml_array(*array));
  } else if (const auto* table = value.get_if<ConfigTable>()) {
    toml::table inner = to_toml_table(*table);
    inner.is_inline(true);  // a [header] of its own would be read from the top of the file
    insert(inner);
  } else if (const auto* text = value.get_if<std::string>()) {
    insert(*text);
  } else if (const auto* number = value.get_if<std::int64_t>()) {
    insert(*number);
  } else if (const auto* real = value.get_if<double>()) {
    insert(*real);
  } else {
    insert(*value.get_if<bool>());
  }
}

toml::array to_toml_array(const ConfigArray& items) {
  toml::array array;
  for (const auto& item : items) {
    convert_back(item, [&](const auto& node) { array.push_back(node); });
  }
  return array;
}

toml::table to_toml_table(const ConfigTable& options) {
  toml::table table;
  for (const auto& [name, value] : options) {
    convert_back(value,
                 [&table, &key = name](const auto& node) { table.insert_or_assign(key, node); });
  }
  return table;
}

/// TOML has no other texts, and toml++ would write another one than @p text.
void require_utf8(std::string_view where, std::string_view text) {
  if (detail::is_utf8(text)) return;
  std::string shown;
  for (const char c : text) shown += detail::is_utf8(std::string_view(&c, 1)) ? c : '?';
  throw ConfigError("'" + std::string(where) + "' is not UTF-8, and so cannot stand in TOML: " +
                    shown + "; use a path in UTF-8, or a link of such a name");
}

void require_utf8(std::string_view where, const ConfigValue& value) {
  if (const auto* text = value.get_if<std::string>()) require_utf8(where, std::string_view(*text));
  if (const auto* array = value.get_if<ConfigArray>()) {
    for (const auto& item : *array) require_utf8(where, item);
  }
  if (const auto* table = value.get_if<ConfigTable>()) {
    for (const auto& [name, item] : *table) {
      require_utf8("the name of an option", std::string_view(name));
      require_utf8(name, item);
    }
  }
}

std::string toml_string(std::string_view where, const std::string& text) {
  require_utf8(where, std::string_view(text));
  std::ostringstream out;
  out << toml::value<std::string>(text);
  return out.str();
}

std::string toml_size(std::string_view name, std::size_t size) {
  if (size > static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max())) {
    throw ConfigError("'" + std::string(name) + "' is " + std::to_string(size) +
                      "; integers of TOML end at 2^63 - 1");
  }
  return std::string(name) + " = " + std::to_string(size) + "\n";
}

}  // namespace

StoreConfig StoreConfig::from_toml_text(std::string_view text, std::string_view origin) {
  require_short_keys(text, origin);
  toml::table root;
  try {
    root = toml::parse(text, origin);
  } catch (const toml::parse_error& error) {
    fail(origin, error.source(), std::string("not valid TOML: ") + error.what());
  }
  StoreConfig config;
  TableReader reader(root, origin, "a store configuration");
  reader.require("name", config.name);
  if (std::string name; reader.read("serializer", name)) config.serializer = std::move(name);
  if (std::string name; reader.read("deserializer", name)) config.deserializer = std::move(name);
  reader.read("cache_size", config.cache_size);
  reader.read("metrics", config.metrics);
  reader.read("populate_target", config.populate_target);
  reader.read("auto_register", config.auto_register);
  reader.read("cache_bytes", config.cache_bytes);
  reader.read("populate_limit", config.populate_limit);
  const toml::table* connector = reader.table("connector");
  if (connector == nullptr) {
    fail(origin, root.source(), "a store configuration needs a table [connector]");
  }
  reader.refuse_others();
  TableReader connector_reader(*connector, origin, "[connector]");
  connector_reader.require("kind", config.connector.kind);
  if (const toml::table* options = connector_reader.table("options")) {
    config.connector.options = *convert(*options, origin, -1).get_if<ConfigTable>();
  }
  connector_reader.refuse_others();
  return config;
}

StoreConfig StoreConfig::from_toml(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (!file.is_open() || file.bad() || !text) {
    throw ConfigError("cannot read the store configuration " + path.string() + ": " +
                      detail::last_system_error());
  }
  return from_toml_text(text.str(), path.string());
}

std::string StoreConfig::to_toml() const {
  const StoreConfig defaults;
  std::ostringstream out;
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  out << "name = " << toml_string("name", name) << '\n';
  if (serializer) out << "serializer = " << toml_string("serializer", *serializer) << '\n';
  if (deserializer) out << "deserializer = " << toml_string("deserializer", *deserializer) << '\n';
  out << toml_size("cache_size", cache_size) << "metrics = " << flag(metrics) << '\n'
      << "populate_target = " << flag(populate_target) << '\n'
      << "auto_register = " << flag(auto_register) << '\n';
  if (cache_bytes != defaults.cache_bytes) out << toml_size("cache_bytes", cache_bytes);
  if (populate_limit != defaults.populate_limit) {
    out << toml_size("populate_limit", populate_limit);
  }
  out << "\n[connector]\nkind = " << toml_string("kind", connector.kind)
      << "\n\n[connector.options]\n";
  require_utf8("options", ConfigValue(connector.options));
  if (!connector.options.empty()) out << to_toml_table(connector.options) << '\n';
  return out.str();
}

void StoreConfig::write_toml(const std::filesystem::path& path) const {
  const auto parent = std::filesystem::absolute(path).parent_path();
  std::error_code failed;
  std::filesystem::create_directories(parent, failed);
  if (failed) {
    throw AccessError("cannot make the folder " + parent.string() + ": " + failed.message());
  }
  const std::string text = to_toml();
  const ByteSpan part = std::as_bytes(std::span(text.data(), text.size()));
  detail::write_file_atomically(path, std::span(&part, 1),
                                {.connector = {}, .operation = "write_toml"});
}

}  // namespace proxystore::inline v0
