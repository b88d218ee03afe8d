// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// On which line of a TOML file something stands, for errors about what the library has read from
/// it already.

#include <optional>
#include <string>
#include <vector>

namespace tool {

/// The line of the entry of this path, such as {"connector", "options", "port"}, or of the nearest
/// that is there above it.
[[nodiscard]] std::optional<unsigned> line_of(const std::string& file,
                                              const std::vector<std::string>& path);

/// The entries of a table of the file, such as {"connector", "options"}.
[[nodiscard]] std::vector<std::string> entries_of(const std::string& file,
                                                  const std::vector<std::string>& path);

}  // namespace tool
