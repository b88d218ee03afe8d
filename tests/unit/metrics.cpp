// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/metrics.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "proxystore/connectors/local.hpp"
#include "proxystore/store.hpp"
#include "support.hpp"

namespace proxystore {
namespace {

using proxystore::testing::unique_name;
using Milliseconds = StoreMetrics::Milliseconds;

TimeStats one(double ms, double timestamp) {
  return {.count = 1,
          .avg_time_ms = ms,
          .min_time_ms = ms,
          .max_time_ms = ms,
          .last_time_ms = ms,
          .last_timestamp = timestamp};
}

TEST(TimeStats, case183_add_gives_the_statistics_of_both) {
  const auto sum = one(1, 10) + one(3, 20);
  EXPECT_EQ(sum, (TimeStats{.count = 2,
                            .avg_time_ms = 2,
                            .min_time_ms = 1,
                            .max_time_ms = 3,
                            .last_time_ms = 3,
                            .last_timestamp = 20}));
  EXPECT_EQ(one(3, 20) + one(1, 10), sum);
}

TEST(TimeStats, add_weighs_means_by_their_counts) {
  const auto three = one(1, 1) + one(1, 2) + one(1, 3);
  EXPECT_DOUBLE_EQ((three + one(5, 4)).avg_time_ms, 2);
}

TEST(TimeStats, adding_nothing_changes_nothing) {
  EXPECT_EQ(one(1, 10) + TimeStats{}, one(1, 10));
  EXPECT_EQ(TimeStats{} + one(1, 10), one(1, 10));
  EXPECT_EQ(TimeStats{} + TimeStats{}, TimeStats{});
}

TEST(TimeStats, case184_as_dict_has_pythons_names) {
  const auto dict = one(2, 9).as_dict();
  const std::map<std::string, double> wanted{{"count", 1},        {"avg_time_ms", 2},
                                             {"min_time_ms", 2},  {"max_time_ms", 2},
                                             {"last_time_ms", 2}, {"last_timestamp", 9}};
  EXPECT_EQ(dict, wanted);
}

TEST(StoreMetrics, case186_unknown_key_has_none) {
  const StoreMetrics metrics;
  EXPECT_FALSE(metrics.get_metrics(Key::random()));
  EXPECT_FALSE(metrics.get_metrics(std::vector<Proxy<int>>{}));
}

TEST(StoreMetrics, case185_records_attributes_counters_and_times_of_each_key) {
  StoreMetrics metrics;
  const Key a = Key::random(), b = Key::random();
  metrics.add_attribute("size", a, 100);
  metrics.add_attribute("size", a, 200);
  metrics.add_counter("hits", a, 1);
  metrics.add_counter("hits", a, 2);
  metrics.add_time("get", a, Milliseconds(1));
  metrics.add_time("get", a, Milliseconds(3));
  metrics.add_time("get", b, Milliseconds(5));
  const auto of_a = metrics.get_metrics(a);
  ASSERT_TRUE(of_a);
  EXPECT_EQ(of_a->attributes.at("size"), 200U);
  EXPECT_EQ(of_a->counters.at("hits"), 3);
  EXPECT_EQ(of_a->times.at("get").count, 2U);
  EXPECT_DOUBLE_EQ(of_a->times.at("get").avg_time_ms, 2);
  EXPECT_DOUBLE_EQ(of_a->times.at("get").last_time_ms, 3);
  EXPECT_GT(of_a->times.at("get").last_timestamp, 1.7e9);
  EXPECT_TRUE(metrics.get_metrics(b)->counters.empty());
}

TEST(StoreMetrics, a_batch_is_recorded_as_one_and_found_by_the_same_keys_in_order) {
  StoreMetrics metrics;
  const std::vector<Key> keys{Key::random(), Key::random()};
  const std::vector<Key> reversed{keys[1], keys[0]};
  metrics.add_attribute("sizes", keys, 7);
  metrics.add_time("put_batch", keys, Milliseconds(4));
  const auto found = metrics.get_metrics(keys);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->attributes.at("sizes"), 7U);
  EXPECT_EQ(found->times.at("put_batch").count, 1U);
  EXPECT_FALSE(metrics.get_metrics(reversed));
  EXPECT_FALSE(metrics.get_metrics(std::span(keys).first(1)));
  EXPECT_FALSE(metrics.get_metrics(keys[0]));
}

TEST(StoreMetrics, case187_by_proxy_equals_by_key) {
  const auto store = Store::create(unique_name(), LocalOptions{}, {.metrics = true});
  const auto proxy = store->proxy(std::string("text"));
  const auto by_key = store->metrics()->get_metrics(proxy.key());
  ASSERT_TRUE(by_key);
  EXPECT_EQ(store->metrics()->get_metrics(proxy), by_key);
  const auto proxies = store->proxy_batch(std::vector<std::string>{"a", "b"});
  const std::vector<Key> keys{proxies[0].key(), proxies[1].key()};
  const auto by_keys = store->metrics()->get_metrics(keys);
  ASSERT_TRUE(by_keys);
  EXPECT_EQ(store->metrics()->get_metrics(proxies), by_keys);
}

TEST(StoreMetrics, case188_aggregates_cover_all_keys) {
  StoreMetrics metrics;
  for (int ms = 1; ms <= 3; ++ms) {
    metrics.add_time("get", Key::random(), Milliseconds(ms));
    metrics.add_counter("hits", Key::random(), ms);
  }
  metrics.add_time("put", Key::random(), Milliseconds(9));
  const auto times = metrics.aggregate_times();
  ASSERT_EQ(times.size(), 2U);
  EXPECT_EQ(times.at("get").count, 3U);
  EXPECT_DOUBLE_EQ(times.at("get").avg_time_ms, 2);
  EXPECT_DOUBLE_EQ(times.at("get").min_time_ms, 1);
  EXPECT_DOUBLE_EQ(times.at("get").max_time_ms, 3);
  EXPECT_EQ(times.at("put").count, 1U);
  EXPECT_EQ(metrics.aggregate_counters().at("hits"), 6);
}

TEST(StoreMetrics, remembers_the_latest_keys_only_and_totals_of_all) {
  StoreMetrics metrics(2);
  const Key a = Key::random(), b = Key::random(), c = Key::random();
  for (const Key& key : {a, b, c}) metrics.add_time("get", key, Milliseconds(1));
  EXPECT_FALSE(metrics.get_metrics(a));
  EXPECT_TRUE(metrics.get_metrics(b));
  EXPECT_TRUE(metrics.get_metrics(c));
  EXPECT_EQ(metrics.aggregate_times().at("get").count, 3U);
}

TEST(StoreMetrics, that_remember_no_key_still_have_totals) {
  StoreMetrics metrics(0);
  for (int i = 0; i < 3; ++i) metrics.add_time("get", Key::random(), Milliseconds(1));
  EXPECT_EQ(metrics.aggregate_times().at("get").count, 3U);
}

TEST(StoreMetrics, answers_are_copies) {
  StoreMetrics metrics;
  const Key a = Key::random();
  metrics.add_counter("hits", a, 1);
  auto copy = metrics.get_metrics(a);
  copy->counters["hits"] = 100;
  EXPECT_EQ(metrics.get_metrics(a)->counters.at("hits"), 1);
}

}  // namespace
}  // namespace proxystore
