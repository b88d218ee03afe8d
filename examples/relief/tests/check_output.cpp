// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Compares a relief.h5 with an independent serial computation, to the bit:
// check_output INPUT DATASET OUTPUT
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include "grid_reader.hpp"
#include "hdf5_support.hpp"
#include "reference.hpp"

namespace {

using relief::h5::Dataset;
using relief::h5::File;

template <class T>
std::vector<T> read(const File& file, const std::string& name, hid_t type, std::size_t count) {
  const Dataset dataset(H5Dopen2(file.id(), name.c_str(), H5P_DEFAULT));
  std::size_t found = 1;
  for (const hsize_t extent : relief::h5::shape_of(dataset.id())) found *= extent;
  if (!dataset || found != count) throw std::runtime_error(name + " is missing or of another size");
  std::vector<T> values(count);
  if (H5Dread(dataset.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) {
    throw std::runtime_error(name + " cannot be read");
  }
  return values;
}

template <class T>
bool is_same(const std::string& name, const std::vector<T>& got, const std::vector<T>& wanted) {
  if (std::memcmp(got.data(), wanted.data(), got.size() * sizeof(T)) == 0) return true;
  std::size_t differing = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    differing += std::memcmp(&got[i], &wanted[i], sizeof(T)) != 0 ? 1 : 0;
  }
  std::cerr << name << ": " << differing << " of " << got.size() << " cells differ\n";
  return false;
}

int check(const std::string& input, const std::string& dataset, const std::string& output) {
  const relief::GridReader grid(input, dataset);
  const auto& where = grid.georeference();
  const auto heights = grid.read_tile(0, 0, grid.rows(), grid.cols());
  const auto cells = relief::cell_sizes(where, grid.rows());
  const relief::Light light{.exaggeration = relief::suggested_exaggeration(cells)};
  const auto wanted = relief::compute_reference({.heights = heights,
                                                 .rows = grid.rows(),
                                                 .cols = grid.cols(),
                                                 .periodic_cols = where.periodic},
                                                cells, light);

  const File file(H5Fopen(output.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
  if (!file) throw std::runtime_error("cannot open " + output);
  const std::size_t size = heights.size();
  const auto& counts = wanted.histogram.counts;
  bool same = true;
  same &= is_same("hillshade", read<std::uint8_t>(file, "hillshade", H5T_NATIVE_UINT8, size),
                  wanted.hillshade);
  same &= is_same("slope", read<float>(file, "slope", H5T_NATIVE_FLOAT, size), wanted.slope);
  same &= is_same("roughness", read<float>(file, "roughness", H5T_NATIVE_FLOAT, size),
                  wanted.roughness);
  same &= is_same("hypsometry/counts",
                  read<std::int64_t>(file, "hypsometry/counts", H5T_NATIVE_INT64, counts.size()),
                  std::vector<std::int64_t>(counts.begin(), counts.end()));
  return same ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: check_output INPUT DATASET OUTPUT\n";
    return 2;
  }
  try {
    return check(argv[1], argv[2], argv[3]);
  } catch (const std::exception& error) {
    std::cerr << "check_output: " << error.what() << '\n';
    return 1;
  }
}
