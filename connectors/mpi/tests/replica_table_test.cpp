// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "replica_table.hpp"

#include <array>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace proxystore::testing {
namespace {

using partition::ReplicaEntry;
using partition::ReplicaTable;
using partition::SlotName;
using Is = ReplicaTable::Is;

class ReplicaTableTest : public ::testing::Test {
 protected:
  ReplicaTable table(std::uint16_t number, std::size_t entries = 16) {
    return {std::span(entries_).first(entries), number,
            [this](std::uint16_t other) { return alive_[other].load(); }};
  }

  std::array<ReplicaEntry, 16> entries_{};
  std::array<std::atomic<bool>, 4> alive_{true, true, true, true};
};

TEST_F(ReplicaTableTest, OneFetchesAndTheOthersSeeTheCopy) {
  ReplicaTable first = table(1);
  const ReplicaTable second = table(2);
  const Key key = Key::random();
  EXPECT_EQ(first.look(key).is, Is::unknown);
  auto claim = first.claim(key, first.look(key));
  ASSERT_TRUE(claim.has_value());
  EXPECT_EQ(second.look(key).is, Is::fetching);
  claim->name({.rank = 70'000, .slot = 12});
  claim.reset();
  const auto seen = second.look(key);
  EXPECT_EQ(seen.is, Is::named);
  EXPECT_EQ(seen.name.rank, 70'000U);
  EXPECT_EQ(seen.name.slot, 12U);
}

TEST_F(ReplicaTableTest, AClaimThatIsGivenBackLeavesTheEntryFree) {
  ReplicaTable first = table(1);
  const Key key = Key::random();
  {
    auto claim = first.claim(key, first.look(key));
    ReplicaTable::Claim moved = std::move(*claim);
    claim.reset();
    EXPECT_EQ(first.look(key).is, Is::fetching);
  }
  EXPECT_EQ(first.look(key).is, Is::unknown);
}

TEST_F(ReplicaTableTest, OnlyOneOfSeveralClaims) {
  const Key key = Key::random();
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> claims{0};
    std::atomic<int> ready{0};
    std::vector<std::thread> threads;
    for (std::uint16_t number = 0; number < 3; ++number) {
      threads.emplace_back([&, number] {
        ReplicaTable mine = table(number);
        const auto seen = mine.look(key);
        ++ready;
        while (ready < 3) std::this_thread::yield();
        const auto claim = seen.is == Is::unknown ? mine.claim(key, seen) : std::nullopt;
        if (claim) ++claims;
        ++ready;
        while (ready < 6) std::this_thread::yield();
      });
    }
    for (auto& thread : threads) thread.join();
    ASSERT_EQ(claims, 1);
  }
}

TEST_F(ReplicaTableTest, WhatADeadProcessFetchedIsTakenOver) {
  ReplicaTable first = table(1);
  ReplicaTable second = table(2);
  const Key key = Key::random();
  auto lost = first.claim(key, first.look(key));
  EXPECT_EQ(second.look(key).is, Is::fetching);
  alive_[1] = false;
  const auto seen = second.look(key);
  EXPECT_EQ(seen.is, Is::unknown);
  auto claim = second.claim(key, seen);
  ASSERT_TRUE(claim.has_value());
  lost.reset();  // changes nothing any more
  EXPECT_EQ(first.look(key).is, Is::fetching);
}

TEST_F(ReplicaTableTest, KeysOfOneEntryDriveEachOtherOut) {
  ReplicaTable first = table(1, 1);
  ReplicaTable second = table(2, 1);
  const Key key = Key::random();
  const Key other = Key::random();
  {
    auto claim = first.claim(key, first.look(key));
    EXPECT_EQ(second.look(other).is, Is::taken);
    claim->name({.rank = 3, .slot = 4});
  }
  const auto seen = second.look(other);
  EXPECT_EQ(seen.is, Is::named);  // by the other's name, as the slot tells who looks there
  auto claim = second.claim(other, seen);
  ASSERT_TRUE(claim.has_value());
  first.forget(key, seen);  // it is not that any more
  EXPECT_EQ(first.look(other).is, Is::fetching);
}

TEST_F(ReplicaTableTest, ForgottenNamesAreGone) {
  ReplicaTable first = table(1);
  const Key key = Key::random();
  first.claim(key, first.look(key))->name({.rank = 0, .slot = 0});
  const auto seen = first.look(key);
  EXPECT_EQ(seen.is, Is::named);
  first.forget(key, seen);
  EXPECT_EQ(first.look(key).is, Is::unknown);
}

}  // namespace
}  // namespace proxystore::testing
