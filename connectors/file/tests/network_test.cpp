// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Processes on two nodes that share a folder, where no lock of one node excludes the other, and
// each keeps names and attributes for a while. Runs again where answers of the server are lost.
#include <algorithm>
#include <numeric>

#include "conformance/network_mount.hpp"
#include "proxystore/stream/file_queue.hpp"
#include "support.hpp"

namespace proxystore::testing {
namespace {

using namespace std::chrono_literals;

/// Two mounts of one folder; the parameter is NetworkMount::Options::repeat_one_of.
class FileNetwork : public ::testing::TestWithParam<unsigned> {
 protected:
  void SetUp() override {
    if (!NetworkMount::obstacle().empty()) GTEST_SKIP() << NetworkMount::obstacle();
    const NetworkMount::Options options{.repeat_one_of = GetParam()};
    here_ = std::make_unique<NetworkMount>(served_.path(), options);
    there_ = std::make_unique<NetworkMount>(served_.path(), options);
  }

  [[nodiscard]] static FileOptions options(const NetworkMount& node) {
    return {.store_dir = node.path() / "store", .clear = false, .visibility_timeout = 0ms};
  }
  [[nodiscard]] std::shared_ptr<Connector> open_here() const { return open_store(options(*here_)); }
  [[nodiscard]] std::shared_ptr<Connector> open_there() const {
    return open_store(options(*there_));
  }

  TemporaryFolder served_;
  std::unique_ptr<NetworkMount> here_;
  std::unique_ptr<NetworkMount> there_;
};

std::string name_of_case(const ::testing::TestParamInfo<unsigned>& info) {
  return info.param == 0 ? "all_answers_come" : "answers_are_lost";
}
INSTANTIATE_TEST_SUITE_P(Mounts, FileNetwork, ::testing::Values(0U, 7U), name_of_case);

TEST_P(FileNetwork, a_queue_loses_and_doubles_no_message) {
  constexpr int messages = 100;  // of each of two producers
  const FileQueue queue(here_->path() / "queue");
  const Pipe counts;
  const auto produce = [](const NetworkMount& node, int from) {
    return [&node, from] {
      FileQueue mine(node.path() / "queue", {.capacity = 20, .timeout = patience});
      for (int i = from; i < from + messages; ++i) {
        (void)mine.push(Bytes::copy_of(bytes_of(std::to_string(i))));
      }
    };
  };
  const auto consume = [&](const NetworkMount& node) {
    return [&] {
      FileQueue mine(node.path() / "queue");
      std::vector<int> last(2, -1);
      while (const auto message = mine.pop(patience)) {
        const int number = std::stoi(std::string(message->text()));
        int& before = last.at(static_cast<std::size_t>(number / messages));
        require(number > before, "messages of one producer come in order");
        before = number;
        counts.send(number);
      }
      counts.send(-1);
    };
  };
  ChildProcess first(produce(*here_, 0)), second(produce(*there_, messages));
  ChildProcess third(consume(*here_)), fourth(consume(*there_));
  std::vector<int> seen(2 * messages);
  EXPECT_EQ(first.wait(), 0);
  EXPECT_EQ(second.wait(), 0);
  FileQueue(here_->path() / "queue").close();
  for (int ended = 0; ended < 2;) {
    const int number = counts.receive<int>();
    if (number < 0) {
      ++ended;
    } else {
      ++seen.at(static_cast<std::size_t>(number));
    }
  }
  EXPECT_EQ(third.wait(), 0);
  EXPECT_EQ(fourth.wait(), 0);
  EXPECT_EQ(seen, std::vector<int>(2 * messages, 1));
}

TEST_P(FileNetwork, one_of_two_nodes_has_an_exclusive_lease) {
  const auto store = open_here();
  const Pipe begin, taken;
  const Key key = put(*store, "object");
  constexpr int rounds = 50;
  ChildProcess other([&] {
    const auto mine = open_there();
    for (int i = 0; i < rounds; ++i) {
      (void)begin.receive<int>();
      const auto lease = mine->lease(key, LeaseMode::exclusive, patience);
      taken.send(lease.has_value());
      (void)begin.receive<int>();
      if (lease) mine->unlease(*lease);
      taken.send(true);
    }
  });
  for (int i = 0; i < rounds; ++i) {
    begin.send(i);
    const auto lease = store->lease(key, LeaseMode::exclusive, patience);
    ASSERT_NE(taken.receive<bool>(), lease.has_value()) << "round " << i;
    if (lease) store->unlease(*lease);
    begin.send(i);
    (void)taken.receive<bool>();
  }
  EXPECT_EQ(other.wait(), 0);
}

TEST_P(FileNetwork, one_of_two_nodes_sets_first) {
  const auto store = open_here();
  const Pipe begin, is_first;
  constexpr int rounds = 50;
  const auto sets_first = [](Connector& connector, const Key& key, const std::string& text) {
    try {
      set(connector, key, text, {.only_first = true});
      return true;
    } catch (const AlreadySetError&) {
      return false;
    }
  };
  std::vector<Key> keys;
  for (int i = 0; i < rounds; ++i) keys.push_back(store->new_key());
  ChildProcess other([&] {
    const auto mine = open_there();
    for (const Key& key : keys) {
      (void)begin.receive<int>();
      is_first.send(sets_first(*mine, key, "there"));
    }
  });
  for (const Key& key : keys) {
    begin.send(0);
    const bool was_first = sets_first(*store, key, "from here");
    ASSERT_NE(is_first.receive<bool>(), was_first);
    EXPECT_EQ(get(*store, key), was_first ? "from here" : "there");
  }
  EXPECT_EQ(other.wait(), 0);
}

TEST_P(FileNetwork, each_object_is_evicted_by_one_node) {
  const auto store = open_here();
  const Pipe evicted;
  std::vector<Key> keys;
  for (int i = 0; i < 100; ++i) keys.push_back(put(*store, "object"));
  ChildProcess other([&] {
    const auto mine = open_there();
    for (const Key& key : keys) evicted.send(mine->evict(key));
  });
  for (const Key& key : keys) {
    const bool was_here = store->evict(key);
    EXPECT_NE(evicted.receive<bool>(), was_here);
  }
  EXPECT_EQ(other.wait(), 0);
  EXPECT_TRUE(fs::is_empty(served_ / "store"));
}

TEST_P(FileNetwork, a_set_after_an_eviction_that_met_another_set_is_taken) {
  const auto store = open_here();
  const Pipe begin, done;
  constexpr int rounds = 10;
  std::vector<Key> keys;
  for (int i = 0; i < rounds; ++i) keys.push_back(store->new_key());
  ChildProcess other([&] {
    const auto mine = open_there();
    for (const Key& key : keys) {
      (void)begin.receive<int>();
      (void)mine->evict(key);
      done.send(true);
    }
  });
  for (const Key& key : keys) {
    set(*store, key, "old");
    begin.send(0);
    set(*store, key, "new");
    (void)done.receive<bool>();
    std::this_thread::sleep_for(NetworkMount::Options{}.cached);  // else an old name may be seen
    if (get(*store, key) == "(absent)") set(*store, key, "new", {.only_first = true});
    EXPECT_EQ(get(*store, key), "new");
  }
  EXPECT_EQ(other.wait(), 0);
}

TEST_P(FileNetwork, killed_processes_hold_nothing_up) {
  const auto store = open_here();
  const Key key = store->new_key();
  FileQueue queue(here_->path() / "queue", {.capacity = 1'000'000});
  for (int round = 0; round < 5; ++round) {
    const Pipe begun;
    ChildProcess other([&] {
      const auto mine = open_there();
      FileQueue theirs(there_->path() / "queue", {.capacity = 1'000'000});
      for (int i = 0;; ++i) {
        set(*mine, key, "there");
        (void)theirs.push(Bytes::copy_of(bytes_of("there")));
        if (i == 3) begun.send(true);
      }
    });
    (void)begun.receive<bool>();
    other.kill();
    EXPECT_THAT(get(*store, key), ::testing::AnyOf("there", "from here"))
        << "this node may still see the older one";
    set(*store, key, "from here");
    EXPECT_EQ(get(*store, key), "from here");
    (void)queue.push(Bytes::copy_of(bytes_of("from here")));
    std::string last;
    for (std::size_t left = queue.size(); left > 0; --left) last = queue.pop(patience)->text();
    EXPECT_EQ(last, "from here");
  }
}

TEST_P(FileNetwork, setters_on_two_nodes_leave_one_version) {
  const auto store = open_here();
  const Key key = store->new_key();
  ChildProcess other([&] {
    const auto mine = open_there();
    for (int i = 0; i < 50; ++i) set(*mine, key, "there " + std::to_string(i));
  });
  for (int i = 0; i < 50; ++i) set(*store, key, "from here " + std::to_string(i));
  EXPECT_EQ(other.wait(), 0);
  EXPECT_THAT(get(*store, key), ::testing::AnyOf("there 49", "from here 49"));
}

}  // namespace
}  // namespace proxystore::testing
