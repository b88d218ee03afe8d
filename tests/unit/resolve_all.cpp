// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Many proxies at once, proxies that are locked, and proxies that evict.
#include "proxystore/resolve_all.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <type_traits>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "counting_connector.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/lifetimes.hpp"
#include "proxystore/serialize/archive.hpp"
#include "proxystore/store_registry.hpp"
#include "support.hpp"

namespace proxystore {
namespace {

using namespace std::string_literals;
using namespace proxystore::testing;

class ResolveAll : public ::testing::Test {
 protected:
  std::shared_ptr<CountingConnector> connector = std::make_shared<CountingConnector>();
  std::shared_ptr<Store> store = Store::create(unique_name(), connector);
};

TEST_F(ResolveAll, fetches_in_one_exchange_for_each_store) {
  const auto other_connector = std::make_shared<CountingConnector>();
  const auto other = Store::create(unique_name(), other_connector);
  auto proxies = store->proxy_batch(std::vector{"a"s, "b"s, "c"s});
  proxies.push_back(other->proxy("d"s, {.populate_target = false}));
  resolve_all(proxies);
  for (const auto& proxy : proxies) EXPECT_TRUE(proxy.resolved());
  EXPECT_EQ(*proxies[1], "b");
  EXPECT_EQ(*proxies[3], "d");
  EXPECT_EQ(connector->get_batches, 1);
  EXPECT_EQ(other_connector->get_batches, 1);
  EXPECT_EQ(connector->gets + other_connector->gets, 0);
  resolve_all(proxies);
  EXPECT_EQ(connector->get_batches, 1) << "resolved ones are not fetched again";
}

TEST_F(ResolveAll, takes_proxies_of_different_types) {
  const auto text = store->proxy("text"s, {.populate_target = false});
  const auto number = store->proxy(7, {.populate_target = false});
  const Proxy<double> of_function([] { return 1.5; });
  resolve_all(text, number, of_function);
  EXPECT_TRUE(text.resolved() && number.resolved() && of_function.resolved());
  EXPECT_EQ(connector->get_batches, 1);
}

TEST_F(ResolveAll, of_nothing) {
  resolve_all(std::vector<Proxy<int>>{});
  resolve_all();
  EXPECT_THROW(resolve_all(Proxy<int>()), ProxyResolveError);
}

TEST_F(ResolveAll, resolves_the_others_when_one_is_missing) {
  const auto proxies = store->proxy_batch(std::vector{"a"s, "b"s, "c"s});
  store->evict(proxies[1].key());
  EXPECT_THROW(resolve_all(proxies), ProxyResolveError);
  EXPECT_TRUE(proxies[0].resolved());
  EXPECT_FALSE(proxies[1].resolved());
  EXPECT_TRUE(proxies[2].resolved());
}

TEST_F(ResolveAll, resolves_the_others_when_one_cannot_be_read) {
  const auto good = store->proxy("a"s, {.populate_target = false});
  const auto bad = store->proxy_from_key<std::string>(store->put(7));
  const auto late = store->proxy("c"s, {.populate_target = false});
  EXPECT_THROW(resolve_all(good, bad, late), ProxyResolveError);
  EXPECT_TRUE(good.resolved() && late.resolved());
}

TEST_F(ResolveAll, evicts_what_shall_be_evicted) {
  const auto proxies = store->proxy_batch(std::vector{"a"s, "b"s}, {.evict = true});
  resolve_all(proxies);
  EXPECT_EQ(*proxies[0], "a");
  EXPECT_FALSE(store->exists(proxies[0].key()));
  EXPECT_FALSE(store->exists(proxies[1].key()));
}

TEST_F(ResolveAll, from_many_threads) {
  const auto proxies = store->proxy_batch(std::vector{1, 2, 3, 4});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { resolve_all(proxies); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(*proxies[3], 4);
}

TEST(EvictingProxy, of_all_copies_exactly_one_resolves) {
  const auto store = Store::create(unique_name(), LocalOptions{});
  const StoreRegistration registration(store);
  for (int round = 0; round < 20; ++round) {
    const Bytes wire = to_bytes(store->proxy(round, {.evict = true, .populate_target = false}));
    std::atomic<int> resolved{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const auto copy = from_bytes<int>(wire);
        try {
          EXPECT_EQ(*copy, round);
          ++resolved;
        } catch (const ProxyResolveError& error) {
          EXPECT_THROW(std::rethrow_exception(error.cause()), ProxyResolveMissingKeyError);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(resolved, 1);
  }
}

// A locked proxy has no way to the object.
template <class T>
concept Dereferenceable = requires(const T& value) {
  *value;
};
static_assert(!Dereferenceable<ProxyLocker<std::string>>);
static_assert(!std::is_convertible_v<ProxyLocker<std::string>, const std::string&>);

class LockedProxy : public ResolveAll {};

TEST_F(LockedProxy, case99_and_230_unlocks_to_the_proxy_without_resolving) {
  const ProxyLocker<std::string> locker = store->locked_proxy("text"s, {.populate_target = false});
  const auto proxy = locker.unlock();
  EXPECT_FALSE(proxy.resolved());
  EXPECT_EQ(*proxy, "text");
  std::ostringstream out;
  out << locker;
  EXPECT_NE(out.str().find(proxy.key().to_string()), std::string::npos);
}

TEST_F(LockedProxy, case99_returns_nothing_as_it_is) {
  const auto nothing = store->locked_proxy(std::optional<int>{});
  EXPECT_EQ(std::get<0>(nothing), std::nullopt);
  const auto something = store->locked_proxy(std::optional<int>{7});
  EXPECT_EQ(std::get<1>(something).unlock().copy(), 7);
  const bool flag = store->locked_proxy(true);
  EXPECT_TRUE(flag);
  EXPECT_EQ(connector->puts, 1);
}

TEST_F(LockedProxy, case92_throws_for_nothing_when_it_may_not_skip) {
  EXPECT_THROW((void)store->locked_proxy(std::optional<int>{}, {.skip_nonproxiable = false}),
               NonProxiableTypeError);
}

TEST_F(LockedProxy, case86_and_100_takes_a_lifetime_or_evicts) {
  ContextLifetime lifetime(store);
  const auto locker = store->locked_proxy("text"s, {.lifetime = &lifetime});
  EXPECT_TRUE(store->exists(locker.unlock().key()));
  EXPECT_THROW((void)store->locked_proxy("text"s, {.evict = true, .lifetime = &lifetime}),
               ArgumentError);
  lifetime.close();
  EXPECT_FALSE(store->exists(locker.unlock().key()));
}

TEST_F(LockedProxy, case230_travels_without_resolving) {
  const StoreRegistration registration(store);
  const auto locker = store->locked_proxy("text"s, {.populate_target = false});
  const auto arrived =
      deserialize<ProxyLocker<std::string>>(Bytes::copy_of(serialize(locker).parts()));
  EXPECT_EQ(arrived, locker);
  EXPECT_EQ(connector->gets, 0);
  EXPECT_EQ(arrived.unlock().copy(), "text");
}

}  // namespace
}  // namespace proxystore
