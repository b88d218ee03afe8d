// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "answer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>

#include "proxystore/serialize/codec.hpp"

namespace tool {

namespace ps = proxystore;

namespace {

bool has_begun = false;

/// Names of variables and files may be shown; what they hold is not in a configuration.
bool is_secret(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (lower.ends_with("_env") || lower.ends_with("_file")) return false;
  return std::ranges::any_of(
      std::array{"password", "passwd", "passphrase", "secret", "token", "credential"},
      [&](const char* word) { return lower.find(word) != std::string::npos; });
}

std::string escaped(unsigned char c) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "\\x%02x", static_cast<unsigned>(c));
  return text.data();
}

/// Bytes of the UTF-8 character that @p text begins with; 0 if it is none.
std::size_t character_length(std::string_view text) {
  for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length) {
    if (ps::detail::is_utf8(text.substr(0, length))) return length;
  }
  return 0;
}

}  // namespace

void print(const Json& document) {
  begin_answer();
  std::cout << to_text(document) << '\n';
}

std::string to_text(const Json& value) {
  return value.dump(2, ' ', true, Json::error_handler_t::replace);
}

bool answer_has_begun() noexcept {
  return has_begun;
}

void begin_answer() noexcept {
  has_begun = true;
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const auto first = static_cast<unsigned char>(text.front());
    // The C1 controls, which some terminals obey, are U+0080 to U+009F.
    const bool is_control =
        first < 0x20 || first == 0x7f ||
        (length == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    if (length == 0 || is_control) {
      for (const char c : character) result += escaped(static_cast<unsigned char>(c));
    } else {
      result += character;
    }
    text.remove_prefix(character.size());
  }
  return result;
}

std::string number_text(double value, std::chars_format form, int precision) {
  std::array<char, 400> text{};  // has room for all digits of the largest
  char* const end = text.data() + text.size();
  return {text.data(), std::to_chars(text.data(), end, value, form, precision).ptr};
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t at = 0;
  while (at + 1 < units.size() && value >= 1024) {
    value /= 1024;
    ++at;
  }
  const bool has_fraction = value < 10 && value != std::floor(value);
  return number_text(value, std::chars_format::fixed, has_fraction ? 1 : 0) + " " + units[at];
}

std::string to_columns(const Lines& lines) {
  std::size_t width = 0;
  for (const auto& [name, value] : lines) width = std::max(width, name.size());
  std::string text;
  for (const auto& [name, value] : lines) {
    text += name + std::string(width - name.size() + 2, ' ') + value + '\n';
  }
  return text;
}

Json to_json(const ps::ConfigValue& value) {
  if (const auto* table = value.get_if<ps::ConfigTable>()) return to_json(*table);
  if (const auto* array = value.get_if<ps::ConfigArray>()) {
    Json json = Json::array();
    for (const auto& item : *array) json.push_back(to_json(item));
    return json;
  }
  if (const auto* text = value.get_if<std::string>()) return *text;
  if (const auto* number = value.get_if<std::int64_t>()) return *number;
  if (const auto* real = value.get_if<double>()) return *real;
  return *value.get_if<bool>();
}

Json to_json(const ps::ConfigTable& table) {
  Json json = Json::object();
  for (const auto& [name, value] : without_secrets(table)) json[name] = to_json(value);
  return json;
}

ps::ConfigTable without_secrets(const ps::ConfigTable& table) {
  ps::ConfigTable shown;
  for (const auto& [name, value] : table) {
    if (is_secret(name)) {
      shown[name] = "(not shown)";
    } else if (const auto* inner = value.get_if<ps::ConfigTable>()) {
      shown[name] = without_secrets(*inner);
    } else if (const auto* array = value.get_if<ps::ConfigArray>()) {
      ps::ConfigArray items;
      for (const auto& item : *array) {
        const auto* part = item.get_if<ps::ConfigTable>();
        items.push_back(part != nullptr ? ps::ConfigValue(without_secrets(*part)) : item);
      }
      shown[name] = items;
    } else {
      shown[name] = value;
    }
  }
  return shown;
}

std::string to_base64(ps::ByteSpan bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t n = 0; n < 3; ++n) {
      group = group << 8U | (n < count ? std::to_integer<std::uint32_t>(bytes[i + n]) : 0U);
    }
    for (std::size_t n = 0; n < 4; ++n) {
      text += n <= count ? digits[group >> (18U - 6U * n) & 63U] : '=';
    }
  }
  return text;
}

}  // namespace tool
