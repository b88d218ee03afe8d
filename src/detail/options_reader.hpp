// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// OptionsReader: takes a connector's typed options out of a table, and refuses what is left.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxystore/config.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::detail {

/// While it lives, the options that this thread reads are noted, with the value that holds; but for
/// those that were not given and have no value then. Those of an inner one are noted there only.
class OptionsRecord {
 public:
  /// Null: nothing is noted meanwhile.
  explicit OptionsRecord(ConfigTable* options) noexcept;
  OptionsRecord(const OptionsRecord&) = delete;
  OptionsRecord& operator=(const OptionsRecord&) = delete;
  ~OptionsRecord();

 private:
  ConfigTable* const outer_;
};

class OptionsReader {
 public:
  OptionsReader(std::string_view connector, const ConfigTable& options)
      : connector_(connector), options_(options) {}

  /// Reads option @p name into @p into if it is there; a value of another type is a ConfigError.
  void read(std::string_view name, bool& into);
  void read(std::string_view name, std::string& into);
  /// An integer in [least, most].
  void read(std::string_view name, std::int64_t& into, std::int64_t least, std::int64_t most);
  /// A string, or an array of them.
  void read_list(std::string_view name, std::vector<std::string>& into);
  /// One of @p choices; @p into becomes its index.
  void read_choice(std::string_view name, std::size_t& into,
                   const std::vector<std::string>& choices);

  /// @throws ConfigError if an option was given that nothing above asked for
  void finish() const;

  /// Throws a ConfigError about option @p name.
  [[noreturn]] void fail(std::string_view name, const std::string& why) const;

 private:
  const ConfigValue* find(std::string_view name);
  [[noreturn]] void wrong_type(std::string_view name, const ConfigValue& value,
                               std::string_view wanted) const;

  std::string connector_;
  const ConfigTable& options_;
  std::vector<std::string> known_;
};

}  // namespace proxystore::inline v0::detail
