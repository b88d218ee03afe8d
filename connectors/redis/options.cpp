// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <vector>

#include <sys/un.h>

#include "detail/options_reader.hpp"
#include "detail/system.hpp"
#include "detail/text.hpp"
#include "manifest.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

namespace redis {

namespace {

using std::chrono::milliseconds;
constexpr std::int64_t one_day_ms = 86'400'000;
constexpr std::int64_t largest_part = Manifest::largest_part;

void read_clear(detail::OptionsReader& reader, const ConfigTable& table, RedisOptions& options) {
  const auto found = table.find("clear");
  if (found != table.end() && found->second.get_if<std::string>() != nullptr) {
    std::size_t choice = 0;
    reader.read_choice("clear", choice, {"flushdb"});
    options.clear = RedisOptions::Clear::flushdb;
    return;
  }
  bool own = false;
  reader.read("clear", own);
  options.clear = own ? RedisOptions::Clear::own : RedisOptions::Clear::none;
}

milliseconds read_time(detail::OptionsReader& reader, std::string_view name, milliseconds otherwise,
                       std::int64_t least) {
  std::int64_t value = otherwise.count();
  reader.read(name, value, least, 366 * one_day_ms);
  return milliseconds(value);
}

void check_cluster(const detail::OptionsReader& reader, const RedisOptions& options,
                   std::int64_t database) {
  if (options.cluster_seeds.empty()) return;
  for (const std::string& seed : options.cluster_seeds) {
    try {
      (void)Address::parse(seed);
    } catch (const MessageError& error) {
      reader.fail("cluster_seeds",
                  std::string("has an entry that cannot be used: ") + error.what());
    }
  }
  if (!options.unix_socket.empty()) {
    reader.fail("unix_socket", "names one server, and cluster_seeds a cluster: give one of them");
  }
  if (database != 0) reader.fail("database", "must be 0: a Redis Cluster has no other");
}

/// An address of IPv6 may stand in brackets, as it does before a port.
std::string_view without_brackets(std::string_view host) {
  const bool has_them = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return has_them ? host.substr(1, host.size() - 2) : host;
}

void read_hostname(detail::OptionsReader& reader, RedisOptions& options) {
  reader.read("hostname", options.hostname);
  options.hostname = without_brackets(options.hostname);
  const std::string& host = options.hostname;
  // A name has no colon, and an address of IPv6 has two or more.
  if (host.empty() || host.find_first_of("[]") != std::string::npos ||
      std::ranges::count(host, ':') == 1) {
    reader.fail("hostname", "is a name or an address alone, and '" + host +
                                "' is neither; the port is an option of its own");
  }
}

/// Relative ones are those of the folder that the process is in now, wherever it goes.
void read_path(detail::OptionsReader& reader, std::string_view name, std::filesystem::path& path) {
  std::string text = path.string();
  reader.read(name, text);
  path = text.empty() ? std::filesystem::path() : std::filesystem::absolute(text);
}

void read_socket(detail::OptionsReader& reader, RedisOptions& options) {
  constexpr std::size_t longest = sizeof(sockaddr_un{}.sun_path) - 1;
  std::filesystem::path path;
  read_path(reader, "unix_socket", path);
  options.unix_socket = path.string();
  if (options.unix_socket.size() > longest) {
    reader.fail("unix_socket", "is longer than the " + std::to_string(longest) +
                                   " bytes that the system takes for a socket: '" +
                                   options.unix_socket + "'; a symbolic link may be shorter");
  }
}

}  // namespace

Address Address::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  Address address;
  if (colon != std::string_view::npos) {
    address.host = without_brackets(text.substr(0, colon));
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (error == std::errc{} && end == port.data() + port.size() && address.port > 0 &&
        !address.host.empty()) {
      return address;
    }
  }
  throw MessageError("'" + std::string(text.substr(0, 100)) + "' is no 'host:port'",
                     {.connector = "redis", .operation = "find a server"});
}

Settings Settings::parse(const ConfigTable& table) {
  Settings settings;
  RedisOptions& options = settings.options;
  detail::OptionsReader reader("redis", table);
  std::int64_t port = options.port;
  std::int64_t database = 0;
  std::int64_t retries = options.retries;
  std::int64_t min_replicas = options.min_replicas;
  auto pool_size = static_cast<std::int64_t>(options.pool_size);
  auto part_size = static_cast<std::int64_t>(options.part_size);
  read_hostname(reader, options);
  reader.read("port", port, 1, 65535);
  read_clear(reader, table, options);
  read_socket(reader, options);
  reader.read_list("cluster_seeds", options.cluster_seeds);
  reader.read("tls", options.tls);
  read_path(reader, "tls_ca_file", options.tls_ca_file);
  read_path(reader, "tls_cert_file", options.tls_cert_file);
  read_path(reader, "tls_key_file", options.tls_key_file);
  reader.read("database", database, 0, 1'000'000);
  reader.read("username", options.username);
  reader.read("password_env", options.password_env);
  read_path(reader, "password_file", options.password_file);
  reader.read("prefix", options.prefix);
  options.expiry = read_time(reader, "expiry_ms", options.expiry, 0);
  options.connect_timeout = read_time(reader, "connect_timeout_ms", options.connect_timeout, 1);
  options.timeout = read_time(reader, "timeout_ms", options.timeout, 1);
  reader.read("retries", retries, 0, 1000);
  reader.read("pool_size", pool_size, 1, 1024);
  reader.read("part_size", part_size, 1, largest_part);
  reader.read("min_replicas", min_replicas, 0, 1000);
  reader.read("checksum", options.checksum);
  reader.read("session", settings.session);
  if (table.contains("password")) {
    reader.fail("password",
                "is not taken from configurations, which travel in proxies; name a "
                "variable with password_env, or a file with password_file");
  }
  reader.finish();
  if (options.prefix.find_first_of("{}") != std::string::npos) {
    reader.fail("prefix", "has braces, which a Redis Cluster would take for a hash tag");
  }
  if (options.tls && !options.unix_socket.empty()) {
    reader.fail("tls", "is for connections between hosts; unix_socket stays on this one");
  }
  if (options.tls_cert_file.empty() != options.tls_key_file.empty()) {
    reader.fail("tls_cert_file", "and tls_key_file belong together");
  }
  check_cluster(reader, options, database);
  options.port = static_cast<std::uint16_t>(port);
  options.min_replicas = static_cast<int>(min_replicas);
  options.database = static_cast<int>(database);
  options.retries = static_cast<int>(retries);
  options.pool_size = static_cast<std::size_t>(pool_size);
  options.part_size = static_cast<std::size_t>(part_size);
  return settings;
}

ConnectorConfig Settings::to_config() const {
  ConnectorConfig config = options;
  if (!session.empty()) config.options["session"] = session;
  return config;
}

std::string Settings::server() const {
  if (!options.cluster_seeds.empty()) {
    return "the cluster of " + detail::quoted_list(options.cluster_seeds);
  }
  if (!options.unix_socket.empty()) return options.unix_socket;
  const bool is_ipv6 = options.hostname.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + options.hostname + "]" : options.hostname) + ":" +
         std::to_string(options.port);
}

std::string Settings::password() const {
  if (!options.password_file.empty()) {
    const ErrorContext about{.connector = "redis", .operation = "connect"};
    errno = 0;
    std::ifstream file(options.password_file);
    std::string line;
    if (!std::getline(file, line) && !file.eof()) {
      detail::throw_system_error(errno != 0 ? errno : EIO,
                                 "cannot read the password from " + options.password_file.string(),
                                 about);
    }
    if (line.ends_with('\r')) line.pop_back();  // of a file that Windows wrote
    if (line.empty()) {
      throw AccessError("the first line of the password file " + options.password_file.string() +
                            " is empty: write the password there",
                        about);
    }
    return line;
  }
  const char* value =
      options.password_env.empty() ? nullptr : std::getenv(options.password_env.c_str());
  return value != nullptr ? value : "";
}

}  // namespace redis

RedisOptions::operator ConnectorConfig() const {
  const RedisOptions defaults;
  ConfigTable table;
  if (cluster_seeds.empty()) {
    table["hostname"] = hostname;
    table["port"] = port;
  } else {
    table["cluster_seeds"] = ConfigArray(cluster_seeds.begin(), cluster_seeds.end());
  }
  if (clear == Clear::own) table["clear"] = true;
  if (clear == Clear::flushdb) table["clear"] = "flushdb";
  if (!unix_socket.empty()) table["unix_socket"] = unix_socket;
  if (tls) table["tls"] = true;
  if (!tls_ca_file.empty()) table["tls_ca_file"] = tls_ca_file.string();
  if (!tls_cert_file.empty()) table["tls_cert_file"] = tls_cert_file.string();
  if (!tls_key_file.empty()) table["tls_key_file"] = tls_key_file.string();
  if (database != 0) table["database"] = database;
  if (!username.empty()) table["username"] = username;
  if (password_env != defaults.password_env) table["password_env"] = password_env;
  if (!password_file.empty()) table["password_file"] = password_file.string();
  if (!prefix.empty()) table["prefix"] = prefix;
  const auto set_number = [&](const char* name, auto value, auto otherwise) {
    if (value != otherwise) table[name] = static_cast<std::int64_t>(value);
  };
  set_number("expiry_ms", expiry.count(), defaults.expiry.count());
  set_number("connect_timeout_ms", connect_timeout.count(), defaults.connect_timeout.count());
  set_number("timeout_ms", timeout.count(), defaults.timeout.count());
  set_number("retries", retries, defaults.retries);
  set_number("min_replicas", min_replicas, defaults.min_replicas);
  set_number("pool_size", pool_size, defaults.pool_size);
  set_number("part_size", part_size, defaults.part_size);
  if (checksum != defaults.checksum) table["checksum"] = checksum;
  return {.kind = "redis", .options = std::move(table)};
}

}  // namespace proxystore::inline v0
