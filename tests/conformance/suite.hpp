// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The conformance suite: what every connector must do. A program defines connector_cases(), is
/// linked with the sources of this folder and with GoogleTest's main, and has its proof; README.md
/// shows how.

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "proxystore/connector.hpp"

namespace proxystore::testing {

/// One connector under test. What is asked of it follows from its capabilities().
struct ConnectorCase {
  /// Letters, digits and underscores: the tests are called `Connectors/<group>.<test>/<name>`.
  std::string name;

  /// Opens a store of its own, without objects. What it makes on the way, such as a folder or a
  /// server, goes away with the last copy of the pointer.
  std::function<std::shared_ptr<Connector>()> open;

  /// Opens the store that a configuration names. Empty: as the global registry attaches to it.
  std::function<std::shared_ptr<Connector>(const ConnectorConfig&)> reopen{};

  /// Opens a store with room for less than 4 MiB. Empty: there is no such store, and the tests of
  /// full ones are skipped.
  std::function<std::shared_ptr<Connector>()> open_small{};

  /// Size of the largest object that is tried.
  std::size_t largest_value = 70U << 20U;

  /// Whether a process made by fork(2) can open the store. Without it nothing is tried across
  /// processes.
  bool works_in_forked_process = true;

  /// Whether each store has objects of its own. False where all of them name one memory.
  bool stores_are_apart = true;

  /// Whether get() copies depending on where an object is, so that `zero_copy` holds for some only.
  bool copies_by_place = false;
};

std::ostream& operator<<(std::ostream& out, const ConnectorCase& connector_case);

/// The connectors to test: defined by whoever runs the suite.
std::vector<ConnectorCase> connector_cases();

/// @p size bytes that differ from those of another @p seed.
[[nodiscard]] Bytes pattern(std::size_t size, unsigned seed = 0);

/// A fresh store for each test.
class ConnectorTest : public ::testing::TestWithParam<ConnectorCase> {
 protected:
  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] Connector& connector() { return *connector_; }
  [[nodiscard]] bool has(Capability one) const { return connector_->capabilities().has(one); }

  Key put(const Bytes& object);
  void set(const Key& key, const Bytes& object);
  [[nodiscard]] std::shared_ptr<Connector> reopen(const ConnectorConfig& config) const;

  std::shared_ptr<Connector> connector_;
};

/// As ConnectorTest, for tests that need to read what they put.
class StoringConnectorTest : public ConnectorTest {
 protected:
  void SetUp() override;
};

/// Ends a test that a connector without @p capability need not pass.
#define PROXYSTORE_NEEDS(capability)                                         \
  if (!connector().capabilities().has(::proxystore::Capability::capability)) \
  GTEST_SKIP() << "this connector lacks the capability '" #capability "'"

/// The name of a case, as GoogleTest asks for it.
std::string name_of(const ::testing::TestParamInfo<ConnectorCase>& info);

/// Runs the tests of a fixture for every case.
#define PROXYSTORE_FOR_ALL_CONNECTORS(fixture)                                            \
  INSTANTIATE_TEST_SUITE_P(Connectors, fixture,                                           \
                           ::testing::ValuesIn(::proxystore::testing::connector_cases()), \
                           ::proxystore::testing::name_of)

}  // namespace proxystore::testing
