// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "worker.hpp"

#include <algorithm>
#include <span>

#include "fetch.hpp"
#include "halo.hpp"
#include "kernels.hpp"
#include "stopwatch.hpp"

namespace relief {

Result Worker::run(const Task& task, Tally& tally) const {
  const auto neighbours = tiling_.with_neighbours(task.index);
  if (task.tiles.size() != neighbours.size()) {
    throw ps::MessageError("a task for tile " + std::to_string(task.index) + " has " +
                           std::to_string(task.tiles.size()) + " tiles instead of " +
                           std::to_string(neighbours.size()));
  }
  std::size_t next = 0;
  std::vector<std::shared_ptr<const Heights>> held;
  const auto padded = pad_tile(tiling_, task.index, [&](std::size_t) -> std::span<const float> {
    held.push_back(fetch(task.tiles[next++], tally));
    return *held.back();
  });

  const Box box = tiling_.box(task.index);
  Terrain terrain;
  {
    const Stopwatch watch(tally.compute_seconds);
    terrain = compute_tile({.heights = padded, .rows = box.rows, .cols = box.cols},
                           std::span(cells_.east).subspan(box.row0, box.rows),
                           std::span(cells_.north).subspan(box.row0, box.rows), light_);
  }
  const Stopwatch watch(tally.store_seconds);
  const auto& centre = task.tiles[static_cast<std::size_t>(
      std::find(neighbours.begin(), neighbours.end(), task.index) - neighbours.begin())];
  const auto store = ps::get_store(centre);
  // Nobody but the reducer wants the terrain, once: it goes when it was fetched.
  return {.index = task.index,
          .heights = centre,
          .terrain = store->proxy(std::move(terrain), {.evict = true, .populate_target = false})};
}

}  // namespace relief
