// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// 09: several connectors as one store. Objects stay in the ranks' memory, but what is tagged to be
// kept goes to files, where it outlives the job; whoever resolves the proxies does not care. The
// metrics of all ranks then make one table.
#include <iostream>
#include <string>
#include <vector>

#include <proxystore/mpi/environment.hpp>
#include <proxystore/mpi/message.hpp>
#include <proxystore/mpi/metrics.hpp>
#include <proxystore/proxystore.hpp>

namespace ps = proxystore;
using Field = std::vector<double>;

int main(int argc, char** argv) {
  return ps::mpi::run(argc, argv, [&](ps::mpi::Environment& env) {
    const std::string folder = argc > 1 ? argv[1] : "kept-fields";
    const ps::MultiOptions options{
        .children = {{.name = "memory", .connector = ps::MpiOptions{}, .policy = {}},
                     {.name = "files",
                      .connector = ps::FileOptions{.store_dir = folder, .clear = false},
                      .policy = {.priority = 1, .superset_tags = {"keep"}}}}};
    const auto store =
        ps::Store::create("fields", options, {.metrics = true, .auto_register = true});

    const auto step = store->proxy(Field(100'000, env.rank()));
    const auto last =
        store->proxy(Field(100'000, -env.rank()), {.options = {.superset_tags = {"keep"}}});
    double sum = 0;
    for (const auto& proxies : ps::mpi::allgather(std::vector{step, last}, {.comm = env.comm()})) {
      for (const auto& field : proxies) sum += field->front();
    }
    if (env.rank() == 0) std::cout << "sum: " << sum << '\n';

    const auto table = ps::mpi::reduce_metrics(store->metrics(), {.root = 0, .comm = env.comm()});
    if (env.rank() == 0) std::cout << table.to_text();
  });
}
