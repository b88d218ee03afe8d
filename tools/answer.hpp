// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What is printed: JSON for programs, and text for people, in which nothing that came from outside
/// can do harm to a terminal.

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "proxystore/bytes.hpp"
#include "proxystore/config.hpp"

namespace tool {

using Json = nlohmann::ordered_json;

/// Prints a document to standard output, in ASCII. What is no UTF-8 is replaced.
void print(const Json& document);
[[nodiscard]] std::string to_text(const Json& value);

/// Whether something was printed already, so that no other document may follow.
[[nodiscard]] bool answer_has_begun() noexcept;
void begin_answer() noexcept;

/// @p text with escapes for control characters, and for what is no UTF-8.
[[nodiscard]] std::string printable(std::string_view text);

/// @p value as std::to_chars() writes it, in whatever locale.
[[nodiscard]] std::string number_text(double value, std::chars_format form, int precision);

/// Such as "1.5 MiB".
[[nodiscard]] std::string size_text(std::uint64_t bytes);

/// Names and values, one pair a line, in two columns.
using Lines = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] std::string to_columns(const Lines& lines);

/// Options as JSON, without what may be a secret.
[[nodiscard]] Json to_json(const proxystore::ConfigTable& table);
[[nodiscard]] Json to_json(const proxystore::ConfigValue& value);
/// The same options, with a word in place of what may be a secret.
[[nodiscard]] proxystore::ConfigTable without_secrets(const proxystore::ConfigTable& table);

[[nodiscard]] std::string to_base64(proxystore::ByteSpan bytes);

}  // namespace tool
