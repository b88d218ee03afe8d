// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// mpi::Environment in an MPI that the application has initialised. What needs a life of MPI of its
// own is in scenario.cpp.
#include "proxystore/mpi/environment.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "mpi_test.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/store_registry.hpp"

namespace {

using namespace std::chrono_literals;
using proxystore::ArgumentError;
using proxystore::Store;
using proxystore::TimeoutError;
using proxystore::mpi::Environment;
using proxystore::mpi::ThreadLevel;
using proxystore::mpi_test::MpiTest;

/// A communicator that is freed with its scope.
struct OwnedComm {
  OwnedComm() = default;
  OwnedComm(const OwnedComm&) = delete;
  OwnedComm& operator=(const OwnedComm&) = delete;
  ~OwnedComm() {
    if (handle != MPI_COMM_NULL) MPI_Comm_free(&handle);
  }
  MPI_Comm handle = MPI_COMM_NULL;
};

class EnvironmentTest : public MpiTest {
 protected:
  static std::shared_ptr<Store> registered_store(const std::string& name) {
    auto store = Store::create(name, proxystore::LocalOptions{});
    proxystore::register_store(store);
    return store;
  }

  static bool mpi_is_up() {
    int flag = 0;
    MPI_Finalized(&flag);
    return flag == 0;
  }
};

TEST_F(EnvironmentTest, AdoptsACommunicator) {
  {
    const Environment environment(comm());
    EXPECT_EQ(environment.rank(), rank());
    EXPECT_EQ(environment.size(), size());
    EXPECT_EQ(environment.comm(), comm());
    EXPECT_FALSE(environment.is_finalized());
    EXPECT_EQ(Environment::current(), &environment);
    EXPECT_EQ(&Environment::require(), &environment);
    int provided = MPI_THREAD_SINGLE;
    MPI_Query_thread(&provided);
    EXPECT_EQ(static_cast<int>(environment.thread_level()), provided);
  }
  EXPECT_EQ(Environment::current(), nullptr);
  EXPECT_TRUE(mpi_is_up());
}

TEST_F(EnvironmentTest, WithoutOneRequireThrows) {
  EXPECT_EQ(Environment::current(), nullptr);
  EXPECT_THROW((void)Environment::require(), proxystore::Error);
}

TEST_F(EnvironmentTest, TakesTheWorldIfMpiRunsAlready) {
  int argc = 0;
  char** argv = nullptr;
  Environment environment(argc, argv);
  EXPECT_EQ(environment.comm(), MPI_COMM_WORLD);
  EXPECT_EQ(environment.size(), size());
  environment.finalize();
  EXPECT_TRUE(mpi_is_up());
}

TEST_F(EnvironmentTest, AdoptsAPartOfTheRanks) {
  OwnedComm half;
  MPI_Comm_split(comm(), rank() % 2, -rank(), &half.handle);
  int half_rank = 0;
  int half_size = 0;
  MPI_Comm_rank(half.handle, &half_rank);
  MPI_Comm_size(half.handle, &half_size);
  Environment environment(half.handle);
  EXPECT_EQ(environment.rank(), half_rank);
  EXPECT_EQ(environment.size(), half_size);
  environment.finalize();
}

TEST_F(EnvironmentTest, ASecondOverTheSameRanksSharesTheFirst) {
  OwnedComm same;
  MPI_Comm_dup(comm(), &same.handle);
  const auto store = registered_store("shared");
  Environment first(comm());
  {
    const Environment second(same.handle);
    EXPECT_EQ(second.comm(), same.handle);
    EXPECT_EQ(second.rank(), rank());
    EXPECT_EQ(Environment::current(), &first);
  }
  EXPECT_EQ(Environment::current(), &first);
  EXPECT_FALSE(store->is_closed());
  first.finalize();
  EXPECT_TRUE(store->is_closed());
}

TEST_F(EnvironmentTest, TheLastOneToGoEndsIt) {
  OwnedComm same;
  MPI_Comm_dup(comm(), &same.handle);
  const auto store = registered_store("last");
  Environment first(comm());
  Environment second(same.handle);
  first.finalize();
  EXPECT_TRUE(first.is_finalized());
  EXPECT_FALSE(store->is_closed());
  EXPECT_EQ(Environment::current(), &second);
  second.finalize();
  EXPECT_TRUE(store->is_closed());
  EXPECT_EQ(Environment::current(), nullptr);
}

TEST_F(EnvironmentTest, ASecondOverOtherRanksIsRefused) {
  PROXYSTORE_SKIP_ALL(size() < 2, "one rank has no other order");
  OwnedComm reversed;
  MPI_Comm_split(comm(), 0, -rank(), &reversed.handle);
  Environment environment(comm());
  EXPECT_THROW(Environment{reversed.handle}, ArgumentError);
  EXPECT_THROW(Environment{MPI_COMM_SELF}, ArgumentError);
  environment.finalize();
  Environment after(reversed.handle);
  EXPECT_EQ(after.rank(), size() - 1 - rank());
}

TEST_F(EnvironmentTest, UnfitCommunicatorsAreRefused) {
  EXPECT_THROW(Environment{MPI_COMM_NULL}, ArgumentError);
  PROXYSTORE_SKIP_ALL(size() < 2, "an intercommunicator needs two ranks");
  OwnedComm part;
  OwnedComm inter;
  MPI_Comm_split(comm(), rank() == 0 ? 0 : 1, rank(), &part.handle);
  MPI_Intercomm_create(part.handle, 0, comm(), rank() == 0 ? 1 : 0, 7, &inter.handle);
  EXPECT_THROW(Environment{inter.handle}, ArgumentError);
}

TEST_F(EnvironmentTest, LeavesTheApplicationsErrorHandlerAlone) {
  MPI_Comm_set_errhandler(comm(), MPI_ERRORS_ARE_FATAL);
  const Environment environment(comm());
  MPI_Errhandler handler = MPI_ERRHANDLER_NULL;
  MPI_Comm_get_errhandler(comm(), &handler);
  EXPECT_EQ(handler, MPI_ERRORS_ARE_FATAL);
  MPI_Errhandler_free(&handler);
}

TEST_F(EnvironmentTest, FinalizeTwiceIsFinalizeOnce) {
  const auto store = registered_store("twice");
  Environment environment(comm());
  environment.finalize();
  EXPECT_TRUE(environment.is_finalized());
  EXPECT_TRUE(store->is_closed());
  EXPECT_EQ(proxystore::get_store("twice"), nullptr);
  const auto later = registered_store("later");
  environment.finalize();
  EXPECT_FALSE(later->is_closed());
  proxystore::unregister_store(*later);
}

TEST_F(EnvironmentTest, NoStoreClosesBeforeAllRanksAreThere) {
  const auto store = registered_store("patient");
  Environment environment(comm());
  if (rank() == last()) std::this_thread::sleep_for(300ms);
  // All ranks run on this machine, so they read the same clock.
  const auto entered = std::chrono::steady_clock::now().time_since_epoch().count();
  environment.finalize();
  const auto left = std::chrono::steady_clock::now().time_since_epoch().count();
  std::int64_t mine = entered;
  std::int64_t latest = 0;
  MPI_Allreduce(&mine, &latest, 1, MPI_INT64_T, MPI_MAX, comm());
  EXPECT_GE(left, latest);
  EXPECT_TRUE(store->is_closed());
}

TEST_F(EnvironmentTest, FinalizeTimesOutAndCanBeRepeated) {
  PROXYSTORE_SKIP_ALL(size() < 2, "one rank waits for nobody");
  const auto store = registered_store("time-out");
  Environment environment(comm(), {.finalize_timeout = 100ms});
  if (rank() != last()) {
    try {
      environment.finalize();
      ADD_FAILURE() << "finalize() did not wait for rank " << last();
    } catch (const TimeoutError& error) {
      const std::string text = error.what();
      EXPECT_NE(text.find("rank " + std::to_string(rank())), std::string::npos) << text;
      EXPECT_NE(text.find("100 ms"), std::string::npos) << text;
    }
    EXPECT_FALSE(environment.is_finalized());
    EXPECT_FALSE(store->is_closed());
  }
  barrier();
  environment.finalize();
  EXPECT_TRUE(store->is_closed());
}

TEST_F(EnvironmentTest, AnExceptionThatLeavesASharedOneHarmsNobody) {
  OwnedComm same;
  MPI_Comm_dup(comm(), &same.handle);
  Environment environment(comm());
  try {
    const Environment inner(same.handle);
    throw std::runtime_error("caught further out");
  } catch (const std::runtime_error&) {
    EXPECT_EQ(Environment::current(), &environment);
  }
}

TEST_F(EnvironmentTest, OneMadeAndEndedWhileAnExceptionIsHandledIsNoCaseOfUnwinding) {
  struct Cleanup {
    MPI_Comm comm;
    ~Cleanup() { const Environment environment(comm); }
  };
  try {
    const Cleanup cleanup{comm()};
    throw std::runtime_error("unwinds through the destructor that uses MPI");
  } catch (const std::runtime_error&) {
    EXPECT_EQ(Environment::current(), nullptr);
  }
}

TEST_F(EnvironmentTest, RunReturnsTheCodeOrZero) {
  using proxystore::mpi::run;
  int seen = -1;
  EXPECT_EQ(run(0, nullptr, [&](Environment& environment) { seen = environment.rank(); }), 0);
  EXPECT_EQ(seen, rank());
  EXPECT_EQ(run(0, nullptr, [](Environment&) { return 3; }), 3);
  EXPECT_EQ(Environment::current(), nullptr);
}

TEST_F(EnvironmentTest, MpiErrorsCarryClassAndRoutine) {
  const int value = 0;
  const int code = MPI_Send(&value, 1, MPI_INT, size() + 1, 0, comm());
  try {
    proxystore::mpi::check(code, "MPI_Send");
    ADD_FAILURE() << "MPI_Send to a rank that does not exist was successful";
  } catch (const proxystore::mpi::MpiError& error) {
    EXPECT_EQ(error.error_class(), MPI_ERR_RANK);
    EXPECT_EQ(error.routine(), "MPI_Send");
    EXPECT_NE(std::string(error.what()).find("MPI_Send failed: "), std::string::npos)
        << error.what();
  }
}

}  // namespace
