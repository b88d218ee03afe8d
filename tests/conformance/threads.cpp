// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// All verbs from many threads at once. Build this with -fsanitize=thread, too.
#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <mutex>

#include "child_process.hpp"
#include "proxystore/error.hpp"
#include "suite.hpp"

namespace proxystore::testing {
namespace {

constexpr unsigned thread_count = 8;

/// Runs @p body in several threads, and throws what one of them threw.
void in_threads(const std::function<void(unsigned)>& body) {
  std::vector<std::future<void>> threads;
  for (unsigned i = 0; i < thread_count; ++i) {
    threads.push_back(std::async(std::launch::async, body, i));
  }
  for (auto& thread : threads) thread.get();
}

class Threads : public StoringConnectorTest {};
PROXYSTORE_FOR_ALL_CONNECTORS(Threads);

TEST_P(Threads, work_on_their_own_objects) {
  in_threads([&](unsigned thread) {
    for (unsigned i = 0; i < 30; ++i) {
      const Bytes object = pattern(100 * i, thread * 100 + i);
      const Key key = put(object);
      EXPECT_TRUE(connector().get(key) == object);
      EXPECT_TRUE(connector().exists(key));
      if (i % 3 == 0) continue;
      connector().evict(key);
      EXPECT_FALSE(connector().exists(key));
    }
  });
}

TEST_P(Threads, read_one_object) {
  const Bytes object = pattern(300'000);
  const Key key = put(object);
  in_threads([&](unsigned thread) {
    for (unsigned i = 0; i < 20; ++i) {
      EXPECT_TRUE(connector().get(key) == object);
      EXPECT_TRUE(connector().get_range(key, 1'000 * thread, 500) ==
                  object.slice(1'000 * thread, 500));
    }
  });
}

/// Evict comes between the steps of a get: the answer is all of the object or nothing.
TEST_P(Threads, evict_while_others_read) {
  for (unsigned round = 0; round < 20; ++round) {
    const Bytes object = pattern(100'000, round);
    const Key key = put(object);
    in_threads([&](unsigned thread) {
      if (thread == 0) {
        EXPECT_TRUE(connector().evict(key));
        return;
      }
      const auto found = connector().get(key);
      if (found) {
        EXPECT_TRUE(*found == object);
      }
    });
    EXPECT_FALSE(connector().exists(key));
  }
}

TEST_P(Threads, keys_are_all_different) {
  std::mutex mutex;
  std::vector<Key> keys;
  in_threads([&](unsigned) {
    for (int i = 0; i < 20; ++i) {
      const Key key = put(pattern(1));
      const std::lock_guard lock(mutex);
      keys.push_back(key);
    }
  });
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(std::adjacent_find(keys.begin(), keys.end()), keys.end());
}

TEST_P(Threads, set_and_read_one_key) {
  PROXYSTORE_NEEDS(deferrable);
  const Key key = connector().new_key();
  in_threads([&](unsigned thread) {
    if (thread < 2) {
      for (unsigned i = 0; i < 20; ++i) set(key, pattern(1'000 + thread, thread));
      return;
    }
    EXPECT_TRUE(connector().wait(key, patience));
    for (unsigned i = 0; i < 20; ++i) {
      const auto found = connector().get(key);
      EXPECT_TRUE(found == pattern(1'000, 0) || found == pattern(1'001, 1));
    }
  });
}

TEST_P(Threads, close_while_others_work) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  in_threads([&](unsigned thread) {
    try {
      for (unsigned i = 0; std::chrono::steady_clock::now() < deadline; ++i) {
        if (thread == 0 && i == 20) connector().close({.clear = true});
        const Key key = put(pattern(100));
        (void)connector().get(key);
        connector().evict(key);
      }
      ADD_FAILURE() << "thread " << thread << " did not notice the close";
    } catch (const StoreClosedError&) {  // as it should
    } catch (const ConnectorError&) {    // the medium went while the verb was at work
    }
  });
}

class Close : public ConnectorTest {};
PROXYSTORE_FOR_ALL_CONNECTORS(Close);

TEST_P(Close, a_second_close_does_nothing) {
  connector().close();
  EXPECT_NO_THROW(connector().close());
  EXPECT_NO_THROW(connector().close({.clear = true}));
}

TEST_P(Close, verbs_come_too_late) {
  const Bytes object = pattern(10);
  const Key key = put(object);
  connector().close();
  const std::vector<Key> keys{key};
  const ByteSpan part = object.span();
  const std::vector<PutRequest> requests{{.parts = std::span(&part, 1)}};
  std::vector<std::byte> target(10);
  EXPECT_THROW(put(object), StoreClosedError);
  EXPECT_THROW((void)connector().get(key), StoreClosedError);
  EXPECT_THROW((void)connector().get_into(key, target), StoreClosedError);
  EXPECT_THROW((void)connector().get_range(key, 0, 1), StoreClosedError);
  EXPECT_THROW((void)connector().exists(key), StoreClosedError);
  EXPECT_THROW(connector().evict(key), StoreClosedError);
  EXPECT_THROW((void)connector().put_batch(requests), StoreClosedError);
  EXPECT_THROW((void)connector().get_batch(keys), StoreClosedError);
  EXPECT_THROW((void)connector().exists_batch(keys), StoreClosedError);
  EXPECT_THROW(connector().evict_batch(keys), StoreClosedError);
  EXPECT_THROW((void)connector().wait(key, std::chrono::milliseconds(1)), StoreClosedError);
  if (has(Capability::deferrable)) {
    EXPECT_THROW((void)connector().new_key(), StoreClosedError);
    EXPECT_THROW(set(key, object), StoreClosedError);
  }
  if (has(Capability::lease)) {
    EXPECT_THROW((void)connector().lease(key, LeaseMode::shared, patience), StoreClosedError);
  }
}

TEST_P(Close, configuration_and_capabilities_can_still_be_asked) {
  const auto config = connector().config();
  const auto capabilities = connector().capabilities();
  connector().close();
  EXPECT_EQ(connector().config(), config);
  EXPECT_TRUE(connector().capabilities() == capabilities);
}

TEST_P(Close, bytes_stay_valid) {
  PROXYSTORE_NEEDS(stores);
  for (const std::size_t size : {100U, 1'000'000U}) {
    const auto store = GetParam().open();
    const Bytes object = pattern(size);
    const ByteSpan part = object.span();
    auto held = store->get(store->put(std::span(&part, 1), {}));
    store->close({.clear = true});
    ASSERT_TRUE(held.has_value());
    EXPECT_TRUE(*held == object);
  }
}

TEST_P(Close, bytes_outlive_the_connector) {
  PROXYSTORE_NEEDS(stores);
  auto store = GetParam().open();
  const Bytes object = pattern(200'000);
  const ByteSpan part = object.span();
  const auto held = store->get(store->put(std::span(&part, 1), {}));
  store->close({.clear = true});
  store.reset();
  ASSERT_TRUE(held.has_value());
  EXPECT_TRUE(*held == object);
}

}  // namespace
}  // namespace proxystore::testing
