// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "opened_store.hpp"

#include <filesystem>
#include <functional>

#include "command.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/error.hpp"

namespace tool {

namespace ps = proxystore;

namespace {

/// Calls @p function with the configuration of each connector of a store: the one, or the children.
void for_each_part(ps::ConnectorConfig& config,
                   const std::function<void(ps::ConnectorConfig&)>& function) {
  if (ps::ConnectorRegistry::global().identity(config).kind != "multi") {
    function(config);
    return;
  }
  for (auto& [name, value] : config.options) {
    ps::ConfigArray parts = *value.get_if<ps::ConfigArray>();
    ps::ConnectorConfig child{.kind = *parts[0].get_if<std::string>(),
                              .options = *parts[1].get_if<ps::ConfigTable>()};
    function(child);
    parts[1] = std::move(child.options);
    value = std::move(parts);
  }
}

void require_folder(const ps::ConnectorConfig& config) {
  const auto found = config.options.find("store_dir");
  const auto* folder =
      found == config.options.end() ? nullptr : found->second.get_if<std::string>();
  std::error_code ignored;
  if (folder == nullptr || std::filesystem::exists(*folder, ignored)) return;
  throw ps::ConnectorError(
      "the store's folder " + *folder + " does not exist on this node, so there are no objects",
      {.connector = config.kind, .operation = "open"});
}

}  // namespace

std::shared_ptr<ps::Store> open_store(const ps::StoreConfig& config, Folders folders) {
  ps::StoreConfig safe = config;
  safe.auto_register = false;
  for_each_part(safe.connector, [&](ps::ConnectorConfig& part) {
    if (folders == Folders::must_exist) require_folder(part);
    if (const auto clear = part.options.find("clear"); clear != part.options.end()) {
      clear->second = false;
    } else if (part.options.contains("store_dir")) {
      part.options["clear"] = false;  // it is true by default
    }
  });
  // As its creator, since nobody else has credentials from the file.
  return ps::Store::from_config(safe, ps::OpenMode::create);
}

std::shared_ptr<ps::Store> open_lasting_store(const std::string& file, Folders folders) {
  const auto config = ps::StoreConfig::from_toml(file);
  const auto kind = ps::ConnectorRegistry::global().identity(config.connector).kind;
  if (kind == "local" || kind == "mpi" || kind == "null") {
    throw ps::UnsupportedError(
        "the objects of a store of kind '" + kind +
            "' are in the memory of the program that put them, and cannot be "
            "reached from here; stores of kind file, redis and hdf5 can",
        {.connector = kind, .operation = "open"});
  }
  return open_store(config, folders);
}

void add_store_option(CLI::App& command, std::string& file) {
  command.add_option("-s,--store", file, "TOML file that describes the store")
      ->required()
      ->type_name("FILE");
}

ps::Key parse_key(const std::string& text) {
  const auto key = ps::Key::parse(text);
  if (key) return *key;
  throw UsageError("'" + text.substr(0, 100) +
                   "' is no key; keys are UUIDs, such as 6f1c3c1e-0d0a-4c44-9b8a-3f1f6c1d2e3f");
}

std::optional<ps::Key> find_object(ps::Connector& connector, const ps::Key& id) {
  ps::Key key = id;
  const std::size_t children = connector.kind() == "multi" ? connector.config().options.size() : 1;
  for (std::size_t child = 0; child < children; ++child) {
    key.flags = static_cast<std::uint32_t>(child);
    try {
      if (connector.exists(key)) return key;
    } catch (const ps::MultiConnectorError&) {  // a child that is not for this host
      if (children == 1) throw;
    }
  }
  return std::nullopt;
}

}  // namespace tool
