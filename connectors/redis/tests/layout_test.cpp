// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// What is in the server, and what close() leaves there. Cases are those of docs/from-python.md.
#include <algorithm>
#include <thread>
#include <vector>

#include "proxystore/store.hpp"
#include "support.hpp"

namespace proxystore::testing {
namespace {

using namespace std::chrono_literals;
using Clear = RedisOptions::Clear;

class RedisLayout : public ::testing::Test {
 protected:
  [[nodiscard]] std::string keys() const { return server_.ask("DBSIZE"); }
  RedisServer server_;
};

TEST_F(RedisLayout, object_is_a_string_named_by_its_id_as_in_python) {
  const auto store = open_store(server_.options());
  const Key key = put(*store, "BS\nobject");
  EXPECT_EQ(server_.ask("GET " + key.to_string()), "$9\r\nBS\nobject\r\n");
  EXPECT_EQ(keys(), ":1\r\n");
  const Key other = Key::random();
  EXPECT_EQ(server_.ask("SET " + other.to_string() + " word"), "+OK\r\n");
  EXPECT_EQ(get(*store, *Key::parse(other.to_string())), "word");
  EXPECT_TRUE(store->evict(*Key::parse(other.to_string())));
}

TEST_F(RedisLayout, nothing_is_left_of_objects_whose_proxies_evict) {
  const auto store = Store::create("once", server_.options());
  for (const std::size_t size : {800U, 1'600'000U}) {
    const auto proxy = store->proxy(std::string(size, 'x'), {.evict = true});
    EXPECT_TRUE(store->exists(proxy.key()));
    EXPECT_EQ(proxy->size(), size);
    EXPECT_FALSE(store->exists(proxy.key()));
    EXPECT_EQ(server_.ask("EXISTS " + proxy.key().to_string()), ":0\r\n");
  }
}

TEST_F(RedisLayout, parts_go_with_their_object) {
  auto options = server_.options();
  options.part_size = 10;
  const auto store = open_store(options);
  const std::string text(95, 'x');
  const Key key = put(*store, text);
  EXPECT_EQ(keys(), ":11\r\n");
  EXPECT_EQ(get(*store, key), text);
  EXPECT_EQ(get(*open_store(server_.options()), key), text) << "whatever the reader's part size";
  EXPECT_TRUE(store->evict(key));
  EXPECT_EQ(keys(), ":0\r\n");

  const Key deferred = store->new_key();
  for (const std::size_t size : {95U, 5U, 35U}) set(*store, deferred, std::string(size, 'y'));
  EXPECT_EQ(keys(), ":5\r\n") << "older versions are gone";
  EXPECT_EQ(get(*store, deferred).size(), 35U);
  EXPECT_TRUE(store->evict(deferred));
  EXPECT_EQ(keys(), ":0\r\n");
}

TEST_F(RedisLayout, large_object_that_was_changed_is_damaged_and_one_that_is_gone_absent) {
  for (const bool checksum : {true, false}) {
    auto options = server_.options();
    options.checksum = checksum;
    const auto store = open_store(options);
    const std::string text(3'000'000, 'x');
    const Key key = put(*store, text);
    EXPECT_EQ(get(*store, key), text);
    EXPECT_EQ(server_.ask("APPEND " + key.to_string() + " more"), ":3000004\r\n");
    EXPECT_THROW((void)store->get(key), IntegrityError);
    EXPECT_EQ(server_.ask("SET " + key.to_string() + " less"), "+OK\r\n");
    EXPECT_THROW((void)store->get(key), IntegrityError);
    EXPECT_TRUE(store->evict(key));
    EXPECT_EQ(get(*store, key), "(absent)");
  }
  const auto store = open_store(server_.options());
  const Key key = put(*store, std::string(3'000'000, 'x'));
  EXPECT_EQ(server_.ask("SETRANGE " + key.to_string() + " 2000000 y"), ":3000000\r\n");
  EXPECT_THROW((void)store->get(key), IntegrityError) << "by its checksum";
}

TEST_F(RedisLayout, list_has_all_pages_and_nothing_else) {
  auto options = server_.options();
  options.prefix = "odd*[prefix]?\\:";
  options.part_size = 100;
  const auto store = open_store(options);
  const std::string small(90, 'x');
  const std::string large(250, 'x');
  const ByteSpan parts[] = {bytes_of(small), bytes_of(large)};
  std::vector<PutRequest> requests;
  for (std::size_t i = 0; i < 3000; ++i) {
    requests.push_back({.parts = std::span(&parts[i % 100 == 0 ? 1 : 0], 1)});
  }
  auto keys = store->put_batch(requests);
  (void)put(*open_store(server_.options()), "of a store without prefix");
  (void)server_.ask("HSET odd*[prefix]?\\:" + Key::random().to_string() + " no object");
  (void)server_.ask("SET oddprefix?\\:" + Key::random().to_string() + " no object");

  std::vector<Key> listed;
  store->list([&](const Key& key) {
    listed.push_back(key);
    return true;
  });
  std::ranges::sort(keys);
  std::ranges::sort(listed);
  ASSERT_EQ(listed, keys);
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(listed[i].size, keys[i].size);
}

TEST_F(RedisLayout, object_that_looks_like_a_manifest_is_none) {
  const auto store = open_store(server_.options());
  const std::string text = "PROXYSTORE-PARTS 1\nnonce 5 5\n";
  const Key key = put(*store, text);
  EXPECT_EQ(get(*store, key), text);
  const ByteSpan part = bytes_of(text);
  const PutRequest requests[] = {{.parts = std::span(&part, 1)}};
  EXPECT_EQ(get(*store, store->put_batch(requests).front()), text);
  (void)server_.ask("SET " + key.to_string() + " PROXYSTORE-PARTS");
  EXPECT_THROW((void)store->get(key), IntegrityError) << "size and checksum tell";
}

TEST_F(RedisLayout, missing_part_counts_as_absent) {
  auto options = server_.options();
  options.part_size = 10;
  const auto store = open_store(options);
  const Key key = put(*store, std::string(30, 'x'));
  const std::string manifest = server_.ask("GET " + key.to_string());
  const auto from = manifest.find("PARTS 1\n") + 8;
  const std::string nonce = manifest.substr(from, manifest.find(' ', from) - from);
  EXPECT_EQ(server_.ask("DEL {" + key.to_string() + "}:" + nonce + ":1"), ":1\r\n");
  EXPECT_EQ(get(*store, key), "(absent)");
}

TEST_F(RedisLayout, objects_expire_when_they_are_told_to) {
  auto options = server_.options();
  options.part_size = 10;
  const auto store = open_store(options);
  for (const std::size_t size : {5U, 50U}) {
    const Key key = put(*store, std::string(size, 'x'), {.expiry = 100ms});
    EXPECT_TRUE(store->exists(key));
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (store->exists(key) && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(5ms);
    }
    EXPECT_FALSE(store->exists(key));
  }
}

TEST_F(RedisLayout, case16_objects_persist_by_default) {
  const auto store = open_store(server_.options());
  const Key key = put(*store, "object");
  store->close();
  EXPECT_EQ(get(*open_store(server_.options()), key), "object");
}

TEST_F(RedisLayout, case17_close_can_override_the_option) {
  const auto store = open_store(server_.options());
  (void)put(*store, "object");
  set(*store, store->new_key(), "object");
  (void)server_.ask("SET others word");
  store->close({.clear = true});
  EXPECT_EQ(keys(), ":1\r\n") << "others' keys stay";

  auto options = server_.options();
  options.clear = Clear::own;
  const auto clearing = open_store(options);
  const Key key = put(*clearing, "object");
  clearing->close({.clear = false});
  EXPECT_EQ(get(*open_store(server_.options()), key), "object");
}

TEST_F(RedisLayout, case18_two_stores_clear_what_is_theirs_also_from_other_processes) {
  auto options = server_.options();
  options.clear = Clear::own;
  options.part_size = 10;
  const auto first = open_store(options);
  const auto second = open_store(options);
  (void)put(*first, std::string(50, 'x'));
  const Key kept = put(*second, "object");
  ChildProcess other([&] {
    const auto attached = open_store(first->config(), OpenMode::attach);
    (void)put(*attached, "from another process");
    attached->close();  // clears nothing
  });
  EXPECT_EQ(other.wait(), 0);
  first->close();
  EXPECT_EQ(keys(), ":2\r\n") << "an object of the second store, and its session";
  EXPECT_EQ(get(*second, kept), "object");
  second->close();
  EXPECT_EQ(keys(), ":0\r\n");
}

TEST_F(RedisLayout, session_knows_what_is_there_and_clears_it_in_few_steps) {
  auto options = server_.options();
  options.clear = Clear::own;
  const auto store = open_store(options);
  const auto attached = open_store(store->config(), OpenMode::attach);
  const std::string text(50, 'x');
  std::vector<Key> batch;
  for (int i = 0; i < 300; ++i) {
    EXPECT_TRUE((i % 2 == 0 ? store : attached)->evict(put(*store, text)));
    batch.push_back(put(*store, text));
    const Key deferred = store->new_key();
    set(*store, deferred, text);
    if (i % 2 == 0) {
      EXPECT_TRUE(store->evict(deferred));
    } else {
      store->retire(deferred);
    }
  }
  EXPECT_EQ(keys(), ":301\r\n");
  store->evict_batch(std::span(batch).first(290));
  EXPECT_EQ(keys(), ":11\r\n");
  const std::string names = server_.ask("KEYS proxystore:session:*");
  const std::string name = names.substr(names.find("proxystore"), 64);
  EXPECT_EQ(server_.ask("SCARD " + name.substr(0, name.find('\r'))), ":10\r\n");
  store->close();
  EXPECT_EQ(keys(), ":0\r\n");
}

TEST_F(RedisLayout, a_store_is_not_cleared_because_its_handle_goes) {
  auto options = server_.options();
  options.clear = Clear::own;
  Key key;
  {
    const auto store = Store::create("scope", options);
    key = store->put(std::string("object"));
  }
  EXPECT_EQ(Store::create("other", server_.options())->exists(key), true);
}

TEST_F(RedisLayout, a_close_that_threw_can_be_repeated) {
  auto options = server_.options();
  options.clear = Clear::own;
  options.connect_timeout = 300ms;
  options.timeout = 300ms;
  const auto store = open_store(options);
  (void)put(*store, "object");
  (void)server_.ask("ACL SETUSER default -spop");
  EXPECT_THROW(store->close(), Error);
  (void)server_.ask("ACL SETUSER default +spop -@write +spop");
  EXPECT_THROW(store->close(), Error) << "by now it has the names, and cannot remove";
  (void)server_.ask("ACL SETUSER default +@all");
  store->close();
  EXPECT_EQ(keys(), ":0\r\n");
}

TEST_F(RedisLayout, only_flushdb_removes_what_others_put) {
  (void)server_.ask("SET others word");
  auto options = server_.options();
  options.clear = Clear::flushdb;
  open_store(options, OpenMode::attach)->close();
  EXPECT_EQ(keys(), ":1\r\n");
  open_store(options)->close();
  EXPECT_EQ(keys(), ":0\r\n");
}

TEST_F(RedisLayout, who_waits_sees_what_python_sets) {
  const auto store = open_store(server_.options());
  const Key key = store->new_key();
  std::thread setter([&] {
    std::this_thread::sleep_for(50ms);
    (void)server_.ask("SET " + key.to_string() + " word");
  });
  EXPECT_TRUE(store->wait(key, patience));
  setter.join();
}

}  // namespace
}  // namespace proxystore::testing
