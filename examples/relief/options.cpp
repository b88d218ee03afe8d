// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <sstream>

#include <CLI/CLI.hpp>

namespace relief {

ParsedOptions parse_options(int argc, const char* const* argv) {
  ParsedOptions parsed;
  Options& options = parsed.options;
  std::string input;
  std::string output = options.output.string();
  std::string store;
  double exaggeration = 0.0;
  std::string stop_after;
  long timeout = options.timeout.count();

  CLI::App app("Shaded relief, slope, roughness and hypsometry of a grid of heights", "relief");
  app.add_option("--input", input, "HDF5 or netCDF-4 file")->required();
  app.add_option("--dataset", options.dataset, "two-dimensional dataset of numbers in it")
      ->required();
  app.add_option("--output", output, "results are OUTPUT.h5 and OUTPUT.png")->capture_default_str();
  app.add_option("--store", store,
                 "TOML file of the store for the tiles; default: the memory of the ranks");
  app.add_option("--tile", options.tile, "rows and columns of a tile")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 14));
  app.add_option("--azimuth", options.light.azimuth_degrees,
                 "where the light comes from, degrees clockwise from north")
      ->capture_default_str();
  app.add_option("--altitude", options.light.altitude_degrees,
                 "of the light above the horizon, degrees")
      ->capture_default_str();
  auto* exaggerate = app.add_option("--exaggeration", exaggeration,
                                    "of heights in the shading; default: by the size of the cells");
  app.add_option("--timeout", timeout, "longest wait for another rank, seconds")
      ->capture_default_str()
      ->check(CLI::Range(1, 86400));
  auto* stop = app.add_option("--stop-after", stop_after,
                              "stop when this is done, and leave the folder OUTPUT.checkpoint")
                   ->check(CLI::IsMember({"read", "compute"}));
  auto* restart = app.add_flag(
      "--restart", options.restart,
      "go on from OUTPUT.checkpoint, with the same other options and any number of ranks; it is "
      "removed when the results are written");
  // A store of the command line outlives a run, or is cleared by it.
  for (auto* option : {stop, restart}) option->excludes("--store");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream text;
    const int code = app.exit(error, text, text);
    parsed.exit_code = code == 0 ? 0 : 2;
    parsed.text = text.str();
    return parsed;
  }
  options.input = input;
  options.output = output;
  options.store = store;
  if (exaggerate->count() > 0) options.exaggeration = exaggeration;
  if (stop_after == "read") options.stop_after = StopAfter::read;
  if (stop_after == "compute") options.stop_after = StopAfter::compute;
  options.timeout = std::chrono::seconds(timeout);
  return parsed;
}

}  // namespace relief
