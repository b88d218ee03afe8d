// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Proxies that a store makes.
#include <memory>
#include <string>
#include <tuple>
#include <utility>
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

class StoreProxy : public ::testing::Test {
 protected:
  std::shared_ptr<CountingConnector> connector = std::make_shared<CountingConnector>();
  std::shared_ptr<Store> store = Store::create(unique_name(), connector);
};

TEST_F(StoreProxy, case81_unpopulated_is_unresolved_and_then_equal) {
  const auto proxy = store->proxy("text"s, {.populate_target = false});
  EXPECT_FALSE(proxy.resolved());
  EXPECT_EQ(connector->gets, 0);
  EXPECT_EQ(*proxy, "text");
  EXPECT_EQ(*store->get<std::string>(proxy.key()), "text");
  EXPECT_EQ(proxy.store_name(), store->name());
}

TEST_F(StoreProxy, case82_populated_is_resolved_and_equal_and_asks_nobody) {
  const auto proxy = store->proxy("text"s, {.populate_target = true});
  EXPECT_TRUE(proxy.resolved());
  EXPECT_EQ(*proxy, "text");
  EXPECT_EQ(connector->gets, 0);
  EXPECT_TRUE(store->exists(proxy.key())) << "the object is stored all the same";
}

TEST_F(StoreProxy, resolved_object_is_the_one_in_the_cache) {
  const auto proxy = store->proxy("text"s, {.populate_target = false});
  EXPECT_EQ(proxy.share(), store->get<std::string>(proxy.key()));
  EXPECT_EQ(connector->gets, 1);
}

TEST_F(StoreProxy, keeps_by_default_a_small_rvalue_and_no_lvalue) {
  EXPECT_TRUE(store->proxy("text"s).resolved());
  const std::string lvalue = "text";
  EXPECT_FALSE(store->proxy(lvalue).resolved());
  EXPECT_TRUE(store->proxy(lvalue, {.populate_target = true}).resolved());
  EXPECT_FALSE(store->proxy("text"s, {.populate_target = false}).resolved());
}

TEST_F(StoreProxy, moves_an_rvalue_that_it_keeps) {
  std::vector<double> values(1000, 1.5);
  const double* before = values.data();
  const auto proxy = store->proxy(std::move(values));
  EXPECT_EQ(proxy->data(), before);
}

TEST_F(StoreProxy, keeps_no_rvalue_beyond_the_limit_unless_told_to) {
  store = Store::create(unique_name(), connector, {.populate_limit = 1000});
  EXPECT_TRUE(store->proxy(std::string(900, 'x')).resolved());
  EXPECT_FALSE(store->proxy(std::string(1001, 'x')).resolved());
  EXPECT_TRUE(store->proxy(std::string(1001, 'x'), {.populate_target = true}).resolved());
}

TEST_F(StoreProxy, case104_default_of_the_store_is_used_and_overridden_both_ways) {
  const auto never = Store::create(unique_name(), connector, {.populate_target = false});
  EXPECT_FALSE(never->proxy("text"s).resolved());
  EXPECT_TRUE(never->proxy("text"s, {.populate_target = true}).resolved());
  EXPECT_FALSE(never->proxy(std::make_shared<const std::string>("text")).resolved());
}

TEST_F(StoreProxy, shares_an_object_that_is_shared_already) {
  const auto object = std::make_shared<const std::string>("text");
  const auto proxy = store->proxy(object);
  static_assert(std::is_same_v<decltype(proxy), const Proxy<std::string>>);
  EXPECT_TRUE(proxy.resolved());
  EXPECT_EQ(proxy.share(), object);
  EXPECT_FALSE(store->proxy(object, {.populate_target = false}).resolved());
}

TEST_F(StoreProxy, with_evict_takes_the_object_from_the_store_when_it_is_resolved) {
  const auto proxy = store->proxy("text"s, {.evict = true, .populate_target = false});
  EXPECT_TRUE(store->exists(proxy.key()));
  EXPECT_EQ(*proxy, "text");
  EXPECT_FALSE(store->exists(proxy.key()));
  EXPECT_FALSE(store->is_cached(proxy.key()));
  EXPECT_EQ(*proxy, "text");
}

TEST_F(StoreProxy, with_evict_is_not_resolved_where_it_is_made_unless_told_to) {
  EXPECT_FALSE(store->proxy("text"s, {.evict = true}).resolved());
  EXPECT_FALSE(
      store->proxy(std::make_shared<const std::string>("text"), {.evict = true}).resolved());
  EXPECT_TRUE(store->proxy("text"s, {.evict = true, .populate_target = true}).resolved());
}

TEST_F(StoreProxy, case84_from_key_accesses_nothing_until_it_is_used) {
  const Key key = store->put("text"s);
  const auto proxy = store->proxy_from_key<std::string>(key);
  EXPECT_FALSE(proxy.resolved());
  EXPECT_EQ(connector->gets + connector->exist_checks, 0);
  EXPECT_EQ(*proxy, "text");
  const auto evicting = store->proxy_from_key<std::string>(key, {.evict = true});
  EXPECT_EQ(*evicting, "text");
  EXPECT_FALSE(store->exists(key));
}

TEST_F(StoreProxy, case89_of_an_empty_optional_stored_by_key_resolves_to_it) {
  const Key key = store->put(std::optional<int>{});
  const auto proxy = store->proxy_from_key<std::optional<int>>(key);
  EXPECT_EQ(*proxy, std::nullopt);
  EXPECT_TRUE(proxy.resolved());
}

TEST_F(StoreProxy, case87_of_an_evicted_object_fails_for_the_missing_key) {
  const auto proxy = store->proxy("text"s, {.populate_target = false});
  store->evict(proxy.key());
  for (const auto& lost : {proxy, store->proxy_from_key<std::string>(proxy.key())}) {
    const auto error = thrown_by<ProxyResolveError>([&] { lost.resolve(); });
    EXPECT_THAT(error.what(), HasSubstr(store->name()));
    EXPECT_EQ(error.context().key, proxy.key());
    const auto cause =
        thrown_by<ProxyResolveMissingKeyError>([&] { std::rethrow_exception(error.cause()); });
    EXPECT_EQ(cause.key(), proxy.key());
    EXPECT_EQ(cause.store_name(), store->name());
    EXPECT_EQ(cause.store_type(), "counting");
  }
}

TEST_F(StoreProxy, that_failed_is_tried_again) {
  const auto proxy = store->proxy("text"s, {.populate_target = false});
  connector->failing_gets = 1;
  const auto error = thrown_by<ProxyResolveError>([&] { proxy.resolve(); });
  EXPECT_THROW(std::rethrow_exception(error.cause()), ConnectorError);
  EXPECT_EQ(*proxy, "text");
}

TEST_F(StoreProxy, of_another_type_than_was_stored_fails_with_serialization_error) {
  const Key key = store->put("text"s);
  const auto proxy = store->proxy_from_key<int>(key);
  const auto error = thrown_by<ProxyResolveError>([&] { proxy.resolve(); });
  EXPECT_THROW(std::rethrow_exception(error.cause()), SerializationError);
}

TEST_F(StoreProxy, of_a_closed_store_fails) {
  const auto proxy = store->proxy("text"s, {.populate_target = false});
  register_store(store);
  store->close();
  EXPECT_THROW(proxy.resolve(), ProxyResolveError);
  unregister_store(*store);
}

TEST_F(StoreProxy, case90_of_a_recreated_store_has_its_cache_size) {
  const TemporaryFolder folder;
  const std::string name = unique_name();
  Bytes wire;
  {
    const auto first = Store::create(name, FileOptions{.store_dir = folder.path(), .clear = false},
                                     {.cache_size = 0});
    wire = to_bytes(first->proxy("text"s));
  }
  const auto proxy = from_bytes<std::string>(wire);
  EXPECT_EQ(*proxy, "text");
  const auto recreated = get_store(name);
  ASSERT_TRUE(recreated);
  EXPECT_FALSE(recreated->is_cached(proxy.key()));
  EXPECT_EQ(recreated->config().cache_size, 0U);
  unregister_store(name);
}

// -- Serializers

TEST_F(StoreProxy, case96_and_105_takes_serializer_and_deserializer) {
  const Serializer<int> write = [](const int& n) { return Bytes::own(std::to_string(n)); };
  const Deserializer<int> read = [](const Bytes& b) { return std::stoi(std::string(b.text())); };
  const auto proxy =
      store->proxy(5, {.populate_target = false, .serializer = write, .deserializer = read});
  EXPECT_EQ(connector->get(proxy.key())->text(), "5");
  EXPECT_EQ(*proxy, 5);
  const auto proxies =
      store->proxy_batch(std::vector{6, 7}, {.serializer = write, .deserializer = read});
  EXPECT_EQ(connector->get(proxies[1].key())->text(), "7");
  EXPECT_EQ(*proxies[1], 7);
  const auto populated =
      store->proxy(8, {.populate_target = true, .serializer = write, .deserializer = read});
  EXPECT_EQ(*populated, 8) << "a proxy shows the object and never its stored form";
}

// -- What has no proxy

TEST_F(StoreProxy, of_nothing_is_refused) {
  EXPECT_THROW((void)store->proxy(std::optional<int>{}), NonProxiableTypeError);
  EXPECT_THROW((void)store->proxy(std::unique_ptr<int>{}), NonProxiableTypeError);
  EXPECT_THROW((void)store->proxy(std::shared_ptr<int>{}), NonProxiableTypeError);
  EXPECT_THROW((void)store->proxy(std::shared_ptr<const int>{}), NonProxiableTypeError);
  EXPECT_EQ(connector->puts, 0);
  EXPECT_EQ(**store->proxy(std::optional<int>(5)).share(), 5);
}

TEST_F(StoreProxy, batch_with_nothing_in_it_is_refused_as_a_whole) {
  const std::vector<std::optional<int>> values{1, std::nullopt, 3};
  EXPECT_THROW((void)store->proxy_batch(values), NonProxiableTypeError);
  EXPECT_EQ(connector->put_batches, 0);
}

TEST_F(StoreProxy, case91_proxy_or_returns_what_has_no_proxy_as_it_is) {
  static_assert(std::is_same_v<decltype(store->proxy_or(true)), bool>);
  EXPECT_TRUE(store->proxy_or(true));
  EXPECT_FALSE(store->proxy_or(false));
  EXPECT_EQ(store->proxy_or(nullptr), nullptr);
  const auto nothing = store->proxy_or(std::optional<int>{});
  EXPECT_EQ(nothing.index(), 0U);
  const auto something = store->proxy_or(std::optional<int>(5));
  ASSERT_EQ(something.index(), 1U);
  EXPECT_EQ(**std::get<1>(something), 5);
}

TEST_F(StoreProxy, case95_proxy_or_batch_keeps_the_order) {
  const std::vector<std::optional<int>> values{std::nullopt, 1, std::nullopt, 2};
  const auto mixed = store->proxy_or_batch(values, {.populate_target = true});
  ASSERT_EQ(mixed.size(), 4U);
  EXPECT_EQ(std::get<0>(mixed[0]), std::nullopt);
  EXPECT_EQ(**std::get<1>(mixed[1]), 1);
  EXPECT_TRUE(std::get<1>(mixed[1]).resolved());
  EXPECT_EQ(mixed[2].index(), 0U);
  EXPECT_EQ(**std::get<1>(mixed[3]), 2);
  EXPECT_EQ(connector->put_batches, 1);
}

TEST_F(StoreProxy, case97_proxy_or_batch_of_only_nothing_makes_no_proxies) {
  const std::vector<std::optional<int>> values(3);
  for (const auto& value : store->proxy_or_batch(values)) EXPECT_EQ(value.index(), 0U);
  const std::array<bool, 2> flags{true, false};
  EXPECT_EQ(store->proxy_or_batch(flags), (std::vector<bool>{true, false}));
  EXPECT_EQ(connector->put_batches, 0);
}

// -- Batches

TEST_F(StoreProxy, case94_batch_is_stored_at_once_and_resolved_one_by_one) {
  const auto proxies = store->proxy_batch(std::vector{"a"s, "b"s});
  ASSERT_EQ(proxies.size(), 2U);
  EXPECT_EQ(connector->put_batches, 1);
  for (const auto& proxy : proxies) EXPECT_FALSE(proxy.resolved());
  EXPECT_EQ(*proxies[0], "a");
  EXPECT_EQ(*proxies[1], "b");
  EXPECT_TRUE(proxies[1].resolved());
}

TEST_F(StoreProxy, batch_is_populated_on_request) {
  const std::vector<std::string> values{"a", "b"};
  const auto proxies = store->proxy_batch(values, {.populate_target = true});
  EXPECT_TRUE(proxies[0].resolved());
  EXPECT_EQ(*proxies[1], "b");
  EXPECT_EQ(connector->gets, 0);
}

TEST_F(StoreProxy, batch_with_evict_takes_each_object_when_it_is_resolved) {
  const auto proxies = store->proxy_batch(std::vector{"a"s, "b"s}, {.evict = true});
  proxies[0].resolve();
  EXPECT_FALSE(store->exists(proxies[0].key()));
  EXPECT_TRUE(store->exists(proxies[1].key()));
}

TEST_F(StoreProxy, equal_objects_of_a_batch_are_stored_twice) {
  const auto proxies = store->proxy_batch(std::vector{"a"s, "a"s});
  EXPECT_NE(proxies[0], proxies[1]);
}

TEST_F(StoreProxy, outlives_the_last_other_holder_of_its_object) {
  const auto proxy = store->proxy("text"s, {.populate_target = false});
  const auto object = proxy.share();
  store->evict(proxy.key());
  store->close();
  EXPECT_EQ(*proxy, "text");
  EXPECT_EQ(*object, "text");
}

// -- Objects that go when they are first used, of every size and in every kind of store

/// The store's connector, and the bytes of its objects.
class ProxyWithEvict : public ::testing::TestWithParam<std::tuple<std::string, std::size_t>> {
 protected:
  using Doubles = std::vector<double>;

  static std::shared_ptr<Store> make_store(const fs::path& folder) {
    ConfigTable options;
    const auto& kind = std::get<0>(GetParam());
    if (kind != "local") options["store_dir"] = folder.string();
    return Store::create(unique_name(), ConnectorConfig{kind, options}, {.auto_register = true});
  }

  const TemporaryFolder folder_;
  const std::shared_ptr<Store> store_ = make_store(folder_.path() / "store");
  const Doubles values_ = Doubles(std::get<1>(GetParam()) / sizeof(double), 1.5);

  ~ProxyWithEvict() override { store_->close(); }

  /// The object of @p proxy goes with its first use, and not before.
  void expect_goes_when_used(const Proxy<Doubles>& proxy) {
    EXPECT_TRUE(store_->exists(proxy.key()));
    EXPECT_EQ(*proxy, values_);
    EXPECT_FALSE(store_->exists(proxy.key()));
    EXPECT_FALSE(store_->connector().exists(proxy.key()));
    EXPECT_EQ(*proxy, values_) << "who has it keeps it";
  }
};

TEST_P(ProxyWithEvict, of_an_rvalue_evicts_where_it_was_made) {
  expect_goes_when_used(store_->proxy(Doubles(values_), {.evict = true}));
}

TEST_P(ProxyWithEvict, of_an_lvalue_evicts_where_it_was_made) {
  expect_goes_when_used(store_->proxy(values_, {.evict = true}));
}

TEST_P(ProxyWithEvict, of_a_shared_object_evicts_where_it_was_made) {
  const auto shared = std::make_shared<const Doubles>(values_);
  expect_goes_when_used(store_->proxy(shared, {.evict = true}));
}

TEST_P(ProxyWithEvict, of_a_batch_evicts_where_it_was_made) {
  for (const auto& proxy : store_->proxy_batch(std::vector<Doubles>(2, values_), {.evict = true})) {
    expect_goes_when_used(proxy);
  }
}

TEST_P(ProxyWithEvict, that_is_locked_evicts_where_it_was_made) {
  expect_goes_when_used(store_->locked_proxy(Doubles(values_), {.evict = true}).unlock());
}

TEST_P(ProxyWithEvict, that_keeps_its_object_as_it_was_told_evicts_elsewhere) {
  const auto kept = store_->proxy(Doubles(values_), {.evict = true, .populate_target = true});
  EXPECT_EQ(*kept, values_);
  expect_goes_when_used(from_bytes<Doubles>(to_bytes(kept)));
  EXPECT_EQ(*kept, values_);
}

TEST_P(ProxyWithEvict, evicts_where_a_message_brought_it_and_is_lost_for_who_comes_later) {
  const auto made = store_->proxy(Doubles(values_), {.evict = true});
  expect_goes_when_used(from_bytes<Doubles>(to_bytes(made)));
  EXPECT_THROW(made.resolve(), ProxyResolveError);
}

INSTANTIATE_TEST_SUITE_P(, ProxyWithEvict,
                         ::testing::Combine(::testing::Values("local", "file"),
                                            ::testing::Values(800, 1'600'000)),
                         [](const auto& test) {
                           return std::get<0>(test.param) + "_" +
                                  std::to_string(std::get<1>(test.param));
                         });

}  // namespace
}  // namespace proxystore
