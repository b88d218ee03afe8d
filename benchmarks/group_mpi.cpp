// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// The store in the ranks' memory, beside memcpy, shared windows and messages of MPI. On one machine
// both ways are measured: mapped memory, and messages between two nodes that are one rank each.
#include "mpi_ranks.hpp"

namespace bench {

namespace {

/// Whether MPI says that all ranks are on one machine.
bool is_one_machine() {
  MPI_Comm machine = MPI_COMM_NULL;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  int there = 0;
  MPI_Comm_size(machine, &there);
  MPI_Comm_free(&machine);
  int all = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &all);
  return there == all;
}

void measure(Session& session) {
  if (is_one_machine()) {
    measure_on_node(session);
    measure_off_node(session, 1, "emulated nodes");
    session.note(
        "Emulated nodes: both ranks are on this machine and treat each other as remote, so MPI's "
        "messages, ours and the reference's, go through shared memory.");
  } else {
    measure_off_node(session, 0, "hosts");
    session.note("The ranks are on two hosts: what ranks of one node do was not measured.");
  }
}

const Registration registration({.name = "mpi", .ranks = 2, .run = [](Session& session) {
                                   in_ranks(session, 2, measure);
                                 }});

}  // namespace

}  // namespace bench
