// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/store_factory.hpp"

#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "counting_connector.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"
#include "support.hpp"

namespace proxystore {
namespace {

using namespace std::string_literals;
using namespace proxystore::testing;
using ::testing::HasSubstr;

class Factory : public ::testing::Test {
 protected:
  void SetUp() override { register_store(store); }
  void TearDown() override { unregister_store(name); }

  template <class T>
  StoreFactory<T> factory_of(const T& value, const FactoryArgs<T>& args = {}) {
    return StoreFactory<T>(store->put(value), store->config(), args);
  }

  const std::string name = unique_name();
  std::shared_ptr<CountingConnector> connector = std::make_shared<CountingConnector>();
  std::shared_ptr<Store> store = Store::create(name, connector);
};

TEST_F(Factory, case75_resolves_and_calls_to_the_stored_value) {
  const auto factory = factory_of("text"s);
  EXPECT_EQ(*factory.resolve(), "text");
  EXPECT_EQ(*factory(), "text");
  EXPECT_EQ(factory.get_store(), store);
  EXPECT_EQ(factory.config(), store->config());
}

TEST_F(Factory, case76_with_evict_takes_the_object_from_the_store) {
  const auto factory = factory_of("text"s, {.evict = true});
  EXPECT_TRUE(store->exists(factory.key()));
  EXPECT_EQ(*factory.resolve(), "text");
  EXPECT_FALSE(store->exists(factory.key()));
  EXPECT_THROW((void)factory.resolve(), ProxyResolveMissingKeyError);
}

TEST_F(Factory, uses_its_deserializer) {
  const auto factory = factory_of(
      5, {.deserializer = [](const Bytes& object) { return deserialize<int>(object) + 1; }});
  EXPECT_EQ(*factory.resolve(), 6);
}

TEST_F(Factory, of_a_missing_key_says_so_with_key_and_store) {
  const StoreFactory<int> factory(Key::random(), store->config());
  const auto error = thrown_by<ProxyResolveMissingKeyError>([&] { (void)factory.resolve(); });
  EXPECT_EQ(error.key(), factory.key());
  EXPECT_EQ(error.store_name(), name);
}

TEST_F(Factory, case78_resolve_async_fetches_in_the_background_and_resolve_takes_it) {
  connector->gate.close();
  const auto factory = factory_of("text"s);
  factory.resolve_async();
  connector->gate.await_arrivals(1);  // nobody called resolve()
  connector->gate.open();
  EXPECT_EQ(*factory.resolve(), "text");
  EXPECT_EQ(connector->gets, 1);
}

TEST_F(Factory, resolve_async_leaves_it_to_resolve_where_threads_may_not_fetch) {
  connector->background = false;
  const auto factory = factory_of("text"s);
  factory.resolve_async();
  EXPECT_EQ(*factory.resolve(), "text");
  EXPECT_EQ(connector->gets, 1);
  EXPECT_EQ(connector->got_by.load(), std::this_thread::get_id());
}

TEST_F(Factory, resolve_async_twice_fetches_once) {
  connector->gate.close();
  const auto factory = factory_of("text"s);
  factory.resolve_async();
  connector->gate.await_arrivals(1);
  factory.resolve_async();
  const StoreFactory<std::string> copy = factory;
  copy.resolve_async();
  connector->gate.open();
  EXPECT_EQ(*factory.resolve(), "text");
  EXPECT_EQ(connector->gets, 1);
}

TEST_F(Factory, failure_in_the_background_comes_at_resolve_and_is_tried_again) {
  connector->failing_gets = 1;
  const auto factory = factory_of("text"s);
  factory.resolve_async();
  EXPECT_THROW((void)factory.resolve(), ConnectorError);
  EXPECT_EQ(*factory.resolve(), "text");
}

TEST_F(Factory, case128_proxies_resolve_in_the_background) {
  connector->gate.close();
  const auto proxy = store->proxy("text"s, {.populate_target = false});
  proxy.resolve_async();
  connector->gate.await_arrivals(1);
  EXPECT_FALSE(proxy.resolved()) << "it is resolved by its first use";
  resolve_async(proxy);
  connector->gate.open();
  EXPECT_EQ(*proxy, "text");
  EXPECT_EQ(connector->gets, 1);
  proxy.resolve_async();  // it is resolved: does nothing
  EXPECT_EQ(connector->gets, 1);
}

TEST_F(Factory, case129_function_is_not_called_in_the_background) {
  const Proxy<int> proxy([] { return 5; });
  EXPECT_THROW(resolve_async(proxy), ProxyStoreFactoryError);
  proxy.resolve();
  EXPECT_NO_THROW(resolve_async(proxy)) << "it is resolved";
}

TEST_F(Factory, failure_of_a_proxy_in_the_background_keeps_its_cause_and_is_tried_again) {
  connector->failing_gets = 1;
  const auto proxy = store->proxy("text"s, {.populate_target = false});
  proxy.resolve_async();
  const auto error = thrown_by<ProxyResolveError>([&] { proxy.resolve(); });
  EXPECT_THROW(std::rethrow_exception(error.cause()), ConnectorError);
  EXPECT_EQ(*proxy, "text");
}

TEST_F(Factory, many_proxies_resolve_in_the_background_at_once) {
  std::vector<std::string> values;
  for (int i = 0; i < 50; ++i) values.push_back(std::to_string(i));
  const auto proxies = store->proxy_batch(values);
  for (const auto& proxy : proxies) proxy.resolve_async();
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(*proxies[i], values[i]);
  EXPECT_EQ(connector->gets, 50);
}

TEST_F(Factory, case80_is_serialised_while_it_resolves_and_both_copies_resolve) {
  connector->gate.close();
  const auto proxy = store->proxy("text"s, {.populate_target = false});
  proxy.resolve_async();
  const auto copy = from_bytes<std::string>(to_bytes(proxy));
  connector->gate.open();
  EXPECT_EQ(*proxy, "text");
  EXPECT_EQ(*copy, "text");
}

TEST(FactoryOfAnotherProcess,
     case77_and_79_opens_and_registers_the_store_with_an_equal_configuration) {
  const TemporaryFolder folder;
  const std::string name = unique_name();
  auto store = Store::create(name, FileOptions{.store_dir = folder / "objects", .clear = false},
                             {.cache_size = 3, .metrics = true});
  const StoreFactory<std::string> factory(store->put("text"s), store->config());
  const auto config = store->config();
  store.reset();
  ASSERT_EQ(get_store(name), nullptr);
  EXPECT_EQ(*factory.resolve(), "text");
  const auto made = get_store(name);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->config(), config);
  EXPECT_EQ(factory.get_store(), made);
  made->close();
  EXPECT_TRUE(fs::exists(folder / "objects")) << "a store that was rebuilt cleared the objects";
  unregister_store(name);
}

TEST(FactoryOfAnotherProcess, opens_the_store_again_if_it_was_closed) {
  const TemporaryFolder folder;
  const std::string name = unique_name();
  const auto store =
      Store::create(name, FileOptions{.store_dir = folder / "objects", .clear = false});
  const StoreFactory<std::string> factory(store->put("text"s), store->config());
  EXPECT_EQ(*factory.resolve(), "text");
  register_store(store, {.exist_ok = true});
  store->close();
  EXPECT_EQ(*factory.resolve(), "text");
  EXPECT_FALSE(factory.get_store()->is_closed());
  factory.get_store()->close();
  EXPECT_EQ(*factory.resolve(), "text");
  unregister_store(name);
}

TEST(FactoryOfAnotherProcess, fails_where_the_folder_is_gone_and_does_not_make_it) {
  const TemporaryFolder folder;
  const std::string name = unique_name();
  auto store = Store::create(name, FileOptions{.store_dir = folder / "objects"});
  const StoreFactory<int> factory(store->put(5), store->config());
  store->close({.clear = true});
  const auto error = thrown_by<ConnectorError>([&] { (void)factory.resolve(); });
  EXPECT_THAT(error.what(), HasSubstr((folder / "objects").string()));
  EXPECT_FALSE(fs::exists(folder / "objects"));
  EXPECT_EQ(get_store(name), nullptr);
}

TEST(FactoryOfAnotherProcess, of_a_local_store_names_the_process) {
  const StoreFactory<int> factory(
      Key::random(),
      {.name = unique_name(),
       .connector = {.kind = "local", .options = {{"process", "far:1:abc"}, {"instance", 1}}}});
  const auto error = thrown_by<ConnectorError>([&] { (void)factory.resolve(); });
  EXPECT_THAT(error.what(), HasSubstr("far:1:abc"));
}

}  // namespace
}  // namespace proxystore
