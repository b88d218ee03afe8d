// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/connector_registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "counting_connector.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/connectors/local.hpp"
#include "support.hpp"

namespace proxystore {
namespace {

using proxystore::testing::CountingConnector;
using proxystore::testing::TemporaryFolder;
using proxystore::testing::thrown_by;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

ConnectorKind counting_kind(std::string name, std::vector<std::string> aliases = {}) {
  return {
      .name = std::move(name),
      .aliases = std::move(aliases),
      .make = [](const ConfigTable&, OpenMode) { return std::make_shared<CountingConnector>(); },
      .identity =
          [](const ConfigTable& options) {
            ConfigTable identity = options;
            identity.erase("buffering");
            return identity;
          }};
}

TEST(ConnectorRegistry, case238_makes_what_was_added_and_passes_options_and_mode) {
  ConnectorRegistry registry;
  auto kind = counting_kind("mine");
  ConfigTable seen;
  OpenMode seen_mode = OpenMode::create;
  kind.make = [&](const ConfigTable& options, OpenMode mode) {
    seen = options;
    seen_mode = mode;
    return std::make_shared<CountingConnector>();
  };
  registry.add(std::move(kind));
  const auto made = registry.make({.kind = "mine", .options = {{"x", 1}}}, OpenMode::attach);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->kind(), "counting");
  EXPECT_EQ(seen, (ConfigTable{{"x", 1}}));
  EXPECT_EQ(seen_mode, OpenMode::attach);
}

TEST(ConnectorRegistry, options_are_those_given_and_the_defaults) {
  const TemporaryFolder folder;
  const auto& registry = ConnectorRegistry::global();
  const std::string store_dir = (folder.path() / "none").string();
  const ConfigTable options = registry.options(
      {.kind = "FileConnector", .options = {{"store_dir", store_dir}, {"fanout", 2}}});
  EXPECT_EQ(options.at("store_dir"), ConfigValue(store_dir));
  EXPECT_EQ(options.at("fanout"), ConfigValue(2));
  EXPECT_EQ(options.at("read"), ConfigValue("auto"));
  EXPECT_EQ(options.at("clear"), ConfigValue(true));
  EXPECT_FALSE(options.contains("visibility_timeout_ms")) << "it depends on the medium";
  EXPECT_FALSE(std::filesystem::exists(store_dir)) << "nothing is opened";
  EXPECT_EQ(
      registry.identity({.kind = "file", .options = options}),
      registry.identity({.kind = "file", .options = {{"store_dir", store_dir}, {"fanout", 2}}}));
}

TEST(ConnectorRegistry, options_of_a_kind_that_notes_none_are_those_given) {
  ConnectorRegistry registry;
  registry.add(counting_kind("mine"));
  EXPECT_EQ(registry.options({.kind = "mine", .options = {{"x", 1}}}), (ConfigTable{{"x", 1}}));
}

TEST(ConnectorRegistry, options_that_cannot_be_are_refused) {
  const auto& registry = ConnectorRegistry::global();
  for (const char* kind : {"local", "null", "file"}) {
    const auto error = thrown_by<ConfigError>([&] {
      (void)registry.options({.kind = kind, .options = {{"no_such", 1}}});
    });
    EXPECT_THAT(error.what(), HasSubstr("'no_such'")) << kind;
  }
  EXPECT_THROW((void)registry.options({.kind = "no such kind"}), UnknownConnectorError);
  const ConfigTable children{{"files", ConfigArray{"file", ConfigTable{{"store_dir", "d"}},
                                                   ConfigTable{{"priority", 3}}}}};
  EXPECT_EQ(registry.options({.kind = "multi", .options = children}), children)
      << "nothing of the children is among its own";
}

TEST(ConnectorRegistry, a_kind_answers_to_names_classes_and_paths_in_any_case) {
  ConnectorRegistry registry;
  registry.add(counting_kind("mine", {"some.module.MineConnector"}));
  for (const std::string name : {"mine", "MINE", "Mine", "MineConnector", "mineconnector",
                                 "some.module.MineConnector", "SOME.module.mineconnector"}) {
    EXPECT_TRUE(registry.make({.kind = name})) << name;
  }
  EXPECT_THROW((void)registry.make({.kind = "module.MineConnector"}), UnknownConnectorError);
}

TEST(ConnectorRegistry, case112_and_113_and_114_built_in_kinds_answer_to_pythons_names) {
  const auto& registry = ConnectorRegistry::global();
  for (const std::string name :
       {"local", "LOCAL", "LocalConnector", "proxystore.connectors.local.LocalConnector"}) {
    EXPECT_EQ(registry.make({.kind = name})->kind(), "local") << name;
  }
  const TemporaryFolder folder;
  for (const std::string name :
       {"file", "File", "FILECONNECTOR", "proxystore.connectors.file.FileConnector"}) {
    const ConfigTable options{{"store_dir", (folder / "store").string()}};
    EXPECT_EQ(registry.make({.kind = name, .options = options})->kind(), "file") << name;
  }
}

TEST(ConnectorRegistry, a_name_or_alias_that_is_taken_is_refused_and_nothing_is_added) {
  ConnectorRegistry registry;
  registry.add(counting_kind("one", {"a.One"}));
  EXPECT_THROW(registry.add(counting_kind("ONE")), ArgumentError);
  EXPECT_THROW(registry.add(counting_kind("two", {"A.one"})), ArgumentError);
  EXPECT_THROW(registry.add(counting_kind("oneconnector")), ArgumentError);
  EXPECT_THAT(registry.kinds(), ElementsAre("one"));
  registry.add(counting_kind("two"));
  EXPECT_THAT(registry.kinds(), ElementsAre("one", "two"));
}

TEST(ConnectorRegistry, an_incomplete_kind_is_refused) {
  ConnectorRegistry registry;
  EXPECT_THROW(registry.add(counting_kind("")), ArgumentError);
  auto kind = counting_kind("x");
  kind.make = nullptr;
  EXPECT_THROW(registry.add(kind), ArgumentError);
  kind = counting_kind("x");
  kind.identity = nullptr;
  EXPECT_THROW(registry.add(kind), ArgumentError);
}

TEST(ConnectorRegistry, case115_an_unknown_kind_is_refused_with_the_known_ones) {
  ConnectorRegistry registry;
  registry.add(counting_kind("beta"));
  registry.add(counting_kind("alpha"));
  const auto error =
      thrown_by<UnknownConnectorError>([&] { (void)registry.make({.kind = "gamma"}); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr("'gamma'"), HasSubstr("'alpha', 'beta'")));
  EXPECT_EQ(error.context().connector, "gamma");
  EXPECT_THROW((void)registry.identity({.kind = "gamma"}), UnknownConnectorError);
  EXPECT_THROW((void)registry.make({.kind = ""}), UnknownConnectorError);
}

TEST(ConnectorRegistry, an_unavailable_kind_says_why) {
  ConnectorRegistry registry;
  registry.add_unavailable("hdf5", "needs -DPROXYSTORE_ENABLE_HDF5=ON");
  for (const std::string name :
       {"hdf5", "HDF5Connector", "proxystore.connectors.hdf5.HDF5Connector"}) {
    const auto error =
        thrown_by<ConnectorNotBuiltError>([&] { (void)registry.make({.kind = name}); });
    EXPECT_THAT(error.what(), HasSubstr("hdf5 needs -DPROXYSTORE_ENABLE_HDF5=ON")) << name;
  }
  EXPECT_THAT(registry.kinds(), ElementsAre());
  registry.add(counting_kind("hdf5"));  // a plug-in brings it after all
  EXPECT_TRUE(registry.make({.kind = "hdf5"}));
}

TEST(ConnectorRegistry, kinds_that_this_build_lacks_are_known) {
  const auto& registry = ConnectorRegistry::global();
  EXPECT_THAT(registry.kinds(), IsSupersetOf({"file", "local", "null"}));
  for (const std::string name : {"endpoint", "globus"}) {
    EXPECT_THROW((void)registry.make({.kind = name}), ConnectorNotBuiltError) << name;
  }
}

TEST(ConnectorRegistry, identity_names_the_kind_and_what_the_kind_finds_essential) {
  ConnectorRegistry registry;
  registry.add(counting_kind("mine", {"some.Mine"}));
  const ConnectorConfig one{.kind = "some.MINE", .options = {{"x", 1}, {"buffering", 2}}};
  const ConnectorConfig wanted{.kind = "mine", .options = {{"x", 1}}};
  EXPECT_EQ(registry.identity(one), wanted);
}

TEST(ConnectorRegistry, identity_of_file_stores_is_folder_and_layout) {
  const auto& registry = ConnectorRegistry::global();
  const auto identity = [&](FileOptions options) { return registry.identity(options); };
  const auto plain = identity({.store_dir = "/data/store"});
  EXPECT_EQ(identity({.store_dir = "/data/store/"}), plain);
  EXPECT_EQ(identity({.store_dir = "/data/./x/../store"}), plain);
  EXPECT_EQ(identity({.store_dir = "/data/store", .clear = false, .fsync = true}), plain);
  EXPECT_NE(identity({.store_dir = "/data/other"}), plain);
  EXPECT_NE(identity({.store_dir = "/data/store", .fanout = 1}), plain);
}

TEST(ConnectorRegistry, case116_unknown_and_wrong_options_are_refused_with_what_is_accepted) {
  const auto& registry = ConnectorRegistry::global();
  const auto error_of = [&](const ConnectorConfig& config) {
    return std::string(
        thrown_by<ConfigError>([&] { (void)registry.make(config, OpenMode::attach); }).what());
  };
  EXPECT_THAT(error_of({.kind = "file", .options = {{"store_dri", "/x"}}}),
              AllOf(HasSubstr("'store_dri'"), HasSubstr("'store_dir'")));
  EXPECT_THAT(error_of({.kind = "file"}), HasSubstr("'store_dir' is missing"));
  EXPECT_THAT(error_of({.kind = "file", .options = {{"store_dir", 3}}}), HasSubstr("a string"));
  EXPECT_THAT(error_of({.kind = "file", .options = {{"store_dir", "/x"}, {"fanout", 3}}}),
              HasSubstr("0 to 2"));
  EXPECT_THAT(error_of({.kind = "file", .options = {{"store_dir", "/x"}, {"read", "mmap"}}}),
              AllOf(HasSubstr("'mmap'"), HasSubstr("'auto', 'map', 'copy'")));
  EXPECT_THAT(error_of({.kind = "local", .options = {{"x", 1}}}), HasSubstr("'process'"));
  EXPECT_THAT(error_of({.kind = "null", .options = {{"x", 1}}}), HasSubstr("known are none"));
}

}  // namespace
}  // namespace proxystore
