// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Full memory, memory that is used again, and objects that are moved to disk.
#include <filesystem>
#include <vector>

#include <gmock/gmock.h>

#include "memory_test.hpp"
#include "proxystore/error.hpp"

namespace proxystore::mpi_test {
namespace {

using mpi::RankReport;
using ::testing::HasSubstr;
using testing::is_contents;

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;

class LimitsTest : public MemoryTest {
 protected:
  [[nodiscard]] mpi::MemoryOptions memory_options() const override { return {.limit = 16 * mib}; }
};

TEST_F(LimitsTest, FullMemoryIsAnErrorUntilSomeoneLetsGo) {
  std::vector<Key> keys;
  std::vector<Bytes> held;
  try {
    for (std::uint64_t i = 0;; ++i) {
      ASSERT_LE(keys.size(), 16U);
      keys.push_back(put(connector(), mib, i));
      held.push_back(*connector().get(keys.back()));
    }
  } catch (const CapacityError& error) {
    EXPECT_THAT(error.what(), HasSubstr("rank " + std::to_string(rank())));
    EXPECT_THAT(error.what(), HasSubstr("PROXYSTORE_MEMORY_LIMIT"));
  }
  EXPECT_EQ(keys.size(), 16U);
  for (const Key& key : keys) connector().evict(key);
  EXPECT_THROW((void)put(connector(), mib, 1), CapacityError);
  barrier();  // all are full: another rank has no more room
  EXPECT_THROW((void)put(connector(), mib, 1, {.rank = next()}), CapacityError);
  EXPECT_THROW((void)put(connector(), 100 * mib, 1), CapacityError);
  for (std::uint64_t i = 0; i < held.size(); ++i) EXPECT_TRUE(is_contents(held[i], mib, i));
  barrier();
  held.clear();
  barrier();
  const Key key = put(connector(), 8 * mib, 2, {.rank = next()});
  const auto bytes = connector().get(key);
  EXPECT_TRUE(bytes && is_contents(*bytes, 8 * mib, 2));
  barrier();
}

TEST_F(LimitsTest, FailedBatchesLeaveNothing) {
  const auto bytes = testing::contents(5 * mib, 1);
  const ByteSpan part(bytes);
  std::vector<PutRequest> requests(2, {.parts = std::span(&part, 1), .options = {.rank = next()}});
  for (int i = 0; i < 4; ++i) requests.push_back({.parts = std::span(&part, 1)});
  if (rank() == 0) {
    EXPECT_THROW((void)connector().put_batch(requests), CapacityError);
  }
  EXPECT_EQ(total(&RankReport::objects), 0U);
  EXPECT_EQ(total(&RankReport::object_bytes), 0U);
}

TEST_F(LimitsTest, MemoryIsUsedAgain) {
  constexpr std::uint64_t cycles = 100'000;
  const auto cycle = [&](std::uint64_t i) {
    const std::size_t bytes = i % 100 == 0 ? 200 * kib : 100 + i % 5000;
    const Key key = put(connector(), bytes, i);
    EXPECT_TRUE(connector().exists(key));
    connector().evict(key);
  };
  for (std::uint64_t i = 0; i < 2000; ++i) cycle(i);
  const RankReport before = reports()[index(rank())];
  for (std::uint64_t i = 0; i < cycles; ++i) cycle(i);
  const RankReport after = reports()[index(rank())];
  EXPECT_EQ(after.objects, 0U);
  EXPECT_LE(after.committed_bytes, before.committed_bytes + mib);
  EXPECT_EQ(after.table_bytes, before.table_bytes);
}

TEST_F(LimitsTest, NewVersionsUseTheMemoryOfOldOnes) {
  const auto key = from_all(connector().new_key())[index(next())];
  for (std::uint64_t version = 0; version < 60; ++version) {
    set(connector(), key, 3 * mib, version);
  }
  barrier();
  const auto bytes = connector().get(key);
  EXPECT_TRUE(bytes && is_contents(*bytes, 3 * mib, 59));
  barrier();
}

class Spilling : public MemoryTest {
 protected:
  void SetUp() override {
    folder_ = make_shared_folder();
    MemoryTest::SetUp();
  }
  void TearDown() override {
    MemoryTest::TearDown();
    if (rank() == 0) std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] mpi::MemoryOptions memory_options() const override {
    return {.limit = 8 * mib, .spill_dir = folder_};
  }
  std::filesystem::path folder_;
};

TEST_F(Spilling, AllObjectsAreReadByAllRanks) {
  constexpr std::size_t bytes_each = 300 * kib;
  constexpr std::uint64_t count = 100;
  std::vector<std::vector<Key>> keys;
  std::vector<Bytes> held;
  for (std::uint64_t i = 0; i < count; ++i) {
    const Key key = put(connector(), bytes_each, index(rank()) * count + i);
    if (i % 10 == 0) held.push_back(*connector().get(key));
    keys.push_back(from_all(key));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  EXPECT_GT(total(&RankReport::spilled), count / 2 * index(size()));
  for (std::uint64_t i = 0; i < count; ++i) {
    for (std::size_t owner = 0; owner < keys[i].size(); ++owner) {
      const auto bytes = connector().get(keys[i][owner]);
      ASSERT_TRUE(bytes && is_contents(*bytes, bytes_each, owner * count + i));
      const auto part = connector().get_range(keys[i][owner], 8 * kib, 10);
      ASSERT_TRUE(part && is_contents(part->span(), owner * count + i, 8 * kib));
    }
  }
  for (std::uint64_t i = 0; i < held.size(); ++i) {
    EXPECT_EQ(held[i].memory(), Bytes::Memory::mapped);
    EXPECT_TRUE(is_contents(held[i], bytes_each, index(rank()) * count + 10 * i));
  }
  barrier();
  for (const auto& each : keys) connector().evict(each[index(next())]);
  EXPECT_EQ(total(&RankReport::objects), 0U);
}

}  // namespace
}  // namespace proxystore::mpi_test
