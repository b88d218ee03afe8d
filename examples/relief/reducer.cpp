// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "reducer.hpp"

#include <stdexcept>

#include "fetch.hpp"
#include "heights.hpp"
#include "stopwatch.hpp"

namespace relief {

namespace {

ReliefLayout layout_of(const Plan& plan) {
  ReliefLayout layout;
  layout.rows = plan.rows;
  layout.cols = plan.cols;
  layout.where = plan.where;
  layout.light = plan.light;
  layout.source = plan.source;
  layout.chunk = plan.tiling().shape();
  return layout;
}

}  // namespace

std::filesystem::path Reducer::grid_file(std::filesystem::path output) {
  return output += ".h5";
}
std::filesystem::path Reducer::picture_file(std::filesystem::path output) {
  return output += ".png";
}

Reducer::Reducer(const Plan& plan, ps::Proxy<Heights> heights, const std::filesystem::path& output)
    : tiling_(plan.tiling()),
      heights_(std::move(heights)),
      output_(output),
      writer_(grid_file(output), layout_of(plan)),
      picture_(plan.rows, plan.cols, plan.where) {}

void Reducer::take(const Result& result, Tally& tally) {
  const Box box = tiling_.box(result.index);
  const auto terrain = fetch(result.terrain, tally);
  const auto heights = fetch_box(heights_, box, tally);
  const Stopwatch watch(tally.write_seconds);
  writer_.write_tile(box, *terrain);
  picture_.paint(box, heights.values(), terrain->hillshade);
  histogram_ += terrain->histogram;
  ++taken_;
}

void Reducer::finish(Tally& tally) {
  if (taken_ != tiling_.count()) throw std::logic_error("the reducer did not get all tiles");
  const Stopwatch watch(tally.write_seconds);
  writer_.write_histogram(histogram_);
  writer_.close();
  picture_.write_png(picture_file(output_));
}

}  // namespace relief
