// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// make_proxies <folder>: proxies of all sorts in files, and their objects in a store beside them.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "proxystore/connectors/file.hpp"
#include "proxystore/detail/array_parts.hpp"
#include "proxystore/future.hpp"
#include "proxystore/proxystore.hpp"
#include "proxystore/python/pickle.hpp"

namespace ps = proxystore;

namespace {

void write(const std::filesystem::path& path, const ps::Bytes& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes.text();
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

void make(const std::filesystem::path& folder) {
  const auto store = ps::Store::create(
      "proxies", ps::FileOptions{.store_dir = folder / "objects", .clear = false});
  write(folder / "plain", ps::to_bytes(store->proxy(std::vector<double>{1, 2, 3})));
  const auto text = store->proxy(std::string("text"), {.evict = true});
  write(folder / "evict", ps::to_bytes(text));
  write(folder / "pickle", ps::python::to_pickle(text));
  write(folder / "future", ps::to_bytes(store->future<std::string>().proxy()));
  const ps::StoreConfig hostile{.name = "\x1b[2Jcleared",
                                .connector = {.kind = "redis",
                                              .options = {{"hostname", "node\u009b2J"},
                                                          {"password", "open sesame"},
                                                          {"password_env", "VARIABLE"}}}};
  write(folder / "hostile", ps::to_bytes(ps::Proxy<std::string>(
                                ps::StoreFactory<std::string>(ps::Key::random(), hostile))));

  const auto values =
      store->proxy_from_key<ps::Array<double, 1>>(store->put(std::vector<double>(10)));
  write(folder / "box", ps::to_bytes(values.box({2}, {3}, {2})));

  // As many ranks put an array together, of which only the list of its parts has a known key.
  ps::detail::ArrayParts parts{.dtype = "<f8", .shape = {4}};
  for (const std::uint64_t offset : {0U, 2U}) {
    parts.parts.push_back(
        {.offset = {offset}, .shape = {2}, .key = store->put(std::vector<double>{1, 2})});
  }
  std::cout << store->put(parts) << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw std::runtime_error("usage: make_proxies <folder>");
    make(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "make_proxies: " << error.what() << '\n';
    return 1;
  }
}
