// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Objects that come later. The numbers are those of the cases in docs/from-python.md.
#include "proxystore/future.hpp"

#include <atomic>
#include <chrono>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "counting_connector.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/error.hpp"
#include "proxystore/serialize/archive.hpp"
#include "proxystore/store_registry.hpp"
#include "support.hpp"

namespace proxystore {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace proxystore::testing;
using ::testing::HasSubstr;

template <class T>
Bytes as_bytes(const T& value) {
  return Bytes::copy_of(serialize(value).parts());
}

/// Each test once with a connector that waits, and once with one that must be polled.
class Futures : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) {
      store = Store::create(unique_name(), LocalOptions{}, {.metrics = true});
    } else {
      store = Store::create(unique_name(),
                            FileOptions{.store_dir = (folder / "store").string(), .clear = true},
                            {.metrics = true});
    }
  }

  TemporaryFolder folder;
  std::shared_ptr<Store> store;
};
INSTANTIATE_TEST_SUITE_P(All, Futures, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "waiting" : "polling"; });

TEST_P(Futures, case70_is_done_when_its_result_is_set) {
  const auto future = store->future<std::string>();
  EXPECT_FALSE(future.done());
  future.set_result("text");
  EXPECT_TRUE(future.done());
  EXPECT_EQ(*future.result(), "text");
  EXPECT_EQ(future.proxy().copy(), "text");
  EXPECT_EQ(future.key(), future.proxy().key());
}

TEST_P(Futures, case71_is_set_in_one_thread_and_used_in_another) {
  const auto future = store->future<std::string>();
  const auto proxy = future.proxy();
  std::string seen;
  std::thread consumer([&] { seen = *proxy; });
  std::this_thread::sleep_for(20ms);
  future.set_result("text");
  consumer.join();
  EXPECT_EQ(seen, "text");
}

TEST_P(Futures, case126_whoever_waits_is_woken) {
  const auto future = store->future<int>();
  int sum = 0;
  std::mutex mutex;
  std::vector<std::thread> consumers;
  for (int i = 0; i < 4; ++i) {
    consumers.emplace_back([&] {
      const int value = *future.result();
      const std::lock_guard lock(mutex);
      sum += value;
    });
  }
  future.set_result(7);
  for (auto& consumer : consumers) consumer.join();
  EXPECT_EQ(sum, 28);
}

TEST_P(Futures, takes_one_result) {
  const auto future = store->future<int>();
  future.set_result(1);
  EXPECT_THROW(future.set_result(2), AlreadySetError);
  EXPECT_THROW(future.set_failure("too late"), AlreadySetError);
  EXPECT_EQ(*future.result(), 1);
}

TEST_P(Futures, of_many_that_set_it_at_once_one_succeeds) {
  for (int round = 0; round < 20; ++round) {
    const auto future = store->future<int>();
    std::atomic<int> set{0};
    std::atomic<int> value{-1};
    std::vector<std::thread> producers;
    for (int i = 0; i < 4; ++i) {
      producers.emplace_back([&, i] {
        try {
          future.set_result(i);
          ++set;
          value = i;
        } catch (const AlreadySetError&) {
        }
      });
    }
    for (auto& producer : producers) producer.join();
    EXPECT_EQ(set, 1);
    EXPECT_EQ(*future.result(), value);
  }
}

TEST_P(Futures, failure_reaches_all_who_wait_with_what_the_producer_said) {
  const auto future = store->future<std::vector<double>>();
  const auto proxy = future.proxy();
  future.set_failure("the disk is full");
  EXPECT_TRUE(future.done());
  const auto error = thrown_by<FutureFailedError>([&] { (void)future.result(); });
  EXPECT_THAT(error.what(), HasSubstr("the disk is full"));
  const auto resolve_error = thrown_by<ProxyResolveError>([&] { proxy.resolve(); });
  EXPECT_THROW(std::rethrow_exception(resolve_error.cause()), FutureFailedError);
  EXPECT_THROW(future.set_result({1.0}), AlreadySetError);
}

TEST_P(Futures, exception_of_the_producer) {
  const auto future = store->future<int>();
  try {
    throw std::runtime_error("no convergence");
  } catch (...) {
    future.set_exception(std::current_exception());
  }
  EXPECT_THAT(thrown_by<FutureFailedError>([&] { (void)future.result(); }).what(),
              HasSubstr("no convergence"));
  const auto other = store->future<int>();
  other.set_exception(std::make_exception_ptr(7));
  EXPECT_THROW((void)other.result(), FutureFailedError);
}

TEST_P(Futures, very_long_failure_is_cut) {
  const auto future = store->future<int>();
  future.set_failure(std::string(1'000'000, 'x'));
  const auto error = thrown_by<FutureFailedError>([&] { (void)future.result(); });
  EXPECT_LT(std::string(error.what()).size(), 20'000U);
}

TEST_P(Futures, producer_that_never_comes_is_a_timeout) {
  const auto future = store->future<int>({.polling = {.timeout = 5ms}});
  const auto error = thrown_by<TimeoutError>([&] { (void)future.result(); });
  EXPECT_THAT(error.what(), HasSubstr("5 ms"));
  EXPECT_THROW((void)future.result(0ms), TimeoutError);
  const auto proxy = future.proxy();
  const auto resolve_error = thrown_by<ProxyResolveError>([&] { proxy.resolve(); });
  EXPECT_THROW(std::rethrow_exception(resolve_error.cause()), ProxyResolveMissingKeyError);
  future.set_result(3);
  EXPECT_EQ(*proxy, 3) << "a later use tries again";
}

TEST_P(Futures, travels_and_is_set_where_it_arrives) {
  const StoreRegistration registration(store);
  const auto future = store->future<std::string>({.polling = {.timeout = 60s}});
  const Bytes wire = as_bytes(future);
  const auto arrived = deserialize<Future<std::string>>(wire);
  EXPECT_EQ(arrived.key(), future.key());
  EXPECT_FALSE(arrived.done());
  const auto proxy = from_bytes<std::string>(to_bytes(future.proxy()));
  arrived.set_result("text");
  EXPECT_EQ(*future.result(), "text");
  EXPECT_EQ(*proxy, "text");
  EXPECT_THROW(future.set_result("again"), AlreadySetError);
}

TEST_P(Futures, evicting_future_is_used_once) {
  const auto future = store->future<int>({.evict = true});
  future.set_result(1);
  EXPECT_EQ(future.proxy().copy(), 1);
  EXPECT_FALSE(store->exists(future.key()));
  EXPECT_EQ(*future.result(), 1) << "copies share one fetch";
}

TEST_P(Futures, case190_records_its_times) {
  const auto future = store->future<int>();
  future.set_result(1);
  (void)future.result();
  const auto metrics = store->metrics()->get_metrics(future.key());
  ASSERT_TRUE(metrics.has_value());
  for (const auto* name :
       {"store.future", "store.future.connector", "store.set", "store.set.serialize",
        "store.set.connector", "factory.call", "factory.resolve"}) {
    EXPECT_TRUE(metrics->times.contains(name)) << name;
  }
}

TEST_P(Futures, case67_set_makes_the_object_and_then_a_new_version) {
  const Key key = store->connector().new_key();
  EXPECT_FALSE(store->exists(key));
  store->set(key, "first"s);
  EXPECT_EQ(*store->get<std::string>(key), "first");
  store->set(key, "second"s);
  EXPECT_FALSE(store->is_cached(key));
  EXPECT_EQ(*store->get<std::string>(key), "second");
}

TEST_P(Futures, case69_set_with_a_serializer_of_its_own) {
  const Key key = store->connector().new_key();
  store->set(key, 7, {.serializer = [](const int& value) { return as_bytes(value + 1); }});
  EXPECT_EQ(*store->get<int>(key), 8);
}

TEST_P(Futures, wait_of_the_store) {
  const Key key = store->connector().new_key();
  EXPECT_FALSE(store->wait(key, {.timeout = 1ms}));
  store->set(key, 1);
  EXPECT_TRUE(store->wait(key, {.timeout = 0ms}));
}

TEST_P(Futures, senseless_polling_is_refused) {
  const auto refused = [&](const Polling& polling) {
    EXPECT_THROW((void)store->future<int>({.polling = polling}), ArgumentError);
  };
  refused({.interval = 0us});
  refused({.interval = -1us});
  refused({.backoff_factor = 0.5});
  refused({.backoff_factor = std::numeric_limits<double>::quiet_NaN()});
  refused({.backoff_factor = std::numeric_limits<double>::infinity()});
  refused({.interval_limit = 0us});
  refused({.timeout = -1ms});
  refused({.timeout = std::chrono::milliseconds::max()});
}

TEST(FuturesElsewhere, case68_and_72_need_a_connector_with_deferred_objects) {
  const auto store = Store::create(unique_name(), std::make_shared<CountingConnector>());
  const auto error = thrown_by<UnsupportedError>([&] { (void)store->future<int>(); });
  EXPECT_THAT(error.what(), HasSubstr("deferrable"));
  EXPECT_THROW(store->set(Key::random(), 1), UnsupportedError);
}

TEST(FuturesElsewhere, empty_future) {
  const Future<int> future;
  EXPECT_FALSE(future.valid());
  EXPECT_THROW((void)future.done(), ProxyStoreFactoryError);
  EXPECT_THROW((void)future.result(), ProxyStoreFactoryError);
}

TEST(FuturesElsewhere, future_with_a_function_cannot_be_sent) {
  const auto store = Store::create(unique_name(), LocalOptions{});
  const auto future =
      store->future<int>({.serializer = [](const int& value) { return as_bytes(value); }});
  EXPECT_THROW((void)as_bytes(future), Error);
}

class PolledFactory : public ::testing::Test {
 protected:
  StoreFactory<int> factory(const Key& key, const FactoryArgs<int>& args) {
    return StoreFactory<int>(key, store->config(), args);
  }
  std::shared_ptr<CountingConnector> connector = std::make_shared<CountingConnector>();
  std::shared_ptr<Store> store = Store::create(unique_name(), connector, {.metrics = true});
  StoreRegistration registration{store};
};

TEST_F(PolledFactory, case120_and_121_resolves_a_present_value_at_once_and_may_evict_it) {
  const Key key = store->put(7);
  EXPECT_EQ(*factory(key, {.polling = Polling{}}).resolve(), 7);
  EXPECT_EQ(*factory(key, {.evict = true, .polling = Polling{}})(), 7);
  EXPECT_FALSE(store->exists(key));
}

TEST_F(PolledFactory, case122_and_123_gives_up_after_the_time_out) {
  const Key key = Key::random();
  const auto error = thrown_by<ProxyResolveMissingKeyError>(
      [&] { (void)factory(key, {.polling = Polling{.interval = 1ms, .timeout = 2ms}}).resolve(); });
  EXPECT_THAT(error.what(), HasSubstr("2 ms"));
  EXPECT_TRUE(store->metrics()->get_metrics(key)->times.contains("factory.polling_resolve"));
}

TEST_F(PolledFactory, case124_pauses_grow_up_to_their_limit) {
  const auto before = std::chrono::steady_clock::now();
  EXPECT_THROW((void)factory(Key::random(), {.polling = Polling{.interval = 1ms,
                                                                .backoff_factor = 2,
                                                                .interval_limit = 4ms,
                                                                .timeout = 11ms}})
                   .resolve(),
               ProxyResolveMissingKeyError);
  EXPECT_GE(std::chrono::steady_clock::now() - before, 11ms);
  // After 0, 1, 3, 7 and 11 ms; fewer on a machine that wakes late.
  EXPECT_LE(connector->exist_checks, 6);
  EXPECT_GE(connector->exist_checks, 2);
}

TEST_F(PolledFactory, case125_travels_with_its_polling) {
  const Polling polling{
      .interval = 3ms, .backoff_factor = 1.5, .interval_limit = std::nullopt, .timeout = 7ms};
  const Proxy<int> proxy(factory(Key::random(), {.polling = polling}));
  const auto arrived = from_bytes<int>(to_bytes(proxy));
  EXPECT_EQ(detail::store_factory_of(detail::factory_of(arrived)).polling(), polling);
  const auto error = thrown_by<ProxyResolveError>([&] { arrived.resolve(); });
  EXPECT_THAT(error.what(), HasSubstr("7 ms"));
}

}  // namespace
}  // namespace proxystore
