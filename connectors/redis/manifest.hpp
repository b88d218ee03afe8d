// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What stands in place of an object that is kept in parts.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "proxystore/bytes.hpp"

namespace proxystore::inline v0::redis {

/// The object is the concatenation of its parts, of which all but the last have `part_size` bytes.
/// Its text is `PROXYSTORE-PARTS 1\n<nonce> <size> <part size>\n`; an object that begins like that
/// is kept in parts as well, so that no object is taken for a manifest.
struct Manifest {
  static constexpr std::string_view mark = "PROXYSTORE-PARTS 1\n";
  static constexpr std::size_t longest = 128;
  static constexpr std::size_t largest_part = std::size_t{512}
                                              << 20U;  ///< Redis' limit for a value

  /// For scripts, which name all keys that they use before they run. KEYS[1] is an object, ARGV[1]
  /// its manifest as the caller knows it, or nothing, and the other keys have the parts of that.
  /// other_manifest() is what is there instead, if it is another one, or none.
  static constexpr std::string_view other_in_lua = R"(
local function other_manifest()
  local head = redis.call('GETRANGE', KEYS[1], 0, 127)
  if string.sub(head, 1, 19) ~= 'PROXYSTORE-PARTS 1\n' then head = '' end
  if head ~= ARGV[1] then return head end
end
)";

  std::string nonce{};  ///< Tells the parts of one version from those of another
  std::size_t size = 0;
  std::size_t part_size = 1;

  /// Of a new version, which has a nonce of its own, and one part if @p part_size is 0.
  [[nodiscard]] static Manifest of(std::size_t size, std::size_t part_size);

  [[nodiscard]] std::size_t parts() const noexcept { return (size + part_size - 1) / part_size; }
  [[nodiscard]] std::size_t size_of(std::size_t part) const noexcept {
    return std::min(part_size, size - part * part_size);
  }
  /// The name of a part, which begins as Objects::beside() says.
  [[nodiscard]] std::string name_of(const std::string& beside, std::size_t part) const {
    return beside + nonce + ":" + std::to_string(part);
  }
  [[nodiscard]] std::string to_text() const;
  /// Nothing if @p value is an object. @throws IntegrityError if it is neither
  [[nodiscard]] static std::optional<Manifest> parse(ByteSpan value);
  [[nodiscard]] static bool is_one(ByteSpan value) noexcept;
};

}  // namespace proxystore::inline v0::redis
