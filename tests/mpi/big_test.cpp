// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// More than 4 GiB in one message. Needs two ranks and about 14 GB of memory.
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "mpi_test.hpp"
#include "proxystore/mpi/message.hpp"

namespace {

namespace mpi = proxystore::mpi;
using Words = std::vector<std::uint64_t>;

constexpr std::size_t count = (std::size_t{9} << 26U) + 3;  // 4.5 GiB, and no round number

class BigTest : public proxystore::mpi_test::MpiTest {
 protected:
  static bool memory_is_short() {
    constexpr std::uint64_t needed = 15'000'000;  // KiB
    std::ifstream file("/proc/meminfo");
    std::string name;
    std::uint64_t size = 0;
    while (file >> name >> size) {
      if (name == "MemAvailable:") return size < needed;
      file.ignore(100, '\n');
    }
    return true;
  }
};

TEST_F(BigTest, MoreThanFourGibibytesAreOneMessage) {
  PROXYSTORE_SKIP_ALL(size() < 2, "needs two ranks");
  PROXYSTORE_SKIP_ALL(memory_is_short(), "needs 15 GB of free memory");
  if (rank() == 0) {
    Words words(count);
    for (std::size_t i = 0; i < count; ++i) words[i] = i * i;
    mpi::send(words, {.dest = 1, .comm = comm()});
  } else if (rank() == 1) {
    mpi::MessageStatus status;
    const auto words = mpi::recv<Words>({.source = 0, .comm = comm(), .status = &status});
    EXPECT_GT(status.size, std::size_t{1} << 32U);
    ASSERT_EQ(words.size(), count);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < count; ++i) wrong += words[i] == i * i ? 0U : 1U;
    EXPECT_EQ(wrong, 0U);
  }
  barrier();
}

}  // namespace
