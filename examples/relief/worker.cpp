// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "worker.hpp"

#include <span>

#include "heights.hpp"
#include "kernels.hpp"
#include "stopwatch.hpp"

namespace relief {

Result Worker::run(const Task& task, Tally& tally) const {
  const auto padded = fetch_padded(heights_, tiling_, task.index, tally);
  const Box box = tiling_.box(task.index);
  Terrain terrain;
  {
    const Stopwatch watch(tally.compute_seconds);
    terrain = compute_tile({.heights = padded, .rows = box.rows, .cols = box.cols},
                           std::span(cells_.east).subspan(box.row0, box.rows),
                           std::span(cells_.north).subspan(box.row0, box.rows), light_);
  }
  const Stopwatch watch(tally.store_seconds);
  // Nobody but the reducer wants the terrain, once: it goes when it was fetched.
  return {.index = task.index,
          .terrain = ps::get_store(heights_)->proxy(std::move(terrain), {.evict = true})};
}

}  // namespace relief
