// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// A configuration is StoreConfig() with {'__dict__': {...}, ...}, the state of a pydantic model.
// What is written here builds the same by a call to a public name,
// StoreConfig.model_validate({...}), and does not depend on how pydantic keeps its state. Both
// forms are read.
#include "store_pickle.hpp"

#include <array>

#include "proxystore/error.hpp"

namespace proxystore::inline v0::python {

namespace {

using Kind = PickleValue::Kind;

/// A connector that both languages have.
struct Shared {
  std::string_view kind;                       // ours
  std::string_view python_kind;                // "module.Class"
  std::string_view key;                        // class of its keys
  std::array<std::string_view, 3> options;     // that Python knows as well
  std::array<std::string_view, 6> placements;  // that it does not, and by which it finds nothing
};

constexpr std::array<Shared, 2> shared_connectors{{
    {.kind = "file",
     .python_kind = "proxystore.connectors.file.FileConnector",
     .key = "proxystore.connectors.file.FileKey",
     .options = {"store_dir", "buffering"},
     .placements = {"fanout"}},
    {.kind = "redis",
     .python_kind = "proxystore.connectors.redis.RedisConnector",
     .key = "proxystore.connectors.redis.RedisKey",
     .options = {"hostname", "port"},
     .placements = {"unix_socket", "cluster_seeds", "database", "prefix", "username", "tls"}},
}};

constexpr std::string_view config_class = "proxystore.store.config.StoreConfig";
constexpr std::string_view connector_config_class = "proxystore.store.config.ConnectorConfig";
constexpr std::string_view validate = "proxystore.store.config.StoreConfig.model_validate";
constexpr int deepest = 8;  // of options in options

const Shared& shared_of(const ConnectorConfig& config, const char* operation) {
  for (const Shared& one : shared_connectors) {
    if (config.kind != one.kind && config.kind != one.python_kind) continue;
    for (const std::string_view option : one.placements) {
      const auto found = config.options.find(option);
      const bool is_set = found != config.options.end() && found->second != ConfigValue(0) &&
                          found->second != ConfigValue(false);
      if (!option.empty() && is_set) {
        throw UnsupportedError("Python's ProxyStore cannot find objects of a store with option '" +
                                   std::string(option) + "', which it does not have",
                               {.connector = std::string(one.kind), .operation = operation});
      }
    }
    return one;
  }
  throw UnsupportedError("Python's ProxyStore cannot open a store of kind '" + config.kind +
                             "'; both languages have: file, redis",
                         {.connector = config.kind, .operation = operation});
}

/// The configuration in Python's words.
ConfigTable to_python(const StoreConfig& config, const Shared& shared) {
  ConfigTable options{{"clear", false}};
  for (const std::string_view name : shared.options) {
    const auto found = config.connector.options.find(name);
    if (found != config.connector.options.end()) options.insert(*found);
  }
  return {{"name", config.name},
          {"connector", ConfigTable{{"kind", std::string(shared.kind)}, {"options", options}}},
          {"cache_size", static_cast<std::int64_t>(config.cache_size)},
          {"metrics", config.metrics},
          {"populate_target", config.populate_target},
          {"auto_register", true}};
}

}  // namespace

std::string_view key_class(const StoreConfig& config, const char* operation) {
  return shared_of(config.connector, operation).key;
}

void write_config(PickleWriter& pickle, const StoreConfig& config, const char* operation) {
  const Shared& shared = shared_of(config.connector, operation);
  pickle.global(validate).begin_tuple().dict(to_python(config, shared)).end_tuple().call();
}

const PickleValue* argument(const PickleValue& call, std::size_t i) {
  const PickleValue& arguments = *call.items[1];
  return arguments.is(Kind::list) && i < arguments.items.size() ? arguments.items[i] : nullptr;
}

std::string described(const PickleValue& value) {
  const std::string_view name = value.callable();
  return name.empty() ? "a value of another type" : "a '" + std::string(name.substr(0, 200)) + "'";
}

void PickleSearch::refuse(const std::string& what) const {
  throw MessageError("this pickle is no " + std::string(subject_) + ": " + what,
                     {.operation = std::string(operation_)});
}

const PickleValue& PickleSearch::require(const PickleValue* value, Kind kind,
                                         const std::string& what) const {
  if (value == nullptr) refuse("it has no " + what);
  if (!value->is(kind)) refuse("its " + what + " is of another type");
  return *value;
}

ConfigTable PickleSearch::to_table(const PickleValue& dict, int depth) const {
  ConfigTable table;
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleValue& key = require(dict.items[i], Kind::text, "option's name");
    if (dict.items[i + 1]->is(Kind::none)) continue;  // as if it were not there
    table.insert_or_assign(copied(key), to_config_value(*dict.items[i + 1], depth));
  }
  return table;
}

ConfigValue PickleSearch::to_config_value(const PickleValue& value, int depth) const {
  if (depth > deepest) refuse("its options have no end");
  spend(sizeof(ConfigValue));
  switch (value.kind) {
    case Kind::boolean:
      return value.integer != 0;
    case Kind::integer:
      return value.integer;
    case Kind::real:
      return value.real;
    case Kind::text:
      return copied(value);
    case Kind::dict:
      return to_table(value, depth + 1);
    case Kind::list: {
      ConfigArray array;
      for (const PickleValue* item : value.items) {
        array.push_back(to_config_value(*item, depth + 1));
      }
      return array;
    }
    default:
      refuse("one of its options is " + described(value));
  }
}

/// The attributes of a pydantic model: a dict, or an object whose state has them as `__dict__`.
const PickleValue& PickleSearch::attributes_of(const PickleValue& model,
                                               std::string_view name) const {
  if (model.is(Kind::dict)) return model;
  if (model.callable() != name || model.state == nullptr) {
    refuse("where a '" + std::string(name) + "' should be is " + described(model));
  }
  return require(model.state->find("__dict__"), Kind::dict, "configuration");
}

StoreConfig PickleSearch::config(const PickleValue& value) const {
  const bool is_validated = value.callable() == validate;
  const PickleValue* model = is_validated ? argument(value, 0) : &value;
  if (model == nullptr) refuse("it has no configuration");
  const PickleValue& dict = attributes_of(*model, config_class);
  StoreConfig config;
  config.name = copied(require(dict.find("name"), Kind::text, "store's name"));
  const PickleValue* connector = dict.find("connector");
  if (connector == nullptr) refuse("it has no connector");
  const PickleValue& connector_dict = attributes_of(*connector, connector_config_class);
  config.connector.kind =
      copied(require(connector_dict.find("kind"), Kind::text, "kind of connector"));
  const PickleValue* options = connector_dict.find("options");
  if (options != nullptr) {
    config.connector.options = to_table(require(options, Kind::dict, "options"), 0);
  }
  for (const char* name : {"serializer", "deserializer"}) {
    const PickleValue* found = dict.find(name);
    if (found != nullptr && !found->is(Kind::none)) {
      refuse(std::string("its store has a ") + name + " in Python, which cannot be called here");
    }
  }
  std::int64_t cache_size = 16;
  read(dict, "cache_size", Kind::integer, cache_size);
  if (cache_size < 0) refuse("its cache has a size of " + std::to_string(cache_size));
  config.cache_size = static_cast<std::size_t>(cache_size);
  read(dict, "metrics", Kind::boolean, config.metrics);
  read(dict, "populate_target", Kind::boolean, config.populate_target);
  read(dict, "auto_register", Kind::boolean, config.auto_register);
  return config;
}

Key PickleSearch::key(std::string_view python_class, const PickleValue* uuid) const {
  for (const Shared& one : shared_connectors) {
    if (python_class != one.key) continue;
    const std::string& text = require(uuid, Kind::text, "key").text;
    const auto key = Key::parse(text);
    if (!key) refuse("its key '" + text.substr(0, 100) + "' is no UUID");
    return *key;
  }
  refuse("its key is a '" + std::string(python_class.substr(0, 200)) +
         "'; both languages have those of file and redis");
}

}  // namespace proxystore::inline v0::python
