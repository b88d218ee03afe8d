// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Tests of the harness itself. What it does when a test fails or hangs is in harness_fixture.cpp.
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest-spi.h>

#include "mpi_test.hpp"

namespace {

using proxystore::mpi_test::MpiTest;

/// What @p body reports, without failing the test that asks.
template <class Body>
std::vector<::testing::TestPartResult> results_of(const Body& body) {
  ::testing::TestPartResultArray seen;
  {
    const ::testing::ScopedFakeTestPartResultReporter reporter(
        ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &seen);
    body();
  }
  std::vector<::testing::TestPartResult> results;
  for (int i = 0; i < seen.size(); ++i) results.push_back(seen.GetTestPartResult(i));
  return results;
}

class Harness : public MpiTest {};

TEST_F(Harness, AssertAllPassesWhereAllAgree) {
  bool went_on = false;
  const auto results = results_of([&] {
    PROXYSTORE_ASSERT_ALL(rank() < size());
    went_on = true;
  });
  EXPECT_TRUE(went_on);
  EXPECT_TRUE(results.empty());
}

TEST_F(Harness, AssertAllStopsAllRanksWhenOneFails) {
  bool went_on = false;
  const auto results = results_of([&] {
    PROXYSTORE_ASSERT_ALL(rank() != last());
    went_on = true;
  });
  EXPECT_FALSE(went_on);
  ASSERT_EQ(results.size(), 1U);
  const std::string text = results[0].message();
  EXPECT_NE(text.find("rank() != last() is false on 1 ranks, the first of them rank " +
                      std::to_string(last())),
            std::string::npos)
      << text;
}

TEST_F(Harness, AssertAllTakesAnExceptionForAFailure) {
  const auto results = results_of([&] {
    PROXYSTORE_ASSERT_ALL(rank() != last() || (throw std::runtime_error("out of cheese"), false));
  });
  ASSERT_EQ(results.size(), 1U);
  const std::string text = results[0].message();
  EXPECT_EQ(text.find("here it threw: out of cheese") != std::string::npos, rank() == last())
      << text;
}

TEST_F(Harness, SkipAllSkipsAllRanks) {
  bool went_on = false;
  const auto results = results_of([&] {
    PROXYSTORE_SKIP_ALL(rank() == last(), "one rank cannot");
    went_on = true;
  });
  EXPECT_FALSE(went_on);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_TRUE(results[0].skipped());
}

TEST_F(Harness, CommunicatorsAreOwnAndWhole) {
  int result = MPI_UNEQUAL;
  MPI_Comm_compare(comm(), MPI_COMM_WORLD, &result);
  EXPECT_EQ(result, MPI_CONGRUENT);
}

TEST_F(Harness, FoldersAreSharedAndRemoved) {
  const auto folder = proxystore::mpi_test::make_shared_folder();
  barrier();
  EXPECT_TRUE(std::filesystem::is_directory(folder));
  barrier();
  if (rank() == 0) std::filesystem::remove(folder);
}

}  // namespace
