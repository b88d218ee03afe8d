// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// The program of the README, with any kind of store: what a proxy names stays when the handle of
// its store goes, and when another rank closes the store or comes to its end first. All of it is
// gone after the last rank's end.
//
//     any_store <kind> <folder that is not there>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "proxystore/connectors/hdf5.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/connectors/mpi.hpp"
#include "proxystore/connectors/multi.hpp"
#include "proxystore/mpi/environment.hpp"
#include "proxystore/mpi/message.hpp"
#include "proxystore/proxystore.hpp"
#ifdef PROXYSTORE_TEST_REDIS
#include "redis/tests/redis_server.hpp"
#endif

namespace {

namespace fs = std::filesystem;
namespace ps = proxystore;
using ps::mpi::Environment;
using Field = std::vector<double>;
using Fields = std::vector<ps::Proxy<Field>>;

constexpr std::size_t small = 100;
constexpr std::size_t large = 1'000'000;  // 8 MB, which no proxy keeps

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::fflush(stderr);
  MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
}
#define REQUIRE(condition) require((condition), #condition)

/// What the kind of the first argument is made from, the same on all ranks.
class Kind {
 public:
  Kind(std::string kind, fs::path folder) : kind_(std::move(kind)), folder_(std::move(folder)) {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    if (rank_ == 0) fs::remove_all(folder_);
#ifdef PROXYSTORE_TEST_REDIS
    if (kind_ == "redis" && rank_ == 0) socket_ = server_.emplace().socket();
    ps::mpi::bcast(socket_, {.root = 0, .comm = MPI_COMM_WORLD});
#endif
    MPI_Barrier(MPI_COMM_WORLD);
  }

  [[nodiscard]] ps::ConnectorConfig config() const {
    if (kind_ == "mpi") return ps::MpiOptions{};
    if (kind_ == "local") return ps::LocalOptions{};
    if (kind_ == "file") return ps::FileOptions{.store_dir = folder_ / "store", .fanout = 1};
    if (kind_ == "hdf5") return ps::Hdf5Options{.store_dir = folder_ / "store"};
#ifdef PROXYSTORE_TEST_REDIS
    if (kind_ == "redis") {
      return ps::RedisOptions{.clear = ps::RedisOptions::Clear::own, .unix_socket = socket_};
    }
#endif
    REQUIRE(kind_ == "multi");
    return ps::MultiOptions{
        {{.name = "small", .connector = ps::MpiOptions{}, .policy = {.max_size_bytes = 10'000}},
         {.name = "large", .connector = ps::FileOptions{.store_dir = folder_ / "store"}}}};
  }

  /// What is left when the program has ended.
  [[nodiscard]] std::size_t left() const {
    if (kind_ == "redis") {
      std::size_t count = 0;
      auto store = ps::Store::create("left", config());
      store->connector().list([&](const ps::Key&) { return ++count > 0; });
      return count;
    }
    return fs::exists(folder_ / "store") ? 1 : 0;
  }
  [[nodiscard]] int rank() const {
    return rank_;
  }

 private:
  std::string kind_;
  fs::path folder_;
  int rank_ = 0;
  std::string socket_;
#ifdef PROXYSTORE_TEST_REDIS
  std::optional<ps::testing::RedisServer> server_;
#endif
};

void check(const Fields& fields, double value) {
  for (const auto& field : fields) {
    const double sum = std::accumulate(field->begin(), field->end(), 0.0);
    REQUIRE(sum == value * static_cast<double>(field->size()));
  }
}

/// As in the README: rank 0 has a store for as long as it makes proxies.
void created_by_one(const Environment& env, const Kind& kind) {
  Fields fields;
  if (env.rank() == 0) {
    const auto store = ps::Store::create("of rank 0", kind.config());
    fields.push_back(store->proxy(Field(large, 0.5)));
    fields.push_back(store->proxy(Field(small, 0.5)));
  }
  ps::mpi::bcast(fields, {.root = 0, .comm = env.comm()});
  for (const auto& field : fields) REQUIRE(env.rank() == 0 || !field.resolved());
  check(fields, 0.5);
}

/// Every rank creates the store, and leaves it in one way or another before others have read.
void created_by_each(const Environment& env, const Kind& kind) {
  Fields fields;
  {
    const auto store = ps::Store::create("of all", kind.config());
    fields.push_back(store->proxy(Field(large, 2.0)));
    fields.push_back(store->proxy(Field(small, 2.0)));
    if (env.rank() % 2 == 0) store->close();
  }
  const int next = (env.rank() + 1) % env.size();
  const int previous = (env.rank() + env.size() - 1) % env.size();
  auto sent = ps::mpi::isend(fields, {.dest = next, .comm = env.comm()});
  fields = ps::mpi::recv<Fields>({.source = previous, .comm = env.comm()});
  sent.wait();
  // Rank 0 comes to its end while the others have still to read.
  std::this_thread::sleep_for(std::chrono::milliseconds(50 * env.rank()));
  check(fields, 2.0);
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  if (argc != 3) return EXIT_FAILURE;
  {
    const Kind kind(argv[1], argv[2]);
    {
      Environment env(MPI_COMM_WORLD);
      try {
        created_by_one(env, kind);
        created_by_each(env, kind);
        env.finalize();
      } catch (const std::exception& error) {
        require(false, error.what());
      }
    }
    MPI_Barrier(MPI_COMM_WORLD);
    if (kind.rank() == 0) {
      REQUIRE(kind.left() == 0);
      std::puts("any store ok");
    }
    MPI_Barrier(MPI_COMM_WORLD);
  }
  MPI_Finalize();
  return EXIT_SUCCESS;
}
