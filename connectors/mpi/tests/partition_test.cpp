// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// The memory that the ranks of a node share, with threads in the place of ranks.
#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <sys/mount.h>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/temporary_folder.hpp"
#include "conformance/tmpfs.hpp"
#include "node.hpp"
#include "proxystore/error.hpp"

namespace proxystore::testing {
namespace {

using namespace std::chrono_literals;
using partition::SlotName;
using partition::State;
using partition::Status;
using ::testing::HasSubstr;

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;

void in_threads(std::size_t count, const std::function<void(std::size_t)>& function) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) threads.emplace_back(function, i);
  for (auto& thread : threads) thread.join();
}

Status status_of(NodeMemory& memory, const Key& key) {
  return Status::unpack(slot_of(memory, Locator::of(key).slot).status.load());
}

TEST(Partition, AllRanksReadWhatOnePut) {
  const Node node(3, 16 * mib);
  for (std::size_t owner = 0; owner < node.size(); ++owner) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, 10 * kib, 2 * mib}) {
      const Key key = put(node[owner], size, size + owner);
      for (std::size_t reader = 0; reader < node.size(); ++reader) {
        const auto bytes = get(node[reader], key);
        ASSERT_TRUE(bytes.has_value());
        EXPECT_TRUE(is_contents(*bytes, size, size + owner));
        EXPECT_EQ(bytes->memory(), Bytes::Memory::mapped);
      }
    }
  }
}

TEST(Partition, SlotsAreUsedAgainForOtherGenerations) {
  const Node node(2, 16 * mib);
  const Key first = put(node[0], 100, 1);
  evict(node[1], first);
  std::size_t same_slot = 0;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const Key key = put(node[0], 100, i);
    if (Locator::of(key).slot == Locator::of(first).slot) {
      ++same_slot;
      EXPECT_NE(Locator::of(key).generation, Locator::of(first).generation);
    }
    EXPECT_FALSE(get(node[1], first).has_value());
    evict(node[i % 2], key);
    EXPECT_FALSE(get(node[1], key).has_value());
  }
  EXPECT_GT(same_slot, 10U);
  EXPECT_LE(header_of(node[0]).slots_end.load(), 4096U);
  const auto use = node[0].own().use();
  EXPECT_EQ(use.objects, 0U);
  EXPECT_EQ(use.object_bytes, 0U);
  EXPECT_EQ(use.evicted, 0U);
  EXPECT_LE(use.committed_bytes, 2 * mib);
}

TEST(Partition, GenerationsWrap) {
  const Node node(2, 16 * mib);
  const Key probe = put(node[0], 10, 0);
  const std::uint32_t index = Locator::of(probe).slot;
  evict(node[1], probe);
  EXPECT_EQ(node[0].own().use().evicted, 0U);  // the slot is free
  auto& slot = slot_of(node[0], index);
  slot.status = Status{.generation = UINT32_MAX - 2, .state = State::free}.pack();
  std::set<std::uint32_t> seen;
  std::vector<Key> old;
  for (std::uint64_t i = 0; seen.size() < 6; ++i) {
    ASSERT_LT(i, 1000000U) << "the slot is not used";
    const Key key = put(node[0], 10, i);
    if (Locator::of(key).slot == index) {
      EXPECT_NE(Locator::of(key).generation, Locator::any_generation);
      EXPECT_TRUE(seen.insert(Locator::of(key).generation).second);
      for (const Key& gone : old) EXPECT_FALSE(get(node[1], gone).has_value());
      old.push_back(key);
    }
    EXPECT_TRUE(get(node[1], key).has_value());
    evict(node[1], key);
    if (i % 3 == 0) (void)node[0].own().use();
  }
  EXPECT_TRUE(seen.contains(UINT32_MAX));
  EXPECT_TRUE(seen.contains(1));
}

TEST(Partition, GenerationsOfDeferredKeysWrap) {
  const Node node(1, 16 * mib);
  const Key probe = new_key(node[0]);
  const std::uint32_t index = Locator::of(probe).slot;
  evict(node[0], probe);
  (void)node[0].own().use();
  slot_of(node[0], index).status = Status{.generation = UINT32_MAX, .state = State::free}.pack();
  const Key last = new_key(node[0]);
  ASSERT_EQ(Locator::of(last).slot, index);
  evict(node[0], last);
  (void)node[0].own().use();
  const Key first = new_key(node[0]);
  ASSERT_EQ(Locator::of(first).slot, index);
  EXPECT_EQ(Locator::of(first).generation, 1U);
  EXPECT_FALSE(set(node[0], last, contents(10, 1)));
  EXPECT_TRUE(set(node[0], first, contents(10, 1)));
  EXPECT_FALSE(get(node[0], last).has_value());
  EXPECT_TRUE(get(node[0], first).has_value());
}

TEST(Partition, HeldBytesDoNotChange) {
  const Node node(3, 16 * mib);
  std::vector<Bytes> held;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const Key key = put(node[0], 300 * kib, i);
    held.push_back(*get(node[1 + i % 2], key));
    evict(node[i % 3], key);
    EXPECT_FALSE(get(node[1], key).has_value());
  }
  for (std::uint64_t i = 0; i < 500; ++i) evict(node[1], put(node[0], 300 * kib, 100 + i));
  for (std::uint64_t i = 0; i < held.size(); ++i) {
    EXPECT_TRUE(is_contents(held[i], 300 * kib, i));
  }
  EXPECT_EQ(node[0].own().use().evicted, 20U);
  EXPECT_EQ(node[1].pins() + node[2].pins(), 20U);
  held.clear();
  EXPECT_EQ(node[0].own().use().evicted, 0U);
  EXPECT_EQ(node[1].pins() + node[2].pins(), 0U);
}

TEST(Partition, FullMemoryIsAnErrorUntilSomeoneLetsGo) {
  const Node node(2, 8 * mib);
  std::vector<Key> keys;
  std::vector<Bytes> held;
  try {
    for (std::uint64_t i = 0;; ++i) {
      ASSERT_LE(i, 8U);
      keys.push_back(put(node[0], mib, i));
      held.push_back(*get(node[1], keys.back()));
    }
  } catch (const CapacityError& error) {
    EXPECT_THAT(error.what(), HasSubstr("rank 0"));
    EXPECT_THAT(error.what(), HasSubstr("PROXYSTORE_MEMORY_LIMIT"));
  }
  EXPECT_EQ(keys.size(), 8U);
  for (const Key& key : keys) evict(node[1], key);
  EXPECT_THROW((void)put(node[0], mib, 1), CapacityError) << "all of it is held";
  held.erase(held.begin());
  const Key fits = put(node[0], mib, 100);
  EXPECT_TRUE(is_contents(*get(node[1], fits), mib, 100));
  for (std::uint64_t i = 0; i < held.size(); ++i) EXPECT_TRUE(is_contents(held[i], mib, i + 1));
  held.clear();
  evict(node[0], fits);
  EXPECT_TRUE(get(node[0], put(node[0], 8 * mib, 3)).has_value());
  EXPECT_THROW((void)put(node[0], 9 * mib, 1), CapacityError);
}

TEST(Partition, PinsOfTheDeadAreIgnored) {
  Node node(3, 8 * mib);
  const Key key = put(node[0], 5 * mib, 1);
  const auto held = get(node[1], key);
  const Key other = put(node[0], 2 * mib, 2);
  const auto also = get(node[2], other);
  evict(node[0], key);
  evict(node[0], other);
  EXPECT_THROW((void)put(node[0], 5 * mib, 3), CapacityError);
  node.say_dead(1);
  EXPECT_TRUE(get(node[0], put(node[0], 5 * mib, 3)).has_value());
  EXPECT_EQ(node[0].own().use().evicted, 1U);  // what rank 2 holds
  EXPECT_TRUE(is_contents(*also, 2 * mib, 2));
}

TEST(Partition, WhatADeadEvictorDidNotPushIsFoundUnderPressure) {
  Node node(2, 8 * mib);
  const Key key = put(node[0], 5 * mib, 1);
  auto& slot = slot_of(node[0], Locator::of(key).slot);
  Status status = status_of(node[0], key).with(State::dead);
  status.evictor = 1;
  slot.status = status.pack();
  EXPECT_FALSE(get(node[0], key).has_value());
  EXPECT_THROW((void)put(node[0], 5 * mib, 2), CapacityError) << "it may yet push";
  node.say_dead(1);
  EXPECT_TRUE(get(node[0], put(node[0], 5 * mib, 2)).has_value());
  EXPECT_EQ(node[0].own().use().objects, 1U);
}

// The evictor pushed before it died, and the owner does not look at the stack first.
TEST(Partition, WhatADeadEvictorPushedIsFreedOnce) {
  Node node(2, 8 * mib);
  for (int round = 0; round < 10; ++round) {
    std::vector<Key> keys;
    for (std::uint64_t i = 0; i < 7; ++i) keys.push_back(put(node[0], mib, i));
    for (const Key& key : keys) evict(node[1], key);
    node.say_dead(1);
    const Key large = put(node[0], 8 * mib, 9);
    EXPECT_TRUE(is_contents(*get(node[0], large), 8 * mib, 9));
    evict(node[0], large);
    EXPECT_EQ(node[0].own().use().objects, 0U);
    EXPECT_EQ(node[0].own().use().object_bytes, 0U);
  }
}

TEST(Partition, DamageByPeersDoesNotLeadAstray) {
  const Node node(2, 8 * mib);
  const Key key = put(node[0], 100, 1);
  auto& slot = slot_of(node[0], Locator::of(key).slot);
  const std::uint64_t place = slot.place;
  slot.place = UINT64_MAX - 10;
  EXPECT_THROW((void)get(node[1], key), IntegrityError);
  slot.place = place;
  slot.size = UINT64_MAX;
  EXPECT_THROW((void)get(node[1], key), IntegrityError);
  slot.size = 100;
  EXPECT_TRUE(get(node[1], key).has_value());
  header_of(node[0]).evicted = UINT32_MAX;  // a stack that leads out of the table
  EXPECT_EQ(node[0].own().use().objects, 1U);
  slot.next = Locator::of(key).slot + 1;  // and one that ends nowhere
  header_of(node[0]).evicted = Locator::of(key).slot + 1;
  EXPECT_EQ(node[0].own().use().objects, 1U);
}

TEST(Partition, SettingReplacesAndFreesOldVersions) {
  const Node node(3, 8 * mib);
  const Key key = new_key(node[1]);
  EXPECT_FALSE(get(node[0], key).has_value());
  for (std::uint64_t version = 0; version < 100; ++version) {
    EXPECT_TRUE(set(node[version % 3], key, contents(mib, version)));
    for (std::size_t reader = 0; reader < 3; ++reader) {
      EXPECT_TRUE(is_contents(*get(node[reader], key), mib, version));
    }
  }
  std::uint64_t objects = 0;
  for (std::size_t rank = 0; rank < 3; ++rank) objects += node[rank].own().use().objects;
  EXPECT_EQ(objects, 2U);
  evict(node[2], key);
  EXPECT_FALSE(set(node[0], key, contents(10, 1)));
  for (std::size_t rank = 0; rank < 3; ++rank) EXPECT_EQ(node[rank].own().use().objects, 0U);
}

// Two slots take turns, so that a reader that comes late sees the same place with another version.
TEST(Partition, ReadersAlwaysFindAVersion) {
  const Node node(2, 8 * mib);
  const Key key = new_key(node[0]);
  ASSERT_TRUE(set(node[0], key, contents(mib, 0)));
  std::atomic<bool> is_over{false};
  std::atomic<std::uint64_t> absent{0};
  std::atomic<std::uint64_t> found{0};
  in_threads(3, [&](std::size_t thread) {
    if (thread == 0) {
      const auto end = std::chrono::steady_clock::now() + 1500ms;
      for (std::uint64_t version = 1; std::chrono::steady_clock::now() < end; ++version) {
        const auto draft = node[0].own().reserve(mib);
        const auto place = node[0].own().publish(draft, key);
        (void)node[0].set_target(key, Locator::of(key), {.rank = place.rank, .slot = place.slot});
      }
      is_over = true;
    } else {
      while (!is_over) {
        try {
          (get(node[thread - 1], key) ? found : absent).fetch_add(1);
        } catch (const CapacityError&) {
        }
      }
    }
  });
  EXPECT_GT(found, 0U);
  EXPECT_EQ(absent, 0U) << "of " << found;
}

TEST(Partition, WaitersAreWoken) {
  const Node node(3, 8 * mib);
  const Key set_soon = new_key(node[0]);
  const Key gone_soon = new_key(node[0]);
  const auto wait = [&](std::size_t rank, const Key& key, std::chrono::milliseconds time) {
    return node[rank].wait(key, Locator::of(key), std::chrono::steady_clock::now() + time, 10s,
                           [] {});
  };
  EXPECT_EQ(wait(1, set_soon, 10ms), NodeMemory::Waited::timed_out);
  // No time-out and no look in between helps: the slice is longer than the test may take.
  in_threads(4, [&](std::size_t thread) {
    if (thread == 0) {
      std::this_thread::sleep_for(100ms);
      EXPECT_TRUE(set(node[2], set_soon, contents(10, 1)));
      evict(node[1], gone_soon);
    } else if (thread == 3) {
      EXPECT_EQ(wait(1, gone_soon, 60s), NodeMemory::Waited::gone);
    } else {
      EXPECT_EQ(wait(thread, set_soon, 60s), NodeMemory::Waited::there);
    }
  });
}

class SpillTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(SpillTest, SpilledObjectsAreReadByAll) {
  const Node node(2, 4 * mib, folder_.path());
  std::vector<Key> keys;
  for (std::uint64_t i = 0; i < 100; ++i) keys.push_back(put(node[0], 100 * kib + i, i));
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t i = 0; i < keys.size(); ++i) {
      EXPECT_TRUE(is_contents(*get(node[i % 2], keys[i]), 100 * kib + i, i));
    }
  }
  EXPECT_GE(node[0].own().use().spilled, 60U);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path())) << "the file has no name";
  for (const Key& key : keys) evict(node[1], key);
  EXPECT_EQ(node[0].own().use().objects, 0U);
  for (const Key& key : keys) EXPECT_FALSE(get(node[0], key).has_value());
  // The file's space is used again: it does not grow with each round.
  struct stat info {};
  ASSERT_EQ(::fstat(node[0].own().spill_fd(), &info), 0);
  const auto before = info.st_size;
  for (int round = 0; round < 5; ++round) {
    keys.clear();
    for (std::uint64_t i = 0; i < 100; ++i) keys.push_back(put(node[0], 100 * kib, i));
    for (const Key& key : keys) evict(node[1], key);
  }
  ASSERT_EQ(::fstat(node[0].own().spill_fd(), &info), 0);
  EXPECT_LE(info.st_size, 2 * before);
}

TEST_F(SpillTest, HeldBytesStayInMemory) {
  const Node node(2, 4 * mib, folder_.path());
  std::vector<Bytes> held;
  std::vector<Key> keys;
  for (std::uint64_t i = 0; i < 60; ++i) {
    keys.push_back(put(node[0], 200 * kib, i));
    if (i % 6 == 0) held.push_back(*get(node[1], keys.back()));
  }
  for (std::uint64_t i = 0; i < held.size(); ++i) {
    EXPECT_EQ(held[i].memory(), Bytes::Memory::mapped);
    EXPECT_TRUE(is_contents(held[i], 200 * kib, 6 * i));
  }
  for (std::uint64_t i = 0; i < keys.size(); ++i) {
    EXPECT_TRUE(is_contents(*get(node[1], keys[i]), 200 * kib, i));
  }
  // What is held cannot be moved: then memory is full.
  while (held.size() < 60) {
    try {
      const Key key = put(node[0], 200 * kib, 1000);
      held.push_back(*get(node[1], key));
    } catch (const CapacityError&) {
      break;
    }
  }
  EXPECT_LT(held.size(), 25U);
  held.clear();
  EXPECT_TRUE(get(node[0], put(node[0], 3 * mib, 5)).has_value());
}

TEST_F(SpillTest, DeferredKeysAndTheirVersionsAreSpilledToo) {
  const Node node(2, 4 * mib, folder_.path());
  const Key key = new_key(node[0]);
  for (std::uint64_t version = 0; version < 30; ++version) {
    ASSERT_TRUE(set(node[version % 2], key, contents(300 * kib, version)));
    for (std::uint64_t i = 0; i < 5; ++i) {
      evict(node[1], put(node[version % 2], 4 * mib, 1000 + i));  // moves all that is there
    }
    EXPECT_TRUE(is_contents(*get(node[0], key), 300 * kib, version));
  }
  EXPECT_GT(node[0].own().use().spilled, 5U);
  EXPECT_EQ(node[0].own().use().objects + node[1].own().use().objects, 2U);
}

TEST(SpillFolder, InMemoryIsRefused) {
  if (!Tmpfs::obstacle().empty()) GTEST_SKIP() << Tmpfs::obstacle();
  for (const char* const type : {"tmpfs", "ramfs"}) {
    const TemporaryFolder folder;
    ASSERT_EQ(::mount("proxystore-test", folder.path().c_str(), type, 0, ""), 0);
    try {
      const partition::SpillFile file(folder.path());
      ADD_FAILURE() << type;
    } catch (const ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(type));
      EXPECT_THAT(error.what(), HasSubstr(folder.path().string()));
      EXPECT_THAT(error.what(), HasSubstr("name a folder on a disk"));
    }
    ::umount2(folder.path().c_str(), MNT_DETACH);
  }
}

/// A small disk: an overlay, which hides that the files are in memory.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& size) : memory_(size) {
    for (const char* const part : {"lower", "upper", "work"}) {
      std::filesystem::create_directory(memory_.path() / part);
    }
    const std::string at = memory_.path().string();
    const std::string options =
        "lowerdir=" + at + "/lower,upperdir=" + at + "/upper,workdir=" + at + "/work";
    is_mounted_ = ::mount("proxystore-test", path().c_str(), "overlay", 0, options.c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() { ::umount2(path().c_str(), MNT_DETACH); }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return folder_.path(); }
  [[nodiscard]] bool is_mounted() const noexcept { return is_mounted_; }

 private:
  Tmpfs memory_;
  TemporaryFolder folder_;
  bool is_mounted_ = false;
};

TEST(FullDisk, IsAnErrorUntilObjectsAreEvicted) {
  if (!Tmpfs::obstacle().empty()) GTEST_SKIP() << Tmpfs::obstacle();
  const SmallDisk disk("4m");
  if (!disk.is_mounted()) GTEST_SKIP() << "this system has no overlay file system";
  const Node node(2, 4 * mib, disk.path());
  std::vector<Key> keys;
  try {
    while (keys.size() < 100) keys.push_back(put(node[0], 200 * kib, keys.size()));
    ADD_FAILURE() << "the disk should be full";
  } catch (const CapacityError& error) {
    EXPECT_THAT(error.what(), HasSubstr("spilled"));
  }
  EXPECT_GT(keys.size(), 30U);
  EXPECT_LT(keys.size(), 45U);
  for (std::uint64_t i = 0; i < keys.size(); ++i) {
    EXPECT_TRUE(is_contents(*get(node[1], keys[i]), 200 * kib, i));
  }
  for (const Key& key : keys) evict(node[1], key);
  for (int round = 0; round < 3; ++round) {  // the disk's space came back too
    keys.clear();
    for (std::uint64_t i = 0; i < 30; ++i) keys.push_back(put(node[0], 200 * kib, i));
    for (const Key& key : keys) evict(node[0], key);
  }
}

/// Threads of all ranks act on the same objects.
void storm(const Node& node, std::size_t threads_per_rank, std::size_t operations,
           std::size_t largest, std::uint64_t seed) {
  const auto history = std::make_unique<History>();
  std::vector<std::unique_ptr<NodeSubject>> subjects;
  for (std::size_t rank = 0; rank < node.size(); ++rank) {
    subjects.push_back(std::make_unique<NodeSubject>(node[rank]));
  }
  in_threads(threads_per_rank * node.size(), [&](std::size_t thread) {
    Actor actor(*history, *subjects[thread % node.size()], seed + thread, largest);
    for (std::size_t i = 0; i < operations && actor.error().empty(); ++i) actor.act();
    actor.end();
    EXPECT_EQ(actor.error(), "") << "thread " << thread << ", seed " << seed;
  });
  for (std::size_t i = 0; i < History::size; ++i) {
    const Life life = history->look(i);
    if (life.serial != 0) evict(node[0], life.key);
  }
  for (std::size_t rank = 0; rank < node.size(); ++rank) {
    const auto use = node[rank].own().use();
    EXPECT_EQ(use.objects, 0U);
    EXPECT_EQ(use.object_bytes, 0U);
    EXPECT_EQ(use.evicted, 0U);
    EXPECT_EQ(node[rank].pins(), 0U);
  }
}

TEST(PartitionStorm, SmallObjects) {
  storm(Node(3, 32 * mib), 2, 100000, 2 * kib, 1);
}

TEST(PartitionStorm, LargeObjectsInLittleMemory) {
  // Freed at once: slots and memory change hands all the time.
  storm(Node(2, 32 * mib), 3, 3000, 500 * kib, 2);
}

TEST_F(SpillTest, Storm) {
  const Node node(3, mib, folder_.path());
  storm(node, 2, 6000, 200 * kib, 3);
  std::uint64_t spilled = 0;
  for (std::size_t rank = 0; rank < node.size(); ++rank) spilled += node[rank].own().use().spilled;
  EXPECT_GT(spilled, 0U);
}

}  // namespace
}  // namespace proxystore::testing
