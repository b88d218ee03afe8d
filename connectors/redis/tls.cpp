// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// hiredis encrypts what goes through its own buffers, so bytes are copied here that are not
// elsewhere: encryption costs more than that.
#include "tls.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>

#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>

#include "proxystore/error.hpp"

namespace proxystore::inline v0::redis::tls {

namespace {

struct Free {
  void operator()(redisSSLContext* context) const noexcept { redisFreeSSLContext(context); }
};
using Context = std::unique_ptr<redisSSLContext, Free>;

/// The option, or else what the variable says; null if neither does.
const char* file_of(const std::filesystem::path& option, const char* variable) {
  return option.empty() ? std::getenv(variable) : option.c_str();
}

Context make_context(const RedisOptions& options, const std::string& host,
                     redisSSLContextError& error) {
  const char* authorities = file_of(options.tls_ca_file, "PROXYSTORE_REDIS_TLS_CA_FILE");
  const char* folder = authorities == nullptr ? "/etc/ssl/certs" : nullptr;
  const char* certificate = file_of(options.tls_cert_file, "PROXYSTORE_REDIS_TLS_CERT_FILE");
  const char* key = file_of(options.tls_key_file, "PROXYSTORE_REDIS_TLS_KEY_FILE");
#if HIREDIS_MAJOR > 1 || HIREDIS_MINOR >= 5
  redisSSLOptions all{};
  all.cacert_filename = authorities;
  all.capath = folder;
  all.cert_filename = certificate;
  all.private_key_filename = key;
  all.server_name = host.c_str();
  all.verify_mode = REDIS_SSL_VERIFY_PEER;
  all.verify_name = host.c_str();
  return Context(redisCreateSSLContextWithOptions(&all, &error));
#else
  return Context(
      redisCreateSSLContext(authorities, folder, certificate, key, host.c_str(), &error));
#endif
}

}  // namespace

void require_built() {}

void begin(redisContext& connection, const Settings& settings) {
  static std::once_flag once;
  std::call_once(once, [] { (void)redisInitOpenSSL(); });
  const ErrorContext about{.connector = "redis", .operation = "connect"};
  redisSSLContextError error = REDIS_SSL_CTX_NONE;
  const Context context = make_context(settings.options, settings.options.hostname, error);
  if (!context) {
    throw ConnectorError("cannot encrypt connections to Redis at " + settings.server() + ": " +
                             redisSSLContextGetError(error),
                         about);
  }
  const auto limit = settings.options.connect_timeout.count();
  const timeval wait{.tv_sec = static_cast<time_t>(limit / 1000),
                     .tv_usec = static_cast<suseconds_t>(limit % 1000 * 1000)};
  if (redisSetTimeout(&connection, wait) != REDIS_OK ||
      redisInitiateSSLWithContext(&connection, context.get()) != REDIS_OK) {
    throw ConnectorError(
        "cannot encrypt the connection to Redis at " + settings.server() + ": " + connection.errstr,
        about);
  }
  connection.flags &= ~REDIS_BLOCK;  // from now on what would wait says so
}

std::ptrdiff_t read(redisContext& connection, std::span<std::byte> target) {
  constexpr std::size_t most = std::size_t{1} << 30U;
  return connection.funcs->read(&connection, reinterpret_cast<char*>(target.data()),
                                std::min(target.size(), most));
}

void append(redisContext& connection, ByteSpan piece) {
  if (redisAppendFormattedCommand(&connection, reinterpret_cast<const char*>(piece.data()),
                                  piece.size()) != REDIS_OK) {
    throw std::bad_alloc();
  }
}

Written write(redisContext& connection) {
  int is_done = 0;
  if (redisBufferWrite(&connection, &is_done) != REDIS_OK) return Written::failed;
  return is_done != 0 ? Written::all : Written::some;
}

}  // namespace proxystore::inline v0::redis::tls
