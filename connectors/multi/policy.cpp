// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <regex>

#include <unistd.h>

#include "detail/options_reader.hpp"
#include "proxystore/connectors/multi.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

namespace {

/// Whether all of @p some are among @p all.
bool are_among(std::span<const std::string> some, std::span<const std::string> all) {
  return std::all_of(some.begin(), some.end(), [&](const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  });
}

std::string this_host() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) {
    throw ConnectorError("the name of this host is not to be had",
                         {.connector = "multi", .operation = "open"});
  }
  return host.data();
}

ConfigArray to_array(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

}  // namespace

bool Policy::is_valid(std::optional<std::uint64_t> size_bytes,
                      std::span<const std::string> with_subset_tags,
                      std::span<const std::string> with_superset_tags) const {
  if (size_bytes && (*size_bytes < min_size_bytes || *size_bytes > max_size_bytes)) return false;
  return are_among(with_subset_tags, subset_tags) && are_among(superset_tags, with_superset_tags) &&
         is_valid_on_host();
}

bool Policy::is_valid_on_host() const {
  return host_patterns.empty() || is_valid_on_host(this_host());
}

bool Policy::is_valid_on_host(std::string_view host) const {
  const auto matches = [&](const std::string& pattern) {
    try {
      return std::regex_match(host.begin(), host.end(), std::regex(pattern));
    } catch (const std::regex_error& error) {
      throw ConfigError("multi connector: the host pattern '" + pattern +
                            "' is no regular expression: " + error.what(),
                        {.connector = "multi", .operation = "open"});
    }
  };
  return host_patterns.empty() || std::any_of(host_patterns.begin(), host_patterns.end(), matches);
}

ConfigTable Policy::as_table() const {
  ConfigTable table{{"priority", priority},
                    {"min_size_bytes", static_cast<std::int64_t>(min_size_bytes)},
                    {"max_size_bytes", static_cast<std::int64_t>(max_size_bytes)},
                    {"subset_tags", to_array(subset_tags)},
                    {"superset_tags", to_array(superset_tags)}};
  if (!host_patterns.empty()) table["host_pattern"] = to_array(host_patterns);
  return table;
}

Policy Policy::from_table(const ConfigTable& table) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  Policy policy;
  std::int64_t least_size = 0;
  std::int64_t most_size = most;
  const detail::OptionsRecord unseen(nullptr);  // they are a child's, and no options of `multi`
  detail::OptionsReader reader("multi", table);
  reader.read("priority", policy.priority, std::numeric_limits<std::int64_t>::min(), most);
  reader.read_list("host_pattern", policy.host_patterns);
  reader.read("min_size_bytes", least_size, 0, most);
  reader.read("max_size_bytes", most_size, 0, most);
  reader.read_list("subset_tags", policy.subset_tags);
  reader.read_list("superset_tags", policy.superset_tags);
  reader.finish();
  policy.min_size_bytes = static_cast<std::uint64_t>(least_size);
  policy.max_size_bytes = static_cast<std::uint64_t>(most_size);
  (void)policy.is_valid_on_host("");  // a malformed pattern is an error now, not at the first put
  return policy;
}

}  // namespace proxystore::inline v0
