// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "manifest.hpp"

#include "detail/text_reader.hpp"
#include "proxystore/error.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::redis {

namespace {

std::string_view text_of(ByteSpan value) {
  return {reinterpret_cast<const char*>(value.data()), value.size()};
}

}  // namespace

bool Manifest::is_one(ByteSpan value) noexcept {
  return text_of(value).starts_with(mark);
}

Manifest Manifest::of(std::size_t size, std::size_t part_size) {
  return {.nonce = Key::random().to_string().substr(0, 13),
          .size = size,
          .part_size = part_size > 0 ? part_size : std::max<std::size_t>(size, 1)};
}

std::string Manifest::to_text() const {
  return std::string(mark) + nonce + " " + std::to_string(size) + " " + std::to_string(part_size) +
         "\n";
}

std::optional<Manifest> Manifest::parse(ByteSpan value) {
  if (!is_one(value)) return std::nullopt;
  constexpr std::size_t largest = std::size_t{1} << 48U;  // keeps sums of sizes in range
  constexpr std::size_t most_parts = 1U << 20U;
  detail::TextReader in(text_of(value).substr(mark.size()));
  Manifest manifest;
  std::string_view nonce;
  const bool is_right = in.take_until(' ', nonce) && !nonce.empty() &&
                        in.take_number(manifest.size) && in.take(" ") &&
                        in.take_number(manifest.part_size) && in.take("\n") && in.empty();
  if (!is_right || manifest.size > largest || manifest.part_size == 0 ||
      manifest.part_size > largest || manifest.parts() > most_parts) {
    throw IntegrityError("the manifest of an object in parts is damaged",
                         {.connector = "redis", .operation = "get"});
  }
  manifest.nonce = nonce;
  return manifest;
}

}  // namespace proxystore::inline v0::redis
