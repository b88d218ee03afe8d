// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// 02: types of your own, proxies inside them, and what happens when something is missing.
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <proxystore/proxystore.hpp>

namespace ps = proxystore;

/// A mesh whose points are large, and stay in the store until somebody asks for them.
struct Mesh {
  std::string title;
  ps::Proxy<std::vector<double>> points;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(title, points);
  }
};
PROXYSTORE_TYPE_NAME(Mesh, "example/mesh/1");

int main() {
  const auto folder = std::filesystem::temp_directory_path() / "proxystore-example-02";
  auto store = ps::Store::create("meshes", ps::FileOptions{.store_dir = folder},
                                 {.cache_size = 4, .metrics = true});

  const Mesh mesh{.title = "wing", .points = store->proxy(std::vector<double>(300'000, 0.5))};
  const ps::Key key = store->put(mesh);

  const auto found = store->get<Mesh>(key);
  std::cout << found->title << ": " << found->points << '\n';
  std::cout << "points: " << found->points->size() / 3 << '\n';

  store->evict(key);
  std::cout << "after evict: " << (store->get<Mesh>(key) ? "there" : "absent") << '\n';
  try {
    store->proxy_from_key<Mesh>(key).resolve();
  } catch (const ps::ProxyResolveError& error) {
    std::cout << error.what() << '\n';
  }
  for (const auto& [event, times] : store->metrics()->aggregate_times()) {
    std::cout << event << ": " << times.count << " times\n";
  }
}
