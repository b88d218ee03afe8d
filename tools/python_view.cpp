// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "python_view.hpp"

#include <algorithm>

#include "proxystore/error.hpp"
#include "proxystore/python/pickle.hpp"

namespace tool {

namespace ps = proxystore;

namespace {

bool is_one_of(const std::string& name, std::initializer_list<const char*> names) {
  return std::ranges::any_of(names, [&](const char* one) { return name == one; });
}

/// What its configuration, whose entries are fixed, and its connectors, whose options are arguments
/// of their constructors, would refuse.
void look_at_file(PythonView& view, const ps::StoreConfig& config, const std::string& kind,
                  const std::vector<std::string>& entries) {
  for (const std::string& name : entries) {
    if (is_one_of(name, {"cache_bytes", "populate_limit"})) {
      view.no_file.push_back("it does not know the entry '" + name + "'");
    }
  }
  if (config.serializer || config.deserializer) {
    view.no_file.emplace_back("'serializer' and 'deserializer' name functions of C++ programs");
  }
  if (!is_one_of(kind, {"file", "redis", "local", "multi"})) {
    view.no_file.push_back("it has no connector of kind '" + kind + "'");
    return;
  }
  if (kind == "multi") {
    view.no_file.emplace_back("it does not rebuild a multi store from a configuration");
    return;
  }
  for (const auto& [name, value] : config.connector.options) {
    const bool is_known = kind == "file"    ? is_one_of(name, {"store_dir", "clear", "buffering"})
                          : kind == "redis" ? is_one_of(name, {"hostname", "port", "clear"})
                                            : false;
    if (!is_known)
      view.no_file.push_back("its " + kind + " connector has no option '" + name + "'");
  }
}

/// The library knows where Python looks, for proxies that cross.
void look_at_objects(PythonView& view, const ps::StoreConfig& config, const std::string& kind) {
  ps::StoreConfig named = config;
  named.connector.kind = kind;
  try {
    (void)ps::python::detail::write_proxy({.key = ps::Key::random(), .config = named},
                                          "builtins.bytes");
  } catch (const ps::UnsupportedError& error) {
    view.no_objects.emplace_back(error.what());
  }
  if (config.serializer) {
    view.no_objects.emplace_back("they are written by a serializer of C++ programs");
  }
}

void add_notes(PythonView& view, const ps::StoreConfig& config, const std::string& kind) {
  if (!view.no_objects.empty()) return;
  const auto option = [&](const char* name) -> const ps::ConfigValue* {
    const auto found = config.connector.options.find(name);
    return found == config.connector.options.end() ? nullptr : &found->second;
  };
  view.notes.emplace_back("it reads text, bytes and arrays of numbers, and no other C++ types");
  const auto* clear = option("clear");
  if (kind == "file" && (clear == nullptr || *clear == ps::ConfigValue(true))) {
    view.notes.emplace_back(
        "with clear = true, its default, it removes the whole folder when it closes the store: "
        "write "
        "clear = false into the file that it uses");
  }
  if (kind == "redis" && clear != nullptr && *clear != ps::ConfigValue(false)) {
    view.notes.emplace_back("with clear = true it empties the database when it closes the store");
  }
  if (kind == "redis") {
    const auto* limit = option("part_size");
    const auto* number = limit == nullptr ? nullptr : limit->get_if<std::int64_t>();
    view.notes.push_back("it does not read objects of more than " +
                         std::to_string(number == nullptr ? std::int64_t{64} << 20U : *number) +
                         " bytes (part_size), which are kept in parts");
  }
}

}  // namespace

PythonView python_view(const ps::StoreConfig& config, const std::string& kind,
                       const std::vector<std::string>& entries) {
  PythonView view;
  look_at_file(view, config, kind, entries);
  look_at_objects(view, config, kind);
  add_notes(view, config, kind);
  return view;
}

}  // namespace tool
