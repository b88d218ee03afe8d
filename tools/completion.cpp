// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// completion: scripts for shells, made of the program's own options, so that they cannot differ.
#include <algorithm>
#include <iostream>

#include "answer.hpp"
#include "command.hpp"

namespace tool {

namespace {

std::vector<const CLI::App*> subcommands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<const CLI::Option*> options_of(const CLI::App& app, bool positional) {
  return app.get_options(
      [=](const CLI::Option* option) { return option->get_positional() == positional; });
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0 && option.get_type_size_max() > 0;
}

bool takes_file(const CLI::Option& option) {
  return option.get_type_name().starts_with("FILE");
}

bool has_file_argument(const CLI::App& app) {
  return std::ranges::any_of(options_of(app, true),
                             [](const CLI::Option* option) { return takes_file(*option); });
}

/// Such as {"-s", "--store"}.
std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const auto& name : option.get_snames()) names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

/// Calls @p function with each command and the words that lead to it, such as "config check".
template <class Function>
void for_each_command(const CLI::App& app, const std::string& path, const Function& function) {
  function(app, path);
  for (const CLI::App* next : subcommands_of(app)) {
    for_each_command(*next, path + (path.empty() ? "" : " ") + next->get_name(), function);
  }
}

/// What may follow a command: its subcommands and its options.
std::vector<std::string> words_of(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::App* next : subcommands_of(app)) words.push_back(next->get_name());
  for (const CLI::Option* option : options_of(app, false)) {
    for (auto& name : names_of(*option)) words.push_back(std::move(name));
  }
  if (app.get_name() == "completion") words.insert(words.end(), {"bash", "zsh", "fish"});
  return words;
}

/// What bash has to know of all commands together.
struct BashWords {
  std::vector<std::string> paths{};       ///< Of commands, in quotes
  std::vector<std::string> with_file{};   ///< Options
  std::vector<std::string> with_value{};  ///< Options with another value
  std::string cases{};                    ///< What follows each command
};

BashWords bash_words(const CLI::App& app) {
  BashWords words;
  for_each_command(app, "", [&](const CLI::App& command, const std::string& path) {
    if (!path.empty()) words.paths.push_back("'" + path + "'");
    for (const CLI::Option* option : options_of(command, false)) {
      if (!takes_value(*option)) continue;
      for (const auto& name : names_of(*option)) {
        auto& list = takes_file(*option) ? words.with_file : words.with_value;
        if (std::ranges::find(list, name) == list.end()) list.push_back(name);
      }
    }
    words.cases += "    '" + path + "')\n      words='" + joined(words_of(command), " ") + "'\n" +
                   (has_file_argument(command) ? "      files=yes\n" : "") + "      ;;\n";
  });
  return words;
}

constexpr const char* bash_begin =
    R"(# bash completion for proxystore; made by `proxystore completion bash`
_proxystore() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
  local path='' next='' words='' files='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="${path:+$path }${COMP_WORDS[i]}"
    case $next in
    )";

constexpr const char* bash_end = R"(  esac
  if [[ -n $files && $cur != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    compopt -o filenames 2>/dev/null
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  fi
}
complete -F _proxystore proxystore
)";

std::string bash(const CLI::App& app) {
  const BashWords words = bash_words(app);
  return bash_begin + joined(words.paths, " | ") +
         ") path=$next ;;\n"
         "    esac\n"
         "  done\n"
         "  case $prev in\n"
         "    " +
         joined(words.with_file, " | ") +
         ")\n"
         "      mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
         "      compopt -o filenames 2>/dev/null\n"
         "      return\n"
         "      ;;\n"
         "    " +
         joined(words.with_value, " | ") +
         ") return ;;\n"
         "  esac\n"
         "  case $path in\n" +
         words.cases + bash_end;
}

/// In single quotes, for zsh and fish.
std::string in_quotes(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string(R"('\'')") : std::string(1, c);
  return result + "'";
}

/// Without what means something in the specifications of zsh.
std::string zsh_text(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view("[]:\\").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string zsh_arguments(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : options_of(command, false)) {
    const auto names = names_of(*option);
    const std::string value = !takes_value(*option) ? ""
                              : takes_file(*option) ? ":file:_files"
                                                    : ":value: ";
    for (const auto& name : names) {
      text += " \\\n    " + in_quotes("(" + joined(names, " ") + ")" + name + "[" +
                                      zsh_text(option->get_description()) + "]" + value);
    }
  }
  return text;
}

std::string zsh(const CLI::App& app) {
  std::string text =
      "#compdef proxystore\n# zsh completion for proxystore; made by `proxystore completion zsh`\n";
  for_each_command(app, "", [&](const CLI::App& command, const std::string& path) {
    std::string name = "_proxystore" + (path.empty() ? "" : "_" + path);
    std::ranges::replace(name, ' ', '_');
    text += "\n" + name + "() {\n";
    const auto next = subcommands_of(command);
    if (next.empty()) {
      const char* rest = command.get_name() == "completion" ? "'1:shell:(bash zsh fish)'"
                         : has_file_argument(command)       ? "'*:file:_files'"
                                                            : "'*: :'";
      text += "  _arguments" + zsh_arguments(command) + " \\\n    " + rest + "\n}\n";
      return;
    }
    text += "  local curcontext=$curcontext state line\n  local -a commands\n  commands=(\n";
    for (const CLI::App* one : next) {
      text += "    " + in_quotes(one->get_name() + ":" + zsh_text(one->get_description())) + "\n";
    }
    text += "  )\n  _arguments -C" + zsh_arguments(command) +
            " \\\n    '1: :->command' '*:: :->rest'\n"
            "  case $state in\n"
            "    command) _describe command commands ;;\n"
            "    rest) (( $+functions[" +
            name + "_$line[1]] )) && " + name +
            "_$line[1] ;;\n"
            "  esac\n}\n";
  });
  return text + "\n_proxystore \"$@\"\n";
}

std::string fish(const CLI::App& app) {
  std::string text = "# fish completion for proxystore; made by `proxystore completion fish`\n";
  for_each_command(app, "", [&](const CLI::App& command, const std::string& path) {
    std::string seen;  // as a condition
    for (std::size_t at = 0; at < path.size();) {
      const std::size_t end = std::min(path.find(' ', at), path.size());
      seen += (seen.empty() ? "" : "; and ") + std::string("__fish_seen_subcommand_from ") +
              path.substr(at, end - at);
      at = end + 1;
    }
    std::string names;
    for (const CLI::App* next : subcommands_of(command)) names += " " + next->get_name();
    if (seen.empty()) seen = "__fish_use_subcommand";
    const std::string none_yet =
        path.empty() ? seen : seen + "; and not __fish_seen_subcommand_from" + names;
    for (const CLI::App* next : subcommands_of(command)) {
      text += "complete -c proxystore -f -n " + in_quotes(none_yet) + " -a " + next->get_name() +
              " -d " + in_quotes(next->get_description()) + "\n";
    }
    for (const CLI::Option* option : options_of(command, false)) {
      text += "complete -c proxystore -n " + in_quotes(names.empty() ? seen : none_yet);
      for (const auto& name : option->get_snames()) text += " -s " + name;
      for (const auto& name : option->get_lnames()) text += " -l " + name;
      if (takes_value(*option)) text += takes_file(*option) ? " -r -F" : " -x";
      text += " -d " + in_quotes(option->get_description()) + "\n";
    }
    if (command.get_name() == "completion") {
      text += "complete -c proxystore -f -n " + in_quotes(seen) + " -a 'bash zsh fish'\n";
    } else if (names.empty() && !has_file_argument(command)) {
      text += "complete -c proxystore -f -n " + in_quotes(seen) + "\n";
    }
  });
  return text;
}

}  // namespace

void add_completion(Commands& commands) {
  const auto shell = std::make_shared<std::string>();
  auto& command = commands.add(commands.app(), "completion",
                               "Print a script that lets a shell complete this program's words",
                               [&commands, shell] {
                                 const CLI::App& app = commands.app();
                                 const std::string script = *shell == "bash"  ? bash(app)
                                                            : *shell == "zsh" ? zsh(app)
                                                                              : fish(app);
                                 if (commands.is_json()) {
                                   print({{"shell", *shell}, {"script", script}});
                                 } else {
                                   begin_answer();
                                   std::cout << script;
                                 }
                                 return done;
                               });
  command.add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->type_name("SHELL")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command.footer("Installed with the program. By hand:  source <(proxystore completion bash)");
}

}  // namespace tool
