// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What a store in a folder can expect of its file system.

#include <string>

#include "answer.hpp"

namespace tool {

/// @throws std::runtime_error if there is no such folder
[[nodiscard]] Json describe_folder(const std::string& path);
[[nodiscard]] std::string folder_text(const Json& folder);

}  // namespace tool
