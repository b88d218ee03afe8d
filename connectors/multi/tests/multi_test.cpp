// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Policies, and where objects go. The numbers are those of the cases in docs/from-python.md.
#include "proxystore/connectors/multi.hpp"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/temporary_folder.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/connectors/null.hpp"
#include "proxystore/error.hpp"
#include "proxystore/future.hpp"
#include "proxystore/owned_proxy.hpp"
#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"

namespace proxystore {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;
using testing::TemporaryFolder;
using Tags = std::vector<std::string>;

std::string this_host() {
  std::array<char, 256> host{};
  (void)::gethostname(host.data(), host.size() - 1);
  return host.data();
}

const Tags none{};
const Tags anything{"anything"};

TEST(Policy, case20_default_takes_everything_everywhere) {
  const Policy policy;
  EXPECT_TRUE(policy.is_valid());
  EXPECT_TRUE(policy.is_valid(0));
  EXPECT_TRUE(policy.is_valid(Policy::no_limit));
  EXPECT_TRUE(policy.is_valid_on_host());
}

TEST(Policy, case21_host_pattern_matches_the_whole_name) {
  EXPECT_TRUE(Policy{.host_patterns = {"node[0-9]+"}}.is_valid_on_host("node17"));
  EXPECT_FALSE(Policy{.host_patterns = {"node[0-9]+"}}.is_valid_on_host("node17.cluster"));
  EXPECT_FALSE(Policy{.host_patterns = {"ode17"}}.is_valid_on_host("node17"));
  const Policy elsewhere{.host_patterns = {"not-" + this_host()}};
  EXPECT_FALSE(elsewhere.is_valid_on_host());
  EXPECT_FALSE(elsewhere.is_valid());
  EXPECT_TRUE(Policy{.host_patterns = {this_host()}}.is_valid());
}

TEST(Policy, case22_any_of_several_host_patterns) {
  const Policy policy{.host_patterns = {"login.*", "node.*"}};
  EXPECT_TRUE(policy.is_valid_on_host("node1"));
  EXPECT_TRUE(policy.is_valid_on_host("login1"));
  EXPECT_FALSE(policy.is_valid_on_host("gpu1"));
}

TEST(Policy, case23_sizes_are_inclusive) {
  const Policy policy{.min_size_bytes = 1, .max_size_bytes = 100};
  EXPECT_TRUE(policy.is_valid(1));
  EXPECT_TRUE(policy.is_valid(100));
  EXPECT_FALSE(policy.is_valid(0));
  EXPECT_FALSE(policy.is_valid(101));
  EXPECT_TRUE(policy.is_valid());
}

TEST(Policy, case24_and_25_subset_tags) {
  EXPECT_FALSE(Policy{}.is_valid({}, anything, none));
  const Policy policy{.subset_tags = {"a", "b"}};
  EXPECT_TRUE(policy.is_valid({}, none, none));
  EXPECT_TRUE(policy.is_valid({}, Tags{"a"}, none));
  EXPECT_TRUE(policy.is_valid({}, Tags{"b", "a"}, none));
  EXPECT_FALSE(policy.is_valid({}, Tags{"a", "c"}, none));
}

TEST(Policy, case26_and_27_superset_tags) {
  EXPECT_TRUE(Policy{}.is_valid({}, none, anything));
  const Policy policy{.superset_tags = {"a", "b"}};
  EXPECT_FALSE(policy.is_valid({}, none, none));
  EXPECT_FALSE(policy.is_valid({}, none, Tags{"a"}));
  EXPECT_TRUE(policy.is_valid({}, none, Tags{"c", "b", "a"}));
}

TEST(Policy, case28_and_29_survives_its_configuration) {
  const std::vector<Policy> policies{
      {},
      {.priority = -3, .host_patterns = {"a.*", "b"}, .min_size_bytes = 5, .max_size_bytes = 50},
      {.subset_tags = {"x"}, .superset_tags = {"y", "z"}}};
  for (const Policy& policy : policies) EXPECT_EQ(Policy::from_table(policy.as_table()), policy);
  EXPECT_EQ(Policy::from_table({{"host_pattern", "node.*"}}).host_patterns, Tags{"node.*"});
}

TEST(Policy, mistakes_are_told) {
  const auto error_of = [](const ConfigTable& table) -> std::string {
    try {
      (void)Policy::from_table(table);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(error_of({{"max_size", 5}}), HasSubstr("max_size_bytes"));
  EXPECT_THAT(error_of({{"min_size_bytes", -1}}), HasSubstr("min_size_bytes"));
  EXPECT_THAT(error_of({{"subset_tags", ConfigArray{1}}}), HasSubstr("subset_tags"));
  EXPECT_THAT(error_of({{"host_pattern", "node["}}), HasSubstr("node["));
}

class Multi : public ::testing::Test {
 protected:
  /// Small objects in memory, large ones in files; what is tagged "keep" in files, too.
  [[nodiscard]] MultiOptions options() const {
    return {.children = {
                {.name = "memory",
                 .connector = LocalOptions{},
                 .policy = {.priority = 1, .max_size_bytes = 1000}},
                {.name = "files",
                 .connector = FileOptions{.store_dir = folder.path() / "store", .clear = false},
                 .policy = {.subset_tags = {"keep"}}}}};
  }
  [[nodiscard]] std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder.path() / "store")) {
      if (entry.path().extension() == ".ready") ++count;
    }
    return count;
  }

  TemporaryFolder folder;
  std::shared_ptr<Store> store = Store::create("multi-" + Key::random().to_string(), options());
};

TEST_F(Multi, case30_the_higher_priority_comes_first) {
  const auto key = store->put("small"s);
  EXPECT_EQ(files(), 0U);
  EXPECT_EQ(*store->get<std::string>(key), "small");
}

TEST_F(Multi, case31_by_size) {
  const auto key = store->put(std::string(5000, 'x'));
  EXPECT_EQ(files(), 1U);
  EXPECT_EQ(store->get<std::string>(key)->size(), 5000U);
  EXPECT_TRUE(store->evict(key));
  EXPECT_EQ(files(), 0U);
}

TEST_F(Multi, case32_by_tags) {
  const auto key = store->put("small"s, {.options = {.subset_tags = {"keep"}}});
  EXPECT_EQ(files(), 1U);
  EXPECT_EQ(*store->get<std::string>(key), "small");
}

TEST_F(Multi, case33_no_policy_takes_it) {
  try {
    (void)store->put("small"s, {.options = {.subset_tags = {"other"}}});
    FAIL() << "it was stored";
  } catch (const MultiConnectorError& error) {
    EXPECT_THAT(error.what(), HasSubstr("policy"));
    EXPECT_THAT(error.what(), HasSubstr("'other'"));
    EXPECT_THAT(error.what(), HasSubstr("'files'"));
  }
}

TEST_F(Multi, case34_key_of_a_child_that_does_not_exist) {
  Key key = store->put("small"s);
  key.flags |= 77;
  try {
    (void)store->exists(key);
    FAIL() << "there is no such child";
  } catch (const MultiConnectorError& error) {
    EXPECT_THAT(error.what(), HasSubstr("does not exist"));
  }
}

TEST_F(Multi, case35_and_39_proxies_resolve_in_a_store_that_is_rebuilt) {
  const auto small = store->proxy("small"s, {.populate_target = false});
  const auto large = store->proxy(std::string(5000, 'x'), {.populate_target = false});
  const Bytes small_wire = to_bytes(small);
  const Bytes large_wire = to_bytes(large);
  EXPECT_EQ(get_store(store->name()), nullptr);
  const auto arrived_small = from_bytes<std::string>(small_wire);
  const auto arrived_large = from_bytes<std::string>(large_wire);
  EXPECT_EQ(*arrived_small, "small");
  EXPECT_EQ(arrived_large->size(), 5000U);
  const auto rebuilt =
      Store::from_config(StoreConfig::from_toml_text(store->config().to_toml()), OpenMode::attach);
  EXPECT_EQ(rebuilt->config(), store->config());
  EXPECT_EQ(rebuilt->get<std::string>(large.key())->size(), 5000U);
  unregister_store(store->name());
}

class Dormant : public Multi {
 protected:
  Dormant() {
    MultiOptions changed = options();
    changed.children[1].policy.host_patterns = {"not-" + this_host()};
    elsewhere = Store::create("multi-" + Key::random().to_string(), changed);
  }
  std::shared_ptr<Store> elsewhere;
};

TEST_F(Dormant, case36_the_others_work) {
  const auto key = elsewhere->put("small"s);
  EXPECT_EQ(*elsewhere->get<std::string>(key), "small");
}

TEST_F(Dormant, case37_what_only_it_would_take_is_not_taken) {
  try {
    (void)elsewhere->put(std::string(5000, 'x'));
    FAIL() << "it was stored";
  } catch (const MultiConnectorError& error) {
    EXPECT_THAT(error.what(), HasSubstr("constraints"));
    EXPECT_THAT(error.what(), HasSubstr("dormant"));
  }
}

TEST_F(Dormant, case38_its_objects_are_told_of) {
  const auto key = store->put(std::string(5000, 'x'));
  try {
    (void)elsewhere->get<std::string>(key);
    FAIL() << "the child is dormant";
  } catch (const MultiConnectorError& error) {
    EXPECT_THAT(error.what(), HasSubstr("dormant"));
    EXPECT_THAT(error.what(), HasSubstr("'files'"));
  }
}

TEST_F(Multi, batches_are_split_and_rejoined_in_order) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < 20; ++i) values.emplace_back(i % 3 == 0 ? 5000 + i : i, 'x');
  const auto keys = store->put_batch(values);
  EXPECT_EQ(files(), 7U);
  const auto found = store->get_batch<std::string>(keys);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(*found[i], values[i]);
  store->evict_batch(keys);
  for (const Key& key : keys) EXPECT_FALSE(store->exists(key));
}

TEST_F(Multi, batch_is_stored_as_a_whole_or_not_at_all) {
  const std::vector<std::string> values{"small", std::string(5000, 'x')};
  EXPECT_THROW((void)store->put_batch(values, {.options = {.subset_tags = {"other"}}}),
               MultiConnectorError);
  EXPECT_EQ(files(), 0U);
}

TEST_F(Multi, futures_and_owned_objects_are_of_a_child_that_has_them) {
  const auto future = store->future<std::string>();
  future.set_result(std::string(5000, 'x'));
  EXPECT_EQ(future.result()->size(), 5000U);
  EXPECT_EQ(files(), 0U) << "of the first by priority";
  Key key;
  {
    auto owner = store->owned_proxy("text"s);
    key = owner.key();
    auto borrowed = owner.mut_borrow();
    *borrowed += " more";
    borrowed.update();
    EXPECT_EQ(*store->get<std::string>(key), "text more");
  }
  EXPECT_FALSE(store->exists(key));
}

TEST_F(Multi, configurations_that_make_no_sense) {
  const auto error_of = [](const ConnectorConfig& config) -> std::string {
    try {
      (void)ConnectorRegistry::global().make(config);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(error_of({.kind = "multi", .options = {}}), HasSubstr("no children"));
  EXPECT_THAT(error_of({.kind = "multi", .options = {{"a", "local"}}}), HasSubstr("'a'"));
  EXPECT_THAT(error_of({.kind = "multi", .options = {{"a", ConfigArray{"local"}}}}),
              HasSubstr("[kind, {options}, {policy}]"));
  EXPECT_THAT(error_of({.kind = "multi", .options = {{"a", ConfigArray{"lokal", ConfigTable{}}}}}),
              HasSubstr("lokal"));
  const ConnectorConfig inner =
      MultiOptions{.children = {{.name = "x", .connector = NullOptions{}}}};
  EXPECT_THAT(error_of(MultiOptions{.children = {{.name = "y", .connector = inner}}}),
              HasSubstr("'y'"));
  EXPECT_THROW(
      (void)ConnectorConfig(MultiOptions{.children = {{.name = "x", .connector = NullOptions{}},
                                                      {.name = "x", .connector = NullOptions{}}}}),
      ConfigError);
  EXPECT_THROW((void)ConnectorConfig(MultiOptions{.children = {{.connector = NullOptions{}}}}),
               ConfigError);
}

TEST_F(Multi, python_reads_and_writes_the_same_form) {
  const auto config = StoreConfig::from_toml_text(R"(
name = "mixed"
[connector]
kind = "proxystore.connectors.multi.MultiConnector"
[connector.options]
small = [
    "proxystore.connectors.local.LocalConnector",
    { },
    { priority = 1, host_pattern = ".*", min_size_bytes = 0, max_size_bytes = 9223372036854775807, subset_tags = [], superset_tags = [] },
]
)");
  const auto mixed = Store::from_config(config);
  EXPECT_EQ(mixed->connector().kind(), "multi");
  EXPECT_EQ(*mixed->get<int>(mixed->put(7)), 7);
}

}  // namespace
}  // namespace proxystore
