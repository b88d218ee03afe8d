// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// proxy show: what the bytes of a proxy name. They are read as data: no store is opened, nothing is
// fetched, and a pickle's classes are not looked for.
#include <array>
#include <cstdio>
#include <iostream>

#include "answer.hpp"
#include "command.hpp"
#include "files.hpp"
#include "proxystore/array.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/error.hpp"
#include "proxystore/proxy_info.hpp"
#include "proxystore/python/pickle.hpp"

namespace tool {

namespace ps = proxystore;

namespace {

constexpr std::byte first_of_pickle{0x80};

std::string hex(std::uint64_t number) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number));
  return text.data();
}

template <class T>
std::string name_if(std::uint64_t fingerprint) {
  return fingerprint == ps::type_fingerprint<T>() ? ps::TypeName<T>::get() : std::string();
}

template <class... Ts>
std::string name_among(std::uint64_t fingerprint) {
  std::string name;
  ((name = name.empty() ? name_if<Ts>(fingerprint) : name), ...);
  return name;
}

template <class T>
std::string array_name(std::uint64_t fingerprint) {
  return name_among<std::vector<T>, ps::Array<T, 1>, ps::Array<T, 2>, ps::Array<T, 3>,
                    ps::Array<T, 4>>(fingerprint);
}

/// The name of a type of the library, or of the standard's; empty for others.
std::string type_name(std::uint64_t fingerprint) {
  std::string name =
      name_among<std::string, ps::Bytes, std::vector<std::byte>, ps::Key>(fingerprint);
  for (const auto& array :
       {array_name<float>(fingerprint), array_name<double>(fingerprint),
        array_name<std::int32_t>(fingerprint), array_name<std::int64_t>(fingerprint),
        array_name<std::uint8_t>(fingerprint), array_name<std::uint64_t>(fingerprint)}) {
    if (name.empty()) name = array;
  }
  return name;
}

struct Shown {
  ps::ProxyInfo info{};
  bool is_pickle = false;
  std::size_t size = 0;
};

Shown read_proxy(const std::string& file) {
  const ps::Bytes bytes = read_all(file);
  if (bytes.empty()) throw ps::MessageError("the proxy is empty: there are no bytes");
  Shown shown{.is_pickle = bytes.span().front() == first_of_pickle, .size = bytes.size()};
  if (shown.is_pickle) {
    const auto pickled = ps::python::detail::read_proxy(bytes.span());
    shown.info = {.key = pickled.key, .store = pickled.config, .evict = pickled.evict};
  } else {
    shown.info = ps::describe_proxy(bytes.span());
  }
  return shown;
}

std::string built_text(const std::string& kind) {
  try {
    (void)ps::ConnectorRegistry::global().identity({.kind = kind});
  } catch (const ps::ConnectorNotBuiltError&) {
    return " (not in this build)";
  } catch (const ps::UnknownConnectorError&) {
    return " (unknown to this program)";
  } catch (const ps::ConfigError&) {  // it lacks options here
  }
  return "";
}

Json key_json(const ps::Key& key) {
  const bool has_checksum = (key.flags & ps::Key::has_checksum) != 0;
  return {{"id", key.to_string()},
          {"size", key.size == ps::Key::unknown_size ? Json() : Json(key.size)},
          {"checksum", has_checksum ? Json(hex(key.checksum)) : Json()},
          {"versioned", key.is_versioned()},
          {"composite", key.is_composite()},
          {"child", key.flags & ps::Key::child_mask}};
}

Json polling_json(const ps::Polling& polling) {
  return {{"interval_us", polling.interval.count()},
          {"backoff_factor", polling.backoff_factor},
          {"interval_limit_us",
           polling.interval_limit ? Json(polling.interval_limit->count()) : Json()},
          {"timeout_ms", polling.timeout.count()}};
}

Json shown_json(const Shown& shown) {
  const ps::ProxyInfo& info = shown.info;
  Json json{{"form", shown.is_pickle ? "pickle" : "proxystore"},
            {"size", shown.size},
            {"key", key_json(info.key)},
            {"store",
             {{"name", info.store.name},
              {"kind", info.store.connector.kind},
              {"options", to_json(info.store.connector.options)},
              {"cache_size", info.store.cache_size}}},
            {"evict", info.evict}};
  if (info.type_fingerprint != 0) {
    const std::string name = type_name(info.type_fingerprint);
    json["type"] = {{"fingerprint", hex(info.type_fingerprint)},
                    {"name", name.empty() ? Json() : Json(name)}};
  }
  if (!info.deserializer.empty()) json["deserializer"] = info.deserializer;
  if (info.polling) json["polling"] = polling_json(*info.polling);
  if (info.box) {
    json["box"] = {{"offset", info.box->offset}, {"shape", info.box->shape}};
    Json& stride = json["box"]["stride"] = Json::array();
    for (std::size_t i = 0; i < info.box->rank(); ++i) stride.push_back(info.box->step(i));
  }
  Json& unknown = json["unknown_sections"] = Json::array();
  for (const auto& section : info.unknown) {
    unknown.push_back(
        {{"tag", section.tag}, {"size", section.size}, {"critical", section.is_critical}});
  }
  return json;
}

std::string to_lines(const Shown& shown) {
  const ps::ProxyInfo& info = shown.info;
  const ps::Key& key = info.key;
  Lines lines{
      {"proxy", std::to_string(shown.size) + " bytes, " +
                    (shown.is_pickle ? "a pickle of Python's ProxyStore" : "of this library")},
      {"key", key.to_string() + (key.is_versioned() ? " (versioned)" : "") +
                  (key.is_composite() ? " (of an array in parts)" : "")}};
  if (key.size != ps::Key::unknown_size) {
    lines.emplace_back("object", std::to_string(key.size) + " bytes (" + size_text(key.size) + ")");
  }
  lines.emplace_back("store", printable(info.store.name));
  const std::string& kind = info.store.connector.kind;
  lines.emplace_back("connector", printable(kind) + built_text(kind));
  const Json options = to_json(info.store.connector.options);
  for (const auto& [name, value] : options.items()) {
    lines.emplace_back("  " + printable(name),
                       printable(value.dump(-1, ' ', false, Json::error_handler_t::replace)));
  }
  if (info.type_fingerprint != 0) {
    const std::string name = type_name(info.type_fingerprint);
    lines.emplace_back("type",
                       hex(info.type_fingerprint) + (name.empty() ? "" : " (" + name + ")"));
  }
  if (info.box) lines.emplace_back("box", info.box->to_string() + " of the array");
  lines.emplace_back("evict", info.evict ? "yes: goes when it was fetched" : "no");
  if (!info.deserializer.empty()) lines.emplace_back("deserializer", printable(info.deserializer));
  if (info.polling) {
    lines.emplace_back("waits", "at most " + std::to_string(info.polling->timeout.count()) +
                                    " ms for an object that is not there yet");
  }
  for (const auto& section : info.unknown) {
    lines.emplace_back("section " + std::to_string(section.tag),
                       std::to_string(section.size) + " bytes, unknown to this version" +
                           (section.is_critical ? ", which cannot resolve the proxy" : ""));
  }
  return to_columns(lines);
}

int show(const std::string& file, bool is_json) {
  const Shown shown = read_proxy(file);
  if (is_json) {
    print(shown_json(shown));
  } else {
    begin_answer();
    std::cout << to_lines(shown);
  }
  return done;
}

}  // namespace

void add_proxy(Commands& commands) {
  auto& proxy = commands.add(commands.app(), "proxy", "Look at proxies", nullptr);
  const auto file = std::make_shared<std::string>();
  auto& command = commands.add(proxy, "show", "Tell what a proxy names, without resolving it",
                               [&commands, file] { return show(*file, commands.is_json()); });
  command
      .add_option("file", *file,
                  "File that to_bytes(proxy) or Python's pickle wrote; -: standard input")
      ->required()
      ->type_name("FILE");
  command.footer(
      "No store is opened, and nothing in a pickle is called or imported. What looks like a "
      "password\n"
      "is not shown.");
}

}  // namespace tool
