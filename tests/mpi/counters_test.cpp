// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// What is sent, counted: MPI's profiling interface lets a program put itself between the library
// and MPI. Only what the library calls to send or to communicate collectively is counted.
#include <map>
#include <string>
#include <vector>

#include "mpi_test.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/mpi/environment.hpp"
#include "proxystore/mpi/message.hpp"
#include "proxystore/store.hpp"
#include "test_types.hpp"

namespace {

std::map<std::string, int>& calls() {
  static std::map<std::string, int> counts;
  return counts;
}

}  // namespace

#define PROXYSTORE_COUNT(name, parameters, arguments) \
  extern "C" int name parameters {                    \
    ++calls()[#name];                                 \
    return P##name arguments;                         \
  }

PROXYSTORE_COUNT(MPI_Send, (const void* b, int n, MPI_Datatype t, int r, int tag, MPI_Comm c),
                 (b, n, t, r, tag, c))
PROXYSTORE_COUNT(MPI_Isend,
                 (const void* b, int n, MPI_Datatype t, int r, int tag, MPI_Comm c, MPI_Request* q),
                 (b, n, t, r, tag, c, q))
PROXYSTORE_COUNT(MPI_Imrecv, (void* b, int n, MPI_Datatype t, MPI_Message* m, MPI_Request* q),
                 (b, n, t, m, q))
PROXYSTORE_COUNT(MPI_Ibcast, (void* b, int n, MPI_Datatype t, int root, MPI_Comm c, MPI_Request* q),
                 (b, n, t, root, c, q))
PROXYSTORE_COUNT(MPI_Iscatter,
                 (const void* b, int n, MPI_Datatype t, void* rb, int rn, MPI_Datatype rt, int root,
                  MPI_Comm c, MPI_Request* q),
                 (b, n, t, rb, rn, rt, root, c, q))
PROXYSTORE_COUNT(MPI_Iallgather,
                 (const void* b, int n, MPI_Datatype t, void* rb, int rn, MPI_Datatype rt,
                  MPI_Comm c, MPI_Request* q),
                 (b, n, t, rb, rn, rt, c, q))
PROXYSTORE_COUNT(MPI_Ialltoall,
                 (const void* b, int n, MPI_Datatype t, void* rb, int rn, MPI_Datatype rt,
                  MPI_Comm c, MPI_Request* q),
                 (b, n, t, rb, rn, rt, c, q))
PROXYSTORE_COUNT(MPI_Ialltoallw,
                 (const void* b, const int n[], const int d[], const MPI_Datatype t[], void* rb,
                  const int rn[], const int rd[], const MPI_Datatype rt[], MPI_Comm c,
                  MPI_Request* q),
                 (b, n, d, t, rb, rn, rd, rt, c, q))
PROXYSTORE_COUNT(MPI_Ibarrier, (MPI_Comm c, MPI_Request* q), (c, q))

namespace {

namespace mpi = proxystore::mpi;
using proxystore::Key;
using proxystore::mpi_test::make_particle;
using proxystore::mpi_test::MpiTest;
using proxystore::mpi_test::Particle;
using proxystore::mpi_test::pattern;
using Counts = std::map<std::string, int>;
using Doubles = std::vector<double>;

/// Keeps nothing, and counts what it is asked.
class CountingConnector final : public proxystore::Connector {
 public:
  [[nodiscard]] std::string_view kind() const noexcept override { return "null"; }
  [[nodiscard]] proxystore::Capabilities capabilities() const noexcept override { return {}; }
  [[nodiscard]] proxystore::ConnectorConfig config() const override { return {.kind = "null"}; }
  [[nodiscard]] Key put(std::span<const proxystore::ByteSpan>,
                        const proxystore::PutOptions&) override {
    ++accesses;
    return Key::random();
  }
  [[nodiscard]] std::optional<proxystore::Bytes> get(const Key&) override {
    ++accesses;
    return std::nullopt;
  }
  [[nodiscard]] bool exists(const Key&) override {
    ++accesses;
    return false;
  }
  bool evict(const Key&) override {
    ++accesses;
    return false;
  }
  void close(const proxystore::CloseOptions&) override {}

  int accesses = 0;
};

class CounterTest : public MpiTest {
 protected:
  /// What the library calls in @p body, which all ranks run.
  template <class Body>
  Counts counted(const Body& body) const {
    barrier();
    calls().clear();
    body();
    Counts counts = calls();
    barrier();
    return counts;
  }

  template <class T>
  void expect_one_message(const T& value) const {
    const Counts counts = counted([&] {
      const auto request = mpi::isend(value, {.dest = next(), .comm = comm()});
      (void)mpi::recv<T>({.source = previous(), .comm = comm()});
    });
    EXPECT_EQ(counts, (Counts{{"MPI_Isend", 1}, {"MPI_Imrecv", 1}}));
  }
};

TEST_F(CounterTest, PointToPointIsOneMessage) {
  expect_one_message(1);
  expect_one_message(pattern(1000000, rank()));
  expect_one_message(std::vector<Doubles>{pattern(1000, 1), pattern(2000, 2)});
  expect_one_message(make_particle(50));
  const std::size_t before = mpi::detail::set_block_limit(1000);
  expect_one_message(pattern(10000, rank()));
  mpi::detail::set_block_limit(before);
}

TEST_F(CounterTest, ACollectiveIsASizeAndTheData) {
  const auto each = std::vector<Doubles>(static_cast<std::size_t>(size()), pattern(1000, 1));
  Doubles value = pattern(1000, 1);
  EXPECT_EQ(counted([&] { mpi::bcast(value, {.comm = comm()}); }), (Counts{{"MPI_Ibcast", 2}}));
  EXPECT_EQ(counted([&] { (void)mpi::scatter(each, {.comm = comm()}); }),
            (Counts{{"MPI_Iscatter", 1}, {"MPI_Ialltoallw", 1}}));
  EXPECT_EQ(counted([&] { (void)mpi::gather(value, {.comm = comm()}); }),
            (Counts{{"MPI_Iallgather", 1}, {"MPI_Ialltoallw", 1}}));
  EXPECT_EQ(counted([&] { (void)mpi::allgather(value, {.comm = comm()}); }),
            (Counts{{"MPI_Iallgather", 1}, {"MPI_Ialltoallw", 1}}));
  EXPECT_EQ(counted([&] { (void)mpi::alltoall(each, {.comm = comm()}); }),
            (Counts{{"MPI_Ialltoall", 1}, {"MPI_Ialltoallw", 1}}));
}

TEST_F(CounterTest, AFailedCollectiveIsTheSizeOnly) {
  EXPECT_EQ(
      counted([&] { EXPECT_ANY_THROW((void)mpi::alltoall(std::vector<int>(), {.comm = comm()})); }),
      (Counts{{"MPI_Ialltoall", 1}}));
}

TEST_F(CounterTest, SendingAProxyAsksNoStore) {
  const auto connector = std::make_shared<CountingConnector>();
  const auto store = proxystore::Store::create("counted", connector);
  const auto proxy = store->proxy(pattern(100000, 1), {.populate_target = false});
  EXPECT_EQ(connector->accesses, 1);
  expect_one_message(proxy);
  expect_one_message(std::vector<proxystore::Proxy<Doubles>>(10, proxy));
  auto copy = proxy;
  const Counts counts = counted([&] { mpi::bcast(copy, {.comm = comm()}); });
  EXPECT_EQ(counts, (Counts{{"MPI_Ibcast", 2}}));
  EXPECT_EQ(connector->accesses, 1);
  EXPECT_FALSE(proxy.resolved());
}

TEST_F(CounterTest, ObserversOfTheEnvironmentAreLocal) {
  mpi::Environment environment(comm());
  EXPECT_EQ(counted([&] {
              (void)environment.rank();
              (void)environment.comm();
              (void)mpi::Environment::current();
            }),
            Counts{});
  EXPECT_EQ(counted([&] { environment.finalize(); }), (Counts{{"MPI_Ibarrier", 2}}));
}

}  // namespace
