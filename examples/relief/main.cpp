// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// relief: a shaded relief, slope, roughness and hypsometry of a grid of heights, computed by ranks
// that share one distributed array of them. protocol.hpp tells who does what.
#include <filesystem>
#include <iostream>
#include <numeric>
#include <optional>
#include <set>

#include <Kokkos_Core.hpp>
#include <proxystore/mpi/checkpoint.hpp>

#include "compute.hpp"
#include "heights.hpp"
#include "kernels.hpp"
#include "options.hpp"
#include "plan.hpp"
#include "protocol.hpp"
#include "reducer.hpp"
#include "summary.hpp"

namespace relief {

namespace {

/// One run of the program, on one rank.
class Run {
 public:
  Run(const Options& options, ps::mpi::Environment& env)
      : options_(options), comm_(env.comm()), roles_{.rank = env.rank(), .size = env.size()} {}

  int operator()() {
    if (!prepare_together()) return 1;
    if (!try_together([&] { begin(); })) return 1;
    if (options_.stop_after == StopAfter::read) return stop();
    if (done_.results.empty()) {
      compute_all();
    } else {
      write_all();
    }
    if (options_.stop_after == StopAfter::compute) return stop();
    if (roles_.is_coordinator() && options_.restart) {
      std::filesystem::remove_all(options_.checkpoint());
    }
    return finish({Reducer::grid_file(options_.output), Reducer::picture_file(options_.output)});
  }

 private:
  /// Rank 0 looks at input and output. A mistake of the user is told to all ranks, which then end
  /// quietly, instead of aborting.
  bool prepare_together() {
    if (roles_.is_coordinator()) {
      try {
        prepared_ = prepare(options_);
        done_.plan = prepared_.plan;
      } catch (const std::exception& error) {
        done_.plan.error = error.what();
      }
    }
    ps::mpi::bcast(done_.plan, {.root = roles_.coordinator(), .comm = comm_});
    if (!roles_.is_coordinator()) return done_.plan.error.empty();
    if (!done_.plan.error.empty()) {
      std::cerr << "relief: " << done_.plan.error << '\n';
    } else if (!done_.plan.where.note.empty()) {
      std::cout << "Note: " << done_.plan.where.note << '\n';
    }
    return done_.plan.error.empty();
  }

  /// Does what throws on all ranks if it does on one; whether it did not. Rank 0 says why.
  template <class Step>
  bool try_together(const Step& step) {
    std::string why;
    try {
      step();
      return true;
    } catch (const ps::mpi::PeerError&) {
    } catch (const std::exception& error) {
      why = error.what();
    }
    const auto all = ps::mpi::gather(why, {.root = roles_.coordinator(), .comm = comm_});
    std::set<std::string> said{""};
    for (std::size_t rank = 0; rank < all.size(); ++rank) {
      if (!said.insert(all[rank]).second) continue;
      std::cerr << "relief: rank " << rank << ": " << all[rank] << '\n';
    }
    return false;
  }

  /// The heights, read or restored; and the results, if those are restored, too.
  void begin() {
    if (!options_.restart) {
      done_.heights = read_heights(done_.plan, comm_, tally_);
      if (!roles_.is_coordinator()) {  // that has the list of the blocks, and tells the others
        ++tally_.proxies;
        tally_.proxy_bytes += ps::to_bytes(done_.heights).size();
      }
      return;
    }
    const auto restored = ps::mpi::restore(options_.checkpoint());
    auto done = ps::deserialize<Checkpoint>(restored.state);
    if (!is_same_work(done.plan, done_.plan)) {
      throw InputError("use", options_.checkpoint(), "",
                       "it was left by a run with other input or options, of " + done.plan.source);
    }
    done_ = std::move(done);
  }

  void compute_all() {
    std::optional<Reducer> reducer;
    const bool is_writing = options_.stop_after == StopAfter::write;
    if (is_writing && roles_.is_reducer()) {
      reducer.emplace(done_.plan, done_.heights, options_.output);
    }
    compute({.plan = done_.plan,
             .heights = done_.heights,
             .roles = roles_,
             .comm = comm_,
             .timeout = options_.timeout},
            tally_, [&](const Result& result) {
              if (reducer) {
                reducer->take(result, tally_);
              } else {
                done_.results.push_back(result);
              }
            });
    if (reducer) reducer->finish(tally_);
    if (!is_writing) ps::mpi::bcast(done_.results, {.root = roles_.reducer(), .comm = comm_});
  }

  void write_all() {
    if (options_.stop_after != StopAfter::write || !roles_.is_reducer()) return;
    Reducer reducer(done_.plan, done_.heights, options_.output);
    for (const Result& result : done_.results) reducer.take(result, tally_);
    reducer.finish(tally_);
  }

  /// Leaves a checkpoint for another run.
  int stop() {
    const bool is_saved = try_together([&] {
      const auto store = ps::get_store(done_.heights);
      ps::mpi::save(*store, options_.checkpoint(),
                    {.state = ps::Bytes::copy_of(ps::serialize(done_).parts())});
    });
    return is_saved ? finish({options_.checkpoint()}) : 1;
  }

  int finish(std::vector<std::filesystem::path> outputs) {
    const auto tallies = ps::mpi::gather(tally_, {.root = 0, .comm = comm_});
    if (roles_.is_coordinator()) {
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
      print_summary(tallies, seconds.count(), std::move(outputs));
    }
    if (done_.plan.wants_report) {
      const auto ranks = ps::mpi::report();
      if (roles_.is_coordinator()) std::cout << ps::mpi::to_string(ranks);
    }
    return 0;
  }

  void print_summary(const std::vector<Tally>& tallies, double seconds,
                     std::vector<std::filesystem::path> outputs) const {
    const auto sum = [&](auto member) {
      using Number = std::decay_t<decltype(tallies.front().*member)>;
      return std::accumulate(
          tallies.begin(), tallies.end(), Number{},
          [&](Number so_far, const Tally& tally) { return so_far + tally.*member; });
    };
    Summary summary;
    summary.input = done_.plan.source;
    summary.rows = done_.plan.rows;
    summary.cols = done_.plan.cols;
    summary.ranks = tallies.size();
    summary.tiles = done_.plan.tiling().count();
    summary.proxy_messages = sum(&Tally::proxies);
    summary.proxy_bytes = sum(&Tally::proxy_bytes);
    summary.data_bytes = sum(&Tally::data_bytes);
    summary.stages = {{"read and store", sum(&Tally::read_seconds)},
                      {"fetch from the store", sum(&Tally::fetch_seconds)},
                      {"compute", sum(&Tally::compute_seconds)},
                      {"store results", sum(&Tally::store_seconds)},
                      {"write results", sum(&Tally::write_seconds)},
                      {"elapsed", seconds}};
    summary.outputs = std::move(outputs);
    print(std::cout, summary);
  }

  const Options& options_;
  const MPI_Comm comm_;
  const Roles roles_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  Preparation prepared_;  // of rank 0
  Checkpoint done_;
  Tally tally_;
};

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
    return relief::Run(parsed.options, env)();
  });
}
