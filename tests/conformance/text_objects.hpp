// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Connectors and objects of text, for the tests of one connector.

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "proxystore/connector.hpp"
#include "proxystore/connector_registry.hpp"

namespace proxystore::testing {

inline std::shared_ptr<Connector> open_store(const ConnectorConfig& config,
                                             OpenMode mode = OpenMode::create) {
  return ConnectorRegistry::global().make(config, mode);
}
inline ByteSpan bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline Key put(Connector& connector, std::string_view text, const PutOptions& options = {}) {
  const ByteSpan part = bytes_of(text);
  return connector.put(std::span(&part, 1), options);
}
inline void set(Connector& connector, const Key& key, std::string_view text,
                const PutOptions& options = {}) {
  const ByteSpan part = bytes_of(text);
  connector.set(key, std::span(&part, 1), options);
}
/// The object as text; "(absent)" if there is none.
inline std::string get(Connector& connector, const Key& key) {
  const auto object = connector.get(key);
  return object ? std::string(object->text()) : "(absent)";
}

}  // namespace proxystore::testing
