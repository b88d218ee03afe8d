// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Objects of other nodes come to a node once. Where there is one node, or each rank is one, these
// tests see that nothing is copied.
#include <algorithm>
#include <map>
#include <thread>
#include <vector>

#include "memory_test.hpp"
#include "proxystore/error.hpp"

namespace proxystore::mpi_test {
namespace {

using mpi::RankReport;
using testing::is_contents;

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;

class ReplicaTest : public MemoryTest {
 protected:
  [[nodiscard]] mpi::MemoryOptions memory_options() const override { return {.limit = 16 * mib}; }

  /// How many nodes other than that of @p owner there are that have several ranks; how many ranks
  /// are there, and how many ranks are alone on such a node. Collective.
  struct Elsewhere {
    std::uint64_t nodes = 0;
    std::uint64_t ranks = 0;
    std::uint64_t alone = 0;
  };
  [[nodiscard]] Elsewhere elsewhere(int owner) const {
    const auto all = reports();
    std::map<int, std::uint64_t> ranks;
    for (const auto& rank : all) ++ranks[rank.node];
    Elsewhere result;
    for (const auto& [node, count] : ranks) {
      if (node == all[index(owner)].node) continue;
      result.ranks += count;
      if (count == 1) ++result.alone;
      if (count > 1) ++result.nodes;
    }
    return result;
  }

  /// One rank after the other.
  template <class Function>
  void in_turns(Function function) const {
    for (int turn = 0; turn < size(); ++turn) {
      if (turn == rank()) function();
      barrier();
    }
  }
};

TEST_F(ReplicaTest, EachNodeFetchesAnObjectOnce) {
  const Elsewhere others = elsewhere(0);
  const Key key = from(0, rank() == 0 ? put(connector(), mib, 7) : Key{});
  in_turns([&] {
    const auto bytes = connector().get(key);
    EXPECT_TRUE(bytes && is_contents(*bytes, mib, 7));
  });
  EXPECT_EQ(total(&RankReport::got_bulk), others.nodes + others.alone);
  EXPECT_EQ(total(&RankReport::got_replica), others.ranks - others.nodes - others.alone);
  EXPECT_EQ(total(&RankReport::replica_bytes), others.nodes * mib);
  EXPECT_EQ(total(&RankReport::objects), 1U);  // replicas are not counted among them
  EXPECT_EQ(total(&RankReport::object_bytes), mib);
  if (rank() == 0) connector().evict(key);
  barrier();
}

TEST_F(ReplicaTest, AnEvictedObjectIsAbsentAndItsReplicasGo) {
  const Key key = from(0, rank() == 0 ? put(connector(), mib, 7) : Key{});
  const auto held = connector().get(key);
  barrier();
  if (rank() == 0) connector().evict(key);
  barrier();
  EXPECT_FALSE(connector().get(key).has_value());
  EXPECT_FALSE(connector().get_batch({&key, 1}).front().has_value());
  EXPECT_TRUE(held && is_contents(*held, mib, 7));
  barrier();
  EXPECT_TRUE(is_contents(*held, mib, 7));
}

TEST_F(ReplicaTest, MemoryOfReplicasThatAreGoneIsFree) {
  const Key key = from(0, rank() == 0 ? put(connector(), mib, 7) : Key{});
  EXPECT_TRUE(connector().get(key).has_value());
  barrier();
  if (rank() == 0) connector().evict(key);
  barrier();
  EXPECT_FALSE(connector().get(key).has_value());
  EXPECT_EQ(total(&RankReport::replica_bytes), 0U);
}

TEST_F(ReplicaTest, ReplicasGiveWayToEachOtherAndToObjects) {
  std::vector<Key> keys;
  for (std::uint64_t i = 0; i < 12; ++i) {
    keys.push_back(from(0, rank() == 0 ? put(connector(), mib, i) : Key{}));
  }
  for (std::uint64_t i = 0; i < keys.size(); ++i) {
    const auto bytes = connector().get(keys[i]);
    EXPECT_TRUE(bytes && is_contents(*bytes, mib, i));
  }
  for (const auto& rank : reports()) EXPECT_LE(rank.replica_bytes, 2 * mib);
  if (rank() != 0) {
    std::vector<Key> mine;
    for (std::uint64_t i = 0; i < 16; ++i) mine.push_back(put(connector(), mib, 100 + i));
    for (std::uint64_t i = 0; i < 16; ++i) {
      const auto bytes = connector().get(mine[i]);
      EXPECT_TRUE(bytes && is_contents(*bytes, mib, 100 + i));
    }
    for (std::uint64_t i = 0; i < keys.size(); ++i) {  // there is no room for replicas any more
      const auto bytes = connector().get(keys[i]);
      EXPECT_TRUE(bytes && is_contents(*bytes, mib, i));
    }
    connector().evict_batch(mine);
  }
  barrier();
  if (rank() == 0) connector().evict_batch(keys);
  barrier();
}

TEST_F(ReplicaTest, AReplicaThatIsReadStays) {
  const Key key = from(0, rank() == 0 ? put(connector(), 2 * mib, 7) : Key{});
  const auto held = connector().get(key);
  ASSERT_TRUE(held.has_value());
  barrier();
  if (rank() == 0) connector().evict(key);
  std::vector<Key> keys;
  try {  // until all is full but for the replicas that are held
    for (std::uint64_t i = 0; i < 16; ++i) keys.push_back(put(connector(), mib, i));
  } catch (const CapacityError&) {
    EXPECT_GE(keys.size(), 14U);
  }
  EXPECT_TRUE(is_contents(*held, 2 * mib, 7));
  barrier();
  EXPECT_TRUE(is_contents(*held, 2 * mib, 7));
  connector().evict_batch(keys);
  barrier();
}

TEST_F(ReplicaTest, BatchesOfAllRanksInAllOrders) {
  constexpr std::size_t count = 8;
  std::vector<Key> keys;
  for (int owner = 0; owner < size(); ++owner) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::size_t bytes = (i + 1) * 70 * kib;
      keys.push_back(from(owner, rank() == owner ? put(connector(), bytes, i) : Key{}));
    }
  }
  for (int round = 0; round < 4; ++round) {
    std::vector<std::size_t> order(keys.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    if ((rank() + round) % 2 == 1) std::reverse(order.begin(), order.end());
    std::vector<Key> asked;
    for (const std::size_t i : order) asked.push_back(keys[i]);
    const auto objects = connector().get_batch(asked);
    ASSERT_EQ(objects.size(), asked.size());
    for (std::size_t i = 0; i < objects.size(); ++i) {
      const std::size_t number = order[i] % count;
      EXPECT_TRUE(objects[i] && is_contents(*objects[i], (number + 1) * 70 * kib, number));
    }
  }
  barrier();
  for (std::uint64_t i = 0; i < count; ++i) connector().evict(keys[index(rank()) * count + i]);
  barrier();
}

TEST_F(ReplicaTest, ManyThreadsOfManyRanksGetOneObject) {
  const Key key = from(0, rank() == 0 ? put(connector(), 2 * mib, 7) : Key{});
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        const auto bytes = connector().get(key);
        EXPECT_TRUE(bytes && is_contents(*bytes, 2 * mib, 7));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  barrier();
  if (rank() == 0) connector().evict(key);
  barrier();
}

TEST_F(ReplicaTest, NewVersionsOfADeferredKeyAreSeen) {
  const Key key = from(0, rank() == 0 ? connector().new_key() : Key{});
  for (std::uint64_t version = 0; version < 5; ++version) {
    if (rank() == static_cast<int>(version) % size()) set(connector(), key, mib, version);
    barrier();
    const auto bytes = connector().get(key);
    EXPECT_TRUE(bytes && is_contents(*bytes, mib, version));
    barrier();
  }
  EXPECT_EQ(total(&RankReport::replica_bytes), 0U);
  if (rank() == 0) connector().evict(key);
  barrier();
}

}  // namespace
}  // namespace proxystore::mpi_test
