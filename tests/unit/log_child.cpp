// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// A program that uses a store and meets errors; the test looks at what the library prints
// meanwhile.
#include <cstdio>
#include <filesystem>
#include <string>

#include "proxystore/proxystore.hpp"

namespace {

/// Makes a store in @p folder that cannot be cleared at the end of the program.
void leave_an_obstacle(const std::filesystem::path& folder) {
  std::filesystem::create_directory(folder);
  const auto store = proxystore::Store::create("bad", proxystore::FileOptions{.store_dir = folder});
  const auto file = folder / store->put(5).to_string();
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) leave_an_obstacle(argv[1]);
  const auto store = proxystore::Store::create("child", proxystore::LocalOptions{});
  proxystore::register_store(store);
  const auto proxy = store->proxy(std::string("text"), {.populate_target = false});
  proxy.resolve_async();
  proxy.resolve();
  store->evict(proxy.key());
  int errors = 0;
  try {
    (void)store->get<int>(store->put(std::string("not a number")));
  } catch (const proxystore::Error&) {
    ++errors;
  }
  try {
    (void)proxystore::from_bytes<int>(proxystore::Bytes::copy_of("nonsense"));
  } catch (const proxystore::Error&) {
    ++errors;
  }
  std::puts(errors == 2 ? "done" : "errors are missing");
}
