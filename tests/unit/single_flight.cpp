// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// What a store does when threads want one object at the same time.
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "counting_connector.hpp"
#include "proxystore/store.hpp"
#include "support.hpp"

namespace proxystore {
namespace {

using namespace std::string_literals;
using namespace proxystore::testing;

class SingleFlight : public ::testing::Test {
 protected:
  /// Starts a thread that fetches @p key, and waits until it has its bytes and stands at the gate.
  std::jthread start_fetch(const Key& key, std::shared_ptr<const std::string>* result = nullptr) {
    connector->gate.close();
    std::jthread thread([=, this] {
      auto object = store->get<std::string>(key);
      if (result != nullptr) *result = std::move(object);
    });
    connector->gate.await_arrivals(++arrivals);
    return thread;
  }

  std::shared_ptr<CountingConnector> connector = std::make_shared<CountingConnector>();
  std::shared_ptr<Store> store = Store::create(unique_name(), connector);
  int arrivals = 0;
};

TEST_F(SingleFlight, threads_share_one_fetch_and_one_object) {
  constexpr std::size_t count = 8;
  const Key key = store->put("text"s);
  std::vector<std::shared_ptr<const std::string>> objects(count);
  {
    std::vector<std::jthread> threads;
    threads.push_back(start_fetch(key, objects.data()));
    std::atomic<std::size_t> started{1};
    for (std::size_t i = 1; i < count; ++i) {
      threads.emplace_back([&, i] {
        ++started;
        objects[i] = store->get<std::string>(key);
      });
    }
    while (started < count) std::this_thread::yield();
    connector->gate.open();
  }
  EXPECT_EQ(connector->gets, 1);
  for (const auto& object : objects) {
    ASSERT_TRUE(object);
    EXPECT_EQ(object, objects[0]);
  }
}

TEST_F(SingleFlight, other_objects_are_fetched_meanwhile) {
  const Key slow = store->put("slow"s), other = store->put("other"s);
  const auto thread = start_fetch(slow);
  {
    std::jthread second([&] { EXPECT_EQ(*store->get<std::string>(other), "other"); });
    connector->gate.await_arrivals(2);  // the second fetch is not held back by the first
    (void)store->put("more"s);
    EXPECT_TRUE(store->exists(slow));
    connector->gate.open();
  }
}

TEST_F(SingleFlight, one_key_as_two_types_is_fetched_twice) {
  const Key key = store->put(Bytes::copy_of("text"));
  connector->gate.close();
  {
    std::jthread a([&] { EXPECT_EQ(store->get<Bytes>(key)->text(), "text"); });
    std::jthread b([&] { EXPECT_EQ(store->get<std::vector<std::byte>>(key)->size(), 4U); });
    connector->gate.await_arrivals(2);
    connector->gate.open();
  }
  EXPECT_EQ(connector->gets, 2);
}

TEST_F(SingleFlight, an_object_evicted_during_its_fetch_is_not_cached) {
  const Key key = store->put("text"s);
  std::shared_ptr<const std::string> object;
  {
    const auto thread = start_fetch(key, &object);
    store->evict(key);
    connector->gate.open();
  }
  ASSERT_TRUE(object) << "the fetch had its bytes before they were evicted";
  EXPECT_EQ(*object, "text");
  EXPECT_FALSE(store->is_cached(key));
  EXPECT_EQ(store->get<std::string>(key), nullptr);
}

TEST_F(SingleFlight, a_get_after_the_eviction_does_not_join_the_fetch_before) {
  const Key key = store->put("text"s);
  {
    const auto thread = start_fetch(key);
    store->evict(key);
    std::shared_ptr<const std::string> late = std::make_shared<const std::string>("unset");
    {
      std::jthread second([&] { late = store->get<std::string>(key); });
      connector->gate.await_arrivals(2);
      connector->gate.open();
    }
    EXPECT_EQ(late, nullptr);
  }
}

TEST_F(SingleFlight, objects_evicted_while_a_batch_is_fetched_are_not_cached) {
  const auto keys = store->put_batch(std::vector{"a"s, "b"s, "c"s});
  for (const bool in_batch : {false, true}) {
    connector->gate.close();
    {
      std::jthread thread([&] {
        const auto objects = store->get_batch<std::string>(keys);
        EXPECT_EQ(objects.size(), 3U);
      });
      connector->gate.await_arrivals(++arrivals);
      if (in_batch) {
        store->evict_batch(std::span(keys).last(1));
      } else {
        store->evict(keys[0]);
      }
      connector->gate.open();
    }
    ASSERT_FALSE(store->is_cached(in_batch ? keys[2] : keys[0]));
  }
  (void)store->get_batch<std::string>(keys);
  EXPECT_TRUE(store->is_cached(keys[1])) << "an eviction in the past is no reason";
}

TEST_F(SingleFlight, a_failure_is_shared_and_then_tried_again) {
  const Key key = store->put("text"s);
  connector->failing_gets = 1;
  connector->gate.close();
  std::atomic<int> failed{0}, started{0};
  {
    std::vector<std::jthread> threads;
    const std::function<void()> try_get = [&] {
      ++started;
      try {
        (void)store->get<std::string>(key);
      } catch (const ConnectorError& error) {
        EXPECT_STREQ(error.what(), "the medium failed");
        ++failed;
      }
    };
    threads.emplace_back(try_get);
    connector->gate.await_arrivals(1);
    for (int i = 0; i < 3; ++i) threads.emplace_back(try_get);
    while (started < 4) std::this_thread::yield();
    connector->gate.open();
  }
  // A thread that came to the store after the failure had a fetch of its own, which succeeded.
  EXPECT_GE(failed, 1);
  EXPECT_EQ(failed == 4, connector->gets == 1);
  EXPECT_EQ(*store->get<std::string>(key), "text");
}

TEST_F(SingleFlight, a_missing_object_is_looked_for_again) {
  const Key key = Key::random();
  EXPECT_EQ(store->get<std::string>(key), nullptr);
  EXPECT_EQ(store->get<std::string>(key), nullptr);
  EXPECT_EQ(connector->gets, 2);
}

TEST_F(SingleFlight, threads_that_put_get_and_evict_leave_the_store_consistent) {
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 200; ++i) {
          const std::string text = std::to_string(1000 * t + i);
          const Key key = store->put(text);
          EXPECT_EQ(*store->get<std::string>(key), text);
          if (i % 2 == 0) {
            store->evict(key);
            EXPECT_FALSE(store->exists(key));
            EXPECT_EQ(store->get<std::string>(key), nullptr);
          }
        }
      });
    }
  }
  EXPECT_LE(store->cache().size(), 16U);
}

}  // namespace
}  // namespace proxystore
