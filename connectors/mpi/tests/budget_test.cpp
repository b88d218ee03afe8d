// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Ranks that want the same memory, with threads in the place of ranks.
#include "budget.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "node.hpp"
#include "proxystore/error.hpp"

namespace proxystore::testing {
namespace {

using partition::Budget;

/// Some ranks on a node that has so much memory free.
class Ranks {
 public:
  Ranks(std::size_t count, std::int64_t free) : free_(free), words_(count) {
    for (std::size_t rank = 0; rank < count; ++rank) {
      budgets_.push_back(std::make_unique<Budget>(words_[rank], [this] {
        if (on_ask) on_ask();
        return static_cast<std::uint64_t>(std::max<std::int64_t>(0, free_.load()));
      }));
      budgets_.back()->set_others([this, rank] {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < words_.size(); ++i) sum += i == rank ? 0 : words_[i].load();
        return sum;
      });
    }
  }

  std::function<void()> on_ask;  // between the announcement and the answer

  Budget& operator[](std::size_t rank) { return *budgets_[rank]; }
  std::atomic<std::int64_t>& free() { return free_; }
  [[nodiscard]] std::uint64_t announced() const {
    return std::accumulate(words_.begin(), words_.end(), std::uint64_t{0});
  }

 private:
  std::atomic<std::int64_t> free_;
  std::vector<std::atomic<std::uint64_t>> words_;
  std::vector<std::unique_ptr<Budget>> budgets_;
};

TEST(Budget, what_one_was_promised_is_not_for_another) {
  Ranks ranks(2, 100);
  auto first = std::make_unique<Budget::Promise>(*ranks[0].ask(60, 60));
  EXPECT_FALSE(ranks[1].ask(41, 41).has_value());
  const auto rest = ranks[1].ask(10, 90);
  ASSERT_TRUE(rest.has_value());
  EXPECT_EQ(rest->bytes(), 40U);
  first.reset();
  EXPECT_TRUE(ranks[1].ask(60, 60).has_value());
  EXPECT_EQ(ranks.announced(), 40U);
}

TEST(Budget, what_there_is_not_is_refused_at_once) {
  Ranks ranks(2, 100);
  const auto other = ranks[0].ask(60, 60);
  // Were each to wait for a second, the test would not end in its time.
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(ranks[1].ask(101, 200).has_value());
  EXPECT_EQ(ranks.announced(), 60U);
}

TEST(Budget, threads_of_a_rank_are_as_several_ranks) {
  Ranks ranks(1, 100);
  const auto one = ranks[0].ask(60, 60);
  EXPECT_FALSE(ranks[0].ask(60, 60).has_value());
}

TEST(Budget, whoever_is_refused_for_another_asks_again) {
  Ranks ranks(2, 100);
  auto first = std::make_unique<Budget::Promise>(*ranks[0].ask(60, 60));
  int asked = 0;
  ranks.on_ask = [&] {
    if (++asked == 2) first.reset();  // it counted for this answer still
  };
  EXPECT_TRUE(ranks[1].ask(60, 60).has_value());
  EXPECT_GE(asked, 3);
}

/// Ranks take and give back; what is free must never become less than nothing.
TEST(Budget, nobody_takes_what_is_not_there) {
  constexpr std::size_t count = 4;
  constexpr std::int64_t all = 1000;
  Ranks ranks(count, all);
  std::atomic<std::int64_t> least{all};
  std::atomic<std::uint64_t> taken{0};
  std::vector<std::thread> threads;
  for (std::size_t rank = 0; rank < count; ++rank) {
    threads.emplace_back([&, rank] {
      std::vector<std::int64_t> mine;
      for (std::uint64_t i = 0; i < 3000; ++i) {
        const std::uint64_t size = 1 + (i * 7919 + rank * 104729) % 400;
        if (auto promise = ranks[rank].ask(size, size + 50)) {
          const auto bytes = static_cast<std::int64_t>(promise->bytes());
          std::this_thread::yield();  // between the promise and the memory
          const std::int64_t left = ranks.free().fetch_sub(bytes) - bytes;
          if (left < least.load()) least = left;
          mine.push_back(bytes);
          ++taken;
        }
        while (mine.size() > i % 3) {
          ranks.free().fetch_add(mine.back());
          mine.pop_back();
        }
      }
      for (const std::int64_t bytes : mine) ranks.free().fetch_add(bytes);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GE(least, 0);
  EXPECT_GT(taken, 1000U);
  EXPECT_EQ(ranks.free(), all);
  EXPECT_EQ(ranks.announced(), 0U);
}

constexpr std::uint64_t mib = std::uint64_t{1} << 20U;

TEST(BudgetOfANode, counts_what_peers_announce_while_they_live) {
  Node node(2, 64 * mib);
  const Key before = put(node[0], 10, 1);
  header_of(node[1]).announced = std::uint64_t{1} << 60U;
  EXPECT_THROW((void)put(node[0], 32 * mib, 2), CapacityError);
  EXPECT_TRUE(get(node[1], before).has_value());
  node.say_dead(1);
  EXPECT_TRUE(get(node[0], put(node[0], 32 * mib, 2)).has_value());
  EXPECT_EQ(header_of(node[0]).announced.load(), 0U);
}

}  // namespace
}  // namespace proxystore::testing
