// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/cache.hpp"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace proxystore {
namespace {

CacheKey of(const Key& key, std::string_view deserializer = {}) {
  return {.key = key, .type = &typeid(int), .deserializer = deserializer};
}

std::shared_ptr<const void> object(int value) {
  return std::make_shared<const int>(value);
}

int value_of(const std::shared_ptr<const void>& held) {
  return held ? *std::static_pointer_cast<const int>(held) : -1;
}

TEST(ObjectCache, gives_what_was_set_and_null_for_what_was_not) {
  ObjectCache cache(2);
  const Key a = Key::random();
  EXPECT_EQ(cache.get(of(a)), nullptr);
  const auto one = object(1);
  cache.set(of(a), one, 8);
  EXPECT_EQ(cache.get(of(a)), one);
  EXPECT_TRUE(cache.exists(a));
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(cache.hits(), 1U);
  EXPECT_EQ(cache.misses(), 1U);
}

TEST(ObjectCache, case193_drops_the_least_recently_used_and_not_the_oldest) {
  ObjectCache cache(2);
  const Key a = Key::random(), b = Key::random(), c = Key::random();
  cache.set(of(a), object(1), 8);
  cache.set(of(b), object(2), 8);
  (void)cache.get(of(a));
  cache.set(of(c), object(3), 8);
  EXPECT_TRUE(cache.exists(a));
  EXPECT_FALSE(cache.exists(b));
  EXPECT_TRUE(cache.exists(c));
}

TEST(ObjectCache, asking_whether_an_object_exists_does_not_use_it) {
  ObjectCache cache(2);
  const Key a = Key::random(), b = Key::random(), c = Key::random();
  cache.set(of(a), object(1), 8);
  cache.set(of(b), object(2), 8);
  EXPECT_TRUE(cache.exists(a));
  cache.set(of(c), object(3), 8);
  EXPECT_FALSE(cache.exists(a));
}

TEST(ObjectCache, case195_setting_a_present_key_again_keeps_size_and_order_right) {
  ObjectCache cache(2);
  const Key a = Key::random(), b = Key::random(), c = Key::random();
  cache.set(of(a), object(1), 8);
  cache.set(of(b), object(2), 8);
  cache.set(of(a), object(10), 16);
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.bytes(), 24U);
  EXPECT_EQ(value_of(cache.get(of(a))), 10);
  cache.set(of(c), object(3), 8);
  EXPECT_FALSE(cache.exists(b));
  EXPECT_TRUE(cache.exists(a));
  EXPECT_EQ(cache.size(), 2U);
}

TEST(ObjectCache, of_size_zero_keeps_nothing) {
  ObjectCache cache(0);
  const Key a = Key::random();
  cache.set(of(a), object(1), 8);
  EXPECT_FALSE(cache.exists(a));
  EXPECT_EQ(cache.get(of(a)), nullptr);
  EXPECT_EQ(cache.size(), 0U);
}

TEST(ObjectCache, of_size_one_keeps_the_latest) {
  ObjectCache cache(1);
  const Key a = Key::random(), b = Key::random();
  cache.set(of(a), object(1), 8);
  cache.set(of(b), object(2), 8);
  EXPECT_FALSE(cache.exists(a));
  EXPECT_EQ(value_of(cache.get(of(b))), 2);
}

TEST(ObjectCache, limit_in_bytes_drops_the_least_recently_used) {
  ObjectCache cache(100, 100);
  const Key a = Key::random(), b = Key::random(), c = Key::random();
  cache.set(of(a), object(1), 40);
  cache.set(of(b), object(2), 60);
  EXPECT_EQ(cache.bytes(), 100U);
  cache.set(of(c), object(3), 1);
  EXPECT_FALSE(cache.exists(a));
  EXPECT_TRUE(cache.exists(b));
  EXPECT_EQ(cache.bytes(), 61U);
}

TEST(ObjectCache, object_beyond_the_limit_in_bytes_is_not_kept_and_drops_no_other) {
  ObjectCache cache(100, 100);
  const Key a = Key::random(), b = Key::random();
  cache.set(of(a), object(1), 40);
  cache.set(of(b), object(2), 101);
  EXPECT_FALSE(cache.exists(b));
  EXPECT_TRUE(cache.exists(a));
  cache.set(of(a), object(3), 101);  // in place of an object that was kept
  EXPECT_FALSE(cache.exists(a));
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(ObjectCache, dropping_an_object_leaves_what_was_handed_out) {
  ObjectCache cache(1);
  const Key a = Key::random();
  cache.set(of(a), object(7), 8);
  const auto held = cache.get(of(a));
  cache.clear();
  EXPECT_EQ(value_of(held), 7);
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(ObjectCache, strong_hold_keeps_objects_and_weak_hold_only_finds_them) {
  ObjectCache cache(4, 100);
  const Key a = Key::random(), b = Key::random();
  auto one = object(1), two = object(2);
  const std::weak_ptr<const void> watch_one = one, watch_two = two;
  cache.set(of(a), one, 60, Hold::strong);
  cache.set(of(b), two, 1000, Hold::weak);  // takes no memory of its own, so no limit
  EXPECT_EQ(cache.get(of(b)), two);
  EXPECT_EQ(cache.bytes(), 60U);
  one.reset();
  two.reset();
  EXPECT_FALSE(watch_one.expired());
  EXPECT_TRUE(watch_two.expired());
  EXPECT_TRUE(cache.exists(a));
  EXPECT_FALSE(cache.exists(b));
  EXPECT_EQ(cache.get(of(b)), nullptr);
  EXPECT_EQ(cache.size(), 1U);
}

TEST(ObjectCache, one_key_is_kept_as_several_types_and_by_several_deserializers) {
  ObjectCache cache(8);
  const Key a = Key::random();
  const auto text = std::make_shared<const std::string>("text");
  cache.set(of(a), object(1), 8);
  cache.set(of(a, "other"), object(2), 8);
  cache.set({.key = a, .type = &typeid(std::string), .deserializer = {}}, text, 8);
  EXPECT_EQ(cache.size(), 3U);
  EXPECT_EQ(value_of(cache.get(of(a))), 1);
  EXPECT_EQ(value_of(cache.get(of(a, "other"))), 2);
  EXPECT_EQ(cache.get({.key = a, .type = &typeid(std::string), .deserializer = {}}), text);
  EXPECT_EQ(cache.get(of(a, "third")), nullptr);
}

TEST(ObjectCache, case194_evict_drops_all_types_of_a_key_and_no_other_key) {
  ObjectCache cache(8);
  const Key a = Key::random(), b = Key::random();
  cache.set(of(a), object(1), 8);
  cache.set(of(a, "other"), object(2), 8);
  cache.set(of(b), object(3), 8);
  cache.evict(a);
  EXPECT_FALSE(cache.exists(a));
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_EQ(cache.bytes(), 8U);
  cache.evict(a);  // harmless
  cache.evict(Key::random());
  EXPECT_EQ(value_of(cache.get(of(b))), 3);
}

TEST(ObjectCache, threads_leave_it_consistent) {
  ObjectCache cache(16, 1000);
  std::vector<Key> keys;
  for (int i = 0; i < 64; ++i) keys.push_back(Key::random());
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < 2000; ++i) {
          const std::size_t n = (i * 7 + t * 13) % keys.size();
          const auto hold = i % 3 == 0 ? Hold::weak : Hold::strong;
          cache.set(of(keys[n]), object(static_cast<int>(n)), 30, hold);
          if (const auto held = cache.get(of(keys[n]))) {
            EXPECT_EQ(value_of(held), static_cast<int>(n));
          }
          if (i % 11 == 0) cache.evict(keys[(n + 1) % keys.size()]);
          (void)cache.exists(keys[n]);
        }
      });
    }
  }
  EXPECT_LE(cache.size(), 16U);
  EXPECT_LE(cache.bytes(), 1000U);
  EXPECT_EQ(cache.hits() + cache.misses(), 8000U);
  for (const auto& key : keys) cache.evict(key);
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.bytes(), 0U);
}

}  // namespace
}  // namespace proxystore
