// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Ranks that measure together. Of two, rank 0 owns the objects, and rank 1 gets them.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include <proxystore/mpi/environment.hpp>
#include <proxystore/mpi/progress.hpp>
#include <proxystore/proxystore.hpp>

#include "measure.hpp"

namespace bench {

namespace ps = proxystore;

constexpr double microsecond = 1e-6;
constexpr std::size_t kibibyte = std::size_t{1} << 10U;
constexpr std::size_t mebibyte = std::size_t{1} << 20U;
constexpr std::size_t gibibyte = std::size_t{1} << 30U;

constexpr int owner = 0;
constexpr int reader = 1;

/// All of them, in an environment of the library of their own.
class Ranks {
 public:
  Ranks(Session& session, const ps::mpi::MemoryOptions& memory)
      : session_(session), environment_(MPI_COMM_WORLD, {.memory = memory}) {}

  [[nodiscard]] Session& session() noexcept { return session_; }
  [[nodiscard]] MPI_Comm comm() const noexcept { return environment_.comm(); }
  [[nodiscard]] bool is(int rank) const noexcept { return environment_.rank() == rank; }

  [[nodiscard]] std::shared_ptr<ps::Connector> connector() const {
    return ps::ConnectorRegistry::global().make(ps::MpiOptions{});
  }

  void say(const std::string& text) const {
    if (is(owner)) bench::say(text);
  }

  /// All wait for all, and serve each other meanwhile.
  void meet() const { ps::mpi::barrier(comm()); }

  /// The value that @p rank has; the others wait for it as in meet().
  template <class T>
  requires std::is_trivially_copyable_v<T>
  [[nodiscard]] T from(int rank, T value) const {
    meet();
    MPI_Bcast(&value, sizeof value, MPI_BYTE, rank, comm());
    return value;
  }

  /// What @p measure() returns at @p rank, while the others wait.
  template <class Measure>
  [[nodiscard]] Medians at(int rank, Measure measure) const {
    Medians medians;
    if (is(rank)) medians = measure();
    return from(rank, medians);
  }

  void add(Row row, const Medians& medians) {
    row.ours = medians.ours;
    row.reference = medians.reference;
    session_.add(std::move(row));
  }

  /// The key of an object of @p size bytes in the owner's memory.
  [[nodiscard]] ps::Key put(ps::Connector& connector, std::size_t size) const;

  /// A get by the reader, beside a message of the same size: half of the way there and back.
  [[nodiscard]] Medians get_and_message(ps::Connector& connector, std::size_t size);

 private:
  Session& session_;
  ps::mpi::Environment environment_;
};

/// Calls @p measure in each of @p ranks ranks, with MPI; what the first one's session is filled
/// with counts.
void in_ranks(Session& session, int ranks, const std::function<void(Session&)>& measure);

/// Bytes that were touched, aligned to a cache line.
[[nodiscard]] ps::MutableBytes touched(std::size_t size);

/// What ranks do that map each other's memory. @p session is filled in both ranks.
void measure_on_node(Session& session);

/// What ranks do that send each other messages. @p ranks_per_node of 1 makes nodes of the ranks of
/// one machine.
void measure_off_node(Session& session, int ranks_per_node, const std::string& where);

}  // namespace bench
