// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Makes input files for the end-to-end tests: make_input KIND FILE, with the dataset "heights".
#include <cmath>
#include <iostream>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "h5_fixture.hpp"

namespace {

using relief::testing::H5File;

/// Hills with noise, the same at every run, and some cells without a height.
std::vector<double> hills(std::size_t rows, std::size_t cols, bool with_gaps) {
  std::mt19937 random(20261123);
  std::vector<double> heights;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t col = 0; col < cols; ++col) {
      const double hill = 900 * std::sin(0.11 * static_cast<double>(row)) *
                          std::cos(0.07 * static_cast<double>(col));
      const double noise = static_cast<double>(random() % 1000) / 4;
      const bool is_gap = with_gaps && random() % 97 == 0;
      heights.push_back(is_gap ? std::numeric_limits<double>::quiet_NaN() : hill + noise);
    }
  }
  return heights;
}

std::vector<double> steps(double first, double step, std::size_t count) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(first + step * static_cast<double>(i));
  }
  return values;
}

/// Two degrees all around the globe, as floats in chunks, with gaps.
void make_globe(H5File& file) {
  constexpr std::size_t rows = 91;
  constexpr std::size_t cols = 180;
  file.dataset({.name = "heights",
                .type = H5T_IEEE_F32LE,
                .shape = {rows, cols},
                .chunk = {17, 40},
                .deflate = true},
               hills(rows, cols, true));
  file.scale("heights", 0, "lat", "degrees_north", steps(-90, 2, rows));
  file.scale("heights", 1, "lon", "degrees_east", steps(0, 2, cols));
}

/// A plane of big-endian integers, in one piece.
void make_plane(H5File& file) {
  file.dataset({.name = "heights", .type = H5T_STD_I16BE, .shape = {123, 77}, .chunk = {}},
               hills(123, 77, false));
}

/// Fewer tiles than ranks.
void make_tiny(H5File& file) {
  file.dataset({.name = "heights", .type = H5T_STD_I32LE, .shape = {3, 2}, .chunk = {}},
               hills(3, 2, false));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string kind = argc == 3 ? argv[1] : "";
  if (kind != "globe" && kind != "plane" && kind != "tiny") {
    std::cerr << "usage: make_input globe|plane|tiny FILE\n";
    return 2;
  }
  H5File file(argv[2]);
  if (kind == "globe") make_globe(file);
  if (kind == "plane") make_plane(file);
  if (kind == "tiny") make_tiny(file);
}
