// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Options of the `multi` connector: several connectors, of which a policy chooses one for each
/// object. connectors/multi/README.md tells what it guarantees.

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxystore/config.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0 {

/// Which objects a child of a `multi` connector takes. A value; names and meaning are those of
/// Python's ProxyStore.
struct PROXYSTORE_EXPORT Policy {
  static constexpr std::uint64_t no_limit =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());  // as TOML can say it

  std::int64_t priority = 0;                 ///< Children are asked from the highest on
  std::vector<std::string> host_patterns{};  ///< Regular expressions (ECMAScript) of whole host
                                             ///< names; the child is used on hosts that one
                                             ///< matches; empty: on all
  std::uint64_t min_size_bytes = 0;
  std::uint64_t max_size_bytes = no_limit;
  std::vector<std::string> subset_tags{};    ///< A put's subset_tags must all be among these
  std::vector<std::string> superset_tags{};  ///< These must all be among a put's superset_tags

  /// Whether an object of @p size_bytes, if that is known, with these tags is taken on this host.
  [[nodiscard]] bool is_valid(std::optional<std::uint64_t> size_bytes = std::nullopt,
                              std::span<const std::string> with_subset_tags = {},
                              std::span<const std::string> with_superset_tags = {}) const;

  /// Whether the host is one of those named. @throws ConfigError if a pattern is malformed
  [[nodiscard]] bool is_valid_on_host() const;
  [[nodiscard]] bool is_valid_on_host(std::string_view host) const;

  /// The policy as a part of a configuration, and back.
  [[nodiscard]] ConfigTable as_table() const;
  /// @throws ConfigError naming the member
  [[nodiscard]] static Policy from_table(const ConfigTable& table);

  friend bool operator==(const Policy&, const Policy&) = default;
};

/// One connector of several. @p name is for configurations and errors.
struct MultiChild {
  std::string name{};
  ConnectorConfig connector{};
  Policy policy{};
};

/// Options of the `multi` connector: its children.
struct PROXYSTORE_EXPORT MultiOptions {
  /// At most 256, with different names; in keys a child is its place in the order of these names.
  std::vector<MultiChild> children{};

  operator ConnectorConfig() const;  // NOLINT(*-explicit-*): options stand for their configuration
};

}  // namespace proxystore::inline v0
