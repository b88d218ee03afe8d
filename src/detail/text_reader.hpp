// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <string_view>
#include <system_error>

namespace proxystore::inline v0::detail {

/// Takes words and numbers off the front of a small text, such as a file of our own that others can
/// write to. What does not match stays.
class TextReader {
 public:
  explicit TextReader(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] bool take(std::string_view word) noexcept {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  /// A decimal number that @p number can hold.
  template <class Number>
  [[nodiscard]] bool take_number(Number& number) noexcept {
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (error != std::errc{}) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return true;
  }
  /// What comes before @p end, which must follow, and is taken as well.
  [[nodiscard]] bool take_until(char end, std::string_view& taken) noexcept {
    const auto at = rest_.find(end);
    if (at == std::string_view::npos) return false;
    taken = rest_.substr(0, at);
    rest_.remove_prefix(at + 1);
    return true;
  }
  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace proxystore::inline v0::detail
