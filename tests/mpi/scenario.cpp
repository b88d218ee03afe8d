// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Programs that start, end or fail in one way each, chosen by the first argument. CMakeLists.txt
// says what each must print and return.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "proxystore/connectors/local.hpp"
#include "proxystore/mpi/environment.hpp"
#include "proxystore/mpi/message.hpp"
#include "proxystore/store_registry.hpp"

namespace {

namespace ps = proxystore;
using namespace std::chrono_literals;
using ps::mpi::Environment;
using ps::mpi::ThreadLevel;
using Main = std::function<int(int argc, char** argv)>;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::exit(EXIT_FAILURE);
}
#define REQUIRE(condition) require((condition), #condition)

int ok() {
  std::puts("scenario ok");
  return EXIT_SUCCESS;
}

bool mpi_is_finalized() {
  int flag = 0;
  MPI_Finalized(&flag);
  return flag != 0;
}

bool is_last(const Environment& environment) {
  return environment.rank() == environment.size() - 1;
}

std::shared_ptr<ps::Store> registered_store() {
  auto store = ps::Store::create("objects", ps::LocalOptions{});
  ps::register_store(store);
  return store;
}

/// A message around all ranks, so that something was sent at this thread level.
void ring(const Environment& environment) {
  const int next = (environment.rank() + 1) % environment.size();
  auto request = ps::mpi::isend(environment.rank(), {.dest = next, .comm = environment.comm()});
  const int got = ps::mpi::recv<int>({.comm = environment.comm()});
  request.wait();
  REQUIRE((got + 1) % environment.size() == environment.rank());
}

int with_level(ThreadLevel level, int argc, char** argv) {
  const auto store = registered_store();
  {
    Environment environment(argc, argv, {.thread_level = level});
    REQUIRE(environment.thread_level() >= ThreadLevel::single);
    REQUIRE(environment.comm() == MPI_COMM_WORLD);
    REQUIRE(Environment::current() == &environment);
    ring(environment);
  }
  REQUIRE(mpi_is_finalized());
  REQUIRE(store->is_closed());
  REQUIRE(Environment::current() == nullptr);
  return ok();
}

int application_finalizes_first(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  const auto store = registered_store();
  {
    Environment environment(MPI_COMM_WORLD);
    ring(environment);
    MPI_Finalize();
    REQUIRE(store->is_closed());
    REQUIRE(environment.is_finalized());
    REQUIRE(Environment::current() == nullptr);
    environment.finalize();
  }
  return ok();
}

int application_finalizes_ours(int argc, char** argv) {
  const auto store = registered_store();
  Environment environment(argc, argv);
  ring(environment);
  MPI_Finalize();
  REQUIRE(store->is_closed());
  return ok();
}

int request_outlives_mpi(int argc, char** argv) {
  ps::mpi::SendRequest request;
  ps::mpi::RecvRequest<int> never;
  Environment environment(argc, argv);
  request = ps::mpi::isend(environment.rank(), {.dest = environment.rank()});
  never = ps::mpi::irecv<int>({.tag = 1});
  (void)ps::mpi::recv<int>({.tag = 0});
  environment.finalize();
  return ok();
}

int run_returns_a_code(int argc, char** argv) {
  return ps::mpi::run(argc, argv, [](Environment& environment) {
    ring(environment);
    return 3;
  });
}

/// The last rank throws while the others wait for it, and while it has a large message under way
/// that nobody will receive.
int throws_in_run(int argc, char** argv) {
  return ps::mpi::run(argc, argv, [](Environment& environment) {
    if (!is_last(environment)) (void)ps::mpi::recv<int>({.tag = 0});
    const auto request = ps::mpi::isend(std::vector<double>(1U << 20U), {.dest = 0, .tag = 1});
    throw ps::ConfigError("the last rank cannot read its settings");
  });
}

int throws_a_number(int argc, char** argv) {
  return ps::mpi::run(argc, argv, [](Environment& environment) {
    if (is_last(environment)) throw 42;
    (void)ps::mpi::recv<int>();
  });
}

int throws_after_finalize(int argc, char** argv) {
  return ps::mpi::run(argc, argv, [](Environment& environment) {
    environment.finalize();
    if (environment.rank() == 0) throw std::runtime_error("too late to abort");
  });
}

int unwinds(int argc, char** argv) {
  try {
    const Environment environment(argc, argv);
    if (is_last(environment)) throw std::runtime_error("caught in main");
    (void)ps::mpi::recv<int>();
  } catch (const std::runtime_error&) {
    std::puts("not reached: the destructor aborts");
  }
  return EXIT_SUCCESS;
}

int one_rank_never_ends(int argc, char** argv) {
  Environment environment(argc, argv, {.finalize_timeout = 500ms});
  if (is_last(environment) && environment.size() > 1) std::this_thread::sleep_for(60s);
  return EXIT_SUCCESS;
}

int runs_twice(int argc, char** argv) {
  REQUIRE(ps::mpi::run(argc, argv, ring) == 0);
  return ps::mpi::run(argc, argv, ring);
}

int without_mpi(int, char**) {
  try {
    ps::mpi::send(1, {.dest = 0});
  } catch (const ps::Error& error) {
    std::puts(error.what());
  }
  try {
    const Environment environment(MPI_COMM_WORLD);
  } catch (const ps::Error& error) {
    std::puts(error.what());
    return ok();
  }
  return EXIT_FAILURE;
}

const std::map<std::string, Main>& scenarios() {
  static const std::map<std::string, Main> all = {
      {"single", [](int c, char** v) { return with_level(ThreadLevel::single, c, v); }},
      {"funneled", [](int c, char** v) { return with_level(ThreadLevel::funneled, c, v); }},
      {"serialized", [](int c, char** v) { return with_level(ThreadLevel::serialized, c, v); }},
      {"multiple", [](int c, char** v) { return with_level(ThreadLevel::multiple, c, v); }},
      {"application_finalizes_first", application_finalizes_first},
      {"application_finalizes_ours", application_finalizes_ours},
      {"request_outlives_mpi", request_outlives_mpi},
      {"run_returns_a_code", run_returns_a_code},
      {"throws_in_run", throws_in_run},
      {"throws_a_number", throws_a_number},
      {"throws_after_finalize", throws_after_finalize},
      {"unwinds", unwinds},
      {"one_rank_never_ends", one_rank_never_ends},
      {"runs_twice", runs_twice},
      {"without_mpi", without_mpi},
  };
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  const auto found = scenarios().find(argc > 1 ? argv[1] : "");
  if (found == scenarios().end()) {
    std::fprintf(stderr, "usage: %s <scenario>; one of:\n", argv[0]);
    for (const auto& [name, body] : scenarios()) std::fprintf(stderr, "  %s\n", name.c_str());
    return 2;
  }
  return found->second(argc, argv);
}
