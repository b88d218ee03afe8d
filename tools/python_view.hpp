// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What Python's ProxyStore can do with a store of ours.

#include <string>
#include <vector>

#include "proxystore/config.hpp"

namespace tool {

struct PythonView {
  std::vector<std::string> no_file{};     ///< Why it cannot read the TOML file; nothing: it can
  std::vector<std::string> no_objects{};  ///< Why it does not find the objects; nothing: it does
  std::vector<std::string> notes{};       ///< What is different, or dangerous, when it does
};

/// @p kind is the kind by its name here, and @p entries those that stand in the file's top level.
[[nodiscard]] PythonView python_view(const proxystore::StoreConfig& config, const std::string& kind,
                                     const std::vector<std::string>& entries);

}  // namespace tool
