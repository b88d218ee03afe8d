// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// send() and recv(): every kind of value, size, tag and error.
#include "proxystore/mpi/message.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "mpi_test.hpp"
#include "test_types.hpp"

namespace {

using namespace std::chrono_literals;
namespace mpi = proxystore::mpi;
using proxystore::ArgumentError;
using proxystore::Bytes;
using proxystore::SerializationError;
using proxystore::TimeoutError;
using proxystore::mpi_test::Fragile;
using proxystore::mpi_test::make_particle;
using proxystore::mpi_test::MpiTest;
using proxystore::mpi_test::Particle;
using proxystore::mpi_test::pattern;

class MessageTest : public MpiTest {
 protected:
  /// Every rank passes @p value to the next, and gets the one of the previous.
  template <class T>
  T around(const T& value, int tag = 0) const {
    auto request = mpi::isend(value, {.dest = next(), .tag = tag, .comm = comm()});
    T got = mpi::recv<T>({.source = previous(), .tag = tag, .comm = comm()});
    request.wait();
    return got;
  }
};

TEST_F(MessageTest, Numbers) {
  EXPECT_EQ(around(rank()), previous());
  EXPECT_EQ(around(0.25 * rank()), 0.25 * previous());
  EXPECT_EQ(around(std::uint64_t{1} << 63U), std::uint64_t{1} << 63U);
  EXPECT_EQ(around(rank() % 2 == 0), previous() % 2 == 0);
}

TEST_F(MessageTest, Text) {
  EXPECT_EQ(around(std::string()), "");
  EXPECT_EQ(around("from rank " + std::to_string(rank())),
            "from rank " + std::to_string(previous()));
  EXPECT_EQ(around(std::string(100000, 'x')), std::string(100000, 'x'));
  EXPECT_EQ(around(std::string("no \xff UTF-8")), "no \xff UTF-8");
}

TEST_F(MessageTest, Containers) {
  EXPECT_EQ(around(std::vector<double>()), std::vector<double>());
  for (const std::size_t count : {1U, 127U, 128U, 129U, 10000U}) {
    EXPECT_EQ(around(pattern(count, rank())), pattern(count, previous()));
  }
  const std::map<int, std::string> names = {{rank(), "me"}, {-1, "nobody"}};
  EXPECT_EQ(around(names), (std::map<int, std::string>{{previous(), "me"}, {-1, "nobody"}}));
  EXPECT_EQ(around(std::optional<int>()), std::nullopt);
  EXPECT_EQ(around(std::tuple(1, 2.5, std::string("three"))),
            std::tuple(1, 2.5, std::string("three")));
  // Several blocks that are sent from where they lie, and small pieces between them.
  const std::vector<std::vector<double>> rows = {
      pattern(500, rank()), {}, pattern(1, 2), pattern(700, rank())};
  const std::vector<std::vector<double>> expected = {
      pattern(500, previous()), {}, pattern(1, 2), pattern(700, previous())};
  EXPECT_EQ(around(rows), expected);
}

TEST_F(MessageTest, BytesOfAnySize) {
  for (const std::size_t size : {0U, 1U, 1023U, 1024U, 1000003U}) {
    const std::vector<std::byte> content(size, static_cast<std::byte>(rank()));
    EXPECT_EQ(around(Bytes::copy_of(content)),
              Bytes::own(std::vector<std::byte>(size, static_cast<std::byte>(previous()))));
  }
}

TEST_F(MessageTest, Structures) {
  EXPECT_EQ(around(make_particle(rank())), make_particle(previous()));
  const std::vector<Particle> many = {make_particle(rank()), make_particle(1), make_particle(2)};
  EXPECT_EQ(around(many).front(), make_particle(previous()));
}

TEST_F(MessageTest, BlockingSendToTheNeighbour) {
  if (rank() % 2 == 0 && rank() + 1 < size()) {
    mpi::send(pattern(1U << 18U, rank()), {.dest = rank() + 1, .comm = comm()});
  } else if (rank() % 2 == 1) {
    const auto got = mpi::recv<std::vector<double>>({.source = rank() - 1, .comm = comm()});
    EXPECT_EQ(got, pattern(1U << 18U, rank() - 1));
  }
}

TEST_F(MessageTest, ToItself) {
  // A plain send to itself may wait for its receive: MPICH's does.
  auto request = mpi::isend(std::string("note"), {.dest = rank(), .tag = 3, .comm = comm()});
  EXPECT_EQ(mpi::recv<std::string>({.source = rank(), .tag = 3, .comm = comm()}), "note");
  request.wait();
}

TEST_F(MessageTest, AnyTagAndSourceAreReported) {
  void* limit = nullptr;
  int flag = 0;
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, static_cast<void*>(&limit), &flag);
  ASSERT_NE(flag, 0);
  for (const int tag : {0, 1, 32767, *static_cast<int*>(limit)}) {
    const auto request =
        mpi::isend(std::string("tagged"), {.dest = next(), .tag = tag, .comm = comm()});
    mpi::MessageStatus status;
    EXPECT_EQ(mpi::recv<std::string>({.comm = comm(), .status = &status}), "tagged");
    EXPECT_EQ(status.source, previous());
    EXPECT_EQ(status.tag, tag);
    EXPECT_EQ(status.size, 3U + 6U);  // the frame, and the text
    barrier();
  }
}

TEST_F(MessageTest, ManyMessagesOutOfOrder) {
  constexpr int count = 100;
  std::vector<int> tags(count);
  for (int i = 0; i < count; ++i) tags[static_cast<std::size_t>(i)] = i;
  std::vector<mpi::SendRequest> requests;
  for (const int tag : tags) {
    auto value = pattern(static_cast<std::size_t>(tag) * 37, rank());
    requests.push_back(mpi::isend(std::move(value), {.dest = next(), .tag = tag, .comm = comm()}));
  }
  std::shuffle(tags.begin(), tags.end(), std::mt19937(static_cast<unsigned>(rank())));
  for (const int tag : tags) {
    EXPECT_EQ(mpi::recv<std::vector<double>>({.source = previous(), .tag = tag, .comm = comm()}),
              pattern(static_cast<std::size_t>(tag) * 37, previous()));
  }
}

TEST_F(MessageTest, AnotherCommunicatorIsAnotherWorld) {
  MPI_Comm other = MPI_COMM_NULL;
  MPI_Comm_dup(comm(), &other);
  const auto first = mpi::isend(1, {.dest = next(), .comm = comm()});
  const auto second = mpi::isend(2, {.dest = next(), .comm = other});
  EXPECT_EQ(mpi::recv<int>({.comm = other}), 2);
  EXPECT_EQ(mpi::recv<int>({.comm = comm()}), 1);
  MPI_Comm_free(&other);
}

TEST_F(MessageTest, OverAnIntercommunicator) {
  PROXYSTORE_SKIP_ALL(size() < 2, "an intercommunicator needs two ranks");
  MPI_Comm part = MPI_COMM_NULL;
  MPI_Comm inter = MPI_COMM_NULL;
  MPI_Comm_split(comm(), rank() == 0 ? 0 : 1, rank(), &part);
  MPI_Intercomm_create(part, 0, comm(), rank() == 0 ? 1 : 0, 7, &inter);
  if (rank() == 0) {
    mpi::send(std::string("hello"), {.dest = last() - 1, .comm = inter});
    EXPECT_THROW(mpi::send(1, {.dest = last(), .comm = inter}), ArgumentError);
  } else if (rank() == last()) {
    EXPECT_EQ(mpi::recv<std::string>({.source = 0, .comm = inter}), "hello");
  }
  EXPECT_THROW((void)mpi::allgather(1, {.comm = inter}), ArgumentError);
  MPI_Comm_free(&inter);
  MPI_Comm_free(&part);
}

TEST_F(MessageTest, WrongTypeIsAnErrorAndTheMessageIsGone) {
  const auto request = mpi::isend(pattern(10, 0), {.dest = next(), .comm = comm()});
  const auto sequel = mpi::isend(std::string("sequel"), {.dest = next(), .comm = comm()});
  EXPECT_THROW((void)mpi::recv<std::vector<float>>({.source = previous(), .comm = comm()}),
               SerializationError);
  EXPECT_EQ(mpi::recv<std::string>({.source = previous(), .comm = comm()}), "sequel");
}

TEST_F(MessageTest, ForeignMessagesAreErrors) {
  const char noise[] = "this was not sent by this library";
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Isend(noise, sizeof noise, MPI_CHAR, next(), 0, comm(), &request);
  EXPECT_THROW((void)mpi::recv<Particle>({.comm = comm()}), SerializationError);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  MPI_Isend(nullptr, 0, MPI_CHAR, next(), 0, comm(), &request);
  EXPECT_THROW((void)mpi::recv<int>({.comm = comm()}), SerializationError);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
}

TEST_F(MessageTest, WhatCannotBeWrittenIsNotSent) {
  const Fragile fragile{.can_write = false};
  EXPECT_THROW(mpi::send(fragile, {.dest = next(), .comm = comm()}), SerializationError);
  EXPECT_THROW((void)mpi::isend(fragile, {.dest = next(), .comm = comm()}), SerializationError);
  barrier();
  EXPECT_THROW((void)mpi::recv<Fragile>({.comm = comm(), .timeout = 20ms}), TimeoutError);
}

TEST_F(MessageTest, ArgumentsAreChecked) {
  const MPI_Comm none = MPI_COMM_NULL;
  EXPECT_THROW(mpi::send(1, {.comm = comm()}), ArgumentError);
  EXPECT_THROW(mpi::send(1, {.dest = size(), .comm = comm()}), ArgumentError);
  EXPECT_THROW(mpi::send(1, {.dest = -5, .comm = comm()}), ArgumentError);
  EXPECT_THROW(mpi::send(1, {.dest = 0, .tag = -1, .comm = comm()}), ArgumentError);
  EXPECT_THROW(mpi::send(1, {.dest = 0, .comm = none}), ArgumentError);
  EXPECT_THROW((void)mpi::isend(1, {.dest = size(), .comm = comm()}), ArgumentError);
  EXPECT_THROW((void)mpi::recv<int>({.source = size(), .comm = comm()}), ArgumentError);
  EXPECT_THROW((void)mpi::recv<int>({.tag = -7, .comm = comm()}), ArgumentError);
  EXPECT_THROW((void)mpi::recv<int>({.comm = none}), ArgumentError);
  EXPECT_THROW((void)mpi::irecv<int>({.source = size(), .comm = comm()}), ArgumentError);
  try {
    mpi::send(1, {.dest = size() + 3, .comm = comm()});
  } catch (const ArgumentError& error) {
    EXPECT_EQ(std::string(error.what()), "send: no rank " + std::to_string(size() + 3) +
                                             "; the communicator has ranks 0 to " +
                                             std::to_string(size() - 1));
  }
}

TEST_F(MessageTest, TimeOutsNameSourceAndTag) {
  const auto start = std::chrono::steady_clock::now();
  try {
    (void)mpi::recv<int>({.source = next(), .tag = 17, .comm = comm(), .timeout = 50ms});
    ADD_FAILURE() << "received what nobody sent";
  } catch (const TimeoutError& error) {
    EXPECT_EQ(std::string(error.what()),
              "no message came from rank " + std::to_string(next()) + " with tag 17 within 50 ms");
  }
  EXPECT_GE(std::chrono::steady_clock::now() - start, 50ms);
  try {
    (void)mpi::recv<int>({.comm = comm(), .timeout = 1ms});
  } catch (const TimeoutError& error) {
    EXPECT_EQ(std::string(error.what()), "no message came from any rank with any tag within 1 ms");
  }
}

TEST_F(MessageTest, AMessageAfterTheTimeOutIsStillThere) {
  EXPECT_THROW((void)mpi::recv<int>({.source = previous(), .comm = comm(), .timeout = 1ms}),
               TimeoutError);
  barrier();
  EXPECT_EQ(around(rank()), previous());
}

TEST_F(MessageTest, ThreadsReceiveFromTheSameSource) {
  int provided = MPI_THREAD_SINGLE;
  MPI_Query_thread(&provided);
  PROXYSTORE_SKIP_ALL(provided < MPI_THREAD_MULTIPLE, "needs MPI_THREAD_MULTIPLE");
  constexpr int threads = 4;
  constexpr int each = 50;
  std::vector<long> sums(threads, 0);
  std::vector<std::thread> team;
  for (int t = 0; t < threads; ++t) {
    team.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        mpi::send(std::vector<long>(static_cast<std::size_t>(1 + 40 * i), t * each + i),
                  {.dest = next(), .comm = comm()});
      }
    });
    team.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        sums[static_cast<std::size_t>(t)] +=
            mpi::recv<std::vector<long>>({.source = previous(), .comm = comm()}).back();
      }
    });
  }
  for (auto& thread : team) thread.join();
  constexpr long n = threads * each;
  EXPECT_EQ(sums[0] + sums[1] + sums[2] + sums[3], n * (n - 1) / 2);
}

/// With a limit of a few bytes small messages take the way of those beyond 2 GiB.
class SmallBlocks : public MessageTest, public ::testing::WithParamInterface<std::size_t> {
 protected:
  void SetUp() override {
    MessageTest::SetUp();
    before_ = mpi::detail::set_block_limit(GetParam());
  }
  void TearDown() override {
    mpi::detail::set_block_limit(before_);
    MessageTest::TearDown();
  }

 private:
  std::size_t before_ = 0;
};

TEST_P(SmallBlocks, ArriveAsTheyWere) {
  EXPECT_EQ(around(rank()), previous());
  EXPECT_EQ(around(make_particle(rank())), make_particle(previous()));
  for (const std::size_t count : {0U, 1U, 15U, 128U, 10007U}) {
    EXPECT_EQ(around(pattern(count, rank())), pattern(count, previous()));
  }
  const std::vector<std::vector<double>> rows = {pattern(500, rank()), {}, pattern(700, 1)};
  EXPECT_EQ(around(rows).front(), pattern(500, previous()));
}

INSTANTIATE_TEST_SUITE_P(Limits, SmallBlocks, ::testing::Values(64, 1000, 4096));

}  // namespace
