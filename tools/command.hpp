// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What a subcommand is: options that it adds to the program's, and a function that does its work.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

namespace tool {

// What the program returns.
constexpr int done = 0;
constexpr int failed = 1;   ///< Also: there is no such object, or a check found something wrong
constexpr int misused = 2;  ///< The command line cannot be

/// The command line cannot be, which only the subcommand could tell.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// @p text as a number of 64 bits, of digits alone. @throws CLI::ValidationError with @p option
[[nodiscard]] std::uint64_t parse_count(std::string_view option, std::string_view text);

/// The subcommands.
class Commands {
 public:
  Commands(int& argc, char**& argv);

  /// Adds one. @p run is called after the command line was read, if that names it, and returns what
  /// the program does.
  CLI::App& add(CLI::App& parent, const std::string& name, const std::string& description,
                std::function<int()> run);

  [[nodiscard]] CLI::App& app() noexcept { return app_; }
  /// Reads the command line, and runs the subcommand that it names.
  [[nodiscard]] int run();

  /// As main() had them, for MPI.
  [[nodiscard]] int& argc() const noexcept { return argc_; }
  [[nodiscard]] char**& argv() const noexcept { return argv_; }
  /// Whether the answer is one JSON document.
  [[nodiscard]] bool is_json() const noexcept { return is_json_; }

 private:
  int run(const CLI::App& chosen);

  int& argc_;
  char**& argv_;
  bool is_json_ = false;
  CLI::App app_;
  std::map<const CLI::App*, std::function<int()>> bodies_;
};

// Each is in the file of its name.
void add_info(Commands& commands);
void add_config(Commands& commands);
void add_ls(Commands& commands);
void add_stat(Commands& commands);
void add_get(Commands& commands);
void add_put(Commands& commands);
void add_evict(Commands& commands);
void add_bench(Commands& commands);
void add_proxy(Commands& commands);
void add_completion(Commands& commands);

}  // namespace tool
