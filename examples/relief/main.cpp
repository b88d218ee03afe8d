// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// relief: a shaded relief, slope, roughness and hypsometry of a grid of heights, computed by ranks
// that exchange proxies of tiles. protocol.hpp tells who does what.
#include <iostream>
#include <numeric>

#include <Kokkos_Core.hpp>

#include "coordinator.hpp"
#include "kernels.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "protocol.hpp"
#include "reducer.hpp"
#include "summary.hpp"
#include "worker.hpp"

namespace relief {

namespace {

/// Messages of this program: each wait ends after the time-out of the command line.
class Messages {
 public:
  Messages(MPI_Comm comm, std::chrono::milliseconds timeout) : comm_(comm), timeout_(timeout) {}

  template <class T>
  void send(const T& value, int dest, Tag tag) const {
    ps::mpi::send(value, {.dest = dest, .tag = tag, .comm = comm_});
  }
  template <class T>
  [[nodiscard]] T recv(int source, Tag tag, ps::mpi::Status* status = nullptr) const {
    return ps::mpi::recv<T>(
        {.source = source, .tag = tag, .comm = comm_, .timeout = timeout_, .status = status});
  }

 private:
  MPI_Comm comm_;
  std::chrono::milliseconds timeout_;
};

template <class T>
void count(Tally& tally, const ps::Proxy<T>& proxy) {
  ++tally.proxies;
  tally.proxy_bytes += ps::to_bytes(proxy).size();
}

void coordinate(Coordinator& coordinator, const Roles& roles, const Messages& messages,
                Progress& progress, Tally& tally) {
  const std::size_t tiles = coordinator.plan().tiling().count();
  std::size_t next = 0;
  for (int working = roles.workers(); working > 0;) {
    // The next task is made, and its tiles read, while the workers are busy with theirs.
    Task task{.is_last = true};
    if (next < tiles) task = coordinator.make_task(next, tally);
    ps::mpi::Status status;
    const auto request = messages.recv<Request>(MPI_ANY_SOURCE, request_tag, &status);
    if (!request.is_first) progress.advance();
    for (const auto& proxy : task.tiles) count(tally, proxy);
    messages.send(task, status.source, task_tag);
    if (task.is_last) {
      --working;
    } else {
      ++next;
    }
  }
}

/// Does tasks until there are no more; @p deliver takes the results.
template <class Deliver>
void work(const Worker& worker, const Roles& roles, const Messages& messages, Tally& tally,
          const Deliver& deliver) {
  for (bool is_first = true;; is_first = false) {
    messages.send(Request{.is_first = is_first}, roles.coordinator(), request_tag);
    const auto task = messages.recv<Task>(roles.coordinator(), task_tag);
    if (task.is_last) return;
    deliver(worker.run(task, tally));
  }
}

void run_alone(Coordinator& coordinator, Reducer& reducer, Progress& progress, Tally& tally) {
  const Worker worker(coordinator.plan());
  const std::size_t tiles = coordinator.plan().tiling().count();
  for (std::size_t index = 0; index < tiles; ++index) {
    reducer.take(worker.run(coordinator.make_task(index, tally), tally), tally);
    progress.advance();
  }
  reducer.finish(tally);
}

/// The part of a rank that is not the coordinator.
void run_helper(const Plan& plan, const Options& options, const Roles& roles,
                const Messages& messages, Tally& tally) {
  if (roles.is_reducer()) {
    Reducer reducer(plan, options.output);
    if (roles.size == 2) {
      work(Worker(plan), roles, messages, tally,
           [&](const Result& result) { reducer.take(result, tally); });
    } else {
      for (std::size_t n = plan.tiling().count(); n > 0; --n) {
        reducer.take(messages.recv<Result>(MPI_ANY_SOURCE, result_tag), tally);
      }
    }
    reducer.finish(tally);
    return;
  }
  work(Worker(plan), roles, messages, tally, [&](const Result& result) {
    count(tally, result.heights);
    count(tally, result.terrain);
    messages.send(result, roles.reducer(), result_tag);
  });
}

void print_summary(const Plan& plan, const Options& options, const std::vector<Tally>& tallies,
                   double seconds) {
  const auto sum = [&](auto member) {
    using Number = std::decay_t<decltype(tallies.front().*member)>;
    return std::accumulate(
        tallies.begin(), tallies.end(), Number{},
        [&](Number so_far, const Tally& tally) { return so_far + tally.*member; });
  };
  Summary summary;
  summary.input = plan.source;
  summary.rows = plan.rows;
  summary.cols = plan.cols;
  summary.ranks = tallies.size();
  summary.tiles = plan.tiling().count();
  summary.proxy_messages = sum(&Tally::proxies);
  summary.proxy_bytes = sum(&Tally::proxy_bytes);
  summary.data_bytes = sum(&Tally::data_bytes);
  summary.cache_hits = sum(&Tally::cache_hits);
  summary.cache_misses = sum(&Tally::cache_misses);
  summary.stages = {{"read and store tiles", sum(&Tally::read_seconds)},
                    {"fetch from the store", sum(&Tally::fetch_seconds)},
                    {"compute", sum(&Tally::compute_seconds)},
                    {"store results", sum(&Tally::store_seconds)},
                    {"write results", sum(&Tally::write_seconds)},
                    {"elapsed", seconds}};
  summary.outputs = {Reducer::grid_file(options.output), Reducer::picture_file(options.output)};
  print(std::cout, summary);
}

/// Opens input and store at rank 0. A mistake of the user is told to all ranks, which then end
/// quietly, instead of aborting.
Plan make_plan(std::unique_ptr<Coordinator>& coordinator, const Options& options,
               const Roles& roles, MPI_Comm comm) {
  Plan plan;
  if (roles.is_coordinator()) {
    try {
      check(options.light);
      coordinator = std::make_unique<Coordinator>(options);
      plan = coordinator->plan();
    } catch (const std::exception& error) {
      plan.error = error.what();
    }
  }
  ps::mpi::bcast(plan, {.root = roles.coordinator(), .comm = comm});
  return plan;
}

int run(const Options& options, ps::mpi::Environment& env) {
  const auto start = std::chrono::steady_clock::now();
  const Roles roles{.rank = env.rank(), .size = env.size()};
  std::unique_ptr<Coordinator> coordinator;
  const Plan plan = make_plan(coordinator, options, roles, env.comm());
  if (!plan.error.empty()) {
    if (roles.is_coordinator()) std::cerr << "relief: " << plan.error << '\n';
    return 1;
  }
  if (roles.is_coordinator() && !plan.where.note.empty()) {
    std::cout << "Note: " << plan.where.note << '\n';
  }
  const Messages messages(env.comm(), options.timeout);
  Tally tally;
  if (roles.is_coordinator()) {
    Progress progress(std::cerr, "tiles", plan.tiling().count());
    if (roles.size == 1) {
      Reducer reducer(plan, options.output);
      run_alone(*coordinator, reducer, progress, tally);
    } else {
      coordinate(*coordinator, roles, messages, progress, tally);
    }
  } else {
    run_helper(plan, options, roles, messages, tally);
  }
  const auto tallies = ps::mpi::gather(tally, {.root = 0, .comm = env.comm()});
  if (roles.is_coordinator()) {
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    print_summary(plan, options, tallies, seconds.count());
  }
  if (plan.wants_report) {
    const auto ranks = ps::mpi::report();
    if (roles.is_coordinator()) std::cout << ps::mpi::to_string(ranks);
  }
  return 0;
}

}  // namespace
}  // namespace relief

int main(int argc, char** argv) {
  namespace ps = proxystore;
  return ps::mpi::run(argc, argv, [&](ps::mpi::Environment& env) {
    const auto parsed = relief::parse_options(argc, argv);
    if (parsed.exit_code) {
      if (env.rank() == 0) (*parsed.exit_code == 0 ? std::cout : std::cerr) << parsed.text;
      return *parsed.exit_code;
    }
    const Kokkos::ScopeGuard kokkos(argc, argv);
    return relief::run(parsed.options, env);
  });
}
