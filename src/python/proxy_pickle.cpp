// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Python's pickle of a proxy (proxystore 1.1) is, in its own words,
//
//   _proxy_trampoline(StoreFactory() with {key, store_config, evict, deserializer, _obj_future},
//                     <class of the object>, <its hash>)
//
// with key = FileKey('<uuid>') or RedisKey('<uuid>'), and store_config = StoreConfig() with
// {'__dict__': {...}, ...}, the state of a pydantic model. What is written here builds the same by
// calls to public names, StoreConfig.model_validate({...}) and StoreFactory(key, config), and does
// not depend on how pydantic keeps its state. Both forms are read.
#include <array>
#include <string>

#include "pickle_value.hpp"
#include "pickle_writer.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/error.hpp"
#include "proxystore/python/pickle.hpp"

namespace proxystore::inline v0::python::detail {

namespace {

using Kind = PickleValue::Kind;

/// A connector that both languages have.
struct Shared {
  std::string_view kind;                       // ours
  std::string_view python_kind;                // "module.Class"
  std::string_view key;                        // class of its keys
  std::array<std::string_view, 3> options;     // that Python knows as well
  std::array<std::string_view, 5> placements;  // that it does not, and by which it finds nothing
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
     .placements = {"unix_socket", "cluster_seeds", "database", "prefix", "username"}},
}};

constexpr std::string_view trampoline = "proxystore.proxy._proxy_trampoline";
constexpr std::string_view factory_class = "proxystore.store.factory.StoreFactory";
constexpr std::string_view config_class = "proxystore.store.config.StoreConfig";
constexpr std::string_view connector_config_class = "proxystore.store.config.ConnectorConfig";
constexpr std::string_view validate = "proxystore.store.config.StoreConfig.model_validate";
constexpr int deepest = 8;            // of options in options
constexpr std::size_t most = 10'000;  // options, in all

const Shared& shared_of(const ConnectorConfig& config) {
  for (const Shared& one : shared_connectors) {
    if (config.kind != one.kind && config.kind != one.python_kind) continue;
    for (const std::string_view option : one.placements) {
      const auto found = config.options.find(option);
      const bool is_set = found != config.options.end() && found->second != ConfigValue(0);
      if (!option.empty() && is_set) {
        throw UnsupportedError("Python's ProxyStore cannot find objects of a store with option '" +
                                   std::string(option) + "', which it does not have",
                               {.connector = std::string(one.kind), .operation = "to_pickle"});
      }
    }
    return one;
  }
  throw UnsupportedError("Python's ProxyStore cannot open a store of kind '" + config.kind +
                             "'; both languages have: file, redis",
                         {.connector = config.kind, .operation = "to_pickle"});
}

/// The configuration in Python's words. A store made of it never clears.
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

// -- Reading

[[noreturn]] void refuse(const std::string& what) {
  throw MessageError("this pickle is no proxy of a store: " + what, {.operation = "from_pickle"});
}

const PickleValue& require(const PickleValue* value, Kind kind, const std::string& what) {
  if (value == nullptr) refuse("it has no " + what);
  if (!value->is(kind)) refuse("its " + what + " is of another type");
  return *value;
}

/// Argument @p i of a call.
const PickleValue* argument(const PickleValue& call, std::size_t i) {
  const PickleValue& arguments = *call.items[1];
  return arguments.is(Kind::list) && i < arguments.items.size() ? arguments.items[i] : nullptr;
}

std::string described(const PickleValue& value) {
  const std::string_view name = value.callable();
  return name.empty() ? "a value of another type" : "a '" + std::string(name.substr(0, 200)) + "'";
}

ConfigValue to_config_value(const PickleValue& value, int depth, std::size_t& budget);

ConfigTable to_table(const PickleValue& dict, int depth, std::size_t& budget) {
  ConfigTable table;
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleValue& key = require(dict.items[i], Kind::text, "option's name");
    if (dict.items[i + 1]->is(Kind::none)) continue;  // as if it were not there
    table.insert_or_assign(key.text, to_config_value(*dict.items[i + 1], depth, budget));
  }
  return table;
}

ConfigValue to_config_value(const PickleValue& value, int depth, std::size_t& budget) {
  if (depth > deepest || budget-- == 0) refuse("its options have no end");
  switch (value.kind) {
    case Kind::boolean:
      return value.integer != 0;
    case Kind::integer:
      return value.integer;
    case Kind::real:
      return value.real;
    case Kind::text:
      return value.text;
    case Kind::dict:
      return to_table(value, depth + 1, budget);
    case Kind::list: {
      ConfigArray array;
      for (const PickleValue* item : value.items) {
        array.push_back(to_config_value(*item, depth + 1, budget));
      }
      return array;
    }
    default:
      refuse("one of its options is " + described(value));
  }
}

/// The attributes of a pydantic model: a dict, or an object whose state has them as `__dict__`.
const PickleValue& attributes_of(const PickleValue& model, std::string_view name) {
  if (model.is(Kind::dict)) return model;
  if (model.callable() != name || model.state == nullptr) {
    refuse("where a '" + std::string(name) + "' should be is " + described(model));
  }
  return require(model.state->find("__dict__"), Kind::dict, "configuration");
}

template <class T>
void read(const PickleValue& dict, const char* name, Kind kind, T& into) {
  const PickleValue* found = dict.find(name);
  if (found == nullptr) return;
  into = static_cast<T>(require(found, kind, name).integer);
}

StoreConfig to_config(const PickleValue& value) {
  const bool is_validated = value.callable() == validate;
  const PickleValue* model = is_validated ? argument(value, 0) : &value;
  if (model == nullptr) refuse("it has no configuration");
  const PickleValue& dict = attributes_of(*model, config_class);
  StoreConfig config;
  config.name = require(dict.find("name"), Kind::text, "store's name").text;
  const PickleValue* connector = dict.find("connector");
  if (connector == nullptr) refuse("it has no connector");
  const PickleValue& connector_dict = attributes_of(*connector, connector_config_class);
  config.connector.kind =
      require(connector_dict.find("kind"), Kind::text, "kind of connector").text;
  std::size_t budget = most;
  const PickleValue* options = connector_dict.find("options");
  if (options != nullptr) {
    config.connector.options = to_table(require(options, Kind::dict, "options"), 0, budget);
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

Key to_key(const PickleValue* value) {
  if (value == nullptr) refuse("it has no key");
  for (const Shared& one : shared_connectors) {
    if (value->callable() != one.key) continue;
    const std::string& text = require(argument(*value, 0), Kind::text, "key").text;
    const auto key = Key::parse(text);
    if (!key) refuse("its key '" + text.substr(0, 100) + "' is no UUID");
    return *key;
  }
  refuse("its key is " + described(*value) + "; both languages have those of file and redis");
}

}  // namespace

Bytes write_proxy(const PickledProxy& proxy, std::string_view type) {
  const Shared& shared = shared_of(proxy.config.connector);
  PickleWriter pickle;
  pickle.global(trampoline).begin_tuple();
  pickle.global(factory_class).begin_tuple();
  pickle.global(shared.key).begin_tuple().text(proxy.key.to_string()).end_tuple().call();
  pickle.global(validate).begin_tuple().dict(to_python(proxy.config, shared)).end_tuple().call();
  pickle.end_tuple().call();
  if (proxy.evict) pickle.dict({{"evict", true}}).build();  // it takes that by keyword only
  pickle.global(type).none().end_tuple().call();
  return Bytes::own(std::move(pickle).finish());
}

PickledProxy read_proxy(ByteSpan bytes) {
  const Pickle pickle(bytes);
  const PickleValue& top = pickle.value();
  if (top.callable() != trampoline) refuse("it is " + described(top));
  const PickleValue* factory = argument(top, 0);
  if (factory == nullptr || factory->callable() != factory_class) {
    refuse("its factory is " + (factory == nullptr ? "missing" : described(*factory)));
  }
  const PickleValue* state = factory->state;
  const auto attribute = [&](const char* name, std::size_t i) {
    const PickleValue* found = state != nullptr ? state->find(name) : nullptr;
    return found != nullptr ? found : argument(*factory, i);
  };
  const PickleValue* config = attribute("store_config", 1);
  if (config == nullptr) refuse("it has no configuration");
  PickledProxy proxy{.key = to_key(attribute("key", 0)), .config = to_config(*config)};
  if (state != nullptr) {
    read(*state, "evict", Kind::boolean, proxy.evict);
    const PickleValue* deserializer = state->find("deserializer");
    if (deserializer != nullptr && !deserializer->is(Kind::none)) {
      refuse("it has a deserializer in Python, which cannot be called here");
    }
  }
  return proxy;
}

}  // namespace proxystore::inline v0::python::detail
