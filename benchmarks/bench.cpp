// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Runs a group of benchmarks and prints what came of it. A group that needs ranks is run by this
// program again, under mpirun; the first rank prints its rows as lines, which are read here.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>

#include <unistd.h>

#include "report.hpp"
#include "session.hpp"

namespace bench {

namespace {

std::vector<Group>& all_groups() {
  static std::vector<Group> all;
  return all;
}

}  // namespace

Registration::Registration(Group group) {
  all_groups().push_back(std::move(group));
}

const std::vector<Group>& groups() {
  return all_groups();
}

void say(const std::string& text) {
  std::cerr << "bench: " + text + '\n' << std::flush;
}

namespace {

constexpr const char* usage =
    "bench GROUP [--json] [--quick] [--mpirun \"COMMAND\"]\n"
    "bench --list\n"
    "\n"
    "Measures a group beside its references, and prints figures, ratios and budgets.\n"
    "\n"
    "  --json     as an array of objects; times are in seconds, sizes in bytes\n"
    "  --quick    few repetitions of small work: shows that it runs, not how fast\n"
    "  --list     prints the names of the groups\n"
    "  --mpirun   what starts the ranks: followed by this program and its arguments\n";

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Arguments {
  std::string group{};
  bool is_json = false;
  bool is_quick = false;
  bool is_rank = false;  // started by ourselves
  std::optional<std::string> mpirun{};
};

Arguments read(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--json") {
      arguments.is_json = true;
    } else if (word == "--quick") {
      arguments.is_quick = true;
    } else if (word == "--internal-rank") {
      arguments.is_rank = true;
    } else if (word == "--mpirun") {
      if (++i == argc) throw UsageError("--mpirun needs a command");
      arguments.mpirun = argv[i];
    } else if (word.starts_with('-')) {
      throw UsageError("there is no option '" + word + "'");
    } else if (arguments.group.empty()) {
      arguments.group = word;
    } else {
      throw UsageError("one group at a time: '" + arguments.group + "' or '" + word + "'");
    }
  }
  return arguments;
}

const Group& find(const std::string& name) {
  std::string known;
  for (const Group& group : groups()) {
    if (group.name == name) return group;
    known += (known.empty() ? "" : ", ") + group.name;
  }
  throw UsageError((name.empty() ? "which group?" : "this build has no group '" + name + "';") +
                   " there are: " + known);
}

/// For the shell.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string(R"('\'')") : std::string(1, c);
  return result + "'";
}

/// Open MPI's command: more ranks than cores are fine, and wait without keeping others from one.
std::string default_mpirun(int ranks) {
  return std::string("mpirun --oversubscribe --bind-to none --mca mpi_yield_when_idle 1 ") +
         (::geteuid() == 0 ? "--allow-run-as-root " : "") + "-np " + std::to_string(ranks);
}

Result run_ranks(const Group& group, const Arguments& arguments) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string command = arguments.mpirun.value_or(default_mpirun(group.ranks)) + ' ' +
                              quoted(self) + ' ' + group.name + " --internal-rank" +
                              (arguments.is_quick ? " --quick" : "");
  std::FILE* output = ::popen(command.c_str(), "r");
  if (output == nullptr) throw std::runtime_error("cannot run: " + command);
  Result result;
  std::string line;
  for (int c = std::fgetc(output); c != EOF; c = std::fgetc(output)) {
    if (c != '\n') {
      line += static_cast<char>(c);
    } else {
      if (!add_line(line, result)) std::cerr << line << '\n';
      line.clear();
    }
  }
  if (::pclose(output) != 0) throw std::runtime_error("the ranks failed: " + command);
  return result;
}

int run(const Arguments& arguments) {
  const Group& group = find(arguments.group);
  Result result;
  if (group.ranks > 0 && !arguments.is_rank) {
    result = run_ranks(group, arguments);
  } else {
    Session session(arguments.is_quick);
    group.run(session);
    result = session.result();
  }
  if (arguments.is_rank) {
    std::cout << to_lines(result);
  } else {
    std::cout << (arguments.is_json ? to_json(result) : to_table(result));
  }
  return 0;
}

}  // namespace

}  // namespace bench

int main(int argc, char** argv) {
  constexpr int misused = 2;
  try {
    const std::string first = argc > 1 ? argv[1] : "";
    if (first == "-h" || first == "--help") {
      std::cout << bench::usage;
      return 0;
    }
    if (first == "--list") {
      for (const bench::Group& group : bench::groups()) std::cout << group.name << '\n';
      return 0;
    }
    return bench::run(bench::read(argc, argv));
  } catch (const bench::UsageError& error) {
    std::cerr << "bench: " << error.what() << "\n\n" << bench::usage;
    return misused;
  } catch (const std::exception& error) {
    std::cerr << "bench: " << error.what() << '\n';
    return 1;
  }
}
