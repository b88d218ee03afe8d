// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "picture.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace relief {
namespace {

/// A colour at a height; between two of them colours are mixed.
struct Stop {
  float metres;
  std::array<float, 3> colour;
};

constexpr std::array<Stop, 8> sea{{{-11000.0F, {8, 18, 52}},
                                   {-7500.0F, {13, 34, 82}},
                                   {-5500.0F, {22, 58, 118}},
                                   {-4000.0F, {34, 86, 152}},
                                   {-2500.0F, {56, 119, 182}},
                                   {-1000.0F, {96, 158, 208}},
                                   {-150.0F, {150, 199, 228}},
                                   {0.0F, {190, 224, 238}}}};

constexpr std::array<Stop, 10> land{{{0.0F, {76, 130, 84}},
                                     {100.0F, {98, 150, 90}},
                                     {300.0F, {144, 175, 106}},
                                     {600.0F, {190, 196, 128}},
                                     {1000.0F, {214, 196, 136}},
                                     {1500.0F, {198, 164, 110}},
                                     {2100.0F, {178, 140, 106}},
                                     {2800.0F, {190, 170, 152}},
                                     {3600.0F, {228, 222, 218}},
                                     {5200.0F, {255, 255, 255}}}};

constexpr Colour no_data_grey{128, 128, 128};
constexpr float flat_shade = 181.0F;  // the hillshade of a flat cell under the usual light

std::uint8_t to_byte(float value) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0F, 255.0F)));
}

template <std::size_t N>
Colour mix(const std::array<Stop, N>& stops, float metres) {
  const auto above = std::find_if(stops.begin(), stops.end(),
                                  [metres](const Stop& stop) { return stop.metres > metres; });
  const Stop& high = above == stops.end() ? stops.back() : *above;
  const Stop& low = above == stops.begin() ? stops.front() : *(above - 1);
  const float width = high.metres - low.metres;
  const float part = width > 0.0F ? (metres - low.metres) / width : 0.0F;
  Colour colour{};
  for (std::size_t i = 0; i < colour.size(); ++i) {
    colour[i] = to_byte(low.colour[i] + part * (high.colour[i] - low.colour[i]));
  }
  return colour;
}

/// Darkens towards black below the shade of flat ground, brightens towards white above it, so that
/// plains keep the tint of the table.
std::uint8_t light_up(std::uint8_t tint, float hillshade) {
  const float value = static_cast<float>(tint);
  if (hillshade <= flat_shade) return to_byte(value * (0.25F + 0.75F * hillshade / flat_shade));
  const float brightness = (hillshade - flat_shade) / (255.0F - flat_shade);
  return to_byte(value + 0.45F * brightness * (255.0F - value));
}

}  // namespace

Colour hypsometric_tint(float metres) {
  if (std::isnan(metres)) return no_data_grey;
  return metres < 0.0F ? mix(sea, metres) : mix(land, metres);
}

Colour shaded_tint(float metres, std::uint8_t hillshade) {
  if (hillshade == 0 || std::isnan(metres)) return no_data_grey;
  Colour colour = hypsometric_tint(metres);
  for (std::uint8_t& part : colour) part = light_up(part, static_cast<float>(hillshade));
  return colour;
}

Picture::Picture(std::size_t rows, std::size_t cols, const Georeference& where)
    : rows_(rows), cols_(cols), order_(map_order(where, cols)), rgb_(rows * cols * 3) {
  if (rgb_.empty()) throw std::invalid_argument("Picture: the grid has no cells");
}

void Picture::paint(const Box& box, std::span<const float> heights,
                    std::span<const std::uint8_t> hillshade) {
  if (box.rows > rows_ || box.row0 > rows_ - box.rows || box.cols > cols_ ||
      box.col0 > cols_ - box.cols) {
    throw std::out_of_range("Picture: the tile is not within the grid");
  }
  if (heights.size() != box.size() || hillshade.size() != box.size()) {
    throw std::invalid_argument("Picture: the arrays have not the size of the tile");
  }
  for (std::size_t cell = 0; cell < box.size(); ++cell) {
    const std::size_t row = map_row(box.row0 + cell / box.cols);
    const std::size_t col = map_col(box.col0 + cell % box.cols);
    const Colour colour = shaded_tint(heights[cell], hillshade[cell]);
    std::copy(colour.begin(), colour.end(), rgb_.data() + 3 * (row * cols_ + col));
  }
}

Colour Picture::at(std::size_t row, std::size_t col) const {
  if (row >= rows_ || col >= cols_) throw std::out_of_range("Picture: no such pixel");
  const std::uint8_t* pixel = rgb_.data() + 3 * (row * cols_ + col);
  return {pixel[0], pixel[1], pixel[2]};
}

void Picture::write_png(const std::filesystem::path& path) const {
  relief::write_png(path, cols_, rows_, rgb_);
}

std::size_t Picture::map_row(std::size_t row) const {
  return order_.flip_rows ? rows_ - 1 - row : row;
}

std::size_t Picture::map_col(std::size_t col) const {
  const std::size_t eastward = order_.flip_cols ? cols_ - 1 - col : col;
  return (eastward + cols_ - order_.first_col) % cols_;
}

}  // namespace relief
