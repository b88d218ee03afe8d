// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Proxies that cross ranks, to where their store was never named.
#include "proxystore/proxy.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include "mpi_test.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/mpi/environment.hpp"
#include "proxystore/mpi/message.hpp"
#include "proxystore/store_registry.hpp"
#include "test_types.hpp"

namespace {

namespace mpi = proxystore::mpi;
using proxystore::get_store;
using proxystore::Proxy;
using proxystore::Store;
using proxystore::mpi_test::MpiTest;
using proxystore::mpi_test::pattern;
using proxystore::mpi_test::Task;
using Doubles = std::vector<double>;
using DoublesProxy = Proxy<Doubles>;

/// Rank 0 has a file store, and only rank 0 names it.
class ProxyTest : public MpiTest {
 protected:
  void SetUp() override {
    MpiTest::SetUp();
    folder_ = proxystore::mpi_test::make_shared_folder();
    const std::string test = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    if (rank() != 0) return;
    store_ = Store::create("field of " + test,
                           proxystore::FileOptions{.store_dir = folder_ / "objects"});
  }

  void TearDown() override {
    proxystore::close_registered_stores();
    barrier();
    if (store_) store_->close();
    store_.reset();
    if (rank() == 0) std::filesystem::remove_all(folder_);
    MpiTest::TearDown();
  }

  [[nodiscard]] Store& store() const { return *store_; }

  /// Gives what @p make returns on rank 0 to every rank.
  template <class Make>
  auto from_rank_0(const Make& make) const {
    using T = decltype(make());
    std::vector<mpi::SendRequest> requests;
    if (rank() == 0) {
      const T value = make();
      for (int to = 0; to < size(); ++to) {
        requests.push_back(mpi::isend(value, {.dest = to, .comm = comm()}));
      }
    }
    T got = mpi::recv<T>({.source = 0, .comm = comm()});
    return got;
  }

 private:
  std::filesystem::path folder_;
  std::shared_ptr<Store> store_;
};

TEST_F(ProxyTest, ArrivesUnresolvedAndOpensItsStoreWhereItIsUsed) {
  const auto proxy = from_rank_0([&] { return store().proxy(pattern(100000, 3)); });
  EXPECT_EQ(get_store(proxy.store_name()), nullptr);
  EXPECT_EQ(proxy.resolved(), false);
  EXPECT_EQ(*proxy, pattern(100000, 3));
  const auto opened = get_store(proxy.store_name());
  ASSERT_NE(opened, nullptr);
  EXPECT_TRUE(opened->is_cached(proxy.key()));
  EXPECT_EQ(get_store(proxy), opened);
}

TEST_F(ProxyTest, VectorsOfProxiesShareOneStore) {
  const auto proxies = from_rank_0([&] {
    return store().proxy_batch(std::vector<Doubles>{pattern(10, 1), pattern(20, 2), pattern(0, 3)});
  });
  ASSERT_EQ(proxies.size(), 3U);
  EXPECT_EQ(*proxies[0], pattern(10, 1));
  EXPECT_EQ(*proxies[1], pattern(20, 2));
  EXPECT_EQ(*proxies[2], Doubles{});
  EXPECT_EQ(get_store(proxies[0]), get_store(proxies[2]));
}

TEST_F(ProxyTest, TravelInsideStructures) {
  const Task task = from_rank_0([&] {
    return Task{.number = 4,
                .input = store().proxy(pattern(1000, 1)),
                .notes = {{"unit", store().proxy(std::string("metres"))}, {"empty", {}}}};
  });
  EXPECT_EQ(task.number, 4);
  EXPECT_EQ(*task.input, pattern(1000, 1));
  EXPECT_EQ(*task.notes.at("unit"), "metres");
  EXPECT_FALSE(task.notes.at("empty").valid());
}

TEST_F(ProxyTest, TravelFurther) {
  // Around the ring: each rank forwards what it never used.
  DoublesProxy proxy;
  if (rank() == 0) proxy = store().proxy(pattern(500, 7));
  if (rank() > 0) proxy = mpi::recv<DoublesProxy>({.source = previous(), .comm = comm()});
  const auto request = mpi::isend(proxy, {.dest = next(), .comm = comm()});
  if (rank() == 0) proxy = mpi::recv<DoublesProxy>({.source = previous(), .comm = comm()});
  EXPECT_EQ(*proxy, pattern(500, 7));
}

TEST_F(ProxyTest, EveryCollectiveTakesThem) {
  DoublesProxy one;
  std::vector<DoublesProxy> each;
  if (rank() == 0) {
    one = store().proxy(pattern(100, 1));
    for (int to = 0; to < size(); ++to) each.push_back(store().proxy(pattern(10, to)));
  }
  mpi::bcast(one, {.comm = comm()});
  EXPECT_EQ(*one, pattern(100, 1));
  const auto mine = mpi::scatter(each, {.comm = comm()});
  EXPECT_EQ(*mine, pattern(10, rank()));
  const auto back = mpi::gather(mine, {.comm = comm()});
  EXPECT_EQ(back, each);  // both are empty where there is no root
  const auto all = mpi::allgather(mine, {.comm = comm()});
  EXPECT_EQ(*all.back(), pattern(10, last()));
  const auto exchanged = mpi::alltoall(
      std::vector<DoublesProxy>(static_cast<std::size_t>(size()), mine), {.comm = comm()});
  for (int from = 0; from < size(); ++from) {
    EXPECT_EQ(*exchanged[static_cast<std::size_t>(from)], pattern(10, from));
  }
}

TEST_F(ProxyTest, TheReceiverCanPutForTheSender) {
  auto proxy = from_rank_0([&] { return store().proxy(pattern(10, 1)); });
  std::shared_ptr<Store> opened;
  mpi::SendRequest request;
  if (rank() == last()) {
    opened = get_store(proxy);
    request = mpi::isend(opened->proxy(pattern(10, 42)), {.dest = 0, .tag = 1, .comm = comm()});
  }
  if (rank() == 0) {
    const auto answer = mpi::recv<DoublesProxy>({.source = last(), .tag = 1, .comm = comm()});
    EXPECT_EQ(*answer, pattern(10, 42));
  }
  if (rank() == last()) request.wait();
  barrier();
}

TEST_F(ProxyTest, AnotherTypeIsRefusedOnArrival) {
  std::vector<mpi::SendRequest> requests;
  if (rank() == 0) {
    const auto proxy = store().proxy(pattern(10, 1));
    for (int to = 0; to < size(); ++to) {
      requests.push_back(mpi::isend(proxy, {.dest = to, .comm = comm()}));
    }
  }
  EXPECT_THROW((void)mpi::recv<Proxy<std::string>>({.source = 0, .comm = comm()}),
               proxystore::SerializationError);
}

TEST_F(ProxyTest, OneWithoutAStoreCannotBeSent) {
  const DoublesProxy made([] { return pattern(3, 1); });
  EXPECT_THROW(mpi::send(made, {.dest = next(), .comm = comm()}),
               proxystore::ProxyStoreFactoryError);
}

TEST_F(ProxyTest, AnEvictedObjectIsTheNamedError) {
  const auto proxy = from_rank_0([&] {
    auto made = store().proxy(pattern(10, 1), {.populate_target = false});
    store().evict(made.key());
    return made;
  });
  try {
    proxy.resolve();
    ADD_FAILURE() << "resolved an evicted object";
  } catch (const proxystore::ProxyResolveMissingKeyError& error) {
    EXPECT_EQ(error.key(), proxy.key());
  } catch (const proxystore::ProxyResolveError& error) {
    EXPECT_THROW(std::rethrow_exception(error.cause()), proxystore::ProxyResolveMissingKeyError);
  }
}

TEST_F(ProxyTest, OneOfALocalStoreNamesTheProcessElsewhere) {
  const auto local =
      Store::create("only here " + std::to_string(rank()), proxystore::LocalOptions{});
  const auto mine = local->proxy(pattern(10, rank()), {.populate_target = false});
  const auto request = mpi::isend(mine, {.dest = next(), .comm = comm()});
  const auto proxy = mpi::recv<DoublesProxy>({.source = previous(), .comm = comm()});
  if (previous() == rank()) {
    EXPECT_EQ(*proxy, pattern(10, rank()));
  } else {
    try {
      proxy.resolve();
      ADD_FAILURE() << "resolved an object in the memory of another process";
    } catch (const proxystore::ProxyResolveError& error) {
      EXPECT_NE(std::string(error.what()).find("process"), std::string::npos) << error.what();
    }
  }
  barrier();
}

TEST_F(ProxyTest, SizeOnTheWire) {
  std::vector<mpi::SendRequest> requests;
  if (rank() == 0) {
    const auto proxy = store().proxy(pattern(1000000, 1));
    const std::size_t bare = proxystore::to_bytes(proxy).size();
    for (int to = 0; to < size(); ++to) {
      requests.push_back(mpi::isend(proxy, {.dest = to, .comm = comm()}));
      requests.push_back(mpi::isend(bare, {.dest = to, .tag = 1, .comm = comm()}));
      requests.push_back(
          mpi::isend(store().config().to_compact(), {.dest = to, .tag = 2, .comm = comm()}));
    }
  }
  mpi::MessageStatus status;
  const auto proxy = mpi::recv<DoublesProxy>({.tag = 0, .comm = comm(), .status = &status});
  const auto bare = mpi::recv<std::size_t>({.tag = 1, .comm = comm()});
  const auto config = mpi::recv<proxystore::Bytes>({.tag = 2, .comm = comm()});
  RecordProperty("bytes_of_a_message", static_cast<int>(status.size));
  RecordProperty("bytes_of_a_proxy", static_cast<int>(bare));
  EXPECT_LE(status.size, bare + 20)
      << "the frame of a message is the type's fingerprint and a size";
  EXPECT_LE(bare, config.size() + 160);
  EXPECT_EQ(proxy.size_bytes(), 1000000 * sizeof(double) + 128);
}

}  // namespace
