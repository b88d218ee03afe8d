// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Owners, borrows, futures and proxies that evict, between ranks of one store.
#include <chrono>
#include <filesystem>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "memory_test.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/error.hpp"
#include "proxystore/future.hpp"
#include "proxystore/lifetimes.hpp"
#include "proxystore/mpi/metrics.hpp"
#include "proxystore/mpi/progress.hpp"
#include "proxystore/owned_proxy.hpp"
#include "proxystore/resolve_all.hpp"
#ifdef PROXYSTORE_TEST_REDIS
#include "redis/tests/redis_server.hpp"
#endif

namespace proxystore::mpi_test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Ints = std::vector<int>;

/// In the ranks' memory, in a folder, and in a Redis server of rank 0.
class PatternsTest : public MemoryTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    MemoryTest::SetUp();
    ConnectorConfig config = MpiOptions{};
    if (is_file()) {
      folder_ = make_shared_folder();
      config = FileOptions{.store_dir = folder_, .clear = false};
    }
#ifdef PROXYSTORE_TEST_REDIS
    if (GetParam() == std::string("redis")) {
      RedisOptions options;
      if (rank() == 0) options.unix_socket = server_.emplace().socket();
      mpi::bcast(options.unix_socket, {.root = 0, .comm = comm()});
      config = options;
    }
#endif
    store_ = Store::create("patterns", config, {.auto_register = true});
  }
  void TearDown() override {
    barrier();
    store_->close();
    MemoryTest::TearDown();
    for (const auto& lifetime : ending_) EXPECT_TRUE(lifetime->done());
    if (rank() == 0 && is_file()) std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] static bool is_file() {
    return GetParam() == std::string("file");
  }

  [[nodiscard]] Store& store() const {
    return *store_;
  }

  template <class T>
  void send_to(int dest, const T& value) const {
    mpi::send(value, {.dest = dest, .comm = comm()});
  }
  template <class T>
  [[nodiscard]] T receive_from(int source) const {
    return mpi::recv<T>({.source = source, .comm = comm()});
  }

  [[nodiscard]] int sum(int value) const {
    const auto all = mpi::allgather(value, {.comm = comm()});
    return std::accumulate(all.begin(), all.end(), 0);
  }

  /// Calls @p condition until it holds; false if a minute passes first.
  template <class Condition>
  [[nodiscard]] bool eventually(const Condition& condition) const {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      mpi::progress();
    }
    return true;
  }

  /// Lifetimes that must have ended when the Environment has.
  std::vector<std::shared_ptr<Lifetime>> ending_;

 private:
  std::filesystem::path folder_;
#ifdef PROXYSTORE_TEST_REDIS
  std::optional<testing::RedisServer> server_;
#endif
  std::shared_ptr<Store> store_;
};

std::vector<const char*> kinds() {
#ifdef PROXYSTORE_TEST_REDIS
  return {"mpi", "file", "redis"};
#else
  return {"mpi", "file"};
#endif
}
INSTANTIATE_TEST_SUITE_P(Stores, PatternsTest, ::testing::ValuesIn(kinds()),
                         [](const auto& store) { return store.param; });

TEST_P(PatternsTest, OwnerTravelsFromRankToRankAndTheObjectGoesWithTheLast) {
  OwnedProxy<Ints> owner;
  Key key;
  if (rank() == 0) {
    owner = store().owned_proxy(Ints(20'000, 7), {.populate_target = false});
    key = owner.key();
  } else {
    owner = receive_from<OwnedProxy<Ints>>(rank() - 1);
  }
  EXPECT_EQ(owner->size(), 20'000U);
  if (rank() < last()) {
    send_to(rank() + 1, owner);
    EXPECT_THROW((void)*owner, ReferenceInvalidError);
  }
  owner = {};
  barrier();
  if (rank() == 0) {
    EXPECT_TRUE(eventually([&] { return !store().exists(key); }));
  }
}

TEST_P(PatternsTest, AllRanksReadWhatIsBorrowedAndNobodyWritesMeanwhile) {
  OwnedProxy<Ints> owner;
  if (rank() == 0) {
    owner = store().owned_proxy(Ints(1000, 3));
    for (int other = 1; other < size(); ++other) {
      auto borrowed = owner.borrow();
      send_to(other, borrowed);
    }
    if (size() > 1) {
      EXPECT_THROW((void)owner.mut_borrow(), MutableBorrowError);
    }
    barrier();
    EXPECT_TRUE(eventually([&] {
      try {
        return owner.mut_borrow().valid();
      } catch (const MutableBorrowError&) {
        return false;
      }
    }));
  } else {
    auto borrowed = receive_from<RefProxy<Ints>>(0);
    EXPECT_EQ(*borrowed, Ints(1000, 3));
    borrowed.release();
    barrier();
  }
}

TEST_P(PatternsTest, MutableBorrowGoesRoundAndEachRankWrites) {
  OwnedProxy<Ints> owner;
  RefMutProxy<Ints> borrowed;
  if (rank() == 0) {
    owner = store().owned_proxy(Ints{});
    borrowed = owner.mut_borrow({.populate_target = false});
  } else {
    borrowed = receive_from<RefMutProxy<Ints>>(rank() - 1);
  }
  borrowed->push_back(rank());
  borrowed.update();
  if (rank() < last()) {
    send_to(rank() + 1, borrowed);
  } else {
    borrowed.release();
  }
  barrier();
  if (rank() == 0) {
    std::optional<RefProxy<Ints>> read;
    EXPECT_TRUE(eventually([&] {
      try {
        read = owner.borrow({.populate_target = false});
        return true;
      } catch (const MutableBorrowError&) {
        return false;
      }
    }));
    Ints expected(static_cast<std::size_t>(size()));
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(**read, expected);
  }
}

TEST_P(PatternsTest, ObjectWaitsForItsLastBorrowWhereverThatIs) {
  if (size() == 1) GTEST_SKIP() << "takes two ranks";
  Key key;
  if (rank() == 0) {
    auto owner = store().owned_proxy(Ints(1000, 5), {.populate_target = false});
    key = owner.key();
    auto borrowed = owner.borrow();
    send_to(last(), borrowed);
    owner = {};
    EXPECT_TRUE(store().exists(key));
    barrier();
    EXPECT_TRUE(eventually([&] { return !store().exists(key); }));
  } else if (rank() == last()) {
    const auto borrowed = receive_from<RefProxy<Ints>>(0);
    EXPECT_EQ(*borrowed, Ints(1000, 5));
    barrier();
  } else {
    barrier();
  }
}

TEST_P(PatternsTest, FutureIsSetByOneRankAndUsedByAll) {
  Future<Ints> future;
  if (rank() == 0) future = store().future<Ints>();
  mpi::bcast(future, {.root = 0, .comm = comm()});
  const auto proxy = future.proxy();
  if (rank() == last()) future.set_result(Ints(50'000, 9));
  EXPECT_EQ(*proxy, Ints(50'000, 9));
  EXPECT_EQ(future.result()->size(), 50'000U);
  barrier();
  EXPECT_THROW(future.set_result({}), AlreadySetError);
}

TEST_P(PatternsTest, FailureOfAProducerReachesAllRanks) {
  Future<Ints> future;
  if (rank() == last()) future = store().future<Ints>();
  mpi::bcast(future, {.root = last(), .comm = comm()});
  if (rank() == 0) future.set_failure("no convergence");
  try {
    (void)future.result();
    ADD_FAILURE() << "there was a result";
  } catch (const FutureFailedError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no convergence"));
  }
}

TEST_P(PatternsTest, OfManyRanksThatSetAFutureOneSucceeds) {
  for (int round = 0; round < 5; ++round) {
    Future<int> future;
    if (rank() == round % size()) future = store().future<int>();
    mpi::bcast(future, {.root = round % size(), .comm = comm()});
    int is_set = 0;
    try {
      future.set_result(rank());
      is_set = 1;
    } catch (const AlreadySetError&) {
    }
    EXPECT_EQ(sum(is_set), 1);
    EXPECT_EQ(sum(*future.result()) % size(), 0) << "all have the same";
  }
}

TEST_P(PatternsTest, ProducerThatNeverComesIsATimeout) {
  Future<int> future;
  if (rank() == 0) future = store().future<int>({.polling = {.timeout = 50ms}});
  mpi::bcast(future, {.root = 0, .comm = comm()});
  EXPECT_THROW((void)future.result(), TimeoutError);
  barrier();
}

TEST_P(PatternsTest, EvictingProxyIsResolvedByExactlyOneRank) {
  for (int round = 0; round < 5; ++round) {
    Proxy<Ints> proxy;
    if (rank() == round % size()) {
      proxy = store().proxy(Ints(30'000, round), {.evict = true, .populate_target = false});
    }
    mpi::bcast(proxy, {.root = round % size(), .comm = comm()});
    int resolved = 0;
    try {
      EXPECT_EQ(*proxy, Ints(30'000, round));
      resolved = 1;
    } catch (const ProxyResolveError& error) {
      EXPECT_THROW(std::rethrow_exception(error.cause()), ProxyResolveMissingKeyError);
    }
    EXPECT_EQ(sum(resolved), 1);
  }
}

TEST_P(PatternsTest, ProxiesOfAllRanksAreResolvedTogether) {
  const auto mine =
      store().proxy_batch(std::vector<Ints>(10, Ints(5000, rank())), {.populate_target = false});
  std::vector<Proxy<Ints>> all;
  for (const auto& some : mpi::allgather(mine, {.comm = comm()})) {
    all.insert(all.end(), some.begin(), some.end());
  }
  resolve_all(all);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_TRUE(all[i].resolved());
    EXPECT_EQ(all[i]->front(), static_cast<int>(i / 10));
  }
  barrier();
}

TEST_P(PatternsTest, MetricsOfAllRanksAreOneTable) {
  const auto measured = Store::create("measured", MpiOptions{}, {.metrics = rank() != last()});
  for (int i = 0; i < 10; ++i) (void)measured->put(Ints(1000, i));
  const auto sum = mpi::reduce_metrics(measured->metrics(), {.root = 0, .comm = comm()});
  const auto measuring = static_cast<std::uint64_t>(last());
  if (rank() != 0) {
    EXPECT_EQ(sum, MetricsSummary());
  } else if (size() > 1) {
    EXPECT_EQ(sum.recorders, measuring);
    EXPECT_EQ(sum.times.at("store.put").count(), 10 * measuring);
    EXPECT_GT(sum.sizes.at("store.put.object_size").percentile(50), 4000);
    EXPECT_THAT(sum.to_text(), HasSubstr("store.put.connector"));
  }
  measured->close();
}

TEST_P(PatternsTest, LeasesAndRegisteredLifetimesEndWithTheEnvironment) {
  const auto own =
      Store::create("ends with the environment", MpiOptions{}, {.auto_register = true});
  const auto mine = own->proxy(Ints(100, rank()), {.populate_target = false});
  const auto all = mpi::allgather(mine, {.comm = comm()});
  const auto& next = all[static_cast<std::size_t>((rank() + 1) % size())];
  const auto registered = std::make_shared<ContextLifetime>(own);
  registered->add_proxy(next);
  register_lifetime_atexit(registered);
  const auto lease = std::make_shared<LeaseLifetime>(own, 1h);
  lease->add_key(own->put(rank()));
  ending_ = {registered, lease};
}

TEST_P(PatternsTest, LifetimeOfOneRankEndsObjectsOfAll) {
  const auto mine = store().proxy(Ints(100, rank()), {.populate_target = false});
  const auto all = mpi::allgather(mine, {.comm = comm()});
  if (rank() == 0) {
    ContextLifetime lifetime(std::shared_ptr<Store>(get_store("patterns")));
    for (const auto& proxy : all) lifetime.add_proxy(proxy);
  }
  barrier();
  EXPECT_FALSE(store().exists(mine.key()));
}

}  // namespace
}  // namespace proxystore::mpi_test
