// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Tests that fail or hang on purpose. CMakeLists.txt runs them one by one and looks at what the
// harness makes of them.
#include "mpi_test.hpp"

namespace {

class Fixture : public proxystore::mpi_test::MpiTest {};

TEST_F(Fixture, FailsOnTheLastRank) {
  EXPECT_NE(rank(), last()) << "as intended";
}

TEST_F(Fixture, ThrowsOnTheLastRank) {
  if (rank() == last()) throw std::runtime_error("thrown as intended");
}

TEST_F(Fixture, LeavesOthersInABarrier) {
  ASSERT_NE(rank(), 0) << "as intended";
  barrier();
}

TEST_F(Fixture, Passes) {}

}  // namespace
