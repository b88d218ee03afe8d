// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// 07: a stream between ranks. Rank 0 sends fields to whoever is free, and the others send their
// sums back. Fields stay in rank 0's memory until they are read; the sums are small, so they travel
// in their events. At most 4 fields wait for each rank: rank 0 never runs far ahead.
#include <iostream>
#include <memory>
#include <numeric>
#include <vector>

#include <proxystore/mpi/environment.hpp>
#include <proxystore/mpi/stream.hpp>
#include <proxystore/proxystore.hpp>

namespace ps = proxystore;
using Field = std::vector<double>;
enum Tag : int { work, sums };

int main(int argc, char** argv) {
  return ps::mpi::run(argc, argv, [](ps::mpi::Environment& env) {
    const auto store = ps::Store::create("fields", ps::MpiOptions{}, {.auto_register = true});
    std::vector<int> workers;
    for (int rank = 1; rank < env.size(); ++rank) workers.push_back(rank);
    if (workers.empty()) throw ps::ArgumentError("start this with two ranks or more");

    if (env.rank() == 0) {
      {
        ps::StreamProducer<Field> fields(
            std::make_shared<ps::mpi::MpiPublisher>(ps::mpi::MpiPublisherOptions{
                .topics = {{"work", workers}}, .tag = work, .capacity = 4}),
            {.default_store = store});
        for (int i = 1; i <= 100; ++i) fields.send("work", Field(10'000, i));
      }  // leaving the scope ends the stream, for all workers
      ps::StreamConsumer<double> results(
          std::make_shared<ps::mpi::MpiSubscriber>(ps::mpi::MpiSubscriberOptions{.tag = sums}),
          {.producers = workers.size()});
      double total = 0;
      for (const ps::Proxy<double>& sum : results) total += *sum;
      std::cout << "total: " << total << '\n';
      return;
    }
    ps::StreamConsumer<Field> fields(
        std::make_shared<ps::mpi::MpiSubscriber>(ps::mpi::MpiSubscriberOptions{.tag = work}));
    ps::StreamProducer<double> results(std::make_shared<ps::mpi::MpiPublisher>(
        ps::mpi::MpiPublisherOptions{.topics = {{"sums", {0}}}, .tag = sums, .capacity = 1000}));
    for (const ps::Proxy<Field>& field : fields) {
      results.send("sums", std::accumulate(field->begin(), field->end(), 0.0));
    }
  });
}
