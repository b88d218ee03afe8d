// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// An object of more bytes than 32 bits count: put, moved and got.
#include <chrono>

#include "memory_test.hpp"

namespace proxystore::mpi_test {
namespace {

constexpr std::size_t bytes = (std::size_t{1} << 32U) + 12345;

class BigObjectTest : public MemoryTest {
 protected:
  // Enough for the system to give an owner so much memory at once, before the first byte comes.
  [[nodiscard]] mpi::MemoryOptions memory_options() const override {
    return {.timeout = std::chrono::seconds(20)};
  }
};

TEST_F(BigObjectTest, IsGot) {
  const Key key = from(0, rank() == 0 ? put(connector(), bytes, 3) : Key{});
  if (rank() == last()) {
    const auto got = connector().get(key);
    ASSERT_TRUE(got.has_value());
    EXPECT_TRUE(testing::is_contents(*got, bytes, 3));
    const auto part = connector().get_range(key, std::size_t{1} << 32U, 8000);
    ASSERT_TRUE(part.has_value());
    EXPECT_TRUE(testing::is_contents(part->span(), 3, std::size_t{1} << 32U));
  }
  barrier();
}

TEST_F(BigObjectTest, IsPutToAnotherRank) {
  const Key key = from(0, rank() == 0 ? put(connector(), bytes, 4, {.rank = last()}) : Key{});
  if (rank() == last()) {
    const auto got = connector().get(key);
    ASSERT_TRUE(got.has_value());
    EXPECT_TRUE(testing::is_contents(*got, bytes, 4));
  }
  barrier();
  EXPECT_EQ(reports()[index(last())].object_bytes, bytes);
}

}  // namespace
}  // namespace proxystore::mpi_test
