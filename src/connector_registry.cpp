// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/connector_registry.hpp"

#include <algorithm>

#include "detail/builtin_connectors.hpp"
#include "detail/options_reader.hpp"
#include "detail/text.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), detail::ascii_lower);
  return result;
}

/// The names a kind answers to: as Python does, "file", "File", "FileConnector" and the class path.
std::vector<std::string> all_names(const ConnectorKind& kind) {
  std::vector<std::string> names{lower(kind.name), lower(kind.name) + "connector"};
  for (const auto& alias : kind.aliases) names.push_back(lower(alias));
  return names;
}

}  // namespace

ConnectorRegistry& ConnectorRegistry::global() {
  // Never destroyed: stores may close while static objects are being destroyed.
  static ConnectorRegistry& registry = []() -> ConnectorRegistry& {
    auto* made = new ConnectorRegistry;
    detail::register_builtin_connectors(*made);
    return *made;
  }();
  return registry;
}

void ConnectorRegistry::add(ConnectorKind kind) {
  if (kind.name.empty() || !kind.make || !kind.identity) {
    throw ArgumentError("a connector kind needs a name, make and identity");
  }
  const auto shared = std::make_shared<const ConnectorKind>(std::move(kind));
  const auto names = all_names(*shared);
  const std::lock_guard lock(mutex_);
  for (const auto& name : names) {
    if (kinds_.contains(name)) throw ArgumentError("connector kind '" + name + "' exists already");
  }
  for (const auto& name : names) {
    kinds_.emplace(name, shared);
    unavailable_.erase(name);
  }
}

void ConnectorRegistry::add_unavailable(std::string kind, std::string why) {
  const std::string name = lower(kind);
  const std::lock_guard lock(mutex_);
  for (const auto& alias :
       {name, name + "connector", "proxystore.connectors." + name + "." + name + "connector"}) {
    unavailable_.insert_or_assign(alias, kind + " " + why);
  }
}

std::shared_ptr<const ConnectorKind> ConnectorRegistry::find(std::string_view kind) const {
  const std::string name = lower(kind);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = kinds_.find(name); found != kinds_.end()) return found->second;
    if (const auto known = unavailable_.find(name); known != unavailable_.end()) {
      throw ConnectorNotBuiltError("connector " + known->second, {.connector = std::string(kind)});
    }
  }
  throw UnknownConnectorError("unknown connector kind '" + std::string(kind) +
                                  "'; this program knows " + detail::quoted_list(kinds()),
                              {.connector = std::string(kind)});
}

std::shared_ptr<Connector> ConnectorRegistry::make(const ConnectorConfig& config,
                                                   OpenMode mode) const {
  return find(config.kind)->make(config.options, mode);
}

ConnectorConfig ConnectorRegistry::identity(const ConnectorConfig& config) const {
  const auto kind = find(config.kind);
  const detail::OptionsRecord unseen(nullptr);
  return {.kind = kind->name, .options = kind->identity(config.options)};
}

ConfigTable ConnectorRegistry::options(const ConnectorConfig& config) const {
  const auto kind = find(config.kind);
  ConfigTable options = config.options;
  const detail::OptionsRecord record(&options);
  (void)kind->identity(config.options);
  return options;
}

std::vector<std::string> ConnectorRegistry::kinds() const {
  std::vector<std::string> names;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, kind] : kinds_) {
    if (std::find(names.begin(), names.end(), kind->name) == names.end()) {
      names.push_back(kind->name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace proxystore::inline v0
