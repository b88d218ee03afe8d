// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What the unit tests share: names, damaged copies of bytes, a connector that counts.

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/temporary_folder.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/key.hpp"

namespace proxystore::testing {

namespace fs = std::filesystem;

/// A name that no other test uses.
inline std::string unique_name(const std::string& prefix = "store") {
  return prefix + "-" + Key::random().to_string().substr(0, 8);
}

inline void write_text(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The exception of type E that @p function throws; any other outcome fails the test.
template <class E, class Function>
E thrown_by(Function&& function) {
  try {
    std::forward<Function>(function)();
  } catch (const E& error) {
    return error;
  } catch (const std::exception& error) {
    throw std::logic_error(std::string("an exception of another type was thrown: ") + error.what());
  }
  throw std::logic_error("no exception was thrown");
}

/// Calls @p check with every proper prefix of @p bytes. Each prefix has memory of its own, so that
/// a sanitizer sees a read past its end.
inline void for_each_truncation(const Bytes& bytes,
                                const std::function<void(const Bytes&)>& check) {
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    check(Bytes::copy_of(bytes.slice(0, size).span()));
  }
}

/// Calls @p check with copies of @p bytes in which one bit differs, each in turn.
inline void for_each_bit_flip(const Bytes& bytes, const std::function<void(const Bytes&)>& check) {
  std::vector<std::byte> damaged(bytes.begin(), bytes.end());
  for (std::size_t bit = 0; bit < 8 * damaged.size(); ++bit) {
    damaged[bit / 8] ^= std::byte{1} << (bit % 8);
    check(Bytes::copy_of(ByteSpan(damaged)));
    damaged[bit / 8] ^= std::byte{1} << (bit % 8);
  }
}

/// Whether @p function ends without an exception, or with one of type E; another one escapes.
template <class E, class Function>
bool succeeds_or_throws(Function&& function) {
  try {
    std::forward<Function>(function)();
    return true;
  } catch (const E&) {
    return false;
  }
}

}  // namespace proxystore::testing
