// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// bench: runs groups of the benchmark program, or reads what it found before, and draws a picture.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <sstream>

#include <unistd.h>

#include "answer.hpp"
#include "bench_results.hpp"
#include "command.hpp"
#include "files.hpp"
#include "plot.hpp"

namespace tool {

namespace fs = std::filesystem;

namespace {

struct Options {
  std::vector<std::string> groups{};
  std::string from{};
  std::string plot{};
  std::string program{};
  std::string mpirun{};
  bool is_quick = false;
};

std::string find_program(const std::string& given) {
  std::error_code ignored;
  if (!given.empty()) {
    if (::access(given.c_str(), X_OK) == 0 && !fs::is_directory(given, ignored)) return given;
    throw std::runtime_error("there is no program " + given);
  }
  const fs::path here = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const fs::path& candidate : {here / "bench", here.parent_path() / "benchmarks" / "bench"}) {
    if (::access(candidate.c_str(), X_OK) == 0) return candidate.string();
  }
  throw std::runtime_error("the benchmark program is not beside this one, in " + here.string() +
                           "; name it with --program, or read saved results with --from");
}

/// For the shell.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string(R"('\'')") : std::string(1, c);
  return result + "'";
}

/// What @p command prints. @throws std::runtime_error if it fails
std::string output_of(const std::string& command) {
  std::FILE* output = ::popen(command.c_str(), "r");
  if (output == nullptr) {
    throw std::runtime_error("cannot run " + command + ": " + std::strerror(errno));
  }
  std::string text;
  std::array<char, 4096> piece{};
  for (std::size_t count = 0; (count = std::fread(piece.data(), 1, piece.size(), output)) > 0;) {
    text.append(piece.data(), count);
  }
  if (::pclose(output) != 0) throw std::runtime_error("the benchmark program failed: " + command);
  return text;
}

std::vector<BenchGroup> measure(const Options& options) {
  const std::string program = quoted(find_program(options.program));
  std::vector<std::string> names = options.groups;
  if (names.empty()) {
    std::istringstream all(output_of(program + " --list"));
    for (std::string name; std::getline(all, name);) names.push_back(name);
  }
  std::vector<BenchGroup> groups;
  for (const std::string& name : names) {
    std::cerr << "proxystore: measuring " << printable(name) << '\n';
    const std::string arguments =
        (options.is_quick ? " --quick" : "") +
        (options.mpirun.empty() ? std::string() : " --mpirun " + quoted(options.mpirun));
    groups.push_back(
        parse_group(name, output_of(program + " --json" + arguments + " " + quoted(name))));
  }
  return groups;
}

std::vector<BenchGroup> read(const Options& options) {
  if (options.is_quick || !options.program.empty() || !options.mpirun.empty()) {
    throw UsageError(
        "with --from nothing is measured; --program, --quick and --mpirun are for that");
  }
  const auto file = read_all(options.from);
  const std::string name = options.from == "-" ? "results" : fs::path(options.from).stem().string();
  auto groups = parse_groups(name, file.text());
  if (options.groups.empty()) return groups;
  std::vector<BenchGroup> chosen;
  for (const std::string& wanted : options.groups) {
    const auto found = std::ranges::find(groups, wanted, &BenchGroup::name);
    if (found == groups.end()) throw UsageError(options.from + " has no group '" + wanted + "'");
    chosen.push_back(*found);
  }
  return chosen;
}

int bench(const Options& options, bool is_json) {
  if (!options.plot.empty() && options.plot != "-" &&
      fs::path(options.plot).extension() != ".svg") {
    throw UsageError("--plot writes SVG; name a file that ends in .svg");
  }
  if (options.plot == "-" && is_json) throw UsageError("--plot - and --json exclude each other");
  const auto groups = options.from.empty() ? measure(options) : read(options);
  if (!options.plot.empty()) {
    const std::string picture = plot(groups);
    const proxystore::ByteSpan part = std::as_bytes(std::span(picture.data(), picture.size()));
    if (options.plot == "-") {
      write_out(std::span(&part, 1));
      return done;
    }
    write_all(options.plot, std::span(&part, 1));
  }
  if (is_json) {
    print(to_json(groups));
  } else {
    begin_answer();
    std::cout << to_text(groups);
  }
  return done;
}

}  // namespace

void add_bench(Commands& commands) {
  const auto options = std::make_shared<Options>();
  auto& command =
      commands.add(commands.app(), "bench", "Run benchmarks, and draw their ratios and budgets",
                   [&commands, options] { return bench(*options, commands.is_json()); });
  command.add_option("groups", options->groups, "Groups, such as core, mpi, redis; default: all")
      ->type_name("GROUP");
  command.add_option("--plot", options->plot, "Draw a picture into this file; -: standard output")
      ->type_name("FILE.svg");
  command
      .add_option("--from", options->from, "Read results that --json printed, and measure nothing")
      ->type_name("FILE.json");
  command
      .add_option("--program", options->program,
                  "The benchmark program; default: bench beside this one")
      ->type_name("FILE");
  command.add_option("--mpirun", options->mpirun, "What starts the ranks of groups that have some")
      ->type_name("COMMAND");
  command.add_flag("--quick", options->is_quick,
                   "See that all runs, in seconds; the figures are rough");
  command.footer(
      "Each row is what the library does beside a reference that is measured in turns with it; "
      "what\n"
      "counts is the ratio of both.  proxystore bench core --json > core.json  saves results.");
}

}  // namespace tool
