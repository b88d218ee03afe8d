// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// ls: the objects of a store, each printed as it is found, however many there are.
#include <cstdio>
#include <iostream>

#include "answer.hpp"
#include "command.hpp"
#include "look.hpp"
#include "opened_store.hpp"
#include "proxystore/error.hpp"

namespace tool {

namespace ps = proxystore;

namespace {

struct Options {
  std::string store{};
  bool is_brief = false;
  std::uint64_t limit = 0;
};

void print_line(const ps::Key& key, const Look& look) {
  std::printf("%s  %10s  %s\n", key.to_string().c_str(),
              look.size ? size_text(*look.size).c_str() : "-", kind_text(look).c_str());
}

/// One document, of which a line is written for each object as it comes.
class JsonList {
 public:
  JsonList(const ps::Store& store) {
    begin_answer();
    std::printf("{\"store\": %s, \"objects\": [",
                Json(store.name()).dump(-1, ' ', true, Json::error_handler_t::replace).c_str());
  }
  void add(const Json& object) {
    std::printf("%s\n  %s", count_++ == 0 ? "" : ",",
                object.dump(-1, ' ', true, Json::error_handler_t::replace).c_str());
  }
  /// @p error is empty if the list is complete.
  void end(const std::string& error) const {
    std::printf("\n], \"count\": %llu", static_cast<unsigned long long>(count_));
    if (!error.empty()) {
      std::printf(", \"error\": %s",
                  Json(error).dump(-1, ' ', true, Json::error_handler_t::replace).c_str());
    }
    std::printf("}\n");
  }

 private:
  std::uint64_t count_ = 0;
};

template <class Show>
void visit(ps::Connector& connector, const Options& options, const Show& show) {
  std::uint64_t count = 0;
  connector.list([&](const ps::Key& key) {
    Look look;
    if (!options.is_brief) {
      try {
        auto seen = look_at(connector, key, Effort::little);
        if (!seen) return true;  // evicted just now
        look = std::move(*seen);
      } catch (const ps::SerializationError& error) {
        look.kind = "damaged";
        look.note = printable(error.what());
      } catch (const ps::TimeoutError&) {  // of the medium, and so of all that would follow
        throw;
      } catch (const ps::ConnectorError& error) {
        look.kind = "unreadable";
        look.note = printable(error.what());
      }
    }
    show(key, look);
    if (std::ferror(stdout) != 0) throw std::runtime_error("cannot write the answer");
    return ++count != options.limit;
  });
}

int list(const Options& options, bool is_json) {
  const auto store = open_lasting_store(options.store, Folders::must_exist);
  if (!is_json) {
    visit(store->connector(), options, [&](const ps::Key& key, const Look& look) {
      if (options.is_brief) {
        std::printf("%s\n", key.to_string().c_str());
      } else {
        print_line(key, look);
      }
    });
  } else {
    JsonList document(*store);
    try {
      visit(store->connector(), options, [&](const ps::Key& key, const Look& look) {
        Json object{{"key", key.to_string()}};
        if (!options.is_brief) add_to(object, look);
        document.add(object);
      });
    } catch (const std::exception& error) {
      document.end(error.what());
      std::fflush(stdout);
      throw;
    }
    document.end("");
  }
  store->close();
  return std::fflush(stdout) == 0 ? done : throw std::runtime_error("cannot write the answer");
}

}  // namespace

void add_ls(Commands& commands) {
  const auto options = std::make_shared<Options>();
  auto& command =
      commands.add(commands.app(), "ls", "List the objects of a store: key, size, and what each is",
                   [&commands, options] { return list(*options, commands.is_json()); });
  add_store_option(command, options->store);
  command.add_flag("-b,--brief", options->is_brief, "Keys only, without a look at the objects");
  command
      .add_option_function<std::string>(
          "-n,--limit",
          [options](const std::string& text) { options->limit = parse_count("--limit", text); },
          "Stop after so many objects; 0: all")
      ->type_name("COUNT")
      ->default_str("0");
  command.footer(
      "The order means nothing. Objects that are put or evicted meanwhile may be missing, or "
      "listed\n"
      "twice in a Redis store. Works for stores of kind file, redis and hdf5, and for multi of "
      "these.");
}

}  // namespace tool
