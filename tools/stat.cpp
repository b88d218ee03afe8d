// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// stat: what one object is.
#include <iostream>

#include "answer.hpp"
#include "command.hpp"
#include "look.hpp"
#include "opened_store.hpp"

namespace tool {

namespace ps = proxystore;

namespace {

struct Options {
  std::string store{};
  std::string key{};
};

void print_text(const ps::Store& store, const ps::Key& key, const Look& look) {
  begin_answer();
  Lines lines{
      {"key", key.to_string()},
      {"store", printable(store.name()) + " (" + std::string(store.connector().kind()) + ")"},
      {"kind", kind_text(look)}};
  if (look.size) {
    lines.emplace_back("size",
                       std::to_string(*look.size) + " bytes (" + size_text(*look.size) + ")");
  }
  if (!look.info.name.empty()) lines.emplace_back("name", printable(look.info.name));
  if (!look.info.units.empty()) lines.emplace_back("units", printable(look.info.units));
  for (const auto& [name, value] : look.info.attributes) {
    lines.emplace_back(printable(name), printable(value));
  }
  std::cout << to_columns(lines);
}

int stat(const Options& options, bool is_json) {
  const ps::Key id = parse_key(options.key);
  const auto store = open_lasting_store(options.store, Folders::must_exist);
  const auto key = find_object(store->connector(), id);
  const auto look = key ? look_at(store->connector(), *key, Effort::all) : std::nullopt;
  if (is_json) {
    Json json{{"key", id.to_string()}, {"store", store->name()}, {"exists", look.has_value()}};
    if (look) add_to(json, *look);
    print(json);
  } else if (look) {
    print_text(*store, id, *look);
  }
  if (!look) std::cerr << "proxystore: the store has no object " << id << '\n';
  store->close();
  return look ? done : failed;
}

}  // namespace

void add_stat(Commands& commands) {
  const auto options = std::make_shared<Options>();
  auto& command =
      commands.add(commands.app(), "stat", "Tell what an object is, without printing it",
                   [&commands, options] { return stat(*options, commands.is_json()); });
  add_store_option(command, options->store);
  command.add_option("key", options->key, "Key of the object, a UUID")
      ->required()
      ->type_name("KEY");
  command.footer(
      "The size is that of the stored form, with the frame that says what the object is.");
}

}  // namespace tool
