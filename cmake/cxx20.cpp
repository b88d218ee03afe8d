// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// What the library uses of C++20, for the check in ProxyStoreCompiler.cmake.
#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <concepts>
#include <memory>
#include <ranges>
#include <span>
#include <string_view>
#include <vector>

struct Options {
  int number = 0;
  bool flag = false;
  friend auto operator<=>(const Options&, const Options&) = default;
};

template <std::ranges::contiguous_range Range>
  requires std::integral<std::ranges::range_value_t<Range>>
std::size_t bytes_of(const Range& range) {
  return std::as_bytes(std::span(range)).size();
}

int main() {
  std::vector<int> values{3, 1, 2};
  std::ranges::sort(values);
  std::erase_if(values, []<class T>(const T& value) { return value == 2; });
  const auto buffer = std::make_unique_for_overwrite<int[]>(values.size());
  std::ranges::copy(values, buffer.get());
  const bool is_right = Options{.number = 1} > Options{} && std::string_view("key").starts_with("k") &&
                        bytes_of(values) == 2 * sizeof(int) && std::to_array({1, 2}).size() == 2 &&
                        std::endian::native == std::endian::little && std::bit_cast<unsigned>(1) == 1U;
  return is_right ? 0 : 1;
}
