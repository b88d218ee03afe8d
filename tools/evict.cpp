// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// evict: removes objects, and tells which were there.
#include <iostream>
#include <vector>

#include "answer.hpp"
#include "command.hpp"
#include "look.hpp"
#include "opened_store.hpp"

namespace tool {

namespace ps = proxystore;

namespace {

struct Options {
  std::string store{};
  std::vector<std::string> keys{};
};

int evict(const Options& options, bool is_json) {
  std::vector<ps::Key> ids;  // all are read before the first is evicted
  for (const std::string& text : options.keys) ids.push_back(parse_key(text));
  const auto store = open_lasting_store(options.store, Folders::must_exist);
  Json evicted = Json::array();
  Json absent = Json::array();
  for (const ps::Key& id : ids) {
    const auto key = find_object(store->connector(), id);
    const auto parts = key ? parts_of(store->connector(), *key) : std::nullopt;
    const bool was_there = key && store->connector().evict(*key);
    if (was_there && parts) store->connector().evict_batch(parts->keys());
    (was_there ? evicted : absent).push_back(id.to_string());
    if (!was_there) std::cerr << "proxystore: the store has no object " << id << '\n';
  }
  store->close();
  if (is_json) {
    print({{"store", store->name()}, {"evicted", evicted}, {"absent", absent}});
  } else {
    begin_answer();
    std::cout << "evicted " << evicted.size() << " of " << ids.size() << '\n';
  }
  return absent.empty() ? done : failed;
}

}  // namespace

void add_evict(Commands& commands) {
  const auto options = std::make_shared<Options>();
  auto& command =
      commands.add(commands.app(), "evict", "Remove objects from a store, without asking",
                   [&commands, options] { return evict(*options, commands.is_json()); });
  add_store_option(command, options->store);
  command.add_option("keys", options->keys, "Keys of the objects, UUIDs")
      ->required()
      ->type_name("KEY");
  command.footer(
      "Returns 1 if one of them was not there; the others are gone all the same. An array in parts "
      "goes with\n"
      "its parts.");
}

}  // namespace tool
