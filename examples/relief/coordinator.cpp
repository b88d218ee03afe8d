// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "coordinator.hpp"

#include <cstdlib>
#include <string_view>

#include "pending_file.hpp"
#include "reducer.hpp"
#include "stopwatch.hpp"

namespace relief {

namespace {

/// Tiles a worker remembers: three rows of neighbours of the tiles it gets one after another.
constexpr std::size_t cached_tiles = 64;

Plan make_plan(const GridReader& grid, const Options& options) {
  Plan plan;
  plan.rows = grid.rows();
  plan.cols = grid.cols();
  plan.tile = {.rows = options.tile, .cols = options.tile};
  plan.where = grid.georeference();
  plan.light = options.light;
  plan.light.exaggeration =
      options.exaggeration.value_or(suggested_exaggeration(cell_sizes(plan.where, plan.rows)));
  plan.source = grid.path().string() + ":" + grid.dataset();
  const char* wants_report = std::getenv("PROXYSTORE_REPORT");
  plan.wants_report = wants_report != nullptr && std::string_view(wants_report) == "1";
  return plan;
}

/// What can be said of the output before the work: its folder is there (the store would make it),
/// and it does not replace the input.
void check_output(const Options& options) {
  const auto folder = std::filesystem::absolute(options.output).parent_path();
  if (!std::filesystem::is_directory(folder)) {
    throw OutputError("write", options.output, "", "there is no folder " + folder.string());
  }
  require_distinct(options.input, Reducer::grid_file(options.output));
  require_distinct(options.input, Reducer::picture_file(options.output));
}

/// The store of the command line, or the memory of the ranks.
std::shared_ptr<ps::Store> open_store(const Options& options) {
  check_output(options);
  if (!options.store.empty()) return ps::Store::from_toml(options.store);
  return ps::Store::create("relief", ps::MpiOptions{},
                           {.cache_size = cached_tiles, .populate_target = false});
}

}  // namespace

Coordinator::Coordinator(const Options& options)
    : grid_(options.input, options.dataset),
      plan_(make_plan(grid_, options)),
      tiling_(plan_.tiling()),
      store_(open_store(options)),
      tiles_(tiling_.count()) {}

Task Coordinator::make_task(std::size_t index, Tally& tally) {
  Task task{.index = index};
  for (const std::size_t neighbour : tiling_.with_neighbours(index)) {
    task.tiles.push_back(tile(neighbour, tally));
  }
  return task;
}

const ps::Proxy<Heights>& Coordinator::tile(std::size_t index, Tally& tally) {
  auto& proxy = tiles_.at(index);
  if (proxy.empty()) {
    const Stopwatch watch(tally.read_seconds);
    proxy = store_->proxy(grid_.read_tile(tiling_.box(index)), {.populate_target = false});
  }
  return proxy;
}

}  // namespace relief
