// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "suite.hpp"

#include <ostream>

#include "proxystore/connector_registry.hpp"
#include "proxystore/error.hpp"

namespace proxystore::testing {

std::ostream& operator<<(std::ostream& out, const ConnectorCase& connector_case) {
  return out << connector_case.name;
}

std::string name_of(const ::testing::TestParamInfo<ConnectorCase>& info) {
  return info.param.name;
}

Bytes pattern(std::size_t size, unsigned seed) {
  MutableBytes buffer(size);
  std::uint32_t state = 2'654'435'769U * (seed + 1);
  for (std::byte& one : buffer.span()) {
    state = state * 1'664'525U + 1'013'904'223U;  // a linear congruential generator is plenty here
    one = static_cast<std::byte>(state >> 24U);
  }
  return std::move(buffer).freeze();
}

void ConnectorTest::SetUp() {
  connector_ = GetParam().open();
  ASSERT_NE(connector_, nullptr) << "open() of case " << GetParam().name << " made no connector";
}

void ConnectorTest::TearDown() {
  try {
    if (connector_) connector_->close({.clear = true});
  } catch (const std::exception& error) {
    ADD_FAILURE() << "close() failed: " << error.what();
  }
}

Key ConnectorTest::put(const Bytes& object) {
  const ByteSpan part = object.span();
  return connector().put(std::span(&part, 1), {});
}

void ConnectorTest::set(const Key& key, const Bytes& object) {
  const ByteSpan part = object.span();
  connector().set(key, std::span(&part, 1), {});
}

std::shared_ptr<Connector> ConnectorTest::reopen(const ConnectorConfig& config) const {
  if (GetParam().reopen) return GetParam().reopen(config);
  return ConnectorRegistry::global().make(config, OpenMode::attach);
}

void StoringConnectorTest::SetUp() {
  ConnectorTest::SetUp();
  if (HasFatalFailure()) return;
  PROXYSTORE_NEEDS(stores);
}

}  // namespace proxystore::testing
