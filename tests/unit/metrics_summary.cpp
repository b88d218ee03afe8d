// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/metrics_summary.hpp"

#include <cmath>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxystore/connectors/local.hpp"
#include "proxystore/error.hpp"
#include "proxystore/serialize/archive.hpp"
#include "proxystore/store.hpp"
#include "support.hpp"

namespace proxystore {
namespace {

using ::testing::HasSubstr;

Distribution one_to(int last) {
  Distribution values;
  for (int i = 1; i <= last; ++i) values.add(i);
  return values;
}

TEST(Distribution, of_nothing_is_all_zero) {
  const Distribution values;
  EXPECT_EQ(values.count(), 0U);
  EXPECT_EQ(values.mean(), 0);
  EXPECT_EQ(values.min(), 0);
  EXPECT_EQ(values.max(), 0);
  EXPECT_EQ(values.percentile(50), 0);
}

TEST(Distribution, is_exact_but_for_percentiles_which_are_close) {
  const auto values = one_to(1000);
  EXPECT_EQ(values.count(), 1000U);
  EXPECT_EQ(values.sum(), 500500);
  EXPECT_EQ(values.mean(), 500.5);
  EXPECT_EQ(values.min(), 1);
  EXPECT_EQ(values.max(), 1000);
  for (const double percent : {1.0, 10.0, 50.0, 90.0, 99.0}) {
    EXPECT_NEAR(values.percentile(percent) / (10 * percent), 1, 0.032) << percent;
  }
  EXPECT_EQ(values.percentile(0), 1);
  EXPECT_NEAR(values.percentile(100), 1000, 32);
}

TEST(Distribution, takes_all_magnitudes) {
  for (const double value : {1e-300, 1e-6, 0.5, 1.0, 2.0, 1e9, 1e300}) {
    Distribution values;
    values.add(value);
    EXPECT_EQ(values.percentile(50), value) << "alone it is its own smallest and largest";
    values.add(2 * value);
    values.add(2 * value);
    EXPECT_NEAR(values.percentile(90) / (2 * value), 1, 0.032);
  }
}

TEST(Distribution, zeros_and_senseless_values_count_as_zero) {
  Distribution values;
  values.add(0);
  values.add(-1);
  values.add(std::numeric_limits<double>::quiet_NaN());
  values.add(8);
  EXPECT_EQ(values.count(), 4U);
  EXPECT_EQ(values.sum(), 8);
  EXPECT_EQ(values.percentile(75), 0);
  EXPECT_EQ(values.percentile(100), 8);
}

TEST(Distribution, sum_is_that_of_all_values) {
  auto sum = one_to(10);
  sum += one_to(1000);
  sum += Distribution();
  EXPECT_EQ(sum.count(), 1010U);
  EXPECT_EQ(sum.max(), 1000);
  auto other = Distribution();
  other += one_to(7);
  EXPECT_EQ(other, one_to(7));
}

TEST(Distribution, percentiles_are_from_0_to_100) {
  EXPECT_THROW((void)one_to(5).percentile(-1), ArgumentError);
  EXPECT_THROW((void)one_to(5).percentile(101), ArgumentError);
  EXPECT_THROW((void)one_to(5).percentile(std::nan("")), ArgumentError);
}

MetricsSummary example() {
  MetricsSummary summary{.recorders = 2};
  summary.times["store.get"] = one_to(4);
  summary.sizes["object"].add(1024);
  summary.counters["hits"] = -3;
  summary.counters["a \"quoted\", name\n"] = 1;
  return summary;
}

TEST(MetricsSummary, as_text_has_a_line_for_each_name) {
  const std::string text = example().to_text();
  EXPECT_THAT(text, HasSubstr("times in ms"));
  EXPECT_THAT(text, HasSubstr("store.get"));
  EXPECT_THAT(text, HasSubstr("sizes in bytes"));
  EXPECT_THAT(text, HasSubstr("2.5"));
  EXPECT_EQ(MetricsSummary().to_text(), "");
}

TEST(MetricsSummary, as_json) {
  EXPECT_EQ(MetricsSummary().to_json(),
            "{\"recorders\": 0, \"times\": {}, \"sizes\": {}, \"counters\": {}}");
  const std::string json = example().to_json();
  EXPECT_THAT(json, HasSubstr("\"store.get\": {\"count\": 4, \"mean\": 2.5, \"min\": 1,"));
  EXPECT_THAT(json, HasSubstr("\"sum\": 10}"));
  EXPECT_THAT(json, HasSubstr("\"a \\\"quoted\\\", name\\u000a\": 1, \"hits\": -3"));
}

TEST(MetricsSummary, as_csv) {
  const std::string csv = example().to_csv();
  EXPECT_THAT(csv, HasSubstr("kind,name,count,mean,min,p50,p90,p99,max,sum\r\n"));
  EXPECT_THAT(csv, HasSubstr("time,store.get,4,2.5,1,"));
  EXPECT_THAT(csv, HasSubstr("size,object,1,1024,1024,1024,1024,1024,1024,1024\r\n"));
  EXPECT_THAT(csv, HasSubstr("counter,hits,-3,,,,,,,\r\n"));
  EXPECT_THAT(csv, HasSubstr("counter,\"a \"\"quoted\"\", name\n\",1,"));
}

TEST(MetricsSummary, travels) {
  const auto copy = deserialize<MetricsSummary>(Bytes::copy_of(serialize(example()).parts()));
  EXPECT_EQ(copy, example());
}

TEST(MetricsSummary, of_a_store) {
  const auto store = Store::create(testing::unique_name(), LocalOptions{}, {.metrics = true});
  Key key;
  for (int i = 0; i < 3; ++i) key = store->put(std::string(100, 'x'));
  (void)store->get<std::string>(key);
  (void)store->get<std::string>(key);
  const auto summary = store->metrics()->summary();
  EXPECT_EQ(summary.recorders, 1U);
  EXPECT_EQ(summary.times.at("store.put").count(), 3U);
  EXPECT_EQ(summary.sizes.at("store.put.object_size").sum(), 309);
  EXPECT_EQ(summary.counters.at("store.get.cache_hits"), 1);
}

}  // namespace
}  // namespace proxystore
