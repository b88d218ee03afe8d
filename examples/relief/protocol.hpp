// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What the ranks of `relief` say to each other, and who is who.
///
/// The coordinator, rank 0, reads tiles of heights and puts them in a store. It sends each worker
/// that asks a task: proxies of a tile and its neighbours. The worker fetches them, computes, puts
/// the terrain in the store, and sends proxies of heights and terrain to the reducer, the last
/// rank, which fetches those and writes the results. Two ranks: the worker reduces. One rank: it
/// does all.

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

/// The heights of a tile in metres, row by row.
using Heights = std::vector<float>;

/// What every rank must know: sent once, to all.
struct Plan {
  std::string error;  ///< why there is nothing to do; then the rest is empty
  std::size_t rows = 0;
  std::size_t cols = 0;
  TileShape tile;
  Georeference where;
  Light light;
  std::string source;         ///< file and dataset, as text
  bool wants_report = false;  ///< print mpi::report() at the end

  [[nodiscard]] Tiling tiling() const { return Tiling(rows, cols, tile, where.periodic); }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(error, rows, cols, tile.rows, tile.cols, where.geographic, where.latitudes,
            where.longitudes, where.periodic, where.row0_is_south, where.col0_is_east,
            where.cell_rows_metres, where.cell_cols_metres, where.note, light.azimuth_degrees,
            light.altitude_degrees, light.exaggeration, source, wants_report);
  }
};

/// Compute a tile. To a worker, from the coordinator.
struct Task {
  bool is_last = false;  ///< there is no more to do; then the rest is empty
  std::size_t index = 0;
  std::vector<ps::Proxy<Heights>> tiles{};  ///< in the order of Tiling::with_neighbours(index)

  template <class Archive>
  void serialize(Archive& archive) {
    archive(is_last, index, tiles);
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
  ps::Proxy<Heights> heights{};
  ps::Proxy<Terrain> terrain{};

  template <class Archive>
  void serialize(Archive& archive) {
    archive(index, heights, terrain);
  }
};

/// What one rank did, for the closing table.
struct Tally {
  double read_seconds = 0;   ///< reading the input and putting tiles in the store
  double fetch_seconds = 0;  ///< fetching objects from the store
  double compute_seconds = 0;
  double store_seconds = 0;   ///< putting results in the store
  double write_seconds = 0;   ///< writing the output
  std::uint64_t proxies = 0;  ///< sent through MPI
  std::uint64_t proxy_bytes = 0;
  std::uint64_t data_bytes = 0;  ///< of objects fetched from the store
  std::uint64_t cache_hits = 0;
  std::uint64_t cache_misses = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(read_seconds, fetch_seconds, compute_seconds, store_seconds, write_seconds, proxies,
            proxy_bytes, data_bytes, cache_hits, cache_misses);
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

PROXYSTORE_TYPE_NAME(relief::Plan, "relief/plan/1");
PROXYSTORE_TYPE_NAME(relief::Task, "relief/task/1");
PROXYSTORE_TYPE_NAME(relief::Request, "relief/request/1");
PROXYSTORE_TYPE_NAME(relief::Result, "relief/result/1");
PROXYSTORE_TYPE_NAME(relief::Tally, "relief/tally/1");
PROXYSTORE_TYPE_NAME(relief::Terrain, "relief/terrain/1");
