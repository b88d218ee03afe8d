// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Tasks on the ranks of a program. The numbers are those of the cases in docs/from-python.md.
#include "proxystore/mpi/executor.hpp"

#include <chrono>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "memory_test.hpp"
#include "proxystore/error.hpp"
#include "proxystore/mpi/progress.hpp"
#include "proxystore/mpi/stream.hpp"
#include "proxystore/owned_proxy.hpp"

namespace proxystore::mpi_test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using Ints = std::vector<int>;
using mpi::Executor;
using mpi::ExecutorOptions;
using mpi::TaskError;

class ExecutorTest : public MemoryTest {
 protected:
  void SetUp() override {
    MemoryTest::SetUp();
    store_ = Store::create("tasks", MpiOptions{}, {.metrics = true, .auto_register = true});
  }
  void TearDown() override {
    barrier();
    MemoryTest::TearDown();
  }

  /// A pool that gives values of more than 1000 bytes to the store.
  [[nodiscard]] ExecutorOptions options() const {
    return {.store = store_, .should_proxy = mpi::ProxyLargerThan{1000}};
  }
  /// How many objects this rank has put.
  [[nodiscard]] std::size_t puts() const {
    const auto times = store_->metrics()->summary().times;
    const auto found = times.find("store.put");
    return found == times.end() ? 0 : found->second.count();
  }
  [[nodiscard]] std::size_t total_puts() const {
    const auto all = mpi::allgather(puts(), {.comm = comm()});
    return std::accumulate(all.begin(), all.end(), std::size_t{0});
  }

  [[nodiscard]] const std::shared_ptr<Store>& store() const { return store_; }

 private:
  std::shared_ptr<Store> store_;
};

Ints iota(int size) {
  Ints values(static_cast<std::size_t>(size));
  std::iota(values.begin(), values.end(), 0);
  return values;
}

TEST_F(ExecutorTest, case196_small_values_travel_with_their_tasks) {
  Executor pool(options());
  const auto add = pool.define("add", [](int a, const int& b) { return a + b; });
  const auto length =
      pool.define("length", [](const std::string& text) { return static_cast<int>(text.size()); });
  pool.run([&] {
    const auto sum = pool.submit(add, 2, 3);
    EXPECT_EQ(*sum.result(), 5);
    EXPECT_EQ(*sum.result(), 5) << "again";
    EXPECT_TRUE(sum.done());
    EXPECT_EQ(*pool.submit(length, "text").result(), 4) << "a value that converts";
    const auto lengths = pool.map(length, {"", "a", "bb"});
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(*lengths[i].result(), static_cast<int>(i));
  });
  EXPECT_EQ(total_puts(), 0U);
}

TEST_F(ExecutorTest, case197_with_everything_in_the_store_nothing_is_left_there) {
  auto always = options();
  always.should_proxy = mpi::ProxyAlways();
  Executor pool(always);
  const auto twice = pool.define("twice", [](Ints values) {
    for (int& value : values) value *= 2;
    return values;
  });
  pool.run([&] {
    std::vector<mpi::TaskFuture<Ints>> futures;
    for (int i = 0; i < 20; ++i) futures.push_back(pool.submit(twice, Ints{i, i + 1}));
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(*futures[static_cast<std::size_t>(i)].result(), (Ints{2 * i, 2 * i + 2}));
    }
    (void)pool.submit(twice, Ints{1});  // whose result nobody wants
  });
  EXPECT_EQ(total_puts(), 42U);
  EXPECT_EQ(total(&mpi::RankReport::objects), 0U);
}

TEST_F(ExecutorTest, case198_results_are_proxied_by_the_policy_only) {
  auto ints_only = options();
  ints_only.should_proxy = mpi::ProxyTypes<Ints>();
  Executor pool(ints_only);
  const auto count = pool.define("count", [](int size) { return iota(size); });
  const auto text = pool.define("text", [](int size) {
    return std::string(1'000'000, 'x').substr(0, static_cast<std::size_t>(size));
  });
  pool.run([&] {
    EXPECT_EQ(*pool.submit(count, 3).result(), iota(3));
    EXPECT_EQ(pool.submit(text, 500'000).result()->size(), 500'000U);
  });
  EXPECT_EQ(total_puts(), 1U);
  EXPECT_EQ(total(&mpi::RankReport::objects), 0U);
}

TEST_F(ExecutorTest, case199_policies_decide) {
  const std::string type = TypeName<Ints>::get();
  const mpi::TaskValue value{.type = type, .size = 100};
  EXPECT_TRUE(mpi::ProxyAlways()(value));
  EXPECT_FALSE(mpi::ProxyNever()(value));
  EXPECT_TRUE((mpi::ProxyTypes<Ints, std::string>()(value)));
  EXPECT_FALSE(mpi::ProxyTypes<std::string>()(value));
  EXPECT_TRUE(mpi::ProxyLargerThan{99}(value));
  EXPECT_FALSE(mpi::ProxyLargerThan{100}(value));
}

TEST_F(ExecutorTest, results_of_tasks_are_arguments_that_stay_where_they_were_made) {
  Executor pool(options());
  const auto make = pool.define("make", [](int size) { return iota(size); });
  const auto sum = pool.define("sum", [](const Ints& a, const Ints& b) {
    return std::accumulate(a.begin(), a.end(), 0) + b.at(0);
  });
  pool.run([&] {
    const auto large = pool.submit(make, 1000);
    const auto small = pool.submit(make, 1);
    EXPECT_EQ(*pool.submit(sum, large, small).result(), 499'500);
    EXPECT_EQ(*pool.submit(sum, small, large).result(), 0);
    // A proxy is passed on as it is, and its object stays.
    const auto proxy = store()->proxy(iota(2000));
    EXPECT_EQ(*pool.submit(sum, proxy, Ints{7}).result(), 1'999'007);
    EXPECT_TRUE(store()->exists(proxy.key()));
    EXPECT_EQ(*pool.submit(make, 2000).result(), iota(2000));
    (void)store()->evict(proxy.key());
    // A result lives as long as the tasks that use it.
    auto dependent = [&] { return pool.submit(sum, pool.submit(make, 3000), Ints{0}); }();
    EXPECT_EQ(*dependent.result(), 4'498'500);
  });
  EXPECT_EQ(total(&mpi::RankReport::objects), 0U);
}

TEST_F(ExecutorTest, case179_and_180_and_181_and_182_borrow_moves_into_a_task_and_ends_with_it) {
  Executor pool(options());
  const auto sum = pool.define("sum", [](const RefProxy<Ints>& borrowed, const Ints& more) {
    return std::accumulate(borrowed->begin(), borrowed->end(), 0) + more.at(0);
  });
  const auto append = pool.define("append", [](RefMutProxy<Ints> borrowed, int value) {
    borrowed->push_back(value);
    borrowed.update();
  });
  pool.run([&] {
    auto owner = store()->owned_proxy(iota(1000), {.populate_target = false});
    auto borrowed = owner.borrow({.populate_target = false});
    const auto future = pool.submit(sum, borrowed, Ints{1});
    EXPECT_FALSE(borrowed.valid());
    EXPECT_EQ(*future.result(), 499'501);
    EXPECT_FALSE(owner.resolved());
    std::optional<RefMutProxy<Ints>> writing;
    const auto is_free = [&] {
      try {
        writing = owner.mut_borrow({.populate_target = false});
        return true;
      } catch (const MutableBorrowError&) {
        mpi::progress();
        return false;
      }
    };
    while (!is_free()) continue;  // the watchdog ends this
    pool.submit(append, *writing, 7).result();
    EXPECT_FALSE(writing->valid());
    while (!is_free()) continue;
    EXPECT_EQ((*writing)->size(), 1001U);
    EXPECT_EQ((*writing)->back(), 7);
  });
}

TEST_F(ExecutorTest, many_tasks_are_shared_by_all_workers) {
  Executor pool(options());
  const auto where = pool.define("where", [rank = rank()](int ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    return rank;
  });
  const auto nothing = pool.define("nothing", [] {});
  pool.run([&] {
    EXPECT_EQ(pool.workers(), last());
    std::vector<mpi::TaskFuture<int>> futures;
    for (int i = 0; i < pool.workers(); ++i) futures.push_back(pool.submit(where, 300));
    for (int i = 0; i < 300; ++i) futures.push_back(pool.submit(where, 0));
    Ints counts(index(size()));
    for (const auto& future : futures) ++counts.at(index(*future.result()));
    EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0), 300 + last());
    for (int worker = 1; worker < size(); ++worker) EXPECT_GT(counts[index(worker)], 0);
    EXPECT_EQ(counts[0], size() == 1 ? 300 : 0);
    for (int i = 0; i < 100; ++i) pool.submit(nothing).result();
  });
}

TEST_F(ExecutorTest, exception_of_a_worker_arrives_at_the_caller) {
  Executor pool(options());
  const auto fail = pool.define("fail", [](const Ints& values) -> int {
    if (values.size() > 1) throw std::out_of_range("too many values");
    throw 42;  // NOLINT
  });
  const auto fine = pool.define("fine", [](int value) { return value; });
  pool.run([&] {
    const auto failing = pool.submit(fail, iota(1000));
    const std::string rank = size() == 1 ? "0" : "";
    EXPECT_THAT(
        [&] { (void)failing.result(); },
        ThrowsMessage<TaskError>(AllOf(HasSubstr("the function 'fail' failed on rank " + rank),
                                       HasSubstr("too many values"))));
    EXPECT_THROW((void)failing.result(), TaskError) << "again";
    EXPECT_TRUE(failing.done());
    EXPECT_THAT([&] { (void)pool.submit(fail, Ints{}).result(); },
                ThrowsMessage<TaskError>(HasSubstr("no std::exception")));
    EXPECT_EQ(*pool.submit(fine, pool.submit(fine, 1)).result(), 1);
    const auto failed = pool.submit(fail, Ints{});
    EXPECT_THROW((void)pool.submit(fine, failed), TaskError) << "there is nothing to pass on";
  });
}

TEST_F(ExecutorTest, caller_waits_for_a_slow_worker_as_long_as_it_says) {
  PROXYSTORE_SKIP_ALL(size() < 2, "a rank that is alone runs its tasks itself");
  Executor pool(options());
  const auto sleep = pool.define("sleep", [](int ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    return ms;
  });
  pool.run([&] {
    const auto future = pool.submit(sleep, 300);
    EXPECT_THAT([&] { (void)future.result(5ms); },
                ThrowsMessage<TimeoutError>(
                    AllOf(HasSubstr("'sleep' was given to rank 1"), HasSubstr("within 5 ms"))));
    EXPECT_EQ(*future.result(60s), 300);
  });
}

TEST_F(ExecutorTest, task_of_a_function_that_only_the_caller_has_fails) {
  PROXYSTORE_SKIP_ALL(size() < 2, "the caller has it");
  Executor pool(options());
  const auto known = pool.define("known", [](int value) { return value; });
  const auto function = [](int value) { return value; };
  const auto unknown =
      rank() == 0 ? pool.define("unknown", function) : mpi::TaskFunction<int, int>{"unknown"};
  pool.run([&] {
    EXPECT_THAT([&] { (void)pool.submit(unknown, 1).result(); },
                ThrowsMessage<TaskError>(HasSubstr("known are 'known'")));
    const mpi::TaskFunction<int, int, int> other{"known"};
    EXPECT_THAT([&] { (void)pool.submit(other, 1, 2).result(); },
                ThrowsMessage<TaskError>(HasSubstr("brings 2 arguments")));
    const mpi::TaskFunction<int, Ints> of_ints{"known"};
    EXPECT_THROW((void)pool.submit(of_ints, Ints{1}).result(), TaskError);
    EXPECT_EQ(*pool.submit(known, 1).result(), 1) << "the workers are still there";
  });
}

TEST_F(ExecutorTest, worker_that_leaves_fails_its_tasks_only) {
  PROXYSTORE_SKIP_ALL(size() < 2, "there is no worker");
  Executor pool(options());
  const auto fine = pool.define("fine", [](int value) { return value; });
  if (rank() == 1) {
    const mpi::MpiSubscriber leaving({.tag = options().tag});  // as if serve() had failed
  }
  barrier();
  if (rank() == 1) return;
  pool.run([&] {
    int failed = 0;
    for (int i = 0; i < 50; ++i) {
      try {
        EXPECT_EQ(*pool.submit(fine, i).result(), i);
      } catch (const TaskError& error) {
        EXPECT_TRUE(error.rank() == 1 || size() == 2) << error.what();
        ++failed;
      }
    }
    EXPECT_GE(failed, 1);
    if (size() > 2) {
      EXPECT_LE(failed, 10);
    }
  });
}

TEST_F(ExecutorTest, exception_of_the_caller_lets_the_workers_go) {
  Executor pool(options());
  const auto fine = pool.define("fine", [](const Ints& values) { return values; });
  std::vector<mpi::TaskFuture<Ints>> futures;
  const auto body = [&] {
    for (int i = 0; i < 50; ++i) futures.push_back(pool.submit(fine, iota(1000)));
    throw std::runtime_error("the caller fails");
  };
  if (rank() == 0) {
    EXPECT_THROW(pool.run(body), std::runtime_error);
    EXPECT_THAT([&] { (void)futures.back().result(); },
                ThrowsMessage<TaskError>(HasSubstr("shut down")));
    EXPECT_THROW((void)pool.submit(fine, Ints{}), StoreClosedError);
    EXPECT_NO_THROW(pool.shutdown());
  } else {
    pool.run(body);
  }
}

TEST_F(ExecutorTest, executors_follow_each_other_with_one_tag) {
  for (int i = 0; i < 16; ++i) {  // each one's tasks may come before the end of the one before
    auto without_store = options();
    if (i % 2 == 1) without_store.store = nullptr;
    without_store.caller = i % size();
    Executor pool(without_store);
    const auto make = pool.define("make", [](int size) { return iota(size); });
    pool.run([&] { EXPECT_EQ(*pool.submit(make, 5000).result(), iota(5000)); });
  }
}

TEST_F(ExecutorTest, wrong_uses_are_named) {
  Executor pool(options());
  (void)pool.define("f", [] {});
  EXPECT_THROW((void)pool.define("f", [] {}), ArgumentError);
  if (rank() == 0) {
    EXPECT_THROW(pool.serve(), ArgumentError);
  } else {
    EXPECT_THROW((void)pool.submit(mpi::TaskFunction<void>{"f"}), ArgumentError);
    EXPECT_THROW(pool.shutdown(), ArgumentError);
  }
  const auto with = [&](auto change) {
    return [this, change] {
      auto changed = options();
      change(changed);
      return Executor(changed).workers();
    };
  };
  EXPECT_THROW((void)with([&](auto& o) { o.caller = size(); })(), ArgumentError);
  EXPECT_THROW((void)with([](auto& o) { o.tag = -1; })(), ArgumentError);
  EXPECT_THROW((void)with([](auto& o) { o.queue_depth = 0; })(), ArgumentError);
  EXPECT_THROW((void)with([](auto& o) { o.should_proxy = nullptr; })(), ArgumentError);
  pool.run([] {});
}

}  // namespace
}  // namespace proxystore::mpi_test
