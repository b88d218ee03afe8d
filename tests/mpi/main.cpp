// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// The main program of tests on several ranks.
//
// Ranks talk about results only where all of them are sure to come by: at the end of a test, and of
// the program. Never when an assertion fails, which may be on one rank only. Failures are printed
// by the rank that has them, with its number; everything else by rank 0. All ranks return the same
// code.
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "mpi_test.hpp"

namespace proxystore::mpi_test {

namespace {

MPI_Comm harness_comm = MPI_COMM_NULL;
int harness_rank = 0;
int harness_size = 1;

void print(const std::string& line) {
  std::fprintf(stdout, "%s\n", line.c_str());
  std::fflush(stdout);
}

std::string tagged(const std::string& text) {
  return "[rank " + std::to_string(harness_rank) + "] " + text;
}

std::string name_of(const ::testing::TestInfo& test) {
  return std::string(test.test_suite_name()) + "." + test.name();
}

/// Ends the program when a test takes too long, and says on every rank which one it was.
class Watchdog {
 public:
  Watchdog() : thread_([this] { watch(); }) {}
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog() {
    set({});
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  /// The test that runs from now on; none if empty.
  void set(const std::string& test) {
    const std::lock_guard lock(mutex_);
    test_ = test;
    deadline_ = std::chrono::steady_clock::now() + limit();
    changed_.notify_one();
  }

 private:
  static std::chrono::seconds limit() {
    const char* text = std::getenv("PROXYSTORE_TEST_TIMEOUT");
    constexpr int usual = 120;
    return std::chrono::seconds(text == nullptr ? usual : std::atoi(text));
  }

  void watch() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (test_.empty()) {
        changed_.wait(lock);
        continue;
      }
      const auto deadline = deadline_;
      changed_.wait_until(lock, deadline);
      if (!test_.empty() && std::chrono::steady_clock::now() >= deadline_) bark();
    }
  }

  [[noreturn]] void bark() const {
    print(tagged(test_ + " did not end within " + std::to_string(limit().count()) + " s"));
    std::this_thread::sleep_for(std::chrono::seconds(1));  // let the other ranks say the same
    std::_Exit(EXIT_FAILURE);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string test_;
  std::chrono::steady_clock::time_point deadline_;
  bool stopping_ = false;
  std::thread thread_;
};

class Reporter : public ::testing::EmptyTestEventListener {
 public:
  explicit Reporter(Watchdog& watchdog) : watchdog_(watchdog) {}

 private:
  void OnTestStart(const ::testing::TestInfo& test) override {
    watchdog_.set(name_of(test));
    if (harness_rank == 0 && !is_brief()) print("[ RUN      ] " + name_of(test));
  }

  void OnTestPartResult(const ::testing::TestPartResult& result) override {
    if (result.failed()) {
      const std::string file = result.file_name() == nullptr ? "?" : result.file_name();
      print(tagged(file + ":" + std::to_string(result.line_number()) + ": " + result.message()));
    } else if (result.skipped() && harness_rank == 0) {
      print(std::string("[  SKIPPED ] ") + result.message());
    }
  }

  void OnTestEnd(const ::testing::TestInfo& test) override {
    const int mine = test.result()->Failed() ? 1 : 0;
    std::vector<int> all(static_cast<std::size_t>(harness_size));
    MPI_Allgather(&mine, 1, MPI_INT, all.data(), 1, MPI_INT, harness_comm);
    watchdog_.set({});
    std::string ranks;
    for (std::size_t rank = 0; rank < all.size(); ++rank) {
      if (all[rank] != 0) ranks += " " + std::to_string(rank);
    }
    if (harness_rank != 0) return;
    if (!ranks.empty()) {
      ++failed_;
      print("[  FAILED  ] " + name_of(test) + " on rank" + ranks);
    } else if (!is_brief() && !test.result()->Skipped()) {
      print("[       OK ] " + name_of(test) + " (" + std::to_string(test.result()->elapsed_time()) +
            " ms)");
    }
  }

  void OnTestProgramEnd(const ::testing::UnitTest& program) override {
    if (harness_rank != 0) return;
    print(std::to_string(program.test_to_run_count()) + " tests on " +
          std::to_string(harness_size) + " ranks, " + std::to_string(failed_) + " failed, " +
          std::to_string(program.skipped_test_count()) + " skipped");
  }

  static bool is_brief() { return GTEST_FLAG_GET(brief); }

  Watchdog& watchdog_;
  int failed_ = 0;
};

}  // namespace

Verdict agree(const std::function<bool()>& condition) {
  Verdict verdict;
  bool holds = false;
  try {
    holds = condition();
  } catch (const std::exception& error) {
    verdict.thrown = error.what();
  }
  std::array<int, 2> mine = {holds ? 0 : 1, holds ? harness_size : harness_rank};
  MPI_Allreduce(&mine[0], &verdict.ranks, 1, MPI_INT, MPI_SUM, harness_comm);
  MPI_Allreduce(&mine[1], &verdict.first, 1, MPI_INT, MPI_MIN, harness_comm);
  return verdict;
}

std::string describe(const Verdict& verdict) {
  std::string text = " is false on " + std::to_string(verdict.ranks) +
                     " ranks, the first of them rank " + std::to_string(verdict.first);
  if (!verdict.thrown.empty()) text += "; here it threw: " + verdict.thrown;
  return text;
}

std::filesystem::path make_shared_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "proxystore-mpi-XXXXXX").string();
  if (harness_rank == 0 && mkdtemp(name.data()) == nullptr) std::perror("mkdtemp");
  MPI_Bcast(name.data(), static_cast<int>(name.size()), MPI_CHAR, 0, harness_comm);
  return name;
}

void MpiTest::SetUp() {
  MPI_Comm_dup(harness_comm, &comm_);
  MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN);
  rank_ = harness_rank;
  size_ = harness_size;
}

void MpiTest::TearDown() {
  MPI_Comm_free(&comm_);
}

}  // namespace proxystore::mpi_test

int main(int argc, char** argv) {
  using namespace proxystore::mpi_test;  // NOLINT(*-using-namespace): one program, one function
  int provided = MPI_THREAD_SINGLE;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
  MPI_Comm_dup(MPI_COMM_WORLD, &harness_comm);
  MPI_Comm_rank(harness_comm, &harness_rank);
  MPI_Comm_size(harness_comm, &harness_size);
  ::testing::InitGoogleTest(&argc, argv);
  int mine = EXIT_FAILURE;
  {
    Watchdog watchdog;
    auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new Reporter(watchdog));
    mine = RUN_ALL_TESTS();
  }
  int code = EXIT_FAILURE;
  MPI_Allreduce(&mine, &code, 1, MPI_INT, MPI_MAX, harness_comm);
  MPI_Comm_free(&harness_comm);
  MPI_Finalize();
  return code;
}
