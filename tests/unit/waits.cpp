// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Waits end when they should, and hold nobody else up.
#include <atomic>
#include <chrono>
#include <memory>

#include <gtest/gtest.h>

#include "proxystore/connector.hpp"

namespace proxystore {
namespace {

using namespace std::chrono_literals;

/// A connector without a wait() of its own, whose object is there from the third look on.
class LateConnector final : public Connector {
 public:
  std::atomic<int> looks{0};

  [[nodiscard]] std::string_view kind() const noexcept override { return "late"; }
  [[nodiscard]] Capabilities capabilities() const noexcept override { return {}; }
  [[nodiscard]] ConnectorConfig config() const override { return {.kind = "late"}; }
  [[nodiscard]] Key put(std::span<const ByteSpan>, const PutOptions&) override { return {}; }
  [[nodiscard]] std::optional<Bytes> get(const Key&) override { return std::nullopt; }
  [[nodiscard]] bool exists(const Key&) override { return ++looks >= 3; }
  bool evict(const Key&) override { return false; }
  void close(const CloseOptions&) override {}
};

TEST(Waits, of_the_longest_time_out_do_not_end_before_the_object_is_there) {
  LateConnector connector;
  EXPECT_TRUE(connector.wait(Key::random(), std::chrono::milliseconds::max()));
  EXPECT_EQ(connector.looks, 3);
}

TEST(Waits, of_a_negative_time_out_look_once) {
  LateConnector connector;
  EXPECT_FALSE(connector.wait(Key::random(), std::chrono::milliseconds::min()));
  EXPECT_EQ(connector.looks, 1);
}

}  // namespace
}  // namespace proxystore
