// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Python's pickle of a proxy (proxystore 1.1) is, in its own words,
//
//   _proxy_trampoline(StoreFactory() with {key, store_config, evict, deserializer, _obj_future},
//                     <class of the object>, <its hash>)
//
// with key = FileKey('<uuid>') or RedisKey('<uuid>'). What is written here builds the same by calls
// to public names, and StoreFactory(key, config). Both forms are read.
#include <string>

#include "pickle_value.hpp"
#include "pickle_writer.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/error.hpp"
#include "proxystore/python/pickle.hpp"
#include "store_pickle.hpp"

namespace proxystore::inline v0::python::detail {

namespace {

constexpr std::string_view trampoline = "proxystore.proxy._proxy_trampoline";
constexpr std::string_view factory_class = "proxystore.store.factory.StoreFactory";

}  // namespace

PickledProxy as_pickled(const v0::detail::StoreProxyFactory& factory) {
  const Key& key = *factory.key();
  if (key.is_composite() || factory.box() != nullptr) {
    throw UnsupportedError(
        "Python has no proxies of distributed arrays, nor of boxes of arrays: put the array that "
        "it "
        "is to have as an object of its own",
        {.operation = "to_pickle", .key = key});
  }
  return {.key = key, .config = factory.config(), .evict = factory.evicts()};
}

Bytes write_proxy(const PickledProxy& proxy, std::string_view type) {
  PickleWriter pickle;
  pickle.global(trampoline).begin_tuple();
  pickle.global(factory_class).begin_tuple();
  pickle.global(key_class(proxy.config, "to_pickle"))
      .begin_tuple()
      .text(proxy.key.to_string())
      .end_tuple()
      .call();
  write_config(pickle, proxy.config, "to_pickle");
  pickle.end_tuple().call();
  if (proxy.evict) pickle.dict({{"evict", true}}).build();  // it takes that by keyword only
  pickle.global(type).none().end_tuple().call();
  return Bytes::own(std::move(pickle).finish());
}

PickledProxy read_proxy(ByteSpan bytes) {
  const PickleSearch search("proxy of a store", "from_pickle", bytes.size());
  const Pickle pickle(bytes);
  const PickleValue& top = pickle.value();
  if (top.callable() != trampoline) search.refuse("it is " + described(top));
  const PickleValue* factory = argument(top, 0);
  if (factory == nullptr || factory->callable() != factory_class) {
    search.refuse("its factory is " + (factory == nullptr ? "missing" : described(*factory)));
  }
  const PickleValue* state = factory->state;
  const auto attribute = [&](const char* name, std::size_t i) {
    const PickleValue* found = state != nullptr ? state->find(name) : nullptr;
    return found != nullptr ? found : argument(*factory, i);
  };
  const PickleValue* config = attribute("store_config", 1);
  if (config == nullptr) search.refuse("it has no configuration");
  const PickleValue* key = attribute("key", 0);
  if (key == nullptr) search.refuse("it has no key");
  if (key->callable().empty()) search.refuse("its key is " + described(*key));
  PickledProxy proxy{.key = search.key(key->callable(), argument(*key, 0)),
                     .config = search.config(*config)};
  if (state != nullptr) {
    search.read(*state, "evict", PickleValue::Kind::boolean, proxy.evict);
    const PickleValue* deserializer = state->find("deserializer");
    if (deserializer != nullptr && !deserializer->is(PickleValue::Kind::none)) {
      search.refuse("it has a deserializer in Python, which cannot be called here");
    }
  }
  return proxy;
}

}  // namespace proxystore::inline v0::python::detail
