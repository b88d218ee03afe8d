// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// proxystore: looks at builds, configurations, stores and proxies, from the command line.
#include <algorithm>
#include <charconv>
#include <iostream>
#include <string_view>

#include "answer.hpp"
#include "command.hpp"
#include "proxystore/error.hpp"
#include "proxystore/version.hpp"

namespace tool {

namespace {

constexpr const char* about =
    "Looks at stores of ProxyStore for C++ and MPI, and at what belongs to them.\n"
    "\n"
    "A store is named by a TOML file, the same that programs open with Store::from_toml():\n"
    "  name = \"fields\"\n"
    "  [connector]\n"
    "  kind = \"file\"\n"
    "  [connector.options]\n"
    "  store_dir = \"/scratch/fields\"\n";

constexpr const char* footer =
    "`proxystore COMMAND --help` tells more of each. It returns 0 when all is well, 1 when "
    "something\n"
    "failed or is not there, and 2 for a wrong command line. See also: man proxystore.";

}  // namespace

std::uint64_t parse_count(std::string_view option, std::string_view text) {
  std::uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error == std::errc{} && stop == end) return count;
  throw CLI::ValidationError(std::string(option), "takes a number from 0 to 2^64 - 1, not '" +
                                                      std::string(text.substr(0, 100)) + "'");
}

Commands::Commands(int& argc, char**& argv) : argc_(argc), argv_(argv), app_(about, "proxystore") {
  app_.footer(footer);
  app_.set_version_flag("--version", PROXYSTORE_VERSION, "Print the version");
  app_.require_subcommand(1);
}

CLI::App& Commands::add(CLI::App& parent, const std::string& name, const std::string& description,
                        std::function<int()> run) {
  CLI::App& command = *parent.add_subcommand(name, description);
  if (run) {
    command.add_flag("--json", is_json_, "Answer with one JSON document");
    bodies_[&command] = std::move(run);
  } else {
    command.require_subcommand(1);
  }
  return command;
}

int Commands::run() {
  const CLI::App* chosen = &app_;
  try {
    app_.parse(argc_, argv_);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app_.exit(error) == 0 ? done : failed;  // --help
    for (const auto* next = chosen; next != nullptr;) {
      chosen = next;
      const auto parsed = chosen->get_subcommands();
      next = parsed.empty() ? nullptr : parsed.front();
    }
    std::cerr << "proxystore: " << printable(error.what()) << "\nTry: proxystore"
              << (chosen == &app_ ? "" : " " + chosen->get_name()) << " --help\n";
    const auto wants_json = [](const char* word) { return std::string_view(word) == "--json"; };
    if (std::any_of(argv_, argv_ + argc_, wants_json)) print(Json{{"error", error.what()}});
    return misused;
  }
  while (!chosen->get_subcommands().empty()) chosen = chosen->get_subcommands().front();
  return run(*chosen);
}

int Commands::run(const CLI::App& chosen) {
  const auto fail = [&](const char* what, int code) {
    std::cout.flush();
    std::cerr << "proxystore: " << printable(what) << '\n';
    if (is_json_ && !answer_has_begun()) print(Json{{"error", what}});
    return code;
  };
  int code = done;
  try {
    code = bodies_.at(&chosen)();
  } catch (const UsageError& error) {
    code = fail(error.what(), misused);
  } catch (const std::bad_alloc&) {
    code = fail("not enough memory for this object", failed);
  } catch (const std::exception& error) {
    code = fail(error.what(), failed);
  }
  if (!std::cout.flush()) {
    std::cerr << "proxystore: cannot write the answer\n";
    return failed;
  }
  return code;
}

}  // namespace tool

int main(int argc, char** argv) {
  tool::Commands commands(argc, argv);
  tool::add_info(commands);
  tool::add_config(commands);
  tool::add_ls(commands);
  tool::add_stat(commands);
  tool::add_get(commands);
  tool::add_put(commands);
  tool::add_evict(commands);
  tool::add_proxy(commands);
  tool::add_bench(commands);
  tool::add_completion(commands);
  return commands.run();
}
