// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "manifest.hpp"

#include <charconv>

#include "proxystore/error.hpp"

namespace proxystore::inline v0::redis {

namespace {

std::string_view text_of(ByteSpan value) {
  return {reinterpret_cast<const char*>(value.data()), value.size()};
}

}  // namespace

bool Manifest::is_one(ByteSpan value) noexcept {
  return text_of(value).starts_with(mark);
}

std::string Manifest::to_text() const {
  return std::string(mark) + nonce + " " + std::to_string(size) + " " + std::to_string(part_size) +
         "\n";
}

std::optional<Manifest> Manifest::parse(ByteSpan value) {
  if (!is_one(value)) return std::nullopt;
  std::string_view text = text_of(value).substr(mark.size());
  Manifest manifest;
  const auto take = [&](std::size_t& number, char end) {
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(at - text.data()));
    if (error != std::errc{} || !text.starts_with(end)) return false;
    text.remove_prefix(1);
    return true;
  };
  manifest.nonce = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(manifest.nonce.size() + 1, text.size()));
  constexpr std::size_t most_parts = 1U << 20U;
  if (manifest.nonce.empty() || !take(manifest.size, ' ') || !take(manifest.part_size, '\n') ||
      !text.empty() || manifest.part_size == 0 || manifest.parts() > most_parts) {
    throw IntegrityError("the manifest of an object in parts is damaged",
                         {.connector = "redis", .operation = "get"});
  }
  return manifest;
}

}  // namespace proxystore::inline v0::redis
