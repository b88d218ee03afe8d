// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Tests on several ranks. Every rank runs every test; main.cpp collects the verdicts. A rank that
/// leaves a test early while others wait for it is a hang, which a watchdog ends: before a
/// collective call use the macros below in place of ASSERT_ and GTEST_SKIP. EXPECT_ is always
/// right.

#include <filesystem>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "proxystore/mpi/detail/mpi_c.hpp"

namespace proxystore::mpi_test {

/// What all ranks together found.
struct Verdict {
  int ranks = 0;         ///< How many said no
  int first = -1;        ///< The lowest of them
  std::string thrown{};  ///< What the condition threw on this rank
};

/// Asks @p condition on each rank; an exception means no. Collective over all ranks.
[[nodiscard]] Verdict agree(const std::function<bool()>& condition);

/// For the text of a failure.
[[nodiscard]] std::string describe(const Verdict& verdict);

/// An empty folder of its own for the running test, the same on all ranks. Collective.
[[nodiscard]] std::filesystem::path make_shared_folder();

/// A test with a communicator of its own over all ranks, which returns errors.
class MpiTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] MPI_Comm comm() const { return comm_; }
  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] int size() const { return size_; }
  [[nodiscard]] int last() const { return size_ - 1; }
  /// The neighbours in a ring; this rank itself if it is alone.
  [[nodiscard]] int next() const { return (rank_ + 1) % size_; }
  [[nodiscard]] int previous() const { return (rank_ + size_ - 1) % size_; }
  void barrier() const { MPI_Barrier(comm_); }

 private:
  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
};

}  // namespace proxystore::mpi_test

/// Fails the test on all ranks, and leaves it on all, unless the condition holds on all.
/// Collective.
#define PROXYSTORE_ASSERT_ALL(condition)                                                   \
  do {                                                                                     \
    const auto proxystore_verdict =                                                        \
        ::proxystore::mpi_test::agree([&] { return static_cast<bool>(condition); });       \
    if (proxystore_verdict.ranks > 0) {                                                    \
      ADD_FAILURE() << #condition << ::proxystore::mpi_test::describe(proxystore_verdict); \
      return;                                                                              \
    }                                                                                      \
  } while (false)

/// Skips the test on all ranks if the condition holds on any. Collective.
#define PROXYSTORE_SKIP_ALL(condition, reason)                                        \
  do {                                                                                \
    const auto proxystore_verdict =                                                   \
        ::proxystore::mpi_test::agree([&] { return !static_cast<bool>(condition); }); \
    if (proxystore_verdict.ranks > 0) GTEST_SKIP() << (reason);                       \
  } while (false)
