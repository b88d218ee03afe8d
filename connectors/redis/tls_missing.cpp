// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/error.hpp"
#include "tls.hpp"

namespace proxystore::inline v0::redis::tls {

namespace {
[[noreturn]] void fail() {
  throw UnsupportedError(
      "built without TLS: the hiredis of this build has none; use hiredis 1.0 or later, built with "
      "OpenSSL",
      {.connector = "redis", .operation = "connect"});
}
}  // namespace

void require_built() {
  fail();
}
void begin(redisContext&, const Settings&) {
  fail();
}
std::ptrdiff_t read(redisContext&, std::span<std::byte>) {
  fail();
}
void append(redisContext&, ByteSpan) {
  fail();
}
Written write(redisContext&) {
  fail();
}

}  // namespace proxystore::inline v0::redis::tls
