// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Arrays of which each rank has a block, in stores of the ranks' memory and of files.
#include <filesystem>

#include <gmock/gmock.h>

#include "decompositions.hpp"
#include "decorators/faulty_connector.hpp"
#include "memory_test.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/error.hpp"
#include "proxystore/mpi/error.hpp"

namespace proxystore::mpi_test {
namespace {

using testing::FaultyConnector;
using ::testing::HasSubstr;
using testing::Verb;
using Rows = Array<double, 2>;

class DistributedTest : public MemoryTest {
 protected:
  static constexpr std::size_t columns = 50;

  [[nodiscard]] std::shared_ptr<Store> memory_store() const {
    return Store::create("blocks", MpiOptions{});
  }
  /// 10 rows from each rank.
  [[nodiscard]] Block<2> rows() const {
    return {.offset = {index(rank()) * 10, 0}, .extents = {10, columns}};
  }
  [[nodiscard]] std::array<std::size_t, 2> extents() const { return {index(size()) * 10, columns}; }
  [[nodiscard]] Proxy<Rows> put_rows(Store& store) const {
    return put_block<double>(store, comm(), extents(), rows());
  }

  /// The text of the ArgumentError that putting @p block throws.
  [[nodiscard]] std::string objection(Store& store, const Block<2>& block) const {
    try {
      (void)put_block<double>(store, comm(), extents(), block);
    } catch (const ArgumentError& error) {
      return error.what();
    } catch (const std::exception& error) {
      return std::string("another error: ") + error.what();
    }
    return "no error";
  }
};

TEST_F(DistributedTest, RandomBlocksInMemory) {
  const auto store = memory_store();
  check_decompositions(*store, comm(), 6);
  EXPECT_EQ(total(&mpi::RankReport::objects), 0U);
}

TEST_F(DistributedTest, RandomBlocksInFiles) {
  const auto folder = make_shared_folder();
  const auto store = Store::create("files", FileOptions{.store_dir = folder});
  check_decompositions(*store, comm(), 2);
  barrier();
  store->close({.clear = true});
  barrier();
  if (rank() == 0) {
    EXPECT_TRUE(std::filesystem::is_empty(folder));
    std::filesystem::remove_all(folder);
  }
}

TEST_F(DistributedTest, BlocksStayWithTheirRanks) {
  const auto store =
      Store::create("scattered", MpiOptions{.placement = MpiOptions::Placement::hash});
  const auto proxy = put_rows(*store);
  const auto reports = this->reports();
  for (const auto& one : reports) EXPECT_GE(one.object_bytes, 10 * columns * sizeof(double));
  barrier();
  if (rank() == last()) {
    EXPECT_TRUE(store->evict(proxy.key()));
  }
  EXPECT_EQ(total(&mpi::RankReport::objects), 0U);
}

TEST_F(DistributedTest, ABlockOfTheNodeIsNotCopied) {
  const auto store = memory_store();
  const auto proxy = put_rows(*store);
  const auto once = proxy.box({index(next()) * 10, 0}, {10, columns});
  const auto again = proxy.box({index(next()) * 10, 0}, {10, columns});
  if (is_near(next())) {
    EXPECT_EQ(once->data(), again->data());
  }
  expect_elements(*once, {{index(next()) * 10, 0}, {10, columns}});
}

TEST_F(DistributedTest, AProxyThatEvictsDoesSoForAllBlocks) {
  const auto store = memory_store();
  const auto block = elements_of<double>(rows());
  const auto proxy = mpi::put_distributed(
      *store, Rows::copy_of(block, rows().extents),
      {.global_extents = extents(), .offset = rows().offset, .comm = comm(), .evict = true});
  barrier();
  if (rank() == 0) expect_elements(*proxy, Box::whole(detail::shape_of(extents())));
  EXPECT_EQ(total(&mpi::RankReport::objects), 0U);
  if (rank() != 0) {
    EXPECT_THROW(proxy.resolve(), ProxyResolveError);
  }
}

TEST_F(DistributedTest, BlocksThatAreNoArrayAreRefusedOnAllRanks) {
  const auto store = memory_store();
  Block<2> block = rows();
  if (rank() == last()) block.extents[0] = 9;
  EXPECT_THAT(objection(*store, block), HasSubstr("none has"));
  block = rows();
  if (size() > 1) {
    if (rank() == last()) block.offset[0] -= 1;
    EXPECT_THAT(objection(*store, block), HasSubstr("overlap"));
  }
  block = rows();
  if (rank() == last()) block.offset[1] = 1;
  EXPECT_THAT(objection(*store, block), HasSubstr("rank " + std::to_string(last()) + ": box"));
  EXPECT_EQ(total(&mpi::RankReport::objects), 0U);
}

TEST_F(DistributedTest, RanksThatDisagreeAreTold) {
  if (size() == 1) GTEST_SKIP() << "one rank agrees with itself";
  const auto store = memory_store();
  const auto elements = elements_of<double>(rows());
  const ArrayView<double, 2> part{.elements = elements, .extents = rows().extents};
  std::array<std::size_t, 2> other = extents();
  if (rank() == last()) ++other[0];
  try {
    (void)mpi::put_distributed(*store, part,
                               {.global_extents = other, .offset = rows().offset, .comm = comm()});
    ADD_FAILURE() << "no error";
  } catch (const ArgumentError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the ranks disagree"));
  }
  const auto of_its_own = Store::create("rank " + std::to_string(rank()), MpiOptions{});
  EXPECT_THAT(objection(*of_its_own, rows()), HasSubstr("is not that of rank 0"));
  EXPECT_EQ(total(&mpi::RankReport::objects), 0U);
}

TEST_F(DistributedTest, ElementsThatAreTooFewAreAnErrorOfThatRank) {
  const auto store = memory_store();
  const std::vector<double> elements(rank() == last() ? 3 : 10 * columns);
  const ArrayView<double, 2> part{.elements = elements, .extents = {10, columns}};
  const auto put = [&] {
    (void)mpi::put_distributed(
        *store, part, {.global_extents = extents(), .offset = rows().offset, .comm = comm()});
  };
  if (rank() == last()) {
    EXPECT_THROW(put(), ArgumentError);
  } else {
    EXPECT_THROW(put(), mpi::PeerError);
  }
}

TEST_F(DistributedTest, ARankThatCannotPutItsBlockFailsThePutOfAll) {
  for (const int failing : {last(), 0}) {
    const auto faulty = std::make_shared<FaultyConnector>(open_connector());
    if (rank() == failing) faulty->fail_next(Verb::put, CapacityError("as planned"));
    const auto store = Store::create("faulty", faulty, {.auto_register = false});
    if (rank() == failing) {
      EXPECT_THROW((void)put_rows(*store), CapacityError);
    } else {
      try {
        (void)put_rows(*store);
        ADD_FAILURE() << "no error";
      } catch (const mpi::PeerError& error) {
        EXPECT_EQ(error.rank(), failing);
      }
    }
    EXPECT_EQ(total(&mpi::RankReport::objects), 0U);
    barrier();
  }
}

TEST_F(DistributedTest, WithoutTheListThereAreNoBlocks) {
  const auto faulty = std::make_shared<FaultyConnector>(open_connector());
  if (rank() == 0) faulty->fail(Verb::put, 2, CapacityError("as planned"));
  const auto store = Store::create("faulty", faulty, {.auto_register = false});
  if (rank() == 0) {
    EXPECT_THROW((void)put_rows(*store), CapacityError);
  } else {
    EXPECT_THROW((void)put_rows(*store), mpi::PeerError);
  }
  EXPECT_EQ(total(&mpi::RankReport::objects), 0U);
}

TEST_F(DistributedTest, ALargeBoxOfAnotherNodeIsGatheredThere) {
  const auto store = memory_store();
  constexpr std::size_t wide = 3000;
  constexpr std::size_t high = 1500;
  const Block<2> block{.offset = {index(rank()) * high, 0}, .extents = {high, wide}};
  const std::array<std::size_t, 2> all{index(size()) * high, wide};
  const auto proxy = put_block<double>(*store, comm(), all, block);
  const auto before = total(&mpi::RankReport::bytes_sent);
  const Box columns_of_mine{.offset = {0, index(rank()) * 100}, .shape = {all[0], 100}};
  expect_elements(proxy.box(columns_of_mine).copy(), columns_of_mine);
  const auto sent = total(&mpi::RankReport::bytes_sent) - before;
  // Each rank has 100 columns of all, not all columns.
  EXPECT_LT(sent, index(size()) * (all[0] * 100 * sizeof(double) * 2 + 100'000));
  // 72 MB in one box, which is more than a size is believed for at once.
  if (rank() == 0) {
    const Box half{.offset = {0, 0}, .shape = {all[0], wide / 2}, .stride = {1, 2}};
    expect_elements(proxy.box(half).copy(), half);
  }
  barrier();
}

}  // namespace
}  // namespace proxystore::mpi_test
