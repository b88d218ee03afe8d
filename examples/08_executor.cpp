// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// 08: functions that run on other ranks. Rank 0 submits them and gets futures; the field, which is
// large, goes through the store, straight between the ranks that make and use it. What a function
// throws arrives where its result is asked for.
#include <iostream>
#include <stdexcept>
#include <vector>

#include <proxystore/mpi/environment.hpp>
#include <proxystore/mpi/executor.hpp>
#include <proxystore/proxystore.hpp>

namespace ps = proxystore;
using Field = std::vector<double>;

int main(int argc, char** argv) {
  return ps::mpi::run(argc, argv, [](ps::mpi::Environment&) {
    ps::mpi::Executor pool(
        {.store = ps::Store::create("tasks", ps::MpiOptions{}, {.auto_register = true})});
    const auto make = pool.define("make", [](int size) {
      if (size < 0) throw std::invalid_argument("a field of negative size");
      return Field(static_cast<std::size_t>(size), 1.0);
    });
    const auto smooth = pool.define("smooth", [](const Field& field, int times) {
      Field result = field;
      for (int i = 0; i < times; ++i) {
        for (std::size_t x = 1; x < result.size(); ++x) result[x] = (result[x] + result[x - 1]) / 2;
      }
      return result;
    });
    const auto sum = pool.define("sum", [](const Field& field) {
      double total = 0;
      for (const double value : field) total += value;
      return total;
    });

    pool.run([&] {  // at rank 0; the others work until this returns
      const auto field = pool.submit(make, 100'000);
      std::vector<ps::mpi::TaskFuture<double>> sums;
      for (int times = 1; times <= 4; ++times) {
        sums.push_back(pool.submit(sum, pool.submit(smooth, field, times)));
      }
      for (const auto& future : sums) std::cout << "sum: " << *future.result() << '\n';
      try {
        (void)pool.submit(make, -1).result();
      } catch (const ps::mpi::TaskError& error) {
        std::cout << error.what() << '\n';
      }
    });
  });
}
