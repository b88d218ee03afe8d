// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Results as text: for people, for programs, and from the ranks to the program that started them.

#include <string>

#include "session.hpp"

namespace bench {

[[nodiscard]] std::string to_table(const Result& result);
[[nodiscard]] std::string to_json(const Result& result);

/// A line for each row and note.
[[nodiscard]] std::string to_lines(const Result& result);
/// Adds a line of to_lines(); false if it is something else that a rank has printed.
[[nodiscard]] bool add_line(const std::string& line, Result& result);

}  // namespace bench
