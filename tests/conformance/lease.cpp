// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// lease and unlease.
#include <atomic>
#include <thread>
#include <vector>

#include "child_process.hpp"
#include "suite.hpp"

namespace proxystore::testing {
namespace {

using std::chrono::milliseconds;

class Leases : public StoringConnectorTest {
 protected:
  /// Whether the object is still there after some patience.
  bool exists_before_long(const Key& key) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (connector().exists(key)) {
      if (std::chrono::steady_clock::now() > deadline) return true;
      std::this_thread::sleep_for(milliseconds(1));
    }
    return false;
  }

  void SetUp() override {
    StoringConnectorTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    PROXYSTORE_NEEDS(lease);
  }
};
PROXYSTORE_FOR_ALL_CONNECTORS(Leases);

TEST_P(Leases, an_exclusive_lease_excludes_all_others) {
  const Key key = put(pattern(1));
  const auto held = connector().lease(key, LeaseMode::exclusive, patience);
  ASSERT_TRUE(held.has_value());
  EXPECT_EQ(held->key, key);
  EXPECT_FALSE(connector().lease(key, LeaseMode::exclusive, patience).has_value());
  EXPECT_FALSE(connector().lease(key, LeaseMode::shared, patience).has_value());
  connector().unlease(*held);
  EXPECT_TRUE(connector().lease(key, LeaseMode::exclusive, patience).has_value());
}

TEST_P(Leases, shared_leases_exclude_exclusive_ones) {
  const Key key = put(pattern(1));
  const auto first = connector().lease(key, LeaseMode::shared, patience);
  const auto second = connector().lease(key, LeaseMode::shared, patience);
  ASSERT_TRUE(first && second);
  connector().unlease(*first);
  EXPECT_FALSE(connector().lease(key, LeaseMode::exclusive, patience).has_value());
  connector().unlease(*second);
  EXPECT_TRUE(connector().lease(key, LeaseMode::exclusive, patience).has_value());
}

TEST_P(Leases, giving_back_twice_is_no_error_and_frees_nobody_elses) {
  const Key key = put(pattern(1));
  const auto first = connector().lease(key, LeaseMode::exclusive, patience);
  ASSERT_TRUE(first.has_value());
  connector().unlease(*first);
  const auto second = connector().lease(key, LeaseMode::exclusive, patience);
  ASSERT_TRUE(second.has_value());
  connector().unlease(*first);
  EXPECT_FALSE(connector().lease(key, LeaseMode::exclusive, patience).has_value());
}

TEST_P(Leases, a_lease_ends_by_itself) {
  const Key key = put(pattern(1));
  const auto held = connector().lease(key, LeaseMode::exclusive, milliseconds(20));
  ASSERT_TRUE(held.has_value());
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!connector().lease(key, LeaseMode::exclusive, patience)) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::sleep_for(milliseconds(5));
  }
  connector().unlease(*held);
  EXPECT_FALSE(connector().lease(key, LeaseMode::shared, patience).has_value());
}

TEST_P(Leases, a_renewed_lease_holds_on) {
  const Key key = put(pattern(1));
  const auto held = connector().lease(key, LeaseMode::exclusive, milliseconds(200));
  ASSERT_TRUE(held.has_value());
  ASSERT_TRUE(connector().renew(*held, patience));
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_FALSE(connector().lease(key, LeaseMode::shared, patience).has_value());
  connector().unlease(*held);
  EXPECT_FALSE(connector().renew(*held, patience)) << "it was given back";
}

TEST_P(Leases, what_is_retired_goes_at_once_if_nobody_holds_it) {
  const Key key = put(pattern(1));
  connector().retire(key);
  EXPECT_FALSE(exists_before_long(key));
  EXPECT_NO_THROW(connector().retire(key));
}

TEST_P(Leases, what_is_retired_goes_with_its_last_lease) {
  const Bytes object = pattern(100);
  const Key key = put(object);
  const auto first = connector().lease(key, LeaseMode::shared, patience);
  const auto second = connector().lease(key, LeaseMode::shared, patience);
  ASSERT_TRUE(first && second);
  connector().retire(key);
  EXPECT_FALSE(connector().lease(key, LeaseMode::shared, patience).has_value());
  EXPECT_TRUE(connector().renew(*first, patience));
  connector().unlease(*first);
  EXPECT_TRUE(connector().get(key) == object);
  connector().unlease(*second);
  EXPECT_FALSE(exists_before_long(key));
}

TEST_P(Leases, what_is_retired_goes_when_its_last_holder_dies) {
  const Key key = put(pattern(100));
  ASSERT_TRUE(connector().lease(key, LeaseMode::exclusive, milliseconds(30)).has_value());
  connector().retire(key);
  EXPECT_FALSE(exists_before_long(key));
}

TEST_P(Leases, of_many_who_want_it_alone_one_has_it) {
  const Key key = put(pattern(1));
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> granted{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        if (const auto held = connector().lease(key, LeaseMode::exclusive, patience)) {
          ++granted;
          std::this_thread::sleep_for(milliseconds(1));
          EXPECT_EQ(granted, 1);
          --granted;
          connector().unlease(*held);
        }
      });
    }
    for (auto& thread : threads) thread.join();
  }
}

}  // namespace
}  // namespace proxystore::testing
