// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Jobs that save what they keep, and others, of more ranks or fewer, that go on with it: each
// Environment is a run of its own.
#include "proxystore/mpi/checkpoint.hpp"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include <sys/syscall.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "decompositions.hpp"
#include "memory_test.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/error.hpp"
#include "proxystore/future.hpp"
#include "proxystore/mpi/error.hpp"
#include "proxystore/owned_proxy.hpp"

// The renames of this process, the library's included, which a test may let fail.
namespace {
bool can_exchange = true;
int renames_until_death = -1;  // after so many nothing is renamed any more; -1: never
}  // namespace

extern "C" {
__attribute__((visibility("default"))) int rename(const char* from, const char* to) noexcept {
  if (renames_until_death == 0) {
    errno = EIO;
    return -1;
  }
  if (renames_until_death > 0) --renames_until_death;
  return static_cast<int>(::syscall(SYS_rename, from, to));
}
__attribute__((visibility("default"))) int renameat2(int from_folder, const char* from,
                                                     int to_folder, const char* to,
                                                     unsigned flags) noexcept {
  if (!can_exchange) {
    errno = EINVAL;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}
}

namespace proxystore::mpi_test {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using Numbers = std::vector<double>;
using Grid = Array<double, 2>;

/// What a rank remembers of one run in the next one.
struct Remembered {
  Proxy<Numbers> numbers{};
  Proxy<std::string> text{};
  Proxy<Bytes> bytes{};
  Proxy<Numbers> deferred{};
  Proxy<Numbers> unset{};
  Key evicted{};
  Key unset_key{};

  template <class Archive>
  void serialize(Archive& archive) {
    archive(numbers, text, bytes, deferred, unset, evicted, unset_key);
  }
};

}  // namespace
}  // namespace proxystore::mpi_test

PROXYSTORE_TYPE_NAME(proxystore::mpi_test::Remembered, "remembered/1");

namespace proxystore::mpi_test {
namespace {

Numbers numbers_of(int rank, std::size_t count) {
  Numbers numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = 1000.0 * rank + static_cast<double>(i);
  return numbers;
}

class CheckpointTest : public MemoryTest {
 protected:
  void SetUp() override {
    MemoryTest::SetUp();
    folder_ = make_shared_folder();
  }
  void TearDown() override {
    barrier();
    if (rank() == 0) fs::remove_all(folder_);
    MemoryTest::TearDown();
  }

  [[nodiscard]] fs::path path() const { return folder_ / "saved"; }
  [[nodiscard]] const fs::path& folder() const { return folder_; }

  /// Objects of all sorts, of this rank.
  Remembered put_all(Store& store) const {
    Remembered mine;
    mine.numbers = store.proxy(numbers_of(rank(), 10'000), {.populate_target = false});
    mine.text = store.proxy("rank " + std::to_string(rank()), {.populate_target = false});
    mine.bytes = store.proxy(Bytes{}, {.populate_target = false});
    // The owner of a deferred key and that of its object are two ranks, if there are two.
    auto future = store.future<Numbers>();
    mine.deferred = future.proxy();
    const auto of_previous = pass_on(future.proxy());
    store.set(of_previous.key(), numbers_of(rank() + 100, 10));
    store.set(of_previous.key(), numbers_of(rank() + 200, 20));
    auto unset = store.future<Numbers>();
    mine.unset = unset.proxy();
    mine.unset_key = mine.unset.key();
    mine.evicted = store.put(Numbers{1, 2, 3});
    EXPECT_TRUE(store.evict(mine.evicted));
    return mine;
  }

  template <class T>
  T pass_on(const T& value) const {
    const auto all = mpi::allgather(value, {.comm = comm()});
    return all.at(index(previous()));
  }

  void expect_all(const std::vector<Remembered>& all) const {
    const int ranks = static_cast<int>(all.size());
    for (int one = 0; one < ranks; ++one) {
      const Remembered& its = all.at(index(one));
      EXPECT_EQ(*its.numbers, numbers_of(one, 10'000));
      EXPECT_EQ(*its.text, "rank " + std::to_string(one));
      EXPECT_TRUE(its.bytes->empty());
      EXPECT_EQ(*its.deferred, numbers_of((one + 1) % ranks + 200, 20));
      const auto store = get_store(its.numbers);
      EXPECT_EQ(store->name(), "saved");
      EXPECT_TRUE(store->exists(its.numbers.key()));
      EXPECT_FALSE(store->exists(its.unset_key));
      EXPECT_EQ(store->get<Numbers>(its.evicted), nullptr);
    }
  }

  /// What saving, or restoring, throws on this rank. Collective.
  template <class Function>
  [[nodiscard]] std::string said_by(const Function& function) const {
    try {
      function();
    } catch (const mpi::PeerError&) {
      return "peer";
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  static mpi::MemoryOptions small() { return {.limit = std::uint64_t{4} << 20U}; }

 private:
  fs::path folder_;
};

TEST_F(CheckpointTest, AllThatIsKeptComesBackInTheNextRun) {
  const auto store = Store::create("saved", MpiOptions{}, {.cache_size = 7});
  const auto all = mpi::allgather(put_all(*store), {.comm = comm()});
  mpi::save(*store, path(), {.state = Bytes::copy_of(serialize(all).parts())});
  const auto objects = total(&mpi::RankReport::objects);
  stop();
  start({});
  const auto restored = mpi::restore(path());
  EXPECT_EQ(restored.store->name(), "saved");
  EXPECT_EQ(restored.store->config().cache_size, 7U);
  EXPECT_EQ(get_store("saved"), restored.store);
  EXPECT_EQ(total(&mpi::RankReport::objects), objects);
  const auto again = deserialize<std::vector<Remembered>>(restored.state);
  expect_all(again);
  barrier();

  // They are objects as any others.
  const Remembered& mine = again.at(index(next()));
  restored.store->set(mine.unset_key, Numbers{5});
  EXPECT_EQ(*mine.unset, Numbers{5});
  barrier();
  EXPECT_TRUE(restored.store->evict(mine.numbers.key()));
  EXPECT_TRUE(restored.store->evict(mine.deferred.key()));
  EXPECT_FALSE(restored.store->evict(mine.numbers.key()));
  barrier();
  EXPECT_FALSE(connector().exists(again.at(index(rank())).numbers.key()));
  const auto boxes = restored.store->get_batch<std::string>(
      std::array{mine.text.key(), mine.evicted, again.front().text.key()});
  EXPECT_NE(boxes[0], nullptr);
  EXPECT_EQ(boxes[1], nullptr);
  EXPECT_NE(boxes[2], nullptr);
}

TEST_F(CheckpointTest, DistributedArraysAreSavedInTheirBlocks) {
  const auto store = Store::create("saved", MpiOptions{});
  const Block<2> rows{.offset = {index(rank()) * 8, 0}, .extents = {8, 30}};
  const auto proxy = put_block<double>(*store, comm(), {index(size()) * 8, std::size_t{30}}, rows);
  mpi::save(*store, path(), {.state = to_bytes(proxy)});
  stop();
  start({});
  const auto restored = mpi::restore(path());
  const auto again = from_bytes<Grid>(restored.state);
  EXPECT_EQ(again.extents()[0], index(size()) * 8);
  const Box box{.offset = {1, 2}, .shape = {index(size()) * 4 - 1, 9}, .stride = {2, 3}};
  expect_elements(again.box(box).copy(), box);
  expect_elements(again.copy(), Box::whole(detail::shape_of(again.extents())));
  barrier();
  if (rank() == last()) {
    EXPECT_TRUE(restored.store->evict(again.key()));
  }
  EXPECT_EQ(total(&mpi::RankReport::objects), 0U);
}

TEST_F(CheckpointTest, ARunOfOtherRanksGoesOn) {
  // Of the ranks of the test, so many are in each run; the first restores what there is not.
  std::vector<int> runs{size(), 1, std::max(1, size() / 2), size()};
  stop();
  for (std::size_t run = 0; run < runs.size(); ++run) {
    const bool is_in = rank() < runs[run];
    MPI_Comm some = MPI_COMM_NULL;
    MPI_Comm_split(comm(), is_in ? 0 : MPI_UNDEFINED, rank(), &some);
    if (is_in) {
      mpi::Environment environment(some);
      auto store = run == 0 ? Store::create("saved", MpiOptions{}) : nullptr;
      std::vector<Proxy<Numbers>> proxies;
      if (run > 0) {
        const auto restored = mpi::restore(path());
        store = restored.store;
        proxies = deserialize<std::vector<Proxy<Numbers>>>(restored.state);
      }
      const auto runs_before = run;
      EXPECT_EQ(proxies.empty(), runs_before == 0);
      for (std::size_t i = 0; i < proxies.size(); ++i) {
        EXPECT_EQ(*proxies[i], numbers_of(static_cast<int>(i), 100 * i)) << "run " << run;
      }
      // One more of each rank for the next run.
      const auto mine = store->proxy(numbers_of(static_cast<int>(proxies.size()) + rank(),
                                                100 * (proxies.size() + index(rank()))),
                                     {.populate_target = false});
      for (const auto& proxy : mpi::allgather(mine, {.comm = some})) proxies.push_back(proxy);
      mpi::save(*store, path(), {.state = Bytes::copy_of(serialize(proxies).parts())});
      mpi::barrier(some);
      close_registered_stores();
      store.reset();
      environment.finalize();
      MPI_Comm_free(&some);
    }
    MPI_Barrier(comm());
  }
  start({});
}

TEST_F(CheckpointTest, IsReadByOtherPrograms) {
  const auto store = Store::create("saved", MpiOptions{});
  const Key key = store->put(Grid::copy_of(numbers_of(rank(), 6), {2, 3}));
  mpi::save(*store, path());
  const std::string command = "h5dump -d /" + key.to_string() + " " +
                              (path() / ("rank-" + std::to_string(rank()) + ".h5")).string();
  std::string said;
  if (FILE* pipe = ::popen(command.c_str(), "r")) {
    std::array<char, 512> part{};
    while (std::fgets(part.data(), part.size(), pipe) != nullptr) said += part.data();
    EXPECT_EQ(::pclose(pipe), 0) << command;
  }
  EXPECT_THAT(said, HasSubstr("( 2, 3 )"));
  EXPECT_THAT(said, HasSubstr("H5T_IEEE_F64LE"));
  EXPECT_THAT(said, HasSubstr(std::to_string(rank() * 1000 + 5)));
}

TEST_F(CheckpointTest, ReplacesAnOlderOneAndWhatADeadJobLeft) {
  const auto store = Store::create("saved", MpiOptions{});
  mpi::save(*store, path(), {.state = to_bytes(store->proxy(Numbers{1}))});
  if (rank() == 0) {
    fs::create_directory(folder() / "saved.partial");
    std::ofstream(folder() / "saved.partial" / "rank-0.h5") << "half";
  }
  const auto second = store->proxy(Numbers{2}, {.populate_target = false});
  mpi::save(*store, path() / "", {.state = to_bytes(second)});
  barrier();
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder())) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_EQ(names, std::vector<std::string>{"saved"});
  stop();
  start({});
  EXPECT_EQ(from_bytes<Numbers>(mpi::restore(path()).state).copy(), Numbers{2});
}

TEST_F(CheckpointTest, ALinkToACheckpointStays) {
  const auto store = Store::create("saved", MpiOptions{});
  mpi::save(*store, path(), {.state = to_bytes(store->proxy(Numbers{1}))});
  const fs::path link = folder() / "latest";
  if (rank() == 0) fs::create_directory_symlink("saved", link);
  barrier();
  const auto second = store->proxy(Numbers{2}, {.populate_target = false});
  mpi::save(*store, link, {.state = to_bytes(second)});
  barrier();
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_FALSE(fs::is_symlink(path()));
  barrier();
  stop();
  start({});
  EXPECT_EQ(from_bytes<Numbers>(mpi::restore(link).state).copy(), Numbers{2});
}

TEST_F(CheckpointTest, AFailedSaveLeavesTheOlderOne) {
  const auto store = Store::create("saved", MpiOptions{});
  mpi::save(*store, path(), {.state = to_bytes(store->proxy(Numbers{1}))});
  if (rank() == 0) std::ofstream(folder() / "saved.partial") << "a file";
  const auto said = said_by([&] { mpi::save(*store, path()); });
  EXPECT_THAT(said, AnyOf("peer", HasSubstr("saved.partial")));
  EXPECT_EQ(rank() == 0, said != "peer");
  EXPECT_NO_THROW((void)store->put(Numbers{3})) << "the gate is open again";
  barrier();
  stop();
  start({});
  EXPECT_EQ(from_bytes<Numbers>(mpi::restore(path()).state).copy(), Numbers{1});
}

/// Where names cannot be exchanged, and the job dies while it publishes.
class DyingJobs : public CheckpointTest {
 protected:
  void SetUp() override {
    CheckpointTest::SetUp();
    store_ = Store::create("saved", MpiOptions{});
    can_exchange = false;
  }
  void TearDown() override {
    can_exchange = true;
    renames_until_death = -1;
    store_.reset();
    CheckpointTest::TearDown();
  }

  /// Saves @p number; rank 0 publishes with @p renames, and then the job is as dead.
  [[nodiscard]] std::string save(double number, int renames = -1) {
    const Bytes state = to_bytes(store_->proxy(Numbers{number}, {.populate_target = false}));
    // Its files get their names by a rename too: each rank's, and at rank 0 the mark and the
    // summary.
    constexpr int before = 3;
    if (rank() == 0 && renames >= 0) renames_until_death = before + renames;
    auto said = said_by([&] { mpi::save(*store_, path(), {.state = state}); });
    renames_until_death = -1;
    barrier();
    return said;
  }

  void expect_restored(double number) {
    store_.reset();
    stop();
    start({});
    EXPECT_EQ(from_bytes<Numbers>(mpi::restore(path()).state).copy(), Numbers{number});
  }

  [[nodiscard]] bool is_there(const std::string& name) const {
    return fs::exists(folder() / name / "checkpoint.h5");
  }

 private:
  std::shared_ptr<Store> store_;
};

TEST_F(DyingJobs, AllRenamesDone) {
  EXPECT_EQ(save(1), "no error");
  EXPECT_EQ(save(2), "no error");
  EXPECT_FALSE(is_there("saved.old"));
  expect_restored(2);
}

TEST_F(DyingJobs, BeforeTheFirstRename) {
  EXPECT_EQ(save(1), "no error");
  EXPECT_THAT(save(2, 0), AnyOf("peer", HasSubstr("cannot rename")));
  expect_restored(1);
}

TEST_F(DyingJobs, BetweenTwoRenamesAndAgainBeforeTheNext) {
  EXPECT_EQ(save(1), "no error");
  EXPECT_THAT(save(2, 1), AnyOf("peer", HasSubstr("cannot rename")));
  EXPECT_FALSE(is_there("saved"));
  EXPECT_TRUE(is_there("saved.old"));
  barrier();
  EXPECT_THAT(save(3, 0), AnyOf("peer", HasSubstr("cannot rename")));
  EXPECT_TRUE(is_there("saved.old"));
  expect_restored(1);
}

TEST_F(DyingJobs, BetweenTwoRenamesAndThenOneThatIsSaved) {
  EXPECT_EQ(save(1), "no error");
  EXPECT_THAT(save(2, 1), AnyOf("peer", HasSubstr("cannot rename")));
  EXPECT_EQ(save(3), "no error");
  EXPECT_FALSE(is_there("saved.old"));
  expect_restored(3);
}

TEST_F(CheckpointTest, WhatIsNoCheckpointStays) {
  const auto store = Store::create("saved", MpiOptions{});
  if (rank() == 0) {
    fs::create_directory(path());
    std::ofstream(path() / "thesis.txt") << "all of it";
  }
  EXPECT_THAT(said_by([&] { mpi::save(*store, path()); }),
              AnyOf("peer", HasSubstr("is there already, and is no checkpoint")));
  EXPECT_TRUE(fs::exists(path() / "thesis.txt"));
  EXPECT_THAT(said_by([&] { mpi::save(*store, folder() / "no" / "such" / "folder"); }),
              AnyOf("peer", HasSubstr("cannot make the folder")));
  EXPECT_THAT(said_by([&] { (void)mpi::restore(path()); }),
              AnyOf("peer", HasSubstr("there is no checkpoint at")));
  const auto local = Store::create("local", LocalOptions{});
  EXPECT_THAT(said_by([&] { mpi::save(*local, folder() / "local"); }),
              HasSubstr("'local' is of kind local"));
}

TEST_F(CheckpointTest, IsRestoredOnceAndByAnotherRun) {
  const auto store = Store::create("saved", MpiOptions{});
  const auto proxy = store->proxy(Numbers{1}, {.populate_target = false});
  mpi::save(*store, path());
  EXPECT_THAT(said_by([&] { (void)mpi::restore(path()); }),
              AnyOf("peer", HasSubstr("this job saved")));
  const Bytes wire = to_bytes(proxy);
  stop();
  start({});
  EXPECT_THROW((void)from_bytes<Numbers>(wire).resolve(), ProxyResolveError);
  (void)mpi::restore(path());
  EXPECT_EQ(from_bytes<Numbers>(wire).copy(), Numbers{1});
  EXPECT_THAT(said_by([&] { (void)mpi::restore(path()); }),
              AnyOf("peer", HasSubstr("were restored in this job already")));
}

TEST_F(CheckpointTest, DamagedOnesAreRefusedByAll) {
  const auto store = Store::create("saved", MpiOptions{});
  (void)store->put(numbers_of(rank(), 5000));
  mpi::save(*store, path());
  stop();
  start({});
  const auto refused = [&](const std::string& why) {
    EXPECT_THAT(said_by([&] { (void)mpi::restore(path()); }), AnyOf("peer", HasSubstr(why)));
    EXPECT_EQ(total(&mpi::RankReport::objects), 0U) << why;
  };
  const auto at_root = [&](const std::function<void()>& act) {
    if (rank() == 0) act();
    barrier();
  };
  const fs::path file = path() / ("rank-" + std::to_string(last()) + ".h5");
  const fs::path aside = folder() / "aside.h5";
  at_root([&] { fs::copy_file(file, aside); });
  const auto size = fs::file_size(file);
  barrier();
  at_root([&] {  // a bit of the elements
    std::fstream damaged(file, std::ios::in | std::ios::out | std::ios::binary);
    for (std::uintmax_t at = 12'000; at < size; at += 4096) {
      damaged.seekp(static_cast<std::streamoff>(at));
      damaged.put('\x7f');
    }
  });
  refused("");
  at_root([&] { fs::resize_file(file, size / 2); });
  refused("is no HDF5 file, or it is damaged");
  at_root([&] { fs::remove(file); });
  refused("the checkpoint lacks");
  at_root([&] { fs::copy_file(path() / "checkpoint.h5", file); });
  refused("lists no objects");
  at_root([&] {
    fs::remove(file);
    fs::rename(aside, file);
  });
  EXPECT_NO_THROW((void)mpi::restore(path()));
}

TEST_F(CheckpointTest, WhatHasNoRoomIsNotRestored) {
  const auto store = Store::create("saved", MpiOptions{});
  for (int i = 0; i < 6; ++i) (void)store->put(numbers_of(rank(), 125'000));
  mpi::save(*store, path());
  stop();
  start(small());
  EXPECT_THAT(said_by([&] { (void)mpi::restore(path()); }),
              AnyOf("peer", HasSubstr("no room for")));
  EXPECT_EQ(total(&mpi::RankReport::objects), 0U);
  EXPECT_EQ(get_store("saved"), nullptr);
}

TEST_F(CheckpointTest, SpilledObjectsAreSavedToo) {
  stop();
  auto options = small();
  options.spill_dir = folder();
  start(options);
  const auto store = Store::create("saved", MpiOptions{});
  std::vector<Proxy<Numbers>> proxies;
  for (int i = 0; i < 6; ++i) {
    proxies.push_back(store->proxy(numbers_of(i, 125'000), {.populate_target = false}));
  }
  EXPECT_GT(total(&mpi::RankReport::spilled), 0U);
  const auto all = mpi::allgather(proxies, {.comm = comm()});
  mpi::save(*store, path(), {.state = Bytes::copy_of(serialize(all).parts())});
  stop();
  start({});
  const auto restored = mpi::restore(path());
  for (const auto& its : deserialize<std::vector<std::vector<Proxy<Numbers>>>>(restored.state)) {
    for (int i = 0; i < 6; ++i) EXPECT_EQ(*its.at(index(i)), numbers_of(i, 125'000));
  }
}

/// Threads put while all ranks save: each save sees none of them inside, or fails on all ranks, and
/// a put works, or is told to wait.
TEST_F(CheckpointTest, PutsAndSavesExcludeEachOther) {
  const auto store = Store::create("saved", MpiOptions{});
  std::atomic<bool> is_over{false};
  std::size_t puts = 0;
  std::size_t refused = 0;
  std::thread thread([&] {
    while (!is_over) {
      try {
        EXPECT_TRUE(store->evict(store->put(Numbers(1000))));
        ++puts;
      } catch (const BusyError&) {
        ++refused;
        std::this_thread::yield();
      }
    }
  });
  int saved = 0;
  for (int n = 0; n < 10; ++n) {
    const auto said = said_by([&] { mpi::save(*store, path()); });
    if (said == "no error") ++saved;
    EXPECT_THAT(said, AnyOf("no error", "peer", HasSubstr("puts, sets or evicts"),
                            HasSubstr("has to wait")));
    const auto all =
        mpi::allgather(std::string(said == "no error" ? "saved" : "failed"), {.comm = comm()});
    EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 1U) << said;
  }
  is_over = true;
  thread.join();
  mpi::save(*store, path());
  EXPECT_GT(puts + refused, 0U);
}

}  // namespace
}  // namespace proxystore::mpi_test
