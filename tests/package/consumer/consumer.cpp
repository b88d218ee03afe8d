// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Uses the installed library from outside: a proxy goes through a file store and back.
#include <filesystem>
#include <iostream>
#include <vector>

#include <proxystore/proxystore.hpp>

namespace ps = proxystore;

int main() {
  const auto folder = std::filesystem::temp_directory_path() /
                      ("proxystore-consumer-" + ps::Key::random().to_string());
  auto store = ps::Store::create("consumer", ps::FileOptions{.store_dir = folder});
  const auto proxy = store->proxy(std::vector<int>(100'000, 7));
  const auto received = ps::from_bytes<std::vector<int>>(ps::to_bytes(proxy));
  const bool is_right = received->size() == 100'000 && (*received)[99'999] == 7;
  store->close({.clear = true});
  if (!is_right || std::filesystem::exists(folder)) {
    std::cerr << "the object came back wrong, or its folder stayed\n";
    return 1;
  }
  try {
    (void)ps::Store::create("other", ps::ConnectorConfig{.kind = "globus"});
  } catch (const ps::ConnectorNotBuiltError&) {
    return 0;  // an exception crosses the library's border by its type
  }
  return 1;
}
