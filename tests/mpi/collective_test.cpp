// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// bcast, scatter, gather, allgather and alltoall: values, roots, sizes, and ranks that fail.
#include <optional>
#include <string>
#include <vector>

#include "mpi_test.hpp"
#include "proxystore/mpi/message.hpp"
#include "test_types.hpp"

namespace {

namespace mpi = proxystore::mpi;
using proxystore::ArgumentError;
using proxystore::SerializationError;
using proxystore::mpi_test::Fragile;
using proxystore::mpi_test::make_particle;
using proxystore::mpi_test::MpiTest;
using proxystore::mpi_test::Particle;
using proxystore::mpi_test::pattern;
using Doubles = std::vector<double>;

class CollectiveTest : public MpiTest {
 protected:
  /// A value of another size for each pair of ranks.
  static Doubles pair_value(int from, int to) {
    return pattern(static_cast<std::size_t>(1 + 300 * from + 7 * to), 10 * from + to);
  }

  /// Expects the error of rank @p culprit: its own there, PeerError elsewhere.
  template <class Own, class Call>
  void expect_failure_of(int culprit, const Call& call) const {
    if (rank() == culprit) {
      EXPECT_THROW(call(), Own);
      return;
    }
    try {
      call();
      ADD_FAILURE() << "was successful although rank " << culprit << " failed";
    } catch (const mpi::PeerError& error) {
      EXPECT_EQ(error.rank(), culprit) << error.what();
    }
  }

  void every_verb_works() const {
    for (int root = 0; root < size(); ++root) {
      Doubles value = rank() == root ? pair_value(root, 0) : Doubles{};
      mpi::bcast(value, {.root = root, .comm = comm()});
      EXPECT_EQ(value, pair_value(root, 0));

      std::vector<Doubles> values;
      for (int to = 0; rank() == root && to < size(); ++to) values.push_back(pair_value(root, to));
      EXPECT_EQ(mpi::scatter(values, {.root = root, .comm = comm()}), pair_value(root, rank()));

      const auto gathered = mpi::gather(pair_value(rank(), root), {.root = root, .comm = comm()});
      ASSERT_EQ(gathered.size(), rank() == root ? static_cast<std::size_t>(size()) : 0U);
      for (int from = 0; rank() == root && from < size(); ++from) {
        EXPECT_EQ(gathered[static_cast<std::size_t>(from)], pair_value(from, root));
      }
    }
    const auto all = mpi::allgather(pair_value(rank(), 1), {.comm = comm()});
    std::vector<Doubles> mine;
    for (int to = 0; to < size(); ++to) mine.push_back(pair_value(rank(), to));
    const auto exchanged = mpi::alltoall(mine, {.comm = comm()});
    ASSERT_EQ(all.size(), static_cast<std::size_t>(size()));
    ASSERT_EQ(exchanged.size(), static_cast<std::size_t>(size()));
    for (int from = 0; from < size(); ++from) {
      EXPECT_EQ(all[static_cast<std::size_t>(from)], pair_value(from, 1));
      EXPECT_EQ(exchanged[static_cast<std::size_t>(from)], pair_value(from, rank()));
    }
  }
};

TEST_F(CollectiveTest, EveryVerbEveryRoot) {
  every_verb_works();
}

TEST_F(CollectiveTest, BeyondTheBlockLimit) {
  for (const std::size_t limit : {100U, 4096U}) {
    const std::size_t before = mpi::detail::set_block_limit(limit);
    every_verb_works();
    mpi::detail::set_block_limit(before);
  }
}

TEST_F(CollectiveTest, LargeAndInSeveralParts) {
  // One part that is sent from where it lies, and several that are joined first.
  Doubles one = rank() == 0 ? pattern(3U << 18U, 1) : Doubles{};
  mpi::bcast(one, {.comm = comm()});
  EXPECT_EQ(one, pattern(3U << 18U, 1));
  std::vector<Doubles> rows;
  if (rank() == 0) rows = {pattern(1U << 18U, 1), {}, pattern(1U << 18U, 2)};
  mpi::bcast(rows, {.comm = comm()});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[2], pattern(1U << 18U, 2));
  const auto all = mpi::allgather(rows, {.comm = comm()});
  EXPECT_EQ(all.back(), rows);
}

TEST_F(CollectiveTest, StructuresTextAndNothing) {
  Particle particle = rank() == last() ? make_particle(9) : Particle{};
  mpi::bcast(particle, {.root = last(), .comm = comm()});
  EXPECT_EQ(particle, make_particle(9));

  std::optional<std::string> text;
  if (rank() == 0) text = "settings";
  mpi::bcast(text, {.comm = comm()});
  EXPECT_EQ(text, "settings");

  const auto names =
      mpi::allgather(std::string(static_cast<std::size_t>(rank()), 'x'), {.comm = comm()});
  EXPECT_EQ(names.front(), "");
  EXPECT_EQ(names.back().size(), static_cast<std::size_t>(last()));

  const auto ranks =
      mpi::alltoall(std::vector<int>(static_cast<std::size_t>(size()), rank()), {.comm = comm()});
  for (int from = 0; from < size(); ++from) EXPECT_EQ(ranks[static_cast<std::size_t>(from)], from);
}

TEST_F(CollectiveTest, ManyInARow) {
  for (int i = 0; i < 50; ++i) {
    int value = rank() == i % size() ? i : -1;
    mpi::bcast(value, {.root = i % size(), .comm = comm()});
    EXPECT_EQ(value, i);
    EXPECT_EQ(mpi::allgather(i + rank(), {.comm = comm()}).back(), i + last());
  }
}

TEST_F(CollectiveTest, ARootThatCannotWriteFailsOnAllRanks) {
  for (int root = 0; root < size(); ++root) {
    const mpi::RootArgs args{.root = root, .comm = comm()};
    Fragile value{.can_write = rank() != root};
    expect_failure_of<SerializationError>(root, [&] { mpi::bcast(value, args); });
    std::vector<Fragile> values(static_cast<std::size_t>(size()));
    values.back().can_write = false;
    expect_failure_of<SerializationError>(root, [&] { (void)mpi::scatter(values, args); });
  }
  every_verb_works();
}

TEST_F(CollectiveTest, AnyRankThatCannotWriteFailsOnAllRanks) {
  for (int culprit = 0; culprit < size(); ++culprit) {
    const Fragile value{.can_write = rank() != culprit};
    expect_failure_of<SerializationError>(
        culprit, [&] { (void)mpi::gather(value, {.root = last(), .comm = comm()}); });
    expect_failure_of<SerializationError>(culprit,
                                          [&] { (void)mpi::allgather(value, {.comm = comm()}); });
    std::vector<Fragile> values(static_cast<std::size_t>(size()));
    if (rank() == culprit) values.back().can_write = false;
    expect_failure_of<SerializationError>(culprit,
                                          [&] { (void)mpi::alltoall(values, {.comm = comm()}); });
  }
  every_verb_works();
}

TEST_F(CollectiveTest, WrongNumbersOfValuesFailOnAllRanks) {
  const auto ranks = static_cast<std::size_t>(size());
  expect_failure_of<ArgumentError>(
      0, [&] { (void)mpi::scatter(std::vector<int>(ranks + 1), {.comm = comm()}); });
  expect_failure_of<ArgumentError>(
      0, [&] { (void)mpi::scatter(std::vector<int>(ranks - 1), {.comm = comm()}); });
  expect_failure_of<ArgumentError>(last(), [&] {
    (void)mpi::alltoall(std::vector<int>(rank() == last() ? 0 : ranks), {.comm = comm()});
  });
  EXPECT_EQ(mpi::scatter(std::vector<int>(ranks, 5), {.comm = comm()}), 5);
}

TEST_F(CollectiveTest, TheLowestOfSeveralFailuresIsNamed) {
  PROXYSTORE_SKIP_ALL(size() < 3, "needs two that fail and one that does not");
  const Fragile value{.can_write = rank() == 0};
  try {
    (void)mpi::allgather(value, {.comm = comm()});
    ADD_FAILURE() << "was successful";
  } catch (const mpi::PeerError& error) {
    EXPECT_EQ(rank(), 0);
    EXPECT_EQ(error.rank(), 1);
    EXPECT_EQ(error.context().operation, "allgather");
  } catch (const SerializationError&) {
    EXPECT_NE(rank(), 0);
  }
}

TEST_F(CollectiveTest, ARankThatCannotReadFailsAlone) {
  // The last rank's value can be written but not read, and it is sent to rank 0 only.
  const Fragile value{.can_write = true, .can_read = rank() != last()};
  const mpi::RootArgs args{.root = 0, .comm = comm()};
  if (rank() == 0) {
    EXPECT_THROW((void)mpi::gather(value, args), SerializationError);
  } else {
    EXPECT_NO_THROW((void)mpi::gather(value, args));
  }
  Doubles other = rank() == 0 ? pattern(10, 1) : Doubles{};
  mpi::bcast(other, {.comm = comm()});
  EXPECT_EQ(other, pattern(10, 1));
}

TEST_F(CollectiveTest, ArgumentsAreChecked) {
  int value = 0;
  const MPI_Comm none = MPI_COMM_NULL;
  EXPECT_THROW(mpi::bcast(value, {.root = size(), .comm = comm()}), ArgumentError);
  EXPECT_THROW(mpi::bcast(value, {.root = -1, .comm = comm()}), ArgumentError);
  EXPECT_THROW((void)mpi::gather(value, {.root = size(), .comm = comm()}), ArgumentError);
  EXPECT_THROW((void)mpi::scatter(std::vector<int>(), {.root = -1, .comm = comm()}), ArgumentError);
  EXPECT_THROW((void)mpi::allgather(value, {.comm = none}), ArgumentError);
  EXPECT_THROW((void)mpi::alltoall(std::vector<int>(), {.comm = none}), ArgumentError);
}

}  // namespace
