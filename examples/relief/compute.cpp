// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "compute.hpp"

#include <iostream>

#include "progress.hpp"
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
  [[nodiscard]] T recv(int source, Tag tag, ps::mpi::MessageStatus* status = nullptr) const {
    return ps::mpi::recv<T>(
        {.source = source, .tag = tag, .comm = comm_, .timeout = timeout_, .status = status});
  }

 private:
  MPI_Comm comm_;
  std::chrono::milliseconds timeout_;
};

void coordinate(const Roles& roles, const Messages& messages, Progress& progress,
                std::size_t tiles) {
  std::size_t next = 0;
  for (int working = roles.workers(); working > 0;) {
    ps::mpi::MessageStatus status;
    const auto request = messages.recv<Request>(MPI_ANY_SOURCE, request_tag, &status);
    if (!request.is_first) progress.advance();
    const Task task{.is_last = next == tiles, .index = next};
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

}  // namespace

void compute(const ComputeArgs& args, Tally& tally,
             const std::function<void(const Result&)>& take) {
  const Roles& roles = args.roles;
  const Messages messages(args.comm, args.timeout);
  const Worker worker(args.plan, args.heights);
  const std::size_t tiles = args.plan.tiling().count();
  if (roles.is_coordinator()) {
    Progress progress(std::cerr, "tiles", tiles);
    if (roles.size > 1) return coordinate(roles, messages, progress, tiles);
    for (std::size_t index = 0; index < tiles; ++index) {
      take(worker.run({.index = index}, tally));
      progress.advance();
    }
  } else if (roles.is_reducer() && roles.size > 2) {
    for (std::size_t n = tiles; n > 0; --n) take(messages.recv<Result>(MPI_ANY_SOURCE, result_tag));
  } else {
    work(worker, roles, messages, tally, [&](const Result& result) {
      if (roles.is_reducer()) return take(result);
      ++tally.proxies;
      tally.proxy_bytes += ps::to_bytes(result.terrain).size();
      messages.send(result, roles.reducer(), result_tag);
    });
  }
}

}  // namespace relief
