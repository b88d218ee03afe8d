// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// 01: a proxy stands for an object in a store, and fetches it when it is first used.
#include <filesystem>
#include <iostream>
#include <numeric>
#include <vector>

#include <proxystore/proxystore.hpp>

namespace ps = proxystore;

int main() {
  const auto folder = std::filesystem::temp_directory_path() / "proxystore-example-01";
  auto store = ps::Store::create("fields", ps::FileOptions{.store_dir = folder});

  std::vector<double> field(1'000'000);
  std::iota(field.begin(), field.end(), 0.0);

  // The object goes to the store; what remains here is a value of a few dozen bytes.
  const ps::Proxy<std::vector<double>> proxy = store->proxy(field);
  const ps::Bytes message = ps::to_bytes(proxy);
  std::cout << "object: " << *proxy.size_bytes() << " bytes, proxy: " << message.size()
            << " bytes\n";

  // Whoever gets those bytes has the proxy, also in another process that shares the folder.
  const auto received = ps::from_bytes<std::vector<double>>(message);
  std::cout << received << '\n';
  std::cout << "sum of its first elements: " << (*received)[1] + (*received)[2] << '\n';
  std::cout << received << '\n';
}
