// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "plan.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "grid_reader.hpp"
#include "kernels.hpp"
#include "pending_file.hpp"
#include "reducer.hpp"

namespace relief {

namespace {

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
  plan.input = std::filesystem::absolute(grid.path()).string();
  plan.dataset = grid.dataset();
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
  if (!options.store.empty()) return ps::Store::from_toml(options.store);
  return ps::Store::create("relief", ps::MpiOptions{}, {.cache_size = 0, .populate_target = false});
}

/// What the results depend on.
ps::Bytes work_of(Plan plan) {
  plan.store.clear();
  plan.wants_report = false;
  return ps::Bytes::copy_of(ps::serialize(plan).parts());
}

}  // namespace

Preparation prepare(const Options& options) {
  check(options.light);
  const GridReader grid(options.input, options.dataset);
  Preparation made{.plan = make_plan(grid, options)};
  check_output(options);
  // A restarted run gets its store from the checkpoint.
  if (options.restart) return made;
  made.store = open_store(options);
  made.plan.store = std::string(made.store->config().to_compact().text());
  return made;
}

bool is_same_work(const Plan& one, const Plan& other) {
  return std::ranges::equal(work_of(one).span(), work_of(other).span());
}

}  // namespace relief
