// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// A cluster whose slots move and whose masters die.
#include <atomic>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "proxystore/future.hpp"
#include "proxystore/store.hpp"
#include "proxystore/stream/redis_queue.hpp"
#include "redis_cluster.hpp"
#include "support.hpp"

namespace proxystore::testing {
namespace {

using namespace std::chrono_literals;

class RedisClusterTest : public ::testing::Test {
 protected:
  // One for all tests, which leave it whole.
  static void SetUpTestSuite() { cluster_ = std::make_unique<RedisCluster>(); }
  static void TearDownTestSuite() { cluster_.reset(); }

  [[nodiscard]] static RedisCluster& cluster() { return *cluster_; }

  static inline std::unique_ptr<RedisCluster> cluster_;
};

TEST_F(RedisClusterTest, names_are_asked_for_where_they_are) {
  const auto store = open_store(cluster().options());
  std::vector<Key> keys;
  const int before = cluster().detours();
  for (int i = 0; i < 200; ++i) keys.push_back(put(*store, "object " + std::to_string(i)));
  const auto objects = store->get_batch(keys);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(objects[i]->text(), "object " + std::to_string(i));
  }
  EXPECT_EQ(cluster().detours(), before) << "slots are computed as the servers do";
  for (std::size_t i = 0; i < RedisCluster::masters; ++i) {
    EXPECT_NE(cluster().server(i).ask("DBSIZE"), ":0\r\n") << "each has some";
  }
  store->evict_batch(keys);
  EXPECT_EQ(store->exists_batch(keys), std::vector<bool>(keys.size(), false));
}

TEST_F(RedisClusterTest, one_seed_that_answers_is_enough) {
  auto options = cluster().options();
  options.cluster_seeds.insert(options.cluster_seeds.begin(),
                               "127.0.0.1:" + std::to_string(free_port()));
  EXPECT_EQ(get(*open_store(options), put(*open_store(options), "object")), "object");
  options.cluster_seeds.pop_back();
  options.retries = 0;
  options.timeout = 1ms;
  EXPECT_THAT([&] { (void)put(*open_store(options), "object"); },
              ThrowsMessage<ConnectorError>(
                  AllOf(HasSubstr(options.cluster_seeds.front()), HasSubstr("refused"))));
}

TEST_F(RedisClusterTest, server_of_a_cluster_as_the_only_one_is_told) {
  const auto store = open_store(cluster().server(0).options());
  EXPECT_THAT(
      [&] {
        for (int i = 0; i < 50; ++i) (void)put(*store, "object");
      },
      ThrowsMessage<ConnectorError>(HasSubstr("cluster_seeds")));
}

TEST_F(RedisClusterTest, slot_that_has_moved_is_found) {
  const auto store = open_store(cluster().options());
  const Key key = put(*store, "object");
  const std::string slot = cluster().slot_of(key.to_string());
  const std::size_t from = cluster().owner_of(slot);
  const std::size_t to = (from + 1) % RedisCluster::masters;
  cluster().begin_move(slot, from, to);
  cluster().end_move(slot, from, to);
  EXPECT_EQ(get(*store, key), "object");
  const int detours = cluster().detours();
  EXPECT_EQ(get(*store, key), "object");
  EXPECT_EQ(cluster().detours(), detours) << "it is remembered";
}

TEST_F(RedisClusterTest, slot_that_is_half_moved_is_read_and_written) {
  auto options = cluster().options();
  options.part_size = 1000;
  const auto store = open_store(options);
  const std::string text(4500, 'x');
  const Key in_parts = put(*store, text);
  const std::string name = in_parts.to_string();
  const std::string slot = cluster().slot_of(name);
  const std::size_t from = cluster().owner_of(slot);
  const std::size_t to = (from + 1) % RedisCluster::masters;
  const std::string manifest = cluster().server(from).ask("GET " + name);
  const std::size_t begin = manifest.find("PARTS 1\n") + 8;
  const std::string nonce = manifest.substr(begin, manifest.find(' ', begin) - begin);
  cluster().begin_move(slot, from, to);
  for (const int part : {1, 3}) {
    cluster().move_name("{" + name + "}:" + nonce + ":" + std::to_string(part), from, to);
  }
  EXPECT_EQ(get(*store, in_parts), text) << "some parts are here, and some there";
  EXPECT_EQ(store->get_range(in_parts, 900, 1200)->text(), text.substr(0, 1200));
  EXPECT_EQ(store->get_batch(std::vector{in_parts, in_parts})[1]->text(), text);
  cluster().move_name(name, from, to);
  EXPECT_EQ(get(*store, in_parts), text) << "the manifest is there";
  EXPECT_TRUE(store->exists(in_parts));
  EXPECT_EQ(store->exists_batch(std::vector{in_parts, in_parts}), (std::vector{true, true}));

  auto end = std::async(std::launch::async, [&] {
    std::this_thread::sleep_for(300ms);
    cluster().end_move(slot, from, to);
  });
  EXPECT_TRUE(store->evict(in_parts)) << "as soon as all of it is in one place";
  end.get();
  EXPECT_EQ(cluster().server(to).ask("CLUSTER COUNTKEYSINSLOT " + slot), ":0\r\n");
}

TEST_F(RedisClusterTest, deferred_object_is_set_while_its_slot_moves) {
  const auto store = open_store(cluster().options());
  const Key key = store->new_key();
  const std::string slot = cluster().slot_of(key.to_string());
  const std::size_t from = cluster().owner_of(slot);
  const std::size_t to = (from + 1) % RedisCluster::masters;
  auto waiting = std::async(std::launch::async, [&] { return store->wait(key, 20s); });
  cluster().begin_move(slot, from, to);
  auto end = std::async(std::launch::async, [&] {
    std::this_thread::sleep_for(300ms);
    cluster().end_move(slot, from, to);
  });
  // As soon as all names beside it are in one place.
  set(*store, key, "first", {.only_first = true});
  EXPECT_TRUE(waiting.get());
  EXPECT_EQ(get(*store, key), "first");
  EXPECT_THROW(set(*store, key, "second", {.only_first = true}), AlreadySetError);
  end.get();
  EXPECT_EQ(get(*store, key), "first");
  EXPECT_TRUE(store->evict(key));
}

TEST_F(RedisClusterTest, borrows_of_an_owned_object_are_counted) {
  const auto store = Store::create("cluster-owned", cluster().options());
  const auto key = store->connector().new_key();
  set(store->connector(), key, "object");
  const auto lease = store->connector().lease(key, LeaseMode::exclusive, 10s);
  ASSERT_TRUE(lease);
  EXPECT_FALSE(store->connector().lease(key, LeaseMode::shared, 10s));
  store->connector().retire(key);
  store->connector().unlease(*lease);
  EXPECT_FALSE(store->connector().exists(key));
  store->close();
}

TEST_F(RedisClusterTest, queue_goes_on_while_its_slot_moves) {
  const std::string slot = cluster().slot_of("{proxystore:queue:moving}");
  RedisQueue queue(cluster().options(), "moving", {.capacity = 50, .timeout = patience});
  auto sum = std::async(std::launch::async, [&] {
    RedisQueue mine(cluster().options(), "moving");
    int total = 0;
    while (const auto popped = mine.pop(patience)) total += std::stoi(std::string(popped->text()));
    return total;
  });
  for (int i = 1; i <= 300; ++i) {
    (void)queue.push(Bytes::copy_of(bytes_of(std::to_string(i))));
    if (i % 100 != 0) continue;
    const std::size_t from = cluster().owner_of(slot);
    const std::size_t to = (from + 1) % RedisCluster::masters;
    cluster().begin_move(slot, from, to);
    cluster().end_move(slot, from, to);
  }
  queue.close();
  EXPECT_EQ(sum.get(), 300 * 301 / 2);
  RedisQueue::remove(cluster().options(), "moving");
}

TEST_F(RedisClusterTest, closing_removes_what_was_put_on_all_servers) {
  auto options = cluster().options();
  options.clear = RedisOptions::Clear::own;
  const auto store = open_store(options);
  std::vector<Key> keys;
  for (int i = 0; i < 20; ++i) keys.push_back(put(*store, "object"));
  store->close();
  EXPECT_EQ(open_store(cluster().options())->exists_batch(keys), std::vector<bool>(20, false));
  const Key other = put(*open_store(cluster().options()), "object");
  options.clear = RedisOptions::Clear::flushdb;
  open_store(options)->close();
  EXPECT_FALSE(open_store(cluster().options())->exists(other));
}

/// Threads that put and get until they are told to stop, and remember what they were promised.
class Load {
 public:
  explicit Load(const RedisOptions& options) : store_(open_store(options)) {
    for (int t = 0; t < 4; ++t) threads_.emplace_back([this, t] { run(t); });
  }
  ~Load() { stop(); }
  void stop() {
    is_over_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  [[nodiscard]] int done() const { return done_; }
  [[nodiscard]] int wrong() const { return wrong_; }
  [[nodiscard]] int failed() const { return failed_; }
  [[nodiscard]] Connector& store() { return *store_; }
  /// How many of the objects whose put returned are not there.
  [[nodiscard]] int lost() {
    int lost = 0;
    for (const auto& [key, text] : kept_) {
      const std::string found = get(*store_, key);
      lost += found == "(absent)" ? 1 : 0;
      wrong_ += found != "(absent)" && found != text ? 1 : 0;
    }
    return lost;
  }

 private:
  void run(int t) {
    for (int i = 0; !is_over_; ++i) {
      const std::string text =
          std::to_string(t) + " " + std::to_string(i) + std::string(i % 8 == 0 ? 3000 : 100, '.');
      try {
        const Key key = put(*store_, text);
        const std::string found = get(*store_, key);
        wrong_ += found != text && found != "(absent)" ? 1 : 0;
        ++done_;
        const std::lock_guard lock(mutex_);
        kept_.emplace_back(key, text);
      } catch (const ConnectorError&) {
        ++failed_;
      }
    }
  }

  std::shared_ptr<Connector> store_;
  std::atomic<bool> is_over_{false};
  std::atomic<int> done_{0};
  std::atomic<int> wrong_{0};
  std::atomic<int> failed_{0};
  std::mutex mutex_;
  std::vector<std::pair<Key, std::string>> kept_;
  std::vector<std::thread> threads_;
};

TEST_F(RedisClusterTest, nothing_is_lost_or_fails_while_slots_move) {
  auto options = cluster().options();
  options.part_size = 1000;
  Load load(options);
  for (int slot = 100; slot < 140; ++slot) {
    const std::string text = std::to_string(slot * 37);
    const std::size_t from = cluster().owner_of(text);
    const std::size_t to = (from + 1) % RedisCluster::masters;
    cluster().begin_move(text, from, to);
    cluster().end_move(text, from, to);
  }
  load.stop();
  EXPECT_GT(load.done(), 100);
  EXPECT_EQ(load.failed(), 0);
  EXPECT_EQ(load.lost(), 0);
  EXPECT_EQ(load.wrong(), 0);
}

// Ends a server, and brings it back as a replica of the one that took its place.
void fail_over_under(Load& load, RedisCluster& cluster, std::size_t victim) {
  std::this_thread::sleep_for(500ms);
  cluster.server(victim).kill();
  // Before that it must not come back: it has nothing on disk, and its replica would copy that.
  cluster.await_succession();
  std::this_thread::sleep_for(500ms);
  cluster.server(victim).start();
  cluster.await_health();
  for (int i = 0; i < 30; ++i) (void)put(load.store(), "after");
  load.stop();
}

TEST_F(RedisClusterTest, with_replicas_no_object_is_lost_by_a_fail_over) {
  auto options = cluster().options();
  options.min_replicas = 1;
  options.timeout = 6s;  // for half of which confirmation is waited for
  Load load(options);
  fail_over_under(load, cluster(), 0);
  RecordProperty("done", load.done());
  RecordProperty("failed", load.failed());
  EXPECT_GT(load.done(), 100);
  EXPECT_EQ(load.lost(), 0);
  EXPECT_EQ(load.wrong(), 0);
}

TEST_F(RedisClusterTest, fail_over_goes_unnoticed_but_for_what_was_not_replicated) {
  auto options = cluster().options();
  options.part_size = 1000;
  Load load(options);
  fail_over_under(load, cluster(), 1);
  RecordProperty("done", load.done());
  RecordProperty("lost", load.lost());
  EXPECT_GT(load.done(), 100);
  EXPECT_EQ(load.failed(), 0) << "operations are repeated until another server has taken over";
  EXPECT_EQ(load.wrong(), 0) << "what is lost is absent";
}

TEST(RedisReplicas, too_few_are_an_error_that_leaves_nothing) {
  const RedisServer server;
  auto options = server.options();
  options.min_replicas = 1;
  options.timeout = 1s;
  const auto store = open_store(options);
  EXPECT_THAT([&] { (void)put(*store, "object"); },
              ThrowsMessage<DurabilityError>(HasSubstr("only 0 of 1 replicas")));
  const ByteSpan part = bytes_of("object");
  const PutRequest requests[] = {{.parts = std::span(&part, 1)}};
  EXPECT_THROW((void)store->put_batch(requests), DurabilityError);
  EXPECT_EQ(server.ask("DBSIZE"), ":0\r\n");
  const RedisServer replica({"--replicaof", "127.0.0.1", std::to_string(server.port()),
                             "--repl-diskless-sync-delay", "0"});
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (server.ask("INFO replication").find("state=online") == std::string::npos &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(10ms);
  }
  options.timeout = 20s;
  EXPECT_EQ(get(*open_store(options), put(*open_store(options), "object")), "object");
  EXPECT_EQ(replica.ask("DBSIZE"), ":1\r\n");
}

}  // namespace
}  // namespace proxystore::testing
