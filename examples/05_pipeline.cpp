// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// 05: objects that come later, and objects that are lent. Every rank knows from the start what it
// will get from its neighbour, as a proxy of a future, and starts at once; it waits where it first
// uses it. Then rank 0 lends a table to all: it goes when the owner and the last borrow have.
#include <iostream>
#include <string>
#include <vector>

#include <proxystore/mpi/environment.hpp>
#include <proxystore/mpi/message.hpp>
#include <proxystore/mpi/progress.hpp>
#include <proxystore/proxystore.hpp>

namespace ps = proxystore;
using Field = std::vector<double>;

int main(int argc, char** argv) {
  return ps::mpi::run(argc, argv, [](ps::mpi::Environment& env) {
    const auto store = ps::Store::create("pipeline", ps::MpiOptions{});

    // Stage k adds k to what stage k - 1 made. The futures are known to all before any is set.
    const auto futures = ps::mpi::allgather(store->future<Field>(), {.comm = env.comm()});
    const auto mine = static_cast<std::size_t>(env.rank());
    Field field(10'000, 0.0);
    if (env.rank() > 0) field = futures[mine - 1].proxy().copy();  // waits for that rank
    for (double& value : field) value += env.rank();
    futures[mine].set_result(field);
    if (env.rank() == 0) {
      std::cout << "sum of ranks: " << futures.back().result()->front() << '\n';
    }

    ps::OwnedProxy<Field> owner;
    if (env.rank() == 0) {
      owner = store->owned_proxy(Field(1000, 0.5));
      for (int rank = 1; rank < env.size(); ++rank) {
        const auto borrowed = owner.borrow();
        ps::mpi::send(borrowed, {.dest = rank, .comm = env.comm()});  // moves the borrow there
      }
    } else {
      const auto table = ps::mpi::recv<ps::RefProxy<Field>>({.source = 0, .comm = env.comm()});
      if (env.rank() == env.size() - 1) std::cout << "lent: " << table->back() << '\n';
    }  // the borrow ends here, and its owner hears of it
    ps::mpi::barrier(env.comm());
  });
}
