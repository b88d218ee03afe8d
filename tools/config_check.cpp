// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// config check: whether a TOML file describes a store, and what that is. Nothing is opened, made or
// cleared, unless --open is given.
#include <algorithm>
#include <iostream>

#include "answer.hpp"
#include "command.hpp"
#include "config_lines.hpp"
#include "opened_store.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/multi.hpp"
#include "proxystore/error.hpp"
#include "python_view.hpp"

namespace tool {

namespace ps = proxystore;
using Path = std::vector<std::string>;

namespace {

struct Options {
  std::string file{};
  bool opens = false;
};

/// Something is wrong with the file.
struct Wrong : std::runtime_error {
  Wrong(const std::string& what, std::optional<unsigned> at) : std::runtime_error(what), line(at) {}
  std::optional<unsigned> line;
};

/// Whether one of the tables in @p value, which stands for a child, has the entry @p name.
bool has_entry(const ps::ConfigValue& value, const std::string& name) {
  const auto* parts = value.get_if<ps::ConfigArray>();
  return parts != nullptr && std::ranges::any_of(*parts, [&](const ps::ConfigValue& part) {
           const auto* table = part.get_if<ps::ConfigTable>();
           return table != nullptr && table->contains(name);
         });
}

/// The entry of @p path that an error is about: the first one whose name it quotes.
Path place_of(const std::string& error, const ps::ConfigTable& options, Path path) {
  for (std::size_t at = error.find('\''); at != std::string::npos;) {
    const std::size_t end = error.find('\'', at + 1);
    if (end == std::string::npos) break;
    const std::string name = error.substr(at + 1, end - at - 1);
    for (const auto& [option, value] : options) {
      if (option != name && !has_entry(value, name)) continue;
      path.push_back(option);
      return path;
    }
    at = error.find('\'', end + 1);
  }
  return path;
}

/// All options of a connector, and of the children of one of several. @throws Wrong
ps::ConfigTable effective(const std::string& file, const ps::ConnectorConfig& config,
                          const Path& path) {
  const auto& registry = ps::ConnectorRegistry::global();
  Path of_kind{"connector", "kind"};
  try {
    if (registry.identity(config).kind != "multi") return registry.options(config);
  } catch (const ps::ConnectorNotBuiltError& error) {
    throw Wrong(error.what(), line_of(file, path.size() > 2 ? path : of_kind));
  } catch (const ps::UnknownConnectorError& error) {
    throw Wrong(error.what(), line_of(file, path.size() > 2 ? path : of_kind));
  } catch (const ps::ConfigError& error) {
    throw Wrong(error.what(), line_of(file, place_of(error.what(), config.options, path)));
  }
  ps::ConfigTable children;
  for (const auto& [name, value] : config.options) {
    const ps::ConfigArray& parts = *value.get_if<ps::ConfigArray>();
    Path child = path;
    child.push_back(name);
    try {
      const std::string kind = *parts[0].get_if<std::string>();
      const auto policy = parts.size() > 2
                              ? ps::Policy::from_table(*parts[2].get_if<ps::ConfigTable>())
                              : ps::Policy();
      children[name] = ps::ConfigArray{
          kind,
          effective(file, {.kind = kind, .options = *parts[1].get_if<ps::ConfigTable>()}, child),
          policy.as_table()};
    } catch (const Wrong& error) {
      throw Wrong("the child '" + name + "': " + error.what(), error.line);
    }
  }
  return children;
}

struct Checked {
  ps::StoreConfig given{};
  ps::StoreConfig effective{};
  std::string kind{};
  std::vector<std::string> defaults{};  ///< Options that the file does not set
  PythonView python{};
};

/// The line that an error of the library begins with, as "<file>:<line>: ".
Wrong as_wrong(const std::string& file, const ps::ConfigError& error) {
  std::string text = error.what();
  const std::string prefix = file + ":";
  if (!text.starts_with(prefix)) return {text, std::nullopt};
  text.erase(0, prefix.size());
  const std::size_t colon = text.find(": ");
  const std::string number = text.substr(0, colon);
  if (colon == std::string::npos || number.empty() ||
      number.find_first_not_of("0123456789") != std::string::npos) {
    return {text, std::nullopt};
  }
  return {text.substr(colon + 2), static_cast<unsigned>(std::stoul(number))};
}

/// @throws Wrong
Checked check(const std::string& file) {
  Checked checked;
  try {
    checked.given = ps::StoreConfig::from_toml(file);
  } catch (const ps::ConfigError& error) {
    throw as_wrong(file, error);
  }
  if (checked.given.name.empty()) throw Wrong("the store's name is empty", line_of(file, {"name"}));
  checked.effective = checked.given;
  checked.effective.connector.options =
      effective(file, checked.given.connector, {"connector", "options"});
  checked.kind = ps::ConnectorRegistry::global().identity(checked.given.connector).kind;
  checked.effective.connector.kind = checked.kind;
  for (const auto& [name, value] : checked.effective.connector.options) {
    if (!checked.given.connector.options.contains(name)) checked.defaults.push_back(name);
  }
  checked.python = python_view(checked.given, checked.kind, entries_of(file, {}));
  return checked;
}

/// Puts, gets and evicts an object. @throws ps::Error
void try_out(const ps::StoreConfig& config) {
  const auto store = open_store(config, Folders::may_be_made);
  const std::string text = "US\nproxystore config check";
  const ps::ByteSpan part = std::as_bytes(std::span(text.data(), text.size()));
  ps::PutOptions options;
  options.info = {.kind = ps::ObjectInfo::Kind::text, .header_bytes = 3};
  auto& connector = store->connector();
  const ps::Key key = connector.put(std::span(&part, 1), options);
  const auto object = connector.get(key);
  const bool is_gone = connector.evict(key) && !connector.exists(key);
  store->close();
  const ps::ErrorContext context{.connector = std::string(connector.kind()), .operation = "check"};
  if (!object) throw ps::ConnectorError("the store was opened, and keeps no objects", context);
  if (object->text() != text || !is_gone) {
    throw ps::ConnectorError("the store was opened, and does not give back what was put", context);
  }
}

Json texts_json(const std::vector<std::string>& texts) {
  return Json(texts);
}

Json config_json(const ps::StoreConfig& config) {
  const auto name_of = [](const std::optional<std::string>& name) {
    return name ? Json(*name) : Json();
  };
  return {{"name", config.name},
          {"serializer", name_of(config.serializer)},
          {"deserializer", name_of(config.deserializer)},
          {"cache_size", config.cache_size},
          {"cache_bytes", config.cache_bytes},
          {"metrics", config.metrics},
          {"populate_target", config.populate_target},
          {"populate_limit", config.populate_limit},
          {"auto_register", config.auto_register},
          {"connector",
           {{"kind", config.connector.kind}, {"options", to_json(config.connector.options)}}}};
}

std::string bullets(const char* title, const std::vector<std::string>& lines, const char* if_none) {
  if (lines.empty()) return std::string(title) + if_none + "\n";
  std::string text = std::string(title) + "no\n";
  for (const std::string& line : lines) text += "  - " + printable(line) + "\n";
  return text;
}

void print_text(const Options& options, const Checked& checked) {
  begin_answer();
  ps::StoreConfig shown = checked.effective;
  shown.connector.options = without_secrets(shown.connector.options);
  std::cout << options.file << " is right. All that holds, with defaults:\n\n" << shown.to_toml();
  std::string defaults;
  for (const std::string& name : checked.defaults)
    defaults += (defaults.empty() ? "" : ", ") + name;
  if (!defaults.empty()) std::cout << "# by default: " << defaults << '\n';
  std::cout << "\nThe connector '" << checked.kind << "' is built in.\n"
            << bullets("Python's ProxyStore can read this file: ", checked.python.no_file, "yes")
            << bullets("Python's ProxyStore can read the objects: ", checked.python.no_objects,
                       "yes");
  for (const std::string& note : checked.python.notes) std::cout << "  - " << note << '\n';
  if (options.opens) std::cout << "Opened: a small object was put, got and evicted.\n";
}

int config_check(const Options& options, bool is_json) {
  Json json{{"file", options.file}, {"valid", true}};
  try {
    const Checked checked = check(options.file);
    json["kind"] = checked.kind;
    json["built_in"] = true;
    json["config"] = config_json(checked.effective);
    json["defaults"] = texts_json(checked.defaults);
    json["python"] = {{"reads_file", checked.python.no_file.empty()},
                      {"why_not_file", texts_json(checked.python.no_file)},
                      {"reads_objects", checked.python.no_objects.empty()},
                      {"why_not_objects", texts_json(checked.python.no_objects)},
                      {"notes", texts_json(checked.python.notes)}};
    json["opened"] = options.opens;
    if (options.opens) try_out(checked.given);
    if (is_json) {
      print(json);
    } else {
      print_text(options, checked);
    }
    return done;
  } catch (const Wrong& error) {
    std::cerr << "proxystore: " << options.file << ':'
              << (error.line ? std::to_string(*error.line) + ':' : "") << ' '
              << printable(error.what()) << '\n';
    json["valid"] = false;
    json["line"] = error.line ? Json(*error.line) : Json();
    json["error"] = error.what();
  } catch (const ps::Error& error) {  // of --open
    std::cerr << "proxystore: " << options.file
              << " is right, and the store cannot be used: " << printable(error.what()) << '\n';
    json["opened"] = false;
    json["error"] = error.what();
  }
  if (is_json) print(json);
  return failed;
}

}  // namespace

void add_config(Commands& commands) {
  auto& config = commands.add(commands.app(), "config", "Look at store configurations", nullptr);
  const auto options = std::make_shared<Options>();
  auto& check = commands.add(
      config, "check", "Check a store's TOML file, and tell all that holds, with defaults",
      [&commands, options] { return config_check(*options, commands.is_json()); });
  check.add_option("file", options->file, "TOML file that describes a store")
      ->required()
      ->type_name("FILE");
  check.add_flag("--open", options->opens,
                 "Also open the store, and put, get and evict one small object");
  check.footer(
      "Without --open nothing is connected to, made or cleared. Passwords are in no "
      "configuration;\n"
      "what looks like one is not shown. Tells as well what Python's ProxyStore can read.");
}

}  // namespace tool
