// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// describe_proxy(): what the bytes of a proxy say, for programs that do not have its type.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxystore/box.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/config.hpp"
#include "proxystore/export.hpp"
#include "proxystore/key.hpp"
#include "proxystore/store_factory.hpp"

namespace proxystore::inline v0 {

/// What to_bytes() wrote.
struct ProxyInfo {
  /// Something that this version of the library does not know.
  struct Section {
    std::uint8_t tag = 0;
    std::size_t size = 0;      ///< Bytes
    bool is_critical = false;  ///< Whoever does not know it must not resolve the proxy
  };

  Key key{};
  StoreConfig store{};
  bool evict = false;
  std::uint64_t type_fingerprint = 0;  ///< That of type_fingerprint<T>(); 0 if it is not told
  std::string deserializer{};          ///< Empty: the store's
  std::optional<Polling> polling{};    ///< Of the proxy of a future
  std::optional<Box> box{};            ///< Of a part of an array
  std::vector<Section> unknown{};
};

/// Reads @p wire, of a proxy of whatever type. Nothing is opened or resolved.
/// @local @threadsafe @throws MessageError if @p wire is malformed
[[nodiscard]] PROXYSTORE_EXPORT ProxyInfo describe_proxy(ByteSpan wire);

}  // namespace proxystore::inline v0
