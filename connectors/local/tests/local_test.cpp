// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/connectors/local.hpp"

#include <future>

#include <unistd.h>

#include <gmock/gmock.h>

#include "conformance/child_process.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/error.hpp"

namespace proxystore {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::shared_ptr<Connector> open() {
  return ConnectorRegistry::global().make(LocalOptions{});
}
std::shared_ptr<Connector> attach(const ConnectorConfig& config) {
  return ConnectorRegistry::global().make(config, OpenMode::attach);
}
Key put(Connector& connector, std::string_view text) {
  const ByteSpan part = std::as_bytes(std::span(text.data(), text.size()));
  return connector.put(std::span(&part, 1), {});
}

TEST(LocalConnector, case19_all_that_name_an_instance_share_its_objects) {
  const auto first = open();
  const auto second = attach(first->config());
  const auto third = ConnectorRegistry::global().make(second->config(), OpenMode::create);
  const Key key = put(*first, "shared");
  EXPECT_EQ(second->get(key)->text(), "shared");
  EXPECT_EQ(third->get(key)->data(), first->get(key)->data());
}

TEST(LocalConnector, instance_lives_as_long_as_one_that_names_it) {
  auto first = open();
  const auto second = attach(first->config());
  const Key key = put(*first, "x");
  first->close();
  first.reset();
  EXPECT_TRUE(second->exists(key));
  EXPECT_TRUE(attach(second->config())->exists(key));
}

TEST(LocalConnector, instance_stays_until_it_is_cleared) {
  auto first = open();
  const auto config = first->config();
  const Key key = put(*first, "x");
  first.reset();
  attach(config)->close();
  EXPECT_EQ(attach(config)->get(key)->text(), "x");
  attach(config)->close({.clear = false});
  EXPECT_TRUE(attach(config)->exists(key));
}

TEST(LocalConnector, instance_that_is_gone_is_an_error_that_says_so) {
  const auto config = open()->config();
  attach(config)->close({.clear = true});
  EXPECT_THAT(
      [&] { (void)attach(config); },
      ThrowsMessage<ConnectorError>(AllOf(HasSubstr("was closed"), HasSubstr("objects are gone"))));
}

TEST(LocalConnector, each_opened_one_is_new) {
  EXPECT_NE(open()->config(), open()->config());
  const auto& registry = ConnectorRegistry::global();
  const auto one = open();
  const auto other = open();
  EXPECT_NE(registry.identity(one->config()), registry.identity(other->config()));
  EXPECT_EQ(registry.identity(one->config()), registry.identity(attach(one->config())->config()));
}

TEST(LocalConnector, another_process_is_told_whose_objects_they_are) {
  const auto connector = open();
  const auto config = connector->config();
  const std::string parent = ":" + std::to_string(::getpid()) + ":";
  testing::ChildProcess child([&] {
    try {
      (void)attach(config);
    } catch (const ConnectorError& error) {
      const std::string text = error.what();
      testing::require(text.find(parent) != std::string::npos, "names the parent: " + text);
      testing::require(text.find(":" + std::to_string(::getpid()) + ":") != std::string::npos,
                       "names this process: " + text);
      testing::require(error.context().connector == "local", "context");
      return;
    }
    throw std::runtime_error("a child process reached its parent's memory");
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(LocalConnector, refuses_options_it_does_not_know) {
  const auto make = [](ConfigTable options) {
    return [options] {
      (void)ConnectorRegistry::global().make({.kind = "local", .options = options});
    };
  };
  EXPECT_THAT(make({{"size", 1}}),
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("'size'"), HasSubstr("'instance'"))));
  EXPECT_THAT(make({{"instance", "one"}}), ThrowsMessage<ConfigError>(HasSubstr("an integer")));
  EXPECT_THAT(make({{"instance", 0}}), ThrowsMessage<ConfigError>(HasSubstr("it takes 1 to")));
  EXPECT_THAT(make({{"process", true}}), ThrowsMessage<ConfigError>(HasSubstr("a string")));
}

TEST(LocalConnector, half_an_identity_is_a_configuration_error) {
  const ConfigTable full = open()->config().options;
  for (const auto& [name, value] : full) {
    EXPECT_THAT(([&, option = ConfigTable{{name, value}}] {
                  (void)ConnectorRegistry::global().make({.kind = "local", .options = option});
                }),
                ThrowsMessage<ConfigError>(AllOf(HasSubstr("'process'"), HasSubstr("'instance'"))));
  }
}

TEST(LocalConnector, readers_share_the_memory_of_the_store) {
  const auto connector = open();
  const Key key = put(*connector, "one copy");
  EXPECT_EQ(connector->get(key)->data(), connector->get(key)->data());
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(connector->get(key)->data()) % MutableBytes::alignment,
            0U);
}

}  // namespace
}  // namespace proxystore
