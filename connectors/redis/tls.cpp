// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// hiredis encrypts what goes through its own buffers, so bytes are copied here that are not
// elsewhere: encryption costs more than that.
//
// The session of OpenSSL is made here, and hiredis is handed it. hiredis compares the host with the
// certificate since 1.5 only, and any certificate of a trusted authority would pass before.
#include "tls.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "proxystore/error.hpp"

namespace proxystore::inline v0::redis::tls {

namespace {

struct Free {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL* session) const noexcept { SSL_free(session); }
};
using Context = std::unique_ptr<SSL_CTX, Free>;
using Session = std::unique_ptr<SSL, Free>;

/// With what OpenSSL says, if it says something.
[[noreturn]] void fail(const Settings& settings, const std::string& why) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();  // or else the next one that this thread looks at seems to have failed
  throw ConnectorError("cannot encrypt connections to Redis at " + settings.server() + ": " + why +
                           (reason != nullptr ? std::string(": ") + reason : std::string()),
                       {.connector = "redis", .operation = "connect"});
}

/// The option, or else what the variable says; null if neither does.
const char* file_of(const std::filesystem::path& option, const char* variable) {
  return option.empty() ? std::getenv(variable) : option.c_str();
}

Context make_context(const Settings& settings) {
  const RedisOptions& options = settings.options;
  const char* authorities = file_of(options.tls_ca_file, "PROXYSTORE_REDIS_TLS_CA_FILE");
  const char* folder = authorities == nullptr ? "/etc/ssl/certs" : nullptr;
  const char* certificate = file_of(options.tls_cert_file, "PROXYSTORE_REDIS_TLS_CERT_FILE");
  const char* key = file_of(options.tls_key_file, "PROXYSTORE_REDIS_TLS_KEY_FILE");
  Context context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    fail(settings, "OpenSSL cannot be set up");
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(context.get(), authorities, folder) != 1) {
    fail(settings, std::string("cannot read the certificates of authorities in ") +
                       (authorities != nullptr ? authorities : folder));
  }
  if ((certificate == nullptr) != (key == nullptr)) {
    fail(settings, "a certificate and its key belong together, and one of them is not named");
  }
  if (certificate == nullptr) return context;
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate) != 1) {
    fail(settings, std::string("cannot use the certificate in ") + certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key, SSL_FILETYPE_PEM) != 1) {
    fail(settings, std::string("cannot use the key in ") + key);
  }
  return context;
}

/// Whether the peer of @p session must have a certificate for @p host now: a name, or an address,
/// which is another kind of entry in a certificate.
bool expect_host(SSL& session, const std::string& host) {
  if (host.empty()) return false;  // which OpenSSL takes for "any"
  X509_VERIFY_PARAM* expected = SSL_get0_param(&session);
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1) return true;
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size()) != 1) return false;
  std::string name = host;  // the server may have a certificate for each of its names
  return SSL_ctrl(&session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) ==
         1;
}

}  // namespace

void require_built() {}

void begin(redisContext& connection, const Settings& settings) {
  const std::string& host = settings.options.hostname;
  const Context context = make_context(settings);
  Session session(SSL_new(context.get()));
  if (!session || !expect_host(*session, host)) {
    fail(settings, "the certificate cannot be compared with the host '" + host + "'");
  }
  const auto limit = settings.options.connect_timeout.count();
  const timeval wait{.tv_sec = static_cast<time_t>(limit / 1000),
                     .tv_usec = static_cast<suseconds_t>(limit % 1000 * 1000)};
  if (redisSetTimeout(&connection, wait) != REDIS_OK ||
      redisInitiateSSL(&connection, session.get()) != REDIS_OK) {
    const long verified = SSL_get_verify_result(session.get());
    const std::string why = verified == X509_V_OK
                                ? std::string()
                                : std::string("; ") + X509_verify_cert_error_string(verified);
    ERR_clear_error();  // of which hiredis has told
    fail(settings, connection.errstr + why);
  }
  (void)session.release();           // it is the connection's
  connection.flags &= ~REDIS_BLOCK;  // from now on what would wait says so
}

std::ptrdiff_t read(redisContext& connection, std::span<std::byte> target) {
  constexpr std::size_t most = std::size_t{1} << 30U;
  ERR_clear_error();  // what another connection left would be taken for this one's
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
  ERR_clear_error();
  if (redisBufferWrite(&connection, &is_done) != REDIS_OK) return Written::failed;
  return is_done != 0 ? Written::all : Written::some;
}

}  // namespace proxystore::inline v0::redis::tls
