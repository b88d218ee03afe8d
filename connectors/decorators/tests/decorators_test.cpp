// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// What the decorators add; that they change nothing else is shown by the conformance suite.
#include <algorithm>
#include <thread>

#include <gmock/gmock.h>

#include "decorators/delayed_connector.hpp"
#include "decorators/faulty_connector.hpp"
#include "decorators/recording_connector.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/error.hpp"

namespace proxystore::testing {
namespace {

using ::testing::ElementsAre;

std::shared_ptr<Connector> local() {
  return ConnectorRegistry::global().make(LocalOptions{});
}

Key put(Connector& connector, std::string_view text) {
  const ByteSpan part = std::as_bytes(std::span(text.data(), text.size()));
  return connector.put(std::span(&part, 1), {});
}

std::vector<Verb> verbs_of(const std::vector<Call>& log) {
  std::vector<Verb> verbs;
  for (const auto& call : log) verbs.push_back(call.verb);
  return verbs;
}

/// Has every capability, so that every verb gets through.
class LeasingConnector final : public ForwardingConnector {
 public:
  LeasingConnector() : ForwardingConnector(local()) {}
  [[nodiscard]] std::optional<Lease> lease(const Key& key, LeaseMode mode,
                                           std::chrono::milliseconds) override {
    return Lease{.key = key, .mode = mode, .token = 7};
  }
  void unlease(const Lease& lease) override { last_token = lease.token; }

  std::uint64_t last_token = 0;
};

/// Only threads of the program may reach its objects, and they are built in memory of its own.
class PlacingConnector final : public ForwardingConnector {
 public:
  PlacingConnector() : ForwardingConnector(local()) {}
  [[nodiscard]] bool allows_background(const Key&) const noexcept override { return false; }
  [[nodiscard]] std::unique_ptr<ObjectBuilder> create(std::size_t size,
                                                      const PutOptions& options) override {
    created = size;
    return ForwardingConnector::create(size, options);
  }

  std::size_t created = 0;
};

TEST(ForwardingConnector, builds_objects_where_the_inner_connector_does) {
  const auto inner = std::make_shared<PlacingConnector>();
  RecordingConnector recording(inner);
  const auto builder = recording.create(8, {});
  EXPECT_EQ(inner->created, 8U);
  std::ranges::fill(builder->memory(), std::byte{7});
  const Key key = builder->publish();
  EXPECT_EQ(recording.get(key)->size(), 8U);
  EXPECT_THAT(verbs_of(recording.log()), ElementsAre(Verb::create, Verb::publish, Verb::get));
  EXPECT_EQ(recording.log()[1].key, key);
}

TEST(ForwardingConnector, allows_in_the_background_what_the_inner_connector_does) {
  const ForwardingConnector outer(std::make_shared<PlacingConnector>());
  EXPECT_FALSE(outer.allows_background(Key::random()));
  EXPECT_TRUE(ForwardingConnector(local()).allows_background(Key::random()));
}

TEST(RecordingConnector, logs_every_verb_with_key_and_bytes) {
  const auto inner = std::make_shared<LeasingConnector>();
  RecordingConnector recording(inner);
  const Key key = put(recording, "hello");
  std::array<std::byte, 8> target{};
  (void)recording.get(key);
  (void)recording.get_into(key, target);
  (void)recording.get_range(key, 1, 2);
  (void)recording.exists(key);
  const Key later = recording.new_key();
  const ByteSpan part(target);
  recording.set(later, std::span(&part, 1), {});
  (void)recording.wait(later, std::chrono::milliseconds(0));
  const auto lease = recording.lease(key, LeaseMode::shared, std::chrono::milliseconds(1));
  recording.unlease(*lease);
  recording.evict(key);
  (void)recording.config();
  recording.close();
  const auto log = recording.log();
  ASSERT_THAT(verbs_of(log),
              ElementsAre(Verb::put, Verb::get, Verb::get_into, Verb::get_range, Verb::exists,
                          Verb::new_key, Verb::set, Verb::wait, Verb::lease, Verb::unlease,
                          Verb::evict, Verb::config, Verb::close));
  std::vector<std::size_t> bytes;
  for (const auto& call : log) bytes.push_back(call.bytes);
  EXPECT_THAT(bytes, ElementsAre(5, 5, 5, 2, 0, 0, 8, 0, 0, 0, 0, 0, 0));
  EXPECT_EQ(log[0].key, key);
  EXPECT_EQ(log[5].key, later);
  EXPECT_EQ(log[9].key, key);
  EXPECT_FALSE(log[11].key.has_value());
  EXPECT_EQ(inner->last_token, 7U);
  EXPECT_EQ(recording.count(Verb::get), 1U);
}

TEST(RecordingConnector, logs_batches_as_one_call) {
  RecordingConnector recording(local());
  const std::array<std::byte, 3> memory{};
  const ByteSpan part(memory);
  const std::vector<PutRequest> requests(4, {.parts = std::span(&part, 1)});
  const auto keys = recording.put_batch(requests);
  (void)recording.get_batch(keys);
  (void)recording.exists_batch(keys);
  recording.list([](const Key&) { return true; });
  recording.evict_batch(keys);
  const auto log = recording.log();
  EXPECT_THAT(verbs_of(log), ElementsAre(Verb::put_batch, Verb::get_batch, Verb::exists_batch,
                                         Verb::list, Verb::evict_batch));
  EXPECT_EQ(log[3].objects, 4U);
  EXPECT_EQ(log[0].objects, 4U);
  EXPECT_EQ(log[0].bytes, 12U);
  EXPECT_EQ(log[1].bytes, 12U);
}

TEST(RecordingConnector, marks_failed_calls) {
  RecordingConnector recording(local());
  recording.close();
  EXPECT_THROW((void)recording.get(Key::random()), StoreClosedError);
  EXPECT_FALSE(recording.log().front().has_failed);
  EXPECT_TRUE(recording.log().back().has_failed);
  recording.clear_log();
  EXPECT_TRUE(recording.log().empty());
}

TEST(RecordingConnector, loses_no_call_of_many_threads) {
  RecordingConnector recording(local());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 100; ++n) (void)recording.exists(Key::random());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(recording.log().size(), 400U);
  EXPECT_EQ(recording.count(Verb::exists), 400U);
}

TEST(FaultyConnector, fails_the_chosen_call_only) {
  FaultyConnector faulty(local());
  const Key key = put(faulty, "x");
  faulty.fail(Verb::get, 2, TimeoutError("planned", {.connector = "local"}));
  EXPECT_TRUE(faulty.get(key).has_value());
  try {
    (void)faulty.get(key);
    FAIL() << "the second get did not fail";
  } catch (const TimeoutError& error) {
    EXPECT_EQ(error.context().connector, "local");
  }
  EXPECT_TRUE(faulty.get(key).has_value());
  EXPECT_TRUE(faulty.exists(key));
}

TEST(FaultyConnector, before_and_after_differ_in_what_was_done) {
  const auto recording = std::make_shared<RecordingConnector>(local());
  FaultyConnector faulty(recording);
  faulty.fail(Verb::put, 1, ConnectorError("lost request"), Moment::before);
  faulty.fail(Verb::put, 2, ConnectorError("lost answer"), Moment::after);
  EXPECT_THROW(put(faulty, "a"), ConnectorError);
  EXPECT_TRUE(recording->log().empty());
  EXPECT_THROW(put(faulty, "b"), ConnectorError);
  ASSERT_EQ(recording->log().size(), 1U);
  EXPECT_TRUE(faulty.exists(*recording->log().front().key));
}

TEST(FaultyConnector, fail_next_counts_from_now) {
  FaultyConnector faulty(local());
  (void)put(faulty, "a");
  faulty.fail_next(Verb::put, CapacityError("full"));
  EXPECT_THROW(put(faulty, "b"), CapacityError);
  EXPECT_NO_THROW(put(faulty, "c"));
}

TEST(FaultyConnector, splits_batches_on_request) {
  const auto recording = std::make_shared<RecordingConnector>(local());
  FaultyConnector faulty(recording, Batches::split);
  const std::vector<PutRequest> requests(3);
  const auto keys = faulty.put_batch(requests);
  (void)faulty.get_batch(keys);
  EXPECT_EQ(recording->count(Verb::put), 3U);
  EXPECT_EQ(recording->count(Verb::get), 3U);
  EXPECT_EQ(recording->count(Verb::put_batch) + recording->count(Verb::get_batch), 0U);
}

TEST(DelayedConnector, waits_before_the_chosen_verb) {
  using std::chrono::milliseconds;
  using std::chrono::steady_clock;
  DelayedConnector delayed(local());
  const Key key = put(delayed, "x");
  delayed.delay(Verb::get, milliseconds(20));
  const auto start = steady_clock::now();
  EXPECT_TRUE(delayed.get(key).has_value());
  EXPECT_GE(steady_clock::now() - start, milliseconds(20));
}

}  // namespace
}  // namespace proxystore::testing
