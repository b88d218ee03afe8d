// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// StoreConfig: everything that is needed to open a store again somewhere else, and its TOML form.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "proxystore/bytes.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

class ConfigValue;
/// An array of a configuration, of values of any types.
using ConfigArray = std::vector<ConfigValue>;
/// A table of a configuration: values by their names.
using ConfigTable = std::map<std::string, ConfigValue, std::less<>>;

/// One value of a configuration: what TOML knows, less its dates. A value type.
class PROXYSTORE_EXPORT ConfigValue {
 public:
  using Variant = std::variant<bool, std::int64_t, double, std::string, ConfigArray, ConfigTable>;

  ConfigValue() : value_(false) {}
  ConfigValue(bool value) : value_(value) {}                      // NOLINT(*-explicit-*)
  ConfigValue(std::int64_t value) : value_(value) {}              // NOLINT(*-explicit-*)
  ConfigValue(int value) : value_(std::int64_t{value}) {}         // NOLINT(*-explicit-*)
  ConfigValue(double value) : value_(value) {}                    // NOLINT(*-explicit-*)
  ConfigValue(std::string value) : value_(std::move(value)) {}    // NOLINT(*-explicit-*)
  ConfigValue(const char* value) : value_(std::string(value)) {}  // NOLINT(*-explicit-*)
  ConfigValue(ConfigArray value) : value_(std::move(value)) {}    // NOLINT(*-explicit-*)
  ConfigValue(ConfigTable value) : value_(std::move(value)) {}    // NOLINT(*-explicit-*)

  [[nodiscard]] const Variant& variant() const noexcept { return value_; }
  template <class T>
  [[nodiscard]] const T* get_if() const noexcept {
    return std::get_if<T>(&value_);
  }

  /// Name of the type for error texts: "boolean", "integer", "float", "string", "array", "table".
  [[nodiscard]] std::string_view type_name() const noexcept;

  friend bool operator==(const ConfigValue&, const ConfigValue&) = default;

 private:
  Variant value_;
};

/// Which connector, and how it is set up.
struct PROXYSTORE_EXPORT ConnectorConfig {
  std::string kind{};     ///< Such as "file"; Python's class names and paths are accepted too.
  ConfigTable options{};  ///< The connector's own options; each connector's README lists them.

  friend bool operator==(const ConnectorConfig&, const ConnectorConfig&) = default;
};

/// Everything that is needed to open a store: a value that travels in proxies and lives in files.
/// The members up to `auto_register` are those of Python's StoreConfig, and mean the same.
struct PROXYSTORE_EXPORT StoreConfig {
  std::string name{};
  ConnectorConfig connector{};
  std::optional<std::string> serializer{};    ///< Name given to register_serializer().
  std::optional<std::string> deserializer{};  ///< Name given to register_serializer().
  std::size_t cache_size = 16;                ///< Objects in the LRU cache; 0 turns it off.
  bool metrics = false;                       ///< Record times, counters and attributes.
  bool populate_target = true;  ///< Default of the proxy verbs' argument of this name.
  bool auto_register = false;   ///< Register the store when it is made.
  std::size_t cache_bytes = 0;  ///< Limit of the cache in bytes of stored objects; 0: none.
  std::size_t populate_limit = 1U << 20U;  ///< Largest rvalue, in bytes, kept without being asked.

  /// Reads a TOML file.
  /// @throws ConfigError naming the file, the line and what would be accepted
  [[nodiscard]] static StoreConfig from_toml(const std::filesystem::path& path);

  /// Reads TOML text; @p origin stands for the file's name in errors.
  [[nodiscard]] static StoreConfig from_toml_text(std::string_view text,
                                                  std::string_view origin = "TOML text");

  /// Writes a TOML file that Python's proxystore reads as well, and makes parent folders. The file
  /// appears whole or not at all.
  /// @throws ConfigError, AccessError, CapacityError
  void write_toml(const std::filesystem::path& path) const;

  [[nodiscard]] std::string to_toml() const;

  /// The form that travels in proxies: a few dozen bytes, the same for equal configurations.
  [[nodiscard]] Bytes to_compact() const;

  /// @throws MessageError if @p compact is malformed
  [[nodiscard]] static StoreConfig from_compact(ByteSpan compact);

  friend bool operator==(const StoreConfig&, const StoreConfig&) = default;
};

}  // namespace proxystore::inline v0
