// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Uses the installed library between ranks: rank 0 keeps an array, and every rank fetches it.
#include <iostream>
#include <vector>

#include <proxystore/mpi/environment.hpp>
#include <proxystore/mpi/message.hpp>
#include <proxystore/proxystore.hpp>

namespace ps = proxystore;

int main(int argc, char** argv) {
  return ps::mpi::run(argc, argv, [](ps::mpi::Environment& env) {
    ps::Proxy<std::vector<int>> numbers;
    if (env.rank() == 0) {
      const auto store = ps::Store::create("ranks", ps::MpiOptions{});
      numbers = store->proxy(std::vector<int>(100'000, 7));
    }
    ps::mpi::bcast(numbers, {.root = 0, .comm = env.comm()});
    const bool mine = numbers->size() == 100'000 && numbers->back() == 7;
    const auto all = ps::mpi::allgather(mine, {.comm = env.comm()});
    for (const bool each : all) {
      if (!each) return 1;
    }
    if (env.rank() == 0) std::cout << all.size() << " ranks have the object\n";
    return 0;
  });
}
