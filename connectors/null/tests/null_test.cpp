// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/connectors/null.hpp"

#include <gmock/gmock.h>

#include "proxystore/connector_registry.hpp"
#include "proxystore/error.hpp"

namespace proxystore {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(NullConnector, counts_the_bytes_and_forgets_them) {
  const auto connector = ConnectorRegistry::global().make(NullOptions{});
  const std::array<std::byte, 10> memory{};
  const std::vector<ByteSpan> parts = {ByteSpan(memory), {}, ByteSpan(memory).first(3)};
  const Key key = connector->put(parts, {});
  EXPECT_EQ(key.size, 13U);
  EXPECT_FALSE(connector->exists(key));
  EXPECT_FALSE(connector->get(key).has_value());
  EXPECT_EQ(connector->exists_batch(std::vector<Key>{key, key}), std::vector<bool>(2, false));
}

TEST(NullConnector, does_not_pretend_to_store) {
  const auto connector = ConnectorRegistry::global().make(NullOptions{});
  EXPECT_FALSE(connector->capabilities().has(Capability::stores));
  EXPECT_FALSE(connector->capabilities().has(Capability::persistent));
}

TEST(NullConnector, takes_no_options) {
  EXPECT_THAT(
      [] {
        (void)ConnectorRegistry::global().make({.kind = "null", .options = {{"size", 1}}});
      },
      ThrowsMessage<ConfigError>(HasSubstr("option 'size' is unknown; known are none")));
}

TEST(NullConnector, all_of_them_are_the_same_store) {
  const auto& registry = ConnectorRegistry::global();
  EXPECT_EQ(registry.identity(NullOptions{}), registry.identity({.kind = "NullConnector"}));
}

}  // namespace
}  // namespace proxystore
