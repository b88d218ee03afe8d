// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// lease and unlease.
#include <thread>

#include "child_process.hpp"
#include "suite.hpp"

namespace proxystore::testing {
namespace {

using std::chrono::milliseconds;

class Leases : public StoringConnectorTest {
 protected:
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

}  // namespace
}  // namespace proxystore::testing
