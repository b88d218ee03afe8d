// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include <chrono>
#include <initializer_list>
#include <optional>
#include <thread>
#include <vector>

#include <time.h>

#include "mpi_ranks.hpp"

namespace bench {

namespace {

using Service = ps::mpi::MemoryOptions::Service;

/// Arithmetic without a call of MPI or of the library.
void compute(std::uint64_t rounds) {
  std::uint64_t state = 88172645463325252ULL;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
  }
  keep(state);
}

void compute_for(double seconds) {
  for (const Stopwatch watch; watch.seconds() < seconds;) compute(1000);
}

struct Transfer {
  std::size_t size;
  std::optional<double> budget{};
};

void transfers(Ranks& ranks, const std::string& what, std::initializer_list<Transfer> all) {
  const auto connector = ranks.connector();
  for (const Transfer& one : all) {
    ranks.say(what + ", " + std::to_string(one.size) + " bytes");
    ranks.add({.name = what + " vs MPI_Send and MPI_Recv", .size = one.size, .budget = one.budget},
              ranks.get_and_message(*connector, one.size));
  }
}

/// Gets for @p seconds, with a pause before each; how long each took.
std::vector<double> gets_for(ps::Connector& connector, const ps::Key& key, double seconds,
                             std::chrono::milliseconds pause) {
  std::vector<double> taken;
  for (const Stopwatch all; all.seconds() < seconds;) {
    if (pause.count() > 0) std::this_thread::sleep_for(pause);
    const Stopwatch watch;
    keep(connector.get(key));
    taken.push_back(watch.seconds());
  }
  return taken;
}

void computing_owner(Ranks& ranks, const std::string& what) {
  const double seconds = ranks.session().is_quick() ? 0.2 : 2.0;
  const int repetitions = ranks.session().is_quick() ? 1 : 3;
  const auto connector = ranks.connector();
  const ps::Key key = ranks.put(*connector, mebibyte);
  for (const auto pause : {std::chrono::milliseconds(0), std::chrono::milliseconds(10)}) {
    const std::string when =
        pause.count() == 0 ? "" : ", " + std::to_string(pause.count()) + " ms after the last";
    ranks.say(what + " while the owner computes" + when);
    std::vector<double> while_computing;
    std::vector<double> while_idle;
    const auto get_into = [&](std::vector<double>& all, bool is_computing) {
      ranks.meet();
      if (ranks.is(owner) && is_computing) compute_for(seconds);
      if (ranks.is(owner)) return;
      const auto some = gets_for(*connector, key, 0.8 * seconds, pause);
      all.insert(all.end(), some.begin(), some.end());
    };
    for (int i = 0; i < repetitions; ++i) {
      get_into(while_computing, true);
      get_into(while_idle, false);
    }
    Medians medians;
    if (ranks.is(reader)) {
      medians = {.ours = median(while_computing), .reference = median(while_idle)};
    }
    ranks.add(
        {.name = what + when + ", owner computes vs is idle", .size = mebibyte, .budget = 3.0},
        ranks.from(reader, medians));
  }
}

/// What all threads of this process have computed, whatever else the machine did.
double processor_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// A service thread that nobody asks anything must not cost the computation beside it: where both
/// have one core, what it computes is what the owner loses.
void idle_service(Session& session, int ranks_per_node) {
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank == owner) say("computing beside an idle service");
  std::uint64_t rounds = 1'000'000;
  const auto work = [&] {
    const double start = processor_seconds();
    compute(rounds);
    return processor_seconds() - start;
  };
  while (work() < 20 * session.sample_seconds()) rounds *= 2;
  MPI_Bcast(&rounds, 1, MPI_UINT64_T, owner, MPI_COMM_WORLD);
  const auto beside = [&](Service service) {
    const Ranks ranks(session, {.service = service, .ranks_per_node = ranks_per_node});
    MPI_Barrier(MPI_COMM_WORLD);
    return work();
  };
  const Medians medians = in_turns(
      session, [&] { return beside(Service::on); }, [&] { return beside(Service::off); });
  session.add({.name = "processor time of computing beside an idle service vs without one",
               .ours = medians.ours,
               .reference = medians.reference,
               .budget = 1.01});
}

}  // namespace

void measure_off_node(Session& session, int ranks_per_node, const std::string& where) {
  const std::string what = "get between " + where;
  {
    Ranks ranks(session, {.ranks_per_node = ranks_per_node});
    transfers(ranks, what,
              {{.size = kibibyte},
               {.size = 64 * kibibyte},
               {.size = mebibyte, .budget = 2.0},
               {.size = 16 * mebibyte, .budget = 1.15},
               {.size = 64 * mebibyte, .budget = 1.15}});
    computing_owner(ranks, what);
  }
  {
    Ranks ranks(session, {.checksum = false, .ranks_per_node = ranks_per_node});
    transfers(ranks, what + " without checksum",
              {{.size = mebibyte}, {.size = 16 * mebibyte}, {.size = 64 * mebibyte}});
  }
  idle_service(session, ranks_per_node);
}

}  // namespace bench
