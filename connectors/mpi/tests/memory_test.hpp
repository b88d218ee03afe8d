// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// MemoryTest: what tests of the mpi store on several ranks share. All of its waiting serves the
/// other ranks, so it does not matter whether a thread of the library does.

#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include "contents.hpp"
#include "mpi_test.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/mpi.hpp"
#include "proxystore/mpi/environment.hpp"
#include "proxystore/mpi/message.hpp"
#include "proxystore/mpi/progress.hpp"
#include "proxystore/mpi/report.hpp"
#include "proxystore/store_registry.hpp"

namespace proxystore::mpi_test {

[[nodiscard]] inline std::shared_ptr<Connector> open_connector(
    MpiOptions::Placement placement = MpiOptions::Placement::local) {
  return ConnectorRegistry::global().make(MpiOptions{.placement = placement});
}

[[nodiscard]] inline Key put(Connector& connector, std::size_t size, std::uint64_t seed,
                             const PutOptions& options = {}) {
  const auto bytes = testing::contents(size, seed);
  const ByteSpan part(bytes);
  return connector.put(std::span(&part, 1), options);
}

inline void set(Connector& connector, const Key& key, std::size_t size, std::uint64_t seed) {
  const auto bytes = testing::contents(size, seed);
  const ByteSpan part(bytes);
  connector.set(key, std::span(&part, 1), {});
}

/// A test with an Environment of its own; memory_options() says how.
class MemoryTest : public MpiTest {
 protected:
  void SetUp() override {
    MpiTest::SetUp();
    start(memory_options());
  }
  void TearDown() override {
    stop();
    MpiTest::TearDown();
  }

  [[nodiscard]] virtual mpi::MemoryOptions memory_options() const { return {}; }

  void start(const mpi::MemoryOptions& memory) {
    environment_.emplace(comm(), mpi::EnvironmentOptions{.memory = memory});
    connector_ = open_connector();
    nodes_.clear();
    for (const auto& rank : mpi::report()) nodes_.push_back(rank.node);
  }
  void stop() {
    if (!environment_) return;
    barrier();
    close_registered_stores();
    connector_.reset();
    environment_->finalize();
    environment_.reset();
  }

  [[nodiscard]] Connector& connector() const { return *connector_; }
  void barrier() const { mpi::barrier(comm()); }
  /// Whether this rank maps the memory of @p other.
  [[nodiscard]] bool is_near(int other) const { return nodes_.at(index(other)) == node(); }
  [[nodiscard]] int node() const { return nodes_.at(index(rank())); }
  static std::size_t index(int rank) { return static_cast<std::size_t>(rank); }

  /// What @p root has, on all ranks. Collective.
  [[nodiscard]] Key from(int root, Key key) const {
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Ibcast(&key, sizeof key, MPI_BYTE, root, comm(), &request);
    mpi::wait(request);
    return key;
  }
  /// What each rank has, by rank. Collective.
  [[nodiscard]] std::vector<Key> from_all(const Key& key) const {
    std::vector<Key> keys(index(size()));
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Iallgather(&key, sizeof key, MPI_BYTE, keys.data(), sizeof key, MPI_BYTE, comm(), &request);
    mpi::wait(request);
    return keys;
  }

  /// What all ranks report after what they did before. Collective.
  [[nodiscard]] std::vector<mpi::RankReport> reports() const {
    barrier();
    return mpi::report();
  }
  /// The sum of a number over all ranks. Collective.
  [[nodiscard]] std::uint64_t total(std::uint64_t mpi::RankReport::*number) const {
    const auto ranks = reports();
    return std::accumulate(
        ranks.begin(), ranks.end(), std::uint64_t{0},
        [&](std::uint64_t sum, const mpi::RankReport& rank) { return sum + rank.*number; });
  }

 private:
  std::optional<mpi::Environment> environment_;
  std::shared_ptr<Connector> connector_;
  std::vector<int> nodes_;
};

}  // namespace proxystore::mpi_test
