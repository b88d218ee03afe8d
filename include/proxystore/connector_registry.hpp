// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// ConnectorRegistry: which kinds of connector there are, and how each is made from its options.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "proxystore/config.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// Whether a connector is opened by whoever makes the store, or rebuilt from a configuration that
/// came in a proxy. Only a creator makes folders and clears.
enum class OpenMode : std::uint8_t { create, attach };

/// One kind of connector.
struct ConnectorKind {
  std::string name;                    ///< Such as "file"
  std::vector<std::string> aliases{};  ///< Other names, such as Python's class path

  /// Makes a connector. Options that it does not know are a ConfigError that lists those it knows.
  std::function<std::shared_ptr<Connector>(const ConfigTable& options, OpenMode mode)> make{};

  /// What of @p options decides which objects are reached: absolute paths, defaults filled in,
  /// without what may differ between two users of the same store.
  std::function<ConfigTable(const ConfigTable& options)> identity{};
};

/// A table of connector kinds. Tests build their own; programs use global().
/// @threadsafe
class PROXYSTORE_EXPORT ConnectorRegistry {
 public:
  /// Holds the kinds of this build, and says why of those it does not have.
  [[nodiscard]] static ConnectorRegistry& global();

  /// Makes @p kind known. Names and aliases are compared without regard to case.
  /// @throws ArgumentError if the name or an alias is taken
  void add(ConnectorKind kind);

  /// Makes known that @p kind exists, and @p why it cannot be made, as the end of a sentence that
  /// begins with the kind.
  void add_unavailable(std::string kind, std::string why);

  /// Makes the connector that @p config describes.
  /// @throws UnknownConnectorError, ConnectorNotBuiltError, ConfigError, or what the kind throws
  [[nodiscard]] std::shared_ptr<Connector> make(const ConnectorConfig& config,
                                                OpenMode mode = OpenMode::create) const;

  /// Kind and canonical options: equal exactly if two configurations reach the same objects.
  [[nodiscard]] ConnectorConfig identity(const ConnectorConfig& config) const;

  /// All options that @p config sets, and those that hold where it says nothing. The connector is
  /// not made. @throws as make() for options that cannot be
  [[nodiscard]] ConfigTable options(const ConnectorConfig& config) const;

  /// Names of the kinds that make() accepts, sorted.
  [[nodiscard]] std::vector<std::string> kinds() const;

 private:
  [[nodiscard]] std::shared_ptr<const ConnectorKind> find(std::string_view kind) const;

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const ConnectorKind>, std::less<>> kinds_;
  std::map<std::string, std::string, std::less<>> unavailable_;
};

/// Adds a kind to the global registry, so that configurations and proxies can name it.
inline void register_connector(ConnectorKind kind) {
  ConnectorRegistry::global().add(std::move(kind));
}

}  // namespace proxystore::inline v0
