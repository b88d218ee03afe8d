// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Each capability is claimed exactly if it is there.
#include "child_process.hpp"
#include "proxystore/error.hpp"
#include "suite.hpp"

namespace proxystore::testing {
namespace {

class Honesty : public ConnectorTest {};
PROXYSTORE_FOR_ALL_CONNECTORS(Honesty);

TEST_P(Honesty, case1_has_a_name) {
  EXPECT_FALSE(connector().kind().empty());
  EXPECT_EQ(connector().config().kind, connector().kind());
}

TEST_P(Honesty, stores) {
  const Bytes object = pattern(100);
  const Key key = put(object);
  EXPECT_EQ(connector().exists(key), has(Capability::stores));
  EXPECT_EQ(connector().get(key) == object, has(Capability::stores));
  EXPECT_FALSE(key.is_nil());
  EXPECT_NE(key, put(object));
}

TEST_P(Honesty, deferrable) {
  if (has(Capability::deferrable)) {
    set(connector().new_key(), pattern(1));
  } else {
    EXPECT_THROW((void)connector().new_key(), UnsupportedError);
    EXPECT_THROW(set(Key::random(), pattern(1)), UnsupportedError);
  }
}

TEST_P(Honesty, lease) {
  using namespace std::chrono_literals;
  const Key key = put(pattern(1));
  if (has(Capability::lease)) {
    EXPECT_TRUE(connector().lease(key, LeaseMode::shared, 1s).has_value());
  } else {
    EXPECT_THROW((void)connector().lease(key, LeaseMode::shared, 1s), UnsupportedError);
    EXPECT_THROW(connector().unlease({.key = key}), UnsupportedError);
  }
}

TEST_P(Honesty, list) {
  const auto list = [&] { connector().list([](const Key&) { return true; }); };
  if (has(Capability::list)) {
    EXPECT_NO_THROW(list());
  } else {
    EXPECT_THROW(list(), UnsupportedError);
  }
}

TEST_P(Honesty, an_unsupported_verb_says_whose_and_which) {
  if (has(Capability::deferrable)) GTEST_SKIP() << "this connector has the capability 'deferrable'";
  try {
    (void)connector().new_key();
    FAIL() << "new_key() did not throw";
  } catch (const UnsupportedError& error) {
    EXPECT_EQ(error.context().connector, connector().kind());
    EXPECT_EQ(error.context().operation, "new_key");
    EXPECT_NE(std::string(error.what()).find("deferrable"), std::string::npos) << error.what();
  }
}

TEST_P(Honesty, wait_without_the_capability_works_too) {
  using std::chrono::milliseconds;
  EXPECT_EQ(connector().wait(put(pattern(1)), milliseconds(10)), has(Capability::stores));
}

/// Memory that the store holds already is mapped, or the same for two readers.
TEST_P(Honesty, zero_copy) {
  if (GetParam().copies_by_place) GTEST_SKIP() << "this case copies what is far away";
  PROXYSTORE_NEEDS(stores);
  const Key key = put(pattern(1U << 20U));
  const auto first = connector().get(key);
  const auto second = connector().get(key);
  ASSERT_TRUE(first && second);
  const bool is_mapped = first->memory() == Bytes::Memory::mapped;
  EXPECT_EQ(is_mapped || first->data() == second->data(), has(Capability::zero_copy));
}

class Config : public ConnectorTest {};
PROXYSTORE_FOR_ALL_CONNECTORS(Config);

TEST_P(Config, case9_reopens_the_same_objects) {
  const Bytes object = pattern(100);
  const Key key = put(object);
  const auto other = reopen(connector().config());
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(other->kind(), connector().kind());
  EXPECT_TRUE(other->capabilities() == connector().capabilities());
  EXPECT_EQ(other->config(), connector().config()) << "options got lost on the way";
  PROXYSTORE_NEEDS(stores);
  EXPECT_TRUE(other->get(key) == object);
  const ByteSpan part = object.span();
  const Key back = other->put(std::span(&part, 1), {});
  EXPECT_TRUE(connector().get(back) == object);
  other->evict(key);
  EXPECT_FALSE(connector().exists(key));
}

TEST_P(Config, survives_its_compact_form_and_toml) {
  const StoreConfig config{.name = "conformance", .connector = connector().config()};
  const Bytes compact = config.to_compact();
  EXPECT_EQ(StoreConfig::from_compact(compact.span()), config);
  EXPECT_EQ(StoreConfig::from_toml_text(config.to_toml()).connector, config.connector);
}

TEST_P(Config, closing_a_reopened_one_clears_nothing) {
  PROXYSTORE_NEEDS(stores);
  const Bytes object = pattern(100);
  const Key key = put(object);
  const auto other = reopen(connector().config());
  const ByteSpan part = object.span();
  const Key back = other->put(std::span(&part, 1), {});
  other->close();
  EXPECT_TRUE(connector().get(key) == object);
  EXPECT_TRUE(connector().get(back) == object);
}

TEST_P(Config, two_stores_do_not_see_each_other) {
  if (!GetParam().stores_are_apart) GTEST_SKIP() << "all stores of this case are one memory";
  const auto other = GetParam().open();
  const Key key = put(pattern(10));
  EXPECT_FALSE(other->exists(key));
  other->close();
}

TEST_P(Config, persistent_objects_outlive_close) {
  PROXYSTORE_NEEDS(persistent);
  const Bytes object = pattern(100);
  const Key key = put(object);
  const auto config = connector().config();
  connector().close({.clear = false});
  const auto later = reopen(config);
  EXPECT_TRUE(later->get(key) == object);
  later->evict(key);
}

class OtherProcess : public ConnectorTest {
 protected:
  void SetUp() override {
    ConnectorTest::SetUp();
    if (HasFatalFailure()) return;
    if (!GetParam().works_in_forked_process) GTEST_SKIP() << "this case refuses forked processes";
  }
};
PROXYSTORE_FOR_ALL_CONNECTORS(OtherProcess);

TEST_P(OtherProcess, reads_and_writes_a_shared_store) {
  PROXYSTORE_NEEDS(shared);
  const Key mine = put(pattern(100'000, 1));
  const bool is_stored = has(Capability::stores);
  const auto config = connector().config();
  const Pipe pipe;
  ChildProcess child([&] {
    const auto other = reopen(config);
    require(other->get(mine) == pattern(100'000, 1) || !is_stored, "the child reads the object");
    const Bytes object = pattern(50'000, 2);
    const ByteSpan part = object.span();
    pipe.send(other->put(std::span(&part, 1), {}));
    other->close();
  });
  const Key of_child = pipe.receive<Key>();
  EXPECT_EQ(connector().get(of_child) == pattern(50'000, 2), is_stored);
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(connector().exists(mine), is_stored);
}

TEST_P(OtherProcess, object_outlives_the_process_that_put_it) {
  PROXYSTORE_NEEDS(persistent);
  PROXYSTORE_NEEDS(shared);
  const auto config = connector().config();
  const Pipe pipe;
  ChildProcess child([&] {
    const Bytes object = pattern(50'000, 2);
    const ByteSpan part = object.span();
    pipe.send(reopen(config)->put(std::span(&part, 1), {}));
  });
  const Key key = pipe.receive<Key>();
  EXPECT_EQ(child.wait(), 0);
  EXPECT_TRUE(connector().get(key) == pattern(50'000, 2));
}

TEST_P(OtherProcess, sets_what_this_one_waits_for) {
  PROXYSTORE_NEEDS(shared);
  PROXYSTORE_NEEDS(deferrable);
  const Key key = connector().new_key();
  const auto config = connector().config();
  ChildProcess child([&] {
    const Bytes object = pattern(1'000);
    const ByteSpan part = object.span();
    reopen(config)->set(key, std::span(&part, 1), {});
  });
  EXPECT_TRUE(connector().wait(key, patience));
  EXPECT_TRUE(connector().get(key) == pattern(1'000));
  EXPECT_EQ(child.wait(), 0);
}

TEST_P(OtherProcess, is_told_when_a_store_is_not_shared) {
  if (has(Capability::shared)) GTEST_SKIP() << "this connector has the capability 'shared'";
  const Key key = put(pattern(100));
  const auto config = connector().config();
  ChildProcess child([&] {
    try {
      require(!reopen(config)->exists(key), "the object is out of reach");
    } catch (const ConnectorError&) {  // the better answer
    }
  });
  EXPECT_EQ(child.wait(), 0);
}

}  // namespace
}  // namespace proxystore::testing
