// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Objects and proxies between ranks, on one node and on several.
#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "memory_test.hpp"
#include "proxystore/error.hpp"

namespace proxystore::mpi_test {
namespace {

using namespace std::chrono_literals;
using mpi::RankReport;
using testing::contents;
using ::testing::HasSubstr;
using testing::is_contents;
using Placement = MpiOptions::Placement;
using Doubles = std::vector<double>;

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;
constexpr std::size_t most_inline = 32 * kib;
constexpr auto long_enough = 60s;

class StoreTest : public MemoryTest {
 protected:
  /// Asks all ranks whether the object is there, and its bytes right.
  void expect_everywhere(const Key& key, std::size_t size, std::uint64_t seed) const {
    const auto bytes = connector().get(key);
    ASSERT_TRUE(bytes.has_value());
    EXPECT_TRUE(is_contents(*bytes, size, seed)) << size << " bytes of " << seed;
  }
};

Doubles doubles(int seed) {
  Doubles values(1000 + static_cast<std::size_t>(seed));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.5 * static_cast<double>(i) + seed;
  return values;
}

TEST_F(StoreTest, ProxiesAreResolvedOnEveryRank) {
  const auto store = Store::create("fields", MpiOptions{});
  for (int root = 0; root < size(); ++root) {
    Proxy<Doubles> proxy;
    if (rank() == root) proxy = store->proxy(doubles(root), {.populate_target = false});
    mpi::bcast(proxy, {.root = root, .comm = comm()});
    EXPECT_FALSE(proxy.resolved());
    EXPECT_EQ(*proxy, doubles(root));
  }
  barrier();
  store->close();
}

TEST_F(StoreTest, ReceiversNeedNotKnowTheStore) {
  const std::string name = "known to one";
  std::shared_ptr<Store> store;
  Proxy<Doubles> proxy;
  if (rank() == last()) {
    store = Store::create(name, MpiOptions{});
    proxy = store->proxy(doubles(7), {.populate_target = false});
  }
  EXPECT_EQ(get_store(name), nullptr);
  mpi::bcast(proxy, {.root = last(), .comm = comm()});
  EXPECT_EQ(*proxy, doubles(7));
  if (rank() != last()) {
    EXPECT_NE(get_store(name), nullptr);
  }
  barrier();
  if (store) store->close();
}

TEST_F(StoreTest, ProxiesThatEvictWhatTheyFetched) {
  const auto store = Store::create("once", MpiOptions{});
  const auto proxy = store->proxy(doubles(rank()), {.evict = true});
  auto request = mpi::isend(proxy, {.dest = next(), .comm = comm()});
  const auto got = mpi::recv<Proxy<Doubles>>({.source = previous(), .comm = comm()});
  request.wait();
  EXPECT_EQ(*got, doubles(previous()));
  barrier();
  EXPECT_FALSE(connector().exists(proxy.key()));
  EXPECT_EQ(total(&RankReport::objects), 0U);
}

TEST_F(StoreTest, ProxiesThatEvictDoSoAtTheRankThatMadeThem) {
  const auto store = Store::create("once here", MpiOptions{});
  for (const std::size_t count : {100U, 200'000U}) {  // 800 bytes, and 1.6 MB
    const auto proxy = store->proxy(Doubles(count, rank()), {.evict = true});
    EXPECT_EQ(total(&RankReport::objects), index(size()));
    EXPECT_EQ(proxy->back(), rank());
    barrier();
    EXPECT_EQ(total(&RankReport::objects), 0U);
  }
}

TEST_F(StoreTest, ObjectsOfEverySize) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, most_inline - 1, most_inline,
                                  most_inline + 1, mib, 20 * mib}) {
    const auto seed = [&](int owner) { return bytes * 100 + index(owner); };
    const auto keys = from_all(put(connector(), bytes, seed(rank())));
    for (int owner = 0; owner < size(); ++owner) {
      // Of the largest, each rank gets one.
      if (bytes > mib && owner != next()) continue;
      expect_everywhere(keys[index(owner)], bytes, seed(owner));
    }
    barrier();
    connector().evict(keys[index(next())]);
    barrier();
  }
  EXPECT_EQ(total(&RankReport::objects), 0U);
}

TEST_F(StoreTest, GetsAreCountedByTheWayTheyTake) {
  const auto small = from_all(put(connector(), most_inline, 1));
  const auto large = from_all(put(connector(), most_inline + 1, 2));
  for (int other = 0; other < size(); ++other) {
    expect_everywhere(small[index(other)], most_inline, 1);
    expect_everywhere(large[index(other)], most_inline + 1, 2);
  }
  std::uint64_t near = 0;
  for (int other = 0; other < size(); ++other) near += is_near(other) ? 1U : 0U;
  const RankReport mine = reports()[index(rank())];
  EXPECT_EQ(mine.got_mapped, 2 * near + /* for others */ mine.requests_served);
  EXPECT_EQ(mine.got_inline, index(size()) - near);
  EXPECT_EQ(mine.got_bulk, index(size()) - near);
}

TEST_F(StoreTest, GetOfAPart) {
  const std::size_t bytes = 3 * mib + 5;
  const auto keys = from_all(put(connector(), bytes, index(rank())));
  for (int owner = 0; owner < size(); ++owner) {
    const Key& key = keys[index(owner)];
    const auto part = [&](std::size_t offset, std::size_t length) {
      const auto got = connector().get_range(key, offset, length);
      EXPECT_TRUE(got.has_value());
      const std::size_t there = offset >= bytes ? 0 : std::min(length, bytes - offset);
      EXPECT_EQ(got->size(), there);
      EXPECT_TRUE(is_contents(got->span(), index(owner), offset)) << offset << " " << length;
    };
    part(0, 8);
    part(0, bytes);
    part(0, SIZE_MAX);
    part(8, most_inline);
    part(8, most_inline + 1);
    part(mib, SIZE_MAX);
    part(mib, mib);
    part(bytes - 5, 100);
    part(bytes, 1);
    part(bytes + mib, SIZE_MAX);
    part(SIZE_MAX - 7, SIZE_MAX);
    Key unsized = key;  // whoever knows only the id and the place
    unsized.size = Key::unknown_size;
    expect_everywhere(unsized, bytes, index(owner));
    Key wrong = key;
    wrong.size = 100;
    expect_everywhere(wrong, bytes, index(owner));
    wrong.size = 10 * bytes;
    expect_everywhere(wrong, bytes, index(owner));
  }
  const auto here = connector().get_range(keys[index(next())], 16, 8);
  EXPECT_TRUE(here && is_contents(here->span(), index(next()), 16));
}

TEST_F(StoreTest, GetIntoMemoryOfTheCaller) {
  for (const std::size_t bytes : {std::size_t{0}, 100 * kib, 5 * mib}) {
    const Key key = from_all(put(connector(), bytes, index(rank())))[index(next())];
    std::vector<std::byte> target(bytes + 10);
    EXPECT_EQ(connector().get_into(key, target), bytes);
    target.resize(bytes);
    EXPECT_TRUE(is_contents(ByteSpan(target), index(next())));
    if (bytes > 0) {
      EXPECT_THROW((void)connector().get_into(key, std::span(target).first(bytes - 1)),
                   ArgumentError);
    }
    barrier();
  }
}

TEST_F(StoreTest, BatchesOverAllRanks) {
  constexpr std::size_t each = 7;
  const auto bytes_of = [](std::size_t i) { return i % 3 == 0 ? 70 * kib + i : 10 * i; };
  const auto seed = [&](int who, std::size_t i) { return index(who) * 10000 + i; };
  std::vector<std::vector<std::byte>> objects;
  std::vector<ByteSpan> parts;
  for (std::size_t i = 0; i < each * index(size()); ++i) {
    objects.push_back(contents(bytes_of(i), seed(rank(), i)));
  }
  std::vector<PutRequest> requests;
  for (const auto& object : objects) parts.emplace_back(object);
  for (std::size_t i = 0; i < objects.size(); ++i) {
    requests.push_back(
        {.parts = std::span(&parts[i], 1), .options = {.rank = static_cast<int>(i) % size()}});
  }
  const auto mine = connector().put_batch(requests);
  ASSERT_EQ(mine.size(), objects.size());
  for (const RankReport& one : reports()) EXPECT_EQ(one.objects, each * index(size()));

  std::vector<Key> all;
  for (const Key& key : mine) {
    for (const Key& other : from_all(key)) all.push_back(other);
  }
  std::vector<Key> asked = all;
  asked.push_back(Key::random());  // of no store
  Key gone = mine.front();
  gone.id = Key::random().id;
  asked.push_back(gone);
  const auto got = connector().get_batch(asked);
  const auto exist = connector().exists_batch(asked);
  ASSERT_EQ(got.size(), asked.size());
  for (std::size_t n = 0; n < all.size(); ++n) {
    const std::size_t i = n / index(size());
    const int who = static_cast<int>(n % index(size()));
    EXPECT_TRUE(got[n] && is_contents(*got[n], bytes_of(i), seed(who, i))) << n;
    EXPECT_TRUE(exist[n]);
  }
  for (std::size_t n = all.size(); n < asked.size(); ++n) {
    EXPECT_FALSE(got[n].has_value());
    EXPECT_FALSE(exist[n]);
  }
  barrier();
  if (rank() == last()) connector().evict_batch(all);
  barrier();
  EXPECT_EQ(total(&RankReport::objects), 0U);
  EXPECT_FALSE(connector().get(all.front()).has_value());
}

// Several objects of one request, each in several pieces.
TEST_F(StoreTest, LargeObjectsInOneBatch) {
  const std::vector<std::size_t> sizes = {50 * mib, 0, 41 * mib + 3, 100, 70 * mib};
  std::vector<Key> keys(sizes.size());
  if (rank() == 0) {
    std::vector<std::vector<std::byte>> objects;
    for (std::size_t i = 0; i < sizes.size(); ++i) objects.push_back(contents(sizes[i], i));
    std::vector<ByteSpan> parts(objects.begin(), objects.end());
    std::vector<PutRequest> requests;
    for (const ByteSpan& part : parts) {
      requests.push_back({.parts = std::span(&part, 1), .options = {.rank = last()}});
    }
    keys = connector().put_batch(requests);
  }
  for (Key& key : keys) key = from(0, key);
  if (rank() == last()) {
    for (std::size_t i = 0; i < sizes.size(); ++i) expect_everywhere(keys[i], sizes[i], i);
  }
  if (rank() == 0) {
    const auto got = connector().get_batch(keys);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      EXPECT_TRUE(got[i] && is_contents(*got[i], sizes[i], i)) << i;
    }
  }
  barrier();
}

// One rank puts to another, while that gets from the first: transfers of both kinds go one way. And
// some of what it gets is not there, so that nothing comes where something was expected.
TEST_F(StoreTest, PutsAndGetsCross) {
  constexpr std::size_t bytes = 300 * kib;
  constexpr std::uint64_t at_once = 8;
  constexpr std::uint64_t rounds = 40;
  std::vector<std::vector<Key>> keys;  // of all ranks
  for (std::uint64_t i = 0; i < at_once; ++i) {
    const Key key = put(connector(), bytes, index(rank()) * at_once + i);
    keys.push_back(from_all(key));
    if (i % 2 == 0) connector().evict(key);
  }
  for (std::uint64_t round = 0; round < rounds; ++round) {
    barrier();
    if (rank() % 2 == 0) {
      for (std::uint64_t i = 0; i < at_once; ++i) {
        const Key key = put(connector(), bytes, 1000 + i, {.rank = next()});
        if (round + 1 < rounds) continue;
        const auto got = connector().get(key);
        EXPECT_TRUE(got && is_contents(*got, bytes, 1000 + i)) << i;
      }
    } else {
      std::vector<Key> asked;
      for (const auto& each : keys) asked.push_back(each[index(previous())]);
      const auto got = connector().get_batch(asked);
      for (std::uint64_t i = 0; i < at_once; ++i) {
        ASSERT_EQ(got[i].has_value(), i % 2 == 1);
        if (!got[i]) continue;
        EXPECT_TRUE(is_contents(*got[i], bytes, index(previous()) * at_once + i)) << i;
      }
    }
  }
  barrier();
}

TEST_F(StoreTest, ExplicitRank) {
  for (const std::size_t bytes : {std::size_t{0}, 5 * kib, 3 * mib}) {
    const Key key = put(connector(), bytes, index(rank()), {.rank = next()});
    const auto keys = from_all(key);
    for (const RankReport& one : reports()) {
      EXPECT_EQ(one.objects, 1U);
      EXPECT_EQ(one.object_bytes, bytes);
    }
    for (int who = 0; who < size(); ++who) {
      expect_everywhere(keys[index(who)], bytes, index(who));
    }
    barrier();
    connector().evict(key);
    barrier();
  }
  for (const int nobody : {-1, size()}) {
    EXPECT_THROW((void)put(connector(), 1, 1, {.rank = nobody}), ArgumentError);
  }
}

TEST_F(StoreTest, PlacementSpreadsOverTheNodes) {
  constexpr std::size_t each = 60;
  for (const Placement placement : {Placement::round_robin, Placement::hash}) {
    const auto spread = open_connector(placement);
    std::vector<Key> keys;
    for (std::size_t i = 0; i < each; ++i) {
      keys.push_back(put(*spread, 10 * i, index(rank()) * each + i));
    }
    for (std::size_t i = 0; i < each; ++i) {
      const auto all = from_all(keys[i]);
      for (std::size_t who = 0; who < all.size(); ++who) {
        expect_everywhere(all[who], 10 * i, who * each + i);
      }
    }
    const auto ranks = reports();
    EXPECT_EQ(total(&RankReport::objects), each * index(size()));
    const RankReport& mine = ranks[index(rank())];
    if (is_near(0) && is_near(last())) {
      EXPECT_EQ(mine.objects, each);  // the caller's memory is as near as any
    } else {
      EXPECT_GT(mine.objects, 0U);
      EXPECT_GT(mine.requests_served, 0U);
      if (placement == Placement::round_robin) {
        EXPECT_GE(mine.objects, each / index(size()));
      }
    }
    barrier();
    connector().evict_batch(keys);
    barrier();
  }
}

TEST_F(StoreTest, EvictedByAnyRankIsAbsentOnAll) {
  for (const std::size_t bytes : {std::size_t{10}, mib}) {
    const auto keys = from_all(put(connector(), bytes, index(rank())));
    for (const Key& key : keys) EXPECT_TRUE(connector().exists(key));
    barrier();
    connector().evict(keys[index(next())]);
    connector().evict(keys[index(next())]);  // the second time it is no error
    barrier();
    for (const Key& key : keys) {
      EXPECT_FALSE(connector().exists(key));
      EXPECT_FALSE(connector().get(key).has_value());
      EXPECT_FALSE(connector().get_range(key, 0, 1).has_value());
      std::vector<std::byte> target(bytes);
      EXPECT_FALSE(connector().get_into(key, target).has_value());
    }
    barrier();
  }
}

TEST_F(StoreTest, HeldBytesOutliveTheirObject) {
  constexpr std::size_t bytes = 100 * kib;
  const Key key = put(connector(), bytes, index(rank()));
  auto held = connector().get(from_all(key)[index(next())]);
  ASSERT_TRUE(held.has_value());
  barrier();
  connector().evict(key);
  for (std::uint64_t i = 0; i < 200; ++i) {  // would reuse the memory
    connector().evict(put(connector(), bytes, 1000 + i));
  }
  barrier();
  EXPECT_FALSE(connector().exists(key));
  EXPECT_TRUE(is_contents(*held, bytes, index(next())));
  const bool is_mapped = is_near(next());
  EXPECT_EQ(reports()[index(next())].evicted, is_mapped ? 1U : 0U);
  barrier();
  held.reset();
  barrier();
  EXPECT_EQ(total(&RankReport::evicted), 0U);
  EXPECT_EQ(total(&RankReport::pins), 0U);
}

TEST_F(StoreTest, KeysWhoseObjectsComeLater) {
  // Made by the first, set by the last, waited for by all.
  for (const std::size_t bytes : {std::size_t{0}, 100 * kib}) {
    const Key key = from(0, rank() == 0 ? connector().new_key() : Key{});
    EXPECT_FALSE(connector().exists(key));
    EXPECT_FALSE(connector().get(key).has_value());
    EXPECT_FALSE(connector().wait(key, 0ms));
    EXPECT_FALSE(connector().wait(key, 30ms));
    barrier();
    std::thread setter;
    if (rank() == last()) {
      setter = std::thread([&] {
        std::this_thread::sleep_for(50ms);
        set(connector(), key, bytes, 5);
      });
    }
    EXPECT_TRUE(connector().wait(key, long_enough));
    expect_everywhere(key, bytes, 5);
    if (setter.joinable()) setter.join();
    EXPECT_TRUE(connector().wait(key, 0ms));
    barrier();
    if (rank() == size() / 2) connector().evict(key);
    barrier();
    EXPECT_FALSE(connector().exists(key));
    EXPECT_THROW(set(connector(), key, bytes, 6), ConnectorError);
    EXPECT_EQ(total(&RankReport::objects), 0U);
  }
}

TEST_F(StoreTest, OnlyKeysMadeForItCanBeSet) {
  const Key key = put(connector(), 10, 1);
  EXPECT_THROW(set(connector(), key, 10, 2), ArgumentError);
  EXPECT_TRUE(connector().wait(key, 0ms));
}

TEST_F(StoreTest, NewVersionsReplaceOldOnes) {
  const Key key = from(last(), rank() == last() ? connector().new_key() : Key{});
  for (int round = 0; round < 3 * size(); ++round) {
    const std::size_t bytes = round % 2 == 0 ? 100 + index(round) : 50 * kib + index(round);
    if (round % size() == rank()) set(connector(), key, bytes, index(round));
    barrier();
    expect_everywhere(key, bytes, index(round));
    barrier();
  }
  EXPECT_EQ(total(&RankReport::objects), 2U);  // the key, and the last version
  connector().evict(key);
  barrier();
  EXPECT_EQ(total(&RankReport::objects), 0U);
}

// A key that was set once has an object at any moment from then on.
TEST_F(StoreTest, ReadersAlwaysFindSomeVersion) {
  constexpr std::uint64_t versions = 300;
  const auto bytes_of = [](std::uint64_t seed) { return 2000 + 37 * (seed % 5000); };
  const Key key = from(0, rank() == 0 ? connector().new_key() : Key{});
  if (rank() == 0) set(connector(), key, bytes_of(0), 0);
  barrier();
  for (std::uint64_t i = 0; i < versions; ++i) {
    if (rank() % 2 == 0) {
      const std::uint64_t seed = index(rank()) * versions + i;
      set(connector(), key, bytes_of(seed), seed);
    }
    const auto bytes = connector().get(key);
    ASSERT_TRUE(bytes.has_value()) << i;
    bool is_some = false;
    for (std::uint64_t seed = 0; seed < versions * index(size()); ++seed) {
      is_some = is_some || is_contents(*bytes, bytes_of(seed), seed);
    }
    ASSERT_TRUE(is_some) << "round " << i << ", " << bytes->size() << " bytes of no version";
  }
  barrier();
  EXPECT_EQ(total(&RankReport::objects), 2U);
}

TEST_F(StoreTest, KeysAreEvictedWhileTheyAreWaitedFor) {
  const Key key = from(last(), rank() == last() ? connector().new_key() : Key{});
  barrier();
  if (rank() == 0) {
    std::this_thread::sleep_for(100ms);
    connector().evict(key);
  }
  try {
    EXPECT_FALSE(connector().wait(key, long_enough)) << "there is nothing to come";
    ADD_FAILURE() << "it should throw";
  } catch (const ConnectorError& error) {
    EXPECT_THAT(error.what(), HasSubstr("evicted"));
    EXPECT_THAT(error.what(), HasSubstr(key.to_string()));
  }
  barrier();
}

TEST_F(StoreTest, KeysWithoutSenseAreAbsentOrNamedErrors) {
  const Key key = from(0, put(connector(), 100, 1));
  struct Place {
    std::uint32_t epoch, rank, slot, generation;
  } place{};
  std::memcpy(&place, key.locator.data(), sizeof place);
  const auto with = [&](const Place& other) {
    Key changed = key;
    std::memcpy(changed.locator.data(), &other, sizeof other);
    return changed;
  };
  const auto expect_absent = [&](const Key& absent) {
    EXPECT_FALSE(connector().get(absent).has_value());
    EXPECT_FALSE(connector().exists(absent));
    EXPECT_NO_THROW(connector().evict(absent));
  };
  for (const std::uint32_t owner : {0U, static_cast<std::uint32_t>(last())}) {
    for (const std::uint32_t slot : {place.slot + 1, 4096U, 1U << 30U, UINT32_MAX}) {
      expect_absent(with({place.epoch, owner, slot, 1}));
    }
  }
  expect_absent(with({place.epoch, 0, place.slot, place.generation + 1}));
  expect_absent(with({place.epoch, 0, place.slot, UINT32_MAX}));
  Key other = key;
  other.id = Key::random().id;
  expect_absent(other);
  expect_absent(Key::random());
  const auto expect_error = [&](const Key& wrong, const std::string& text) {
    try {
      (void)connector().get(wrong);
      ADD_FAILURE() << "it should throw: " << text;
    } catch (const ConnectorError& error) {
      EXPECT_THAT(error.what(), HasSubstr(text));
    }
    EXPECT_THROW(connector().evict(wrong), ConnectorError);
  };
  expect_error(with({place.epoch, static_cast<std::uint32_t>(size()), 0, 1}), "damaged");
  expect_error(with({place.epoch, UINT32_MAX, 0, 1}), "damaged");
  expect_error(with({place.epoch + 1 == 0 ? 1 : place.epoch + 1, 0, 0, 1}), "another run");
  barrier();
  expect_everywhere(key, 100, 1);
}

class WithoutThread : public StoreTest {
  [[nodiscard]] mpi::MemoryOptions memory_options() const override {
    return {.service = mpi::MemoryOptions::Service::off};
  }
};

// Nobody answers but those who wait themselves.
TEST_F(WithoutThread, FuturesInARing) {
  for (int round = 0; round < 3; ++round) {
    const auto keys = from_all(connector().new_key());
    const std::size_t bytes = round == 0 ? 10 : 200 * kib;
    const auto seed = [&](int who) { return index(who) + 100 * index(round); };
    // Each needs its neighbour's before it can give its own; the first gives without.
    if (rank() == 0) set(connector(), keys[0], bytes, seed(0));
    EXPECT_TRUE(connector().wait(keys[index(previous())], long_enough));
    expect_everywhere(keys[index(previous())], bytes, seed(previous()));
    if (rank() != 0) set(connector(), keys[index(rank())], bytes, seed(rank()));
    barrier();
  }
}

TEST_F(WithoutThread, AllAskTheirNeighboursAtOnce) {
  for (const std::size_t bytes : {100 * kib, 20 * mib}) {
    const auto keys = from_all(put(connector(), bytes, index(rank())));
    expect_everywhere(keys[index(next())], bytes, index(next()));
    expect_everywhere(keys[index(previous())], bytes, index(previous()));
    const Key there = put(connector(), bytes, 50 + index(rank()), {.rank = next()});
    expect_everywhere(from_all(there)[index(next())], bytes, 50 + index(next()));
    barrier();
  }
}

TEST_F(WithoutThread, VersionsSetAcrossRanks) {
  const auto keys = from_all(connector().new_key());
  for (std::uint64_t version = 0; version < 40; ++version) {
    set(connector(), keys[index(next())], 3000, index(rank()) * 100 + version);
  }
  barrier();
  for (int who = 0; who < size(); ++who) {
    expect_everywhere(keys[index((who + 1) % size())], 3000, index(who) * 100 + 39);
  }
  barrier();
  EXPECT_EQ(total(&RankReport::objects), 2 * index(size()));
}

}  // namespace
}  // namespace proxystore::mpi_test
