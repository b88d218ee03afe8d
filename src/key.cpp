// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/key.hpp"

#include <cerrno>
#include <ostream>
#include <system_error>

#include <sys/random.h>

#include "detail/fork.hpp"

namespace proxystore::inline v0 {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

/// Random bytes from the kernel, 16 ids a call. A forked child discards what it inherited, or
/// parent and child would hand out the same ids.
class IdSource {
 public:
  void next(std::array<std::byte, 16>& id) {
    const unsigned forks = detail::fork_count();
    if (used_ == pool_.size() || forks != forks_) refill(forks);
    std::memcpy(id.data(), pool_.data() + used_, id.size());
    used_ += id.size();
  }

 private:
  void refill(unsigned forks) {
    std::size_t filled = 0;
    while (filled < pool_.size()) {
      const ssize_t n = getrandom(pool_.data() + filled, pool_.size() - filled, 0);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw std::system_error(errno, std::generic_category(), "getrandom");
      filled += static_cast<std::size_t>(n);
    }
    used_ = 0;
    forks_ = forks;
  }

  std::array<std::byte, 256> pool_{};
  std::size_t used_ = pool_.size();
  unsigned forks_ = 0;
};

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_dash_position(std::size_t i) noexcept {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

}  // namespace

Key Key::random() {
  thread_local IdSource source;
  Key key;
  source.next(key.id);
  // RFC 4122, section 4.4: version 4, variant 10.
  key.id[6] = (key.id[6] & std::byte{0x0f}) | std::byte{0x40};
  key.id[8] = (key.id[8] & std::byte{0x3f}) | std::byte{0x80};
  return key;
}

std::optional<Key> Key::parse(std::string_view text) noexcept {
  if (text.size() != 36) return std::nullopt;
  Key key;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_dash_position(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return std::nullopt;
    auto& byte = key.id[nibble / 2];
    byte = (byte << 4) | std::byte(static_cast<unsigned char>(value));
    ++nibble;
  }
  return key;
}

std::string Key::to_string() const {
  std::string text;
  text.reserve(36);
  for (const std::byte byte : id) {
    if (is_dash_position(text.size())) text += '-';
    text += hex_digits[std::to_integer<std::size_t>(byte >> 4)];
    text += hex_digits[std::to_integer<std::size_t>(byte & std::byte{0x0f})];
  }
  return text;
}

std::ostream& operator<<(std::ostream& out, const Key& key) {
  return out << key.to_string();
}

}  // namespace proxystore::inline v0
