// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// 03: proxies cross ranks. Rank 0 puts fields in a store, here its own memory, and sends proxies;
// the others fetch what they use. The receivers never name the store: it is rebuilt from what the
// proxies carry.
#include <iostream>
#include <numeric>
#include <vector>

#include <proxystore/mpi/environment.hpp>
#include <proxystore/mpi/message.hpp>
#include <proxystore/proxystore.hpp>

namespace ps = proxystore;
using Field = std::vector<double>;

int main(int argc, char** argv) {
  return ps::mpi::run(argc, argv, [](ps::mpi::Environment& env) {
    std::vector<ps::Proxy<Field>> proxies;
    if (env.rank() == 0) {
      const auto store = ps::Store::create("fields", ps::MpiOptions{});
      for (int rank = 0; rank < env.size(); ++rank) {
        proxies.push_back(store->proxy(Field(100'000, rank)));
      }
    }
    const auto mine = ps::mpi::scatter(proxies, {.root = 0, .comm = env.comm()});
    const double sum = std::accumulate(mine->begin(), mine->end(), 0.0);
    for (const double each : ps::mpi::gather(sum, {.root = 0, .comm = env.comm()})) {
      std::cout << each << '\n';
    }
  });
}
