// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Runs the scenario that its first argument names.
#include "scenario.hpp"

#include <map>

namespace scenario {
namespace {

std::map<std::string, Main>& all() {
  static std::map<std::string, Main> scenarios;
  return scenarios;
}

}  // namespace

Registration::Registration(const char* name, Main main) {
  all().emplace(name, std::move(main));
}

}  // namespace scenario

int main(int argc, char** argv) {
  const auto found = scenario::all().find(argc > 1 ? argv[1] : "");
  if (found == scenario::all().end()) {
    std::fprintf(stderr, "usage: %s <scenario>; one of:\n", argv[0]);
    for (const auto& [name, body] : scenario::all()) std::fprintf(stderr, "  %s\n", name.c_str());
    return 2;
  }
  return found->second(argc, argv);
}
