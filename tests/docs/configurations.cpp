// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Reads the configurations of the pages, which extract.py wrote to the folder given: their
// connectors exist, and have the options that they name.
#include <exception>
#include <filesystem>
#include <iostream>

#include <proxystore/proxystore.hpp>

namespace ps = proxystore;

int main(int, char** argv) {
  int read = 0;
  int bad = 0;
  for (const auto& file : std::filesystem::directory_iterator(argv[1])) {
    if (file.path().extension() != ".toml") continue;
    try {
      const auto config = ps::StoreConfig::from_toml(file.path());
      (void)ps::ConnectorRegistry::global().identity(config.connector);
      ++read;
    } catch (const ps::ConnectorNotBuiltError& error) {
      std::cout << file.path().filename() << ": not looked at: " << error.what() << '\n';
    } catch (const std::exception& error) {
      std::cout << file.path().filename() << ": " << error.what() << '\n';
      ++bad;
    }
  }
  std::cout << read << " configurations are good, " << bad << " are bad\n";
  return bad == 0 && read > 0 ? 0 : 1;
}
