// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// The batch forms: order, and all or nothing.
#include "decorators/faulty_connector.hpp"
#include "decorators/recording_connector.hpp"
#include "proxystore/error.hpp"
#include "suite.hpp"

namespace proxystore::testing {
namespace {

/// Objects, and requests that view them.
struct Requests {
  explicit Requests(const std::vector<Bytes>& sources) : objects(sources) {
    parts.reserve(objects.size());
    for (const auto& object : objects) parts.push_back(object.span());
    for (const auto& part : parts) all.push_back({.parts = std::span(&part, 1)});
  }
  std::vector<Bytes> objects;
  std::vector<ByteSpan> parts;
  std::vector<PutRequest> all;
};

class Batch : public StoringConnectorTest {};
PROXYSTORE_FOR_ALL_CONNECTORS(Batch);

TEST_P(Batch, case7_keys_and_objects_come_in_order) {
  std::vector<Bytes> objects;
  for (unsigned i = 0; i < 40; ++i) objects.push_back(pattern(100 * i, i));
  const auto keys = connector().put_batch(Requests(objects).all);
  ASSERT_EQ(keys.size(), objects.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_TRUE(connector().get(keys[i]) == objects[i]) << i;
  }
  const auto found = connector().get_batch(keys);
  ASSERT_EQ(found.size(), objects.size());
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_TRUE(found[i] == objects[i]) << i;
}

TEST_P(Batch, absent_objects_keep_their_place) {
  const Bytes object = pattern(100);
  const std::vector<Key> keys = {Key::random(), put(object), Key::random(), put(object)};
  const auto found = connector().get_batch(keys);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_FALSE(found[0].has_value());
  EXPECT_TRUE(found[1] == object);
  EXPECT_FALSE(found[2].has_value());
  EXPECT_TRUE(found[3] == object);
  EXPECT_EQ(connector().exists_batch(keys), (std::vector<bool>{false, true, false, true}));
}

TEST_P(Batch, case8_evict_batch_removes_its_keys_only) {
  const std::vector<Bytes> objects = {pattern(10), pattern(20), pattern(30)};
  const auto keys = connector().put_batch(Requests(objects).all);
  connector().evict_batch(std::vector<Key>{keys[0], Key::random(), keys[2], keys[0]});
  EXPECT_EQ(connector().exists_batch(keys), (std::vector<bool>{false, true, false}));
  EXPECT_TRUE(connector().get(keys[1]) == objects[1]);
}

TEST_P(Batch, empty_batches) {
  EXPECT_TRUE(connector().put_batch({}).empty());
  EXPECT_TRUE(connector().get_batch({}).empty());
  EXPECT_TRUE(connector().exists_batch({}).empty());
  connector().evict_batch({});
}

TEST_P(Batch, requests_of_several_parts) {
  const Bytes object = pattern(1'000);
  const std::vector<ByteSpan> parts = {object.span().first(10), {}, object.span().subspan(10)};
  const std::vector<PutRequest> requests = {{.parts = parts}, {.parts = {}}, {.parts = parts}};
  const auto keys = connector().put_batch(requests);
  ASSERT_EQ(keys.size(), 3U);
  EXPECT_TRUE(connector().get(keys[0]) == object);
  EXPECT_TRUE(connector().get(keys[1]) == Bytes());
  EXPECT_TRUE(connector().get(keys[2]) == object);
}

TEST_P(Batch, failure_in_the_middle_leaves_nothing) {
  auto recording = std::make_shared<RecordingConnector>(connector_);
  FaultyConnector faulty(recording, Batches::split);
  faulty.fail(Verb::put, 3, CapacityError("planned"));
  const Requests requests({pattern(10), pattern(20), pattern(30), pattern(40)});
  EXPECT_THROW((void)faulty.put_batch(requests.all), CapacityError);
  std::size_t puts = 0;
  for (const auto& call : recording->log()) {
    if (call.verb != Verb::put) continue;
    ++puts;
    EXPECT_FALSE(connector().exists(*call.key));
  }
  EXPECT_EQ(puts, 2U);
}

class FullStore : public ConnectorTest {
 protected:
  void SetUp() override {
    if (!GetParam().open_small) GTEST_SKIP() << "this case has no store with little room";
    connector_ = GetParam().open_small();
    ASSERT_NE(connector_, nullptr);
  }
};
PROXYSTORE_FOR_ALL_CONNECTORS(FullStore);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FullStore);

TEST_P(FullStore, put_fails_and_the_store_goes_on) {
  const Bytes small = pattern(1'000);
  const Key before = put(small);
  EXPECT_THROW(put(pattern(4U << 20U)), CapacityError);
  EXPECT_TRUE(connector().get(before) == small);
  const Key after = put(small);
  EXPECT_TRUE(connector().get(after) == small);
}

TEST_P(FullStore, batch_that_does_not_fit_leaves_nothing) {
  const Bytes third = pattern(1'400'000);
  const Requests requests({pattern(100), third, third, third});
  EXPECT_THROW((void)connector().put_batch(requests.all), CapacityError);
  const Key key = put(pattern(300'000));  // there is room again
  EXPECT_TRUE(connector().exists(key));
}

}  // namespace
}  // namespace proxystore::testing
