// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Lifetimes of stored objects. The numbers are those of the cases in docs/from-python.md.
#include "proxystore/lifetimes.hpp"

#include <concepts>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "counting_connector.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/error.hpp"
#include "proxystore/store_registry.hpp"
#include "support.hpp"

namespace proxystore {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace proxystore::testing;
using ::testing::HasSubstr;

// What case 130 asks of a class in Python, a type says here.
static_assert(std::derived_from<ContextLifetime, Lifetime>);
static_assert(std::derived_from<LeaseLifetime, Lifetime>);
static_assert(std::derived_from<StaticLifetime, Lifetime>);
static_assert(!std::is_copy_constructible_v<ContextLifetime>);

class Lifetimes : public ::testing::Test {
 protected:
  std::shared_ptr<Store> store = Store::create(unique_name(), LocalOptions{});
};

/// Waits until @p condition holds; false if a minute passes first.
template <class Condition>
bool eventually(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 1min;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

TEST_F(Lifetimes, case73_put_with_a_lifetime_is_gone_when_it_closes) {
  ContextLifetime lifetime(store);
  const Key key = store->put("text"s, {.lifetime = &lifetime});
  EXPECT_TRUE(store->exists(key));
  lifetime.close();
  EXPECT_FALSE(store->exists(key));
}

TEST_F(Lifetimes, case74_put_batch_with_a_lifetime_is_all_gone) {
  ContextLifetime lifetime(store);
  const auto keys = store->put_batch(std::vector{1.0, 2.0, 3.0}, {.lifetime = &lifetime});
  for (const Key& key : keys) EXPECT_TRUE(store->exists(key));
  lifetime.close();
  for (const Key& key : keys) EXPECT_FALSE(store->exists(key));
}

TEST_F(Lifetimes, case85_proxy_from_key_with_a_lifetime) {
  ContextLifetime lifetime(store);
  const Key key = store->put("text"s);
  const auto proxy = store->proxy_from_key<std::string>(key, {.lifetime = &lifetime});
  EXPECT_EQ(*proxy, "text");
  lifetime.close();
  EXPECT_FALSE(store->exists(key));
}

TEST_F(Lifetimes, case86_evict_and_lifetime_exclude_each_other_and_nothing_is_stored) {
  const auto connector = std::make_shared<CountingConnector>();
  store = Store::create(unique_name(), connector);
  ContextLifetime lifetime(store);
  const Key key = store->put("text"s);
  const auto shared = std::make_shared<const std::string>("text");
  EXPECT_THROW(
      (void)store->proxy_from_key<std::string>(key, {.evict = true, .lifetime = &lifetime}),
      ArgumentError);
  EXPECT_THROW((void)store->proxy("text"s, {.evict = true, .lifetime = &lifetime}), ArgumentError);
  EXPECT_THROW((void)store->proxy(shared, {.evict = true, .lifetime = &lifetime}), ArgumentError);
  EXPECT_THROW(
      (void)store->proxy_batch(std::vector{"text"s}, {.evict = true, .lifetime = &lifetime}),
      ArgumentError);
  EXPECT_EQ(connector->puts + connector->put_batches, 1) << "that of the key";
}

TEST_F(Lifetimes, case93_proxy_with_a_lifetime) {
  ContextLifetime lifetime(store);
  const auto proxy = store->proxy("text"s, {.lifetime = &lifetime});
  lifetime.close();
  EXPECT_FALSE(store->exists(proxy.key()));
}

TEST_F(Lifetimes, case98_proxy_batch_with_a_lifetime) {
  ContextLifetime lifetime(store);
  const auto proxies = store->proxy_batch(std::vector{"a"s, "b"s}, {.lifetime = &lifetime});
  lifetime.close();
  for (const auto& proxy : proxies) EXPECT_FALSE(store->exists(proxy.key()));
}

TEST_F(Lifetimes, case131_keys_and_proxies_are_gone_after_the_scope) {
  Key key;
  Key other;
  Proxy<std::string> first;
  Proxy<int> second;
  {
    ContextLifetime lifetime(store, "scope");
    EXPECT_EQ(lifetime.name(), "scope");
    key = store->put("text"s);
    other = store->put("text"s);
    first = store->proxy("text"s);
    second = store->proxy(7);
    lifetime.add_key(key);
    lifetime.add_keys(std::vector{other});
    lifetime.add_proxy(first, second);
    EXPECT_FALSE(lifetime.done());
    for (const Key& added : {key, other, first.key(), second.key()}) {
      EXPECT_TRUE(store->exists(added));
    }
  }
  for (const Key& added : {key, other, first.key(), second.key()}) {
    EXPECT_FALSE(store->exists(added));
  }
  EXPECT_FALSE(store->is_closed());
}

TEST_F(Lifetimes, case130_all_kinds_are_lifetimes) {
  static_assert(std::is_base_of_v<Lifetime, ContextLifetime>);
  static_assert(std::is_base_of_v<Lifetime, LeaseLifetime>);
  static_assert(std::is_base_of_v<Lifetime, StaticLifetime>);
  ContextLifetime scope(store);
  Lifetime& lifetime = scope;
  EXPECT_TRUE(store->exists(store->put(5, {.lifetime = &lifetime})));
}

TEST_F(Lifetimes, case131_is_done_after_it_was_closed) {
  ContextLifetime lifetime(store);
  EXPECT_FALSE(lifetime.name().empty());
  lifetime.close();
  EXPECT_TRUE(lifetime.done());
}

TEST_F(Lifetimes, case132_closing_twice_is_harmless) {
  ContextLifetime lifetime(store);
  lifetime.close();
  lifetime.close();
  EXPECT_TRUE(lifetime.done());
}

TEST_F(Lifetimes, case133_takes_no_proxy_without_a_store) {
  ContextLifetime lifetime(store);
  EXPECT_THROW(lifetime.add_proxy(Proxy<int>([] { return 1; })), ProxyStoreFactoryError);
  EXPECT_THROW(lifetime.add_proxy(Proxy<int>()), ProxyStoreFactoryError);
}

TEST_F(Lifetimes, takes_no_proxy_that_evicts_nor_one_of_another_store) {
  ContextLifetime lifetime(store);
  EXPECT_THROW(lifetime.add_proxy(store->proxy(1, {.evict = true})), ArgumentError);
  const auto other = Store::create(unique_name(), LocalOptions{});
  const auto error = thrown_by<ArgumentError>([&] { lifetime.add_proxy(other->proxy(1)); });
  EXPECT_THAT(error.what(), HasSubstr(other->name()));
  EXPECT_THAT(error.what(), HasSubstr(store->name()));
  EXPECT_THROW(ContextLifetime(nullptr), ArgumentError);
}

TEST_F(Lifetimes, case134_takes_nothing_after_its_end) {
  ContextLifetime lifetime(store);
  const auto proxy = store->proxy("text"s);
  lifetime.close();
  EXPECT_THROW(lifetime.add_key(proxy.key()), LifetimeEndedError);
  EXPECT_THROW(lifetime.add_proxy(proxy), LifetimeEndedError);
  EXPECT_THROW((void)store->put(1, {.lifetime = &lifetime}), LifetimeEndedError);
  EXPECT_TRUE(store->exists(proxy.key()));
}

/// Ends between the question whether it has and the addition of a key.
class EndsMeanwhile final : public Lifetime {
 public:
  void add_keys(std::span<const Key>, const std::shared_ptr<Store>&) override {
    throw LifetimeEndedError("ended meanwhile");
  }
  void close(const LifetimeCloseArgs&) override {}
  [[nodiscard]] bool done() const noexcept override { return false; }
};

TEST_F(Lifetimes, what_comes_too_late_for_its_lifetime_is_not_left_behind) {
  const auto connector = std::make_shared<CountingConnector>();
  store = Store::create(unique_name(), connector);
  EndsMeanwhile lifetime;
  EXPECT_THROW((void)store->put("text"s, {.lifetime = &lifetime}), LifetimeEndedError);
  EXPECT_EQ(connector->puts, 1);
  EXPECT_EQ(connector->evicts, 1);
  EXPECT_THROW((void)store->put_batch(std::vector{1, 2}, {.lifetime = &lifetime}),
               LifetimeEndedError);
  EXPECT_EQ(connector->evicts, 3);
}

TEST_F(Lifetimes, that_could_not_end_keeps_its_objects) {
  ContextLifetime lifetime(store);
  (void)store->put("text"s, {.lifetime = &lifetime});
  store->close();
  EXPECT_THROW(lifetime.close(), StoreClosedError);
  EXPECT_FALSE(lifetime.done());
}

TEST_F(Lifetimes, closes_the_store_if_told_to) {
  ContextLifetime lifetime(store);
  lifetime.close({.close_stores = true});
  EXPECT_TRUE(store->is_closed());
}

TEST_F(Lifetimes, added_from_many_threads) {
  ContextLifetime lifetime(store);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 100; ++n) (void)store->put(n, {.lifetime = &lifetime});
    });
  }
  for (auto& thread : threads) thread.join();
  const Key key = store->put(0, {.lifetime = &lifetime});
  lifetime.close();
  EXPECT_FALSE(store->exists(key));
}

TEST_F(Lifetimes, case135_a_lease_whose_time_is_over_is_done_at_once) {
  using Clock = LeaseLifetime::Clock;
  LeaseLifetime epoch(store, Clock::time_point{});
  LeaseLifetime zero(store, 0s);
  LeaseLifetime zero_point(store, LeaseLifetime::Seconds(0.0));
  LeaseLifetime negative(store, LeaseLifetime::Seconds(-1));
  for (LeaseLifetime* lease : {&epoch, &zero, &zero_point, &negative}) {
    EXPECT_TRUE(lease->done());
    lease->close();
    EXPECT_TRUE(lease->done());
    EXPECT_THROW(lease->extend(1s), LifetimeEndedError);
    EXPECT_THROW(lease->add_key(Key::random()), LifetimeEndedError);
  }
}

TEST_F(Lifetimes, a_lease_ends_by_itself_and_its_objects_go) {
  LeaseLifetime lease(store, 20ms, "lease");
  EXPECT_EQ(lease.name(), "lease");
  const Key key = store->put("text"s);
  try {
    lease.add_key(key);
  } catch (const LifetimeEndedError&) {
    GTEST_SKIP() << "the machine is so slow that the lease ended before it took an object";
  }
  EXPECT_TRUE(eventually([&] { return lease.done(); }));
  EXPECT_FALSE(store->exists(key));
}

TEST_F(Lifetimes, case136_is_extended_by_time_point_duration_or_seconds) {
  for (const int how : {0, 1, 2}) {
    LeaseLifetime lease(store, 1h);
    const Key key = store->put("text"s, {.lifetime = &lease});
    const auto before = lease.expiry();
    if (how == 0) lease.extend(LeaseLifetime::Clock::now() + 3h);
    if (how == 1) lease.extend(2h);
    if (how == 2) lease.extend(LeaseLifetime::Seconds(7200.0));
    EXPECT_NEAR(LeaseLifetime::Seconds(lease.expiry() - before).count(), 7200, 60);
    EXPECT_FALSE(lease.done());
    lease.extend(LeaseLifetime::Clock::now() + 5ms);  // earlier: it ends then
    EXPECT_TRUE(eventually([&] { return lease.done(); }));
    EXPECT_FALSE(store->exists(key));
  }
}

TEST_F(Lifetimes, an_extended_lease_outlives_its_first_end) {
  LeaseLifetime lease(store, 200ms);
  const Key key = store->put("text"s, {.lifetime = &lease});
  lease.extend(1h);
  std::this_thread::sleep_for(300ms);
  EXPECT_FALSE(lease.done());
  EXPECT_TRUE(store->exists(key));
  lease.close();
  EXPECT_FALSE(store->exists(key));
}

TEST_F(Lifetimes, a_lease_takes_no_senseless_times) {
  LeaseLifetime lease(store, 1h);
  EXPECT_THROW(lease.extend(-1s), ArgumentError);
  const LeaseLifetime::Seconds nan(std::numeric_limits<double>::quiet_NaN());
  EXPECT_THROW(lease.extend(nan), ArgumentError);
  EXPECT_THROW(LeaseLifetime(store, nan), ArgumentError);
  EXPECT_THROW(LeaseLifetime(nullptr, 1s), ArgumentError);
  lease.extend(LeaseLifetime::Seconds(std::numeric_limits<double>::infinity()));
  lease.extend(std::chrono::hours::max());
  lease.extend(LeaseLifetime::Clock::time_point::max());
  EXPECT_FALSE(lease.done());
}

TEST_F(Lifetimes, a_lease_runs_on_without_its_handle) {
  Key key;
  {
    LeaseLifetime lease(store, 50ms);
    key = store->put("text"s);
    try {
      lease.add_key(key);
    } catch (const LifetimeEndedError&) {
      GTEST_SKIP() << "the machine is so slow that the lease ended before it took an object";
    }
  }
  EXPECT_TRUE(eventually([&] { return !store->exists(key); }));
}

TEST_F(Lifetimes, a_lease_leaves_objects_to_threads_of_the_program_where_only_these_reach_them) {
  const auto connector = std::make_shared<CountingConnector>();
  connector->background = false;
  store = Store::create(unique_name(), connector);
  LeaseLifetime lease(store, 1h);
  const Key key = store->put("text"s, {.lifetime = &lease});
  lease.extend(LeaseLifetime::Clock::now() + 1ms);
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(lease.done());
  EXPECT_EQ(connector->evicts, 0);
  EXPECT_THROW(lease.add_key(key), LifetimeEndedError);
  EXPECT_TRUE(lease.done());
  EXPECT_FALSE(store->exists(key));
}

TEST_F(Lifetimes, case137_registration_returns_what_closes_the_lifetime) {
  for (const bool close_stores : {true, false}) {
    const auto of_its_own = Store::create(unique_name(), LocalOptions{});
    const auto lifetime = std::make_shared<ContextLifetime>(of_its_own);
    const Key key = of_its_own->put("text"s, {.lifetime = lifetime.get()});
    const auto callback = register_lifetime_atexit(lifetime, {.close_stores = close_stores});
    unregister_lifetime_atexit(lifetime);
    EXPECT_FALSE(lifetime->done());
    callback();
    EXPECT_TRUE(lifetime->done());
    EXPECT_EQ(of_its_own->is_closed(), close_stores);
    if (!close_stores) {
      EXPECT_FALSE(of_its_own->exists(key));
    }
  }
  EXPECT_THROW(register_lifetime_atexit(nullptr), ArgumentError);
}

TEST_F(Lifetimes, case137_registered_lifetimes_end_before_the_stores_close) {
  const TemporaryFolder folder;
  store = Store::create(unique_name(),
                        FileOptions{.store_dir = (folder / "store").string(), .clear = false});
  register_store(store);
  const auto lifetime = std::make_shared<ContextLifetime>(store);
  const auto lease = std::make_shared<LeaseLifetime>(store, 1h);
  const Key key = store->put("text"s, {.lifetime = lifetime.get()});
  const Key leased = store->put("text"s, {.lifetime = lease.get()});
  const Key kept = store->put("text"s);
  register_lifetime_atexit(lifetime);
  close_registered_stores();  // what the end of the program, or of the MPI environment, calls
  EXPECT_TRUE(lifetime->done());
  EXPECT_TRUE(lease->done());
  EXPECT_TRUE(store->is_closed());
  const auto reopened = Store::create(
      unique_name(), FileOptions{.store_dir = (folder / "store").string(), .clear = false});
  EXPECT_FALSE(reopened->exists(key));
  EXPECT_FALSE(reopened->exists(leased));
  EXPECT_TRUE(reopened->exists(kept));
}

/// The static lifetime ends once in a process: each of these tests runs in one of its own.
class StaticLifetimes : public Lifetimes {
 protected:
  StaticLifetimes() { ::testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

/// Ends the process as failed, unless @p condition holds.
void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::_Exit(1);
}

TEST_F(StaticLifetimes, case138_there_is_one) {
  EXPECT_EQ(&StaticLifetime::instance(), &StaticLifetime::instance());
  EXPECT_FALSE(StaticLifetime::instance().done());
}

TEST_F(StaticLifetimes, case139_a_key_needs_its_store) {
  const Key key = store->put(1);
  EXPECT_THROW(StaticLifetime::instance().add_key(key), ArgumentError);
}

TEST_F(StaticLifetimes, case140_takes_no_proxy_without_a_store) {
  EXPECT_THROW(StaticLifetime::instance().add_proxy(Proxy<int>([] { return 1; })),
               ProxyStoreFactoryError);
}

TEST_F(StaticLifetimes, case141_closes_once_and_evicts_everything) {
  const auto run = [&] {
    const auto other = Store::create(unique_name(), LocalOptions{});
    auto& lifetime = StaticLifetime::instance();
    const Key key = store->put(1);
    lifetime.add_key(key, store);
    const auto proxy = other->proxy(2);
    lifetime.add_proxy(proxy);
    const Key direct = store->put(3, {.lifetime = &lifetime});
    lifetime.close();
    require(lifetime.done(), "done");
    require(!store->exists(key) && !store->exists(direct) && !other->exists(proxy.key()), "gone");
    require(!store->is_closed(), "still open");
    lifetime.close();
    require(succeeds_or_throws<LifetimeEndedError>([&] { lifetime.add_key(key, store); }) == false,
            "takes no more");
    std::exit(0);
  };
  EXPECT_EXIT(run(), ::testing::ExitedWithCode(0), "");
}

TEST_F(StaticLifetimes, case142_closes_the_stores_if_told_to) {
  const auto run = [&] {
    auto& lifetime = StaticLifetime::instance();
    (void)store->put(1, {.lifetime = &lifetime});
    lifetime.close({.close_stores = true});
    require(store->is_closed(), "closed");
    std::exit(0);
  };
  EXPECT_EXIT(run(), ::testing::ExitedWithCode(0), "");
}

TEST_F(StaticLifetimes, ends_with_the_program) {
  // The child of a death test begins anew, so it is told the folder's name by the environment.
  constexpr const char* variable = "PROXYSTORE_TEST_STATIC_LIFETIME";
  const TemporaryFolder folder;
  ::setenv(variable, (folder / "store").c_str(), 0);
  const fs::path path = std::getenv(variable);
  const FileOptions options{.store_dir = path.string(), .clear = false};
  const auto run = [&] {
    const auto files = Store::create(unique_name(), options);
    (void)files->put("text"s, {.lifetime = &StaticLifetime::instance()});
    std::exit(0);
  };
  EXPECT_EXIT(run(), ::testing::ExitedWithCode(0), "");
  ::unsetenv(variable);
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path)) files += entry.is_regular_file();
  EXPECT_EQ(files, 0U);
}

}  // namespace
}  // namespace proxystore
