// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "credentials.hpp"

#include <map>
#include <mutex>
#include <utility>

#include "detail/log.hpp"

namespace proxystore::inline v0::redis {

namespace {

struct Credentials {
  std::string password_env = RedisOptions{}.password_env;
  std::filesystem::path password_file{};
  std::filesystem::path tls_cert_file{};
  std::filesystem::path tls_key_file{};

  static Credentials of(const RedisOptions& options) {
    return {options.password_env, options.password_file, options.tls_cert_file,
            options.tls_key_file};
  }
  void put_into(RedisOptions& options) const {
    options.password_env = password_env;
    options.password_file = password_file;
    options.tls_cert_file = tls_cert_file;
    options.tls_key_file = tls_key_file;
  }
  friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// By server. Never destroyed: stores may connect while the program ends.
struct Table {
  std::mutex mutex;
  std::map<std::string, Credentials, std::less<>> all;

  static Table& global() {
    static auto* table = new Table;
    return *table;
  }
};

}  // namespace

void remember_credentials(const Settings& settings) {
  const Credentials own = Credentials::of(settings.options);
  if (own == Credentials{}) return;
  auto& table = Table::global();
  const std::lock_guard lock(table.mutex);
  table.all[settings.server()] = own;
}

Settings without_credentials(Settings settings) {
  Credentials{}.put_into(settings.options);
  return settings;
}

Settings with_own_credentials(Settings settings) {
  if (Credentials::of(settings.options) != Credentials{}) {
    detail::log(LogLevel::warning,
                "a configuration that came from elsewhere names credentials for Redis at " +
                    settings.server() +
                    "; they are ignored: open a store of that server in the program, or set " +
                    RedisOptions{}.password_env);
  }
  auto& table = Table::global();
  const std::lock_guard lock(table.mutex);
  const auto found = table.all.find(settings.server());
  (found != table.all.end() ? found->second : Credentials{}).put_into(settings.options);
  return settings;
}

}  // namespace proxystore::inline v0::redis
