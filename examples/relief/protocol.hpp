// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What the ranks of `relief` say to each other, and who is who.
///
/// Stage "read": all ranks read some rows of the grid each, and put them in a store as one
/// distributed array, of which all get the proxy.
///
/// Stage "compute": the coordinator, rank 0, gives each worker that asks the number of a tile. The
/// worker fetches that box of the array and a ring around it, computes, puts the terrain in the
/// store, and sends a proxy of it to the reducer, the last rank. Two ranks: the worker reduces. One
/// rank: it does all.
///
/// Stage "write": the reducer fetches heights and terrain of each tile that it hears of, and writes
/// the results.
///
/// Reading and computing may be done in runs of their own, of other numbers of ranks, which leave a
/// Checkpoint for the next.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <proxystore/mpi/environment.hpp>
#include <proxystore/mpi/message.hpp>
#include <proxystore/mpi/report.hpp>
#include <proxystore/proxystore.hpp>

#include "georeference.hpp"
#include "terrain.hpp"
#include "tiling.hpp"

namespace relief {

namespace ps = proxystore;

/// The heights of the grid, or of a box of it, in metres.
using Heights = ps::Array<float, 2>;

/// What every rank must know: sent once, to all.
struct Plan {
  std::string error;  ///< why there is nothing to do; then the rest is empty
  std::size_t rows = 0;
  std::size_t cols = 0;
  TileShape tile;
  Georeference where;
  Light light;
  std::string source;         ///< file and dataset, as they were named
  std::string input;          ///< the file
  std::string dataset;        ///< in it
  std::string store;          ///< its configuration, in the compact form
  bool wants_report = false;  ///< print mpi::report() at the end

  [[nodiscard]] Tiling tiling() const { return Tiling(rows, cols, tile, where.periodic); }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(error, rows, cols, tile.rows, tile.cols, where.geographic, where.latitudes,
            where.longitudes, where.periodic, where.row0_is_south, where.col0_is_east,
            where.cell_rows_metres, where.cell_cols_metres, where.note, light.azimuth_degrees,
            light.altitude_degrees, light.exaggeration, source, input, dataset, store,
            wants_report);
  }
};

/// Compute a tile. To a worker, from the coordinator.
struct Task {
  bool is_last = false;  ///< there is no more to do; then the rest is empty
  std::size_t index = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(is_last, index);
  }
};

/// "Give me a task." To the coordinator.
struct Request {
  bool is_first = false;  ///< no task was done before

  template <class Archive>
  void serialize(Archive& archive) {
    archive(is_first);
  }
};

/// A tile is done. To the reducer.
struct Result {
  std::size_t index = 0;
  ps::Proxy<Terrain> terrain{};

  template <class Archive>
  void serialize(Archive& archive) {
    archive(index, terrain);
  }
};

/// What is done when a run stops between two stages.
struct Checkpoint {
  Plan plan{};
  ps::Proxy<Heights> heights{};
  std::vector<Result> results{};  ///< of all tiles, or none

  template <class Archive>
  void serialize(Archive& archive) {
    archive(plan, heights, results);
  }
};

/// What one rank did, for the closing table.
struct Tally {
  double read_seconds = 0;   ///< reading the input and putting it in the store
  double fetch_seconds = 0;  ///< fetching objects from the store
  double compute_seconds = 0;
  double store_seconds = 0;   ///< putting results in the store
  double write_seconds = 0;   ///< writing the output
  std::uint64_t proxies = 0;  ///< sent through MPI
  std::uint64_t proxy_bytes = 0;
  std::uint64_t data_bytes = 0;  ///< fetched from the store

  template <class Archive>
  void serialize(Archive& archive) {
    archive(read_seconds, fetch_seconds, compute_seconds, store_seconds, write_seconds, proxies,
            proxy_bytes, data_bytes);
  }
};

/// How a tile's results are stored.
template <class Archive>
void serialize(Archive& archive, Histogram& histogram) {
  archive(histogram.counts, histogram.below, histogram.above, histogram.no_data);
}
template <class Archive>
void serialize(Archive& archive, Terrain& terrain) {
  archive(terrain.rows, terrain.cols, terrain.hillshade, terrain.slope, terrain.roughness,
          terrain.histogram);
}

/// Tags of the messages.
enum Tag : int { request_tag = 1, task_tag = 2, result_tag = 3 };

/// Who does what.
struct Roles {
  int rank = 0;
  int size = 1;

  [[nodiscard]] int coordinator() const { return 0; }
  [[nodiscard]] int reducer() const { return size - 1; }
  [[nodiscard]] int workers() const { return size <= 2 ? 1 : size - 2; }
  [[nodiscard]] bool is_coordinator() const { return rank == coordinator(); }
  [[nodiscard]] bool is_reducer() const { return rank == reducer(); }
};

}  // namespace relief

PROXYSTORE_TYPE_NAME(relief::Plan, "relief/plan/2");
PROXYSTORE_TYPE_NAME(relief::Task, "relief/task/2");
PROXYSTORE_TYPE_NAME(relief::Request, "relief/request/1");
PROXYSTORE_TYPE_NAME(relief::Result, "relief/result/2");
PROXYSTORE_TYPE_NAME(relief::Checkpoint, "relief/checkpoint/1");
PROXYSTORE_TYPE_NAME(relief::Tally, "relief/tally/2");
PROXYSTORE_TYPE_NAME(relief::Terrain, "relief/terrain/1");
