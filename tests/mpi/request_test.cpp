// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// isend() and irecv(): who owns what, and until when.
#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "mpi_test.hpp"
#include "proxystore/mpi/message.hpp"
#include "test_types.hpp"

namespace {

using namespace std::chrono_literals;
namespace mpi = proxystore::mpi;
using proxystore::mpi_test::MpiTest;
using proxystore::mpi_test::pattern;
using Doubles = std::vector<double>;

static_assert(std::is_nothrow_move_constructible_v<mpi::SendRequest>);
static_assert(std::is_nothrow_move_assignable_v<mpi::SendRequest>);
static_assert(!std::is_copy_constructible_v<mpi::SendRequest>);
static_assert(std::is_nothrow_move_constructible_v<mpi::RecvRequest<int>>);
static_assert(std::is_nothrow_move_assignable_v<mpi::RecvRequest<int>>);
static_assert(!std::is_copy_constructible_v<mpi::RecvRequest<int>>);

constexpr std::size_t large = 1U << 18U;  // doubles: beyond what MPI sends before it is asked for

class RequestTest : public MpiTest {};

TEST_F(RequestTest, OwnsTheValue) {
  mpi::SendRequest request;
  {
    Doubles value = pattern(large, rank());
    request = mpi::isend(value, {.dest = next(), .comm = comm()});
    std::fill(value.begin(), value.end(), -1.0);
  }
  EXPECT_EQ(mpi::recv<Doubles>({.source = previous(), .comm = comm()}), pattern(large, previous()));
  request.wait();
  EXPECT_TRUE(request.test());
  request.wait();
}

TEST_F(RequestTest, ALargeSendIsDoneWhenItIsReceived) {
  auto request = mpi::isend(pattern(large, rank()), {.dest = next(), .comm = comm()});
  EXPECT_FALSE(request.test());
  barrier();
  auto moved = std::move(request);
  EXPECT_EQ(mpi::recv<Doubles>({.comm = comm()}), pattern(large, previous()));
  moved.wait();
  EXPECT_TRUE(moved.test());
}

TEST_F(RequestTest, DestructionWaits) {
  PROXYSTORE_SKIP_ALL(size() < 2, "one rank would wait for itself");
  if (rank() == 0) {
    const auto request = mpi::isend(pattern(large, 5), {.dest = 1, .comm = comm()});
  } else if (rank() == 1) {
    EXPECT_EQ(mpi::recv<Doubles>({.source = 0, .comm = comm()}), pattern(large, 5));
  }
}

TEST_F(RequestTest, DestructionByAnExceptionDoesNotWait) {
  try {
    const auto request = mpi::isend(pattern(large, rank()), {.dest = next(), .comm = comm()});
    throw std::runtime_error("nobody receives yet");
  } catch (const std::runtime_error&) {
    barrier();
  }
  EXPECT_EQ(mpi::recv<Doubles>({.comm = comm()}), pattern(large, previous()));
}

TEST_F(RequestTest, AnEmptyRequestIsDone) {
  mpi::SendRequest request;
  EXPECT_TRUE(request.test());
  request.wait();
  mpi::RecvRequest<int> none;
  EXPECT_THROW((void)none.test(), proxystore::ArgumentError);
  EXPECT_THROW((void)none.wait(), proxystore::ArgumentError);
}

TEST_F(RequestTest, ReceivesWhatComesLater) {
  mpi::MessageStatus status;
  auto incoming =
      mpi::irecv<Doubles>({.source = previous(), .tag = 4, .comm = comm(), .status = &status});
  EXPECT_FALSE(incoming.test());
  barrier();
  const auto request =
      mpi::isend(pattern(large, rank()), {.dest = next(), .tag = 4, .comm = comm()});
  while (!incoming.test()) continue;
  EXPECT_EQ(incoming.wait(), pattern(large, previous()));
  EXPECT_EQ(status.source, previous());
  EXPECT_EQ(status.tag, 4);
  EXPECT_GT(status.size, large * sizeof(double));
  EXPECT_THROW((void)incoming.wait(), proxystore::ArgumentError);
}

TEST_F(RequestTest, SeveralAtOnce) {
  std::vector<mpi::RecvRequest<int>> incoming;
  std::vector<mpi::SendRequest> outgoing;
  for (int other = 0; other < size(); ++other) {
    incoming.push_back(mpi::irecv<int>({.source = other, .comm = comm()}));
    outgoing.push_back(mpi::isend(100 * rank() + other, {.dest = other, .comm = comm()}));
  }
  for (int other = size() - 1; other >= 0; --other) {
    EXPECT_EQ(incoming[static_cast<std::size_t>(other)].wait(), 100 * other + rank());
  }
}

TEST_F(RequestTest, DroppedBeforeAMatchItLeavesTheMessage) {
  {
    auto incoming = mpi::irecv<int>({.comm = comm()});
    EXPECT_FALSE(incoming.test());
  }
  barrier();
  {
    const auto untouched = mpi::irecv<int>({.comm = comm()});
    const auto request = mpi::isend(rank(), {.dest = next(), .comm = comm()});
  }
  EXPECT_EQ(mpi::recv<int>({.comm = comm()}), previous());
}

TEST_F(RequestTest, DroppedHalfWayItHarmsNothingElse) {
  auto request = mpi::isend(pattern(large, rank()), {.dest = next(), .comm = comm()});
  MPI_Probe(previous(), 0, comm(), MPI_STATUS_IGNORE);
  {
    auto incoming = mpi::irecv<Doubles>({.source = previous(), .comm = comm()});
    (void)incoming.test();  // matches, and is not complete at once
  }
  const auto sequel = mpi::isend(rank(), {.dest = next(), .comm = comm()});
  EXPECT_EQ(mpi::recv<int>({.comm = comm()}), previous());
  request.wait();
  barrier();
}

TEST_F(RequestTest, AWaitThatTimedOutCanBeRepeated) {
  auto incoming = mpi::irecv<int>({.comm = comm(), .timeout = 5ms});
  EXPECT_THROW((void)incoming.wait(), proxystore::TimeoutError);
  barrier();
  const auto request = mpi::isend(rank(), {.dest = next(), .comm = comm()});
  while (!incoming.test()) continue;
  EXPECT_EQ(incoming.wait(), previous());
}

}  // namespace
