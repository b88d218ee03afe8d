// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "config_lines.hpp"

#include <toml++/toml.h>

namespace tool {

namespace {

/// An empty table if the file cannot be read: the library says why.
toml::table parse(const std::string& file) {
  try {
    return toml::parse_file(file);
  } catch (const toml::parse_error&) {
    return {};
  }
}

}  // namespace

std::optional<unsigned> line_of(const std::string& file, const std::vector<std::string>& path) {
  const toml::table root = parse(file);
  const toml::table* table = &root;
  std::optional<unsigned> line;
  for (const std::string& name : path) {
    if (table == nullptr) break;
    const toml::node* found = nullptr;
    for (const auto& [key, value] : *table) {
      if (key.str() != name) continue;
      found = &value;
      line = key.source().begin.line;
    }
    if (found == nullptr) break;
    table = found->as_table();
  }
  return line && *line > 0 ? line : std::nullopt;
}

std::vector<std::string> entries_of(const std::string& file, const std::vector<std::string>& path) {
  const toml::table root = parse(file);
  const toml::table* table = &root;
  for (const std::string& name : path) {
    const toml::node* found = table->get(name);
    if (found == nullptr || !found->is_table()) return {};
    table = found->as_table();
  }
  std::vector<std::string> names;
  for (const auto& [key, value] : *table) names.emplace_back(key.str());
  return names;
}

}  // namespace tool
