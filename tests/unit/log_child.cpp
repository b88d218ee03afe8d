// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// A program that uses a store and meets errors; the test looks at what the library prints
// meanwhile.
#include <cstdio>
#include <string>

#include "proxystore/proxystore.hpp"

int main() {
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
