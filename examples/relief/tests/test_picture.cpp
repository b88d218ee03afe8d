// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
/// @file
/// Colours, the order of a map's pixels, and the PNG file read back with libpng.

#include <cmath>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <png.h>

#include <gmock/gmock.h>

#include "picture.hpp"
#include "scratch_folder.hpp"

namespace relief {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

struct Decoded {
  std::size_t width = 0;
  std::size_t height = 0;
  std::vector<std::uint8_t> rgb;
};

Decoded read_png(const std::filesystem::path& path) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_file(&image, path.c_str()) == 0) {
    throw std::runtime_error(image.message);
  }
  EXPECT_EQ(image.format, static_cast<png_uint_32>(PNG_FORMAT_RGB));
  Decoded decoded{image.width, image.height, std::vector<std::uint8_t>(PNG_IMAGE_SIZE(image))};
  if (png_image_finish_read(&image, nullptr, decoded.rgb.data(), 0, nullptr) == 0) {
    throw std::runtime_error(image.message);
  }
  return decoded;
}

int brightness(const Colour& colour) {
  return colour[0] + colour[1] + colour[2];
}

TEST(Tint, sea_is_blue_and_land_is_not) {
  for (const float depth : {-10000.0F, -5000.0F, -1000.0F, -1.0F}) {
    const Colour colour = hypsometric_tint(depth);
    EXPECT_GT(colour[2], colour[0]) << depth;
    EXPECT_GE(colour[2], colour[1]) << depth;
  }
  const Colour plain = hypsometric_tint(50.0F);
  EXPECT_GT(plain[1], plain[0]);
  EXPECT_GT(plain[1], plain[2]);
  const Colour hills = hypsometric_tint(1800.0F);
  EXPECT_GT(hills[0], hills[2]);
  EXPECT_EQ(hypsometric_tint(8000.0F), (Colour{255, 255, 255}));
}

TEST(Tint, deep_water_is_dark_and_nothing_is_beyond_the_table) {
  EXPECT_LT(brightness(hypsometric_tint(-8000.0F)), brightness(hypsometric_tint(-200.0F)));
  EXPECT_EQ(hypsometric_tint(-11000.0F), hypsometric_tint(-1e30F));
  EXPECT_EQ(hypsometric_tint(5200.0F), hypsometric_tint(1e30F));
}

TEST(Tint, shade_darkens_and_brightens) {
  const int flat = brightness(shaded_tint(500.0F, 181));
  EXPECT_EQ(flat, brightness(hypsometric_tint(500.0F)));
  EXPECT_LT(brightness(shaded_tint(500.0F, 100)), flat);
  EXPECT_GT(brightness(shaded_tint(500.0F, 240)), flat);
}

TEST(Tint, no_data_is_grey) {
  const Colour grey = shaded_tint(std::nanf(""), 181);
  EXPECT_EQ(grey[0], grey[1]);
  EXPECT_EQ(grey[1], grey[2]);
  EXPECT_EQ(shaded_tint(100.0F, 0), grey);
}

TEST(Picture, keeps_the_order_of_a_plane) {
  Picture picture(2, 2, {});
  const std::vector<float> heights{-5000, 50, 1000, 8000};
  picture.paint({0, 0, 2, 2}, heights, std::vector<std::uint8_t>(4, 181));
  EXPECT_EQ(picture.at(0, 0), hypsometric_tint(-5000));
  EXPECT_EQ(picture.at(0, 1), hypsometric_tint(50));
  EXPECT_EQ(picture.at(1, 0), hypsometric_tint(1000));
  EXPECT_EQ(picture.at(1, 1), hypsometric_tint(8000));
}

TEST(Picture, has_north_up_and_greenwich_in_the_middle) {
  const Georeference where =
      georeference_from({{-45, 45}, "degrees_north"}, {{0, 90, 180, 270}, "degrees_east"});
  Picture picture(2, 4, where);
  EXPECT_EQ(picture.height(), 2U);
  EXPECT_EQ(picture.width(), 4U);
  const std::vector<float> south{100, 200, 300, 400};
  const std::vector<float> north{-100, -200, -300, -400};
  picture.paint({1, 0, 1, 4}, north, std::vector<std::uint8_t>(4, 181));
  picture.paint({0, 0, 1, 4}, south, std::vector<std::uint8_t>(4, 181));
  // 180, 270 = 90 W, 0, 90 E
  EXPECT_EQ(picture.at(0, 0), hypsometric_tint(-300));
  EXPECT_EQ(picture.at(0, 2), hypsometric_tint(-100));
  EXPECT_EQ(picture.at(1, 1), hypsometric_tint(400));
  EXPECT_EQ(picture.at(1, 3), hypsometric_tint(200));
}

TEST(Picture, refuses_what_does_not_fit) {
  EXPECT_THROW(Picture(0, 5, {}), std::invalid_argument);
  Picture picture(2, 2, {});
  const std::vector<float> heights(4);
  const std::vector<std::uint8_t> shades(4);
  EXPECT_THROW(picture.paint({1, 0, 2, 2}, heights, shades), std::out_of_range);
  EXPECT_THROW(picture.paint({0, 0, 1, 2}, heights, shades), std::invalid_argument);
  EXPECT_THROW((void)picture.at(2, 0), std::out_of_range);
}

TEST(Png, reads_back) {
  std::mt19937 random(5);
  std::vector<std::uint8_t> pixels(7 * 5 * 3);
  for (std::uint8_t& value : pixels) value = static_cast<std::uint8_t>(random());
  const testing::ScratchFolder folder;
  write_png(folder / "a.png", 7, 5, pixels);
  const Decoded decoded = read_png(folder / "a.png");
  EXPECT_EQ(decoded.width, 7U);
  EXPECT_EQ(decoded.height, 5U);
  EXPECT_THAT(decoded.rgb, ElementsAreArray(pixels));
}

TEST(Png, a_picture_reads_back) {
  Picture picture(3, 4, {});
  picture.paint({0, 0, 3, 4}, std::vector<float>(12, 700.0F), std::vector<std::uint8_t>(12, 150));
  const testing::ScratchFolder folder;
  picture.write_png(folder / "a.png");
  EXPECT_THAT(read_png(folder / "a.png").rgb, ElementsAreArray(picture.rgb()));
}

TEST(Png, a_full_disk_is_an_error_and_leaves_nothing) {
  std::mt19937 random(5);
  std::vector<std::uint8_t> pixels(300 * 300 * 3);
  for (std::uint8_t& value : pixels) value = static_cast<std::uint8_t>(random());
  const testing::ScratchFolder folder;
  // At once, in the middle, and among the last bytes, which stay in a buffer until the file closes.
  for (const rlim_t limit : {rlim_t{0}, rlim_t{10000}, rlim_t{270000}}) {
    const testing::FileSizeLimit full(limit);
    try {
      write_png(folder / "a.png", 300, 300, pixels);
      ADD_FAILURE() << "no OutputError at " << limit;
    } catch (const OutputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("File too large")) << limit;
    }
    EXPECT_TRUE(folder.is_empty()) << limit;
  }
}

TEST(Png, says_where_it_cannot_write) {
  const testing::ScratchFolder folder;
  const std::vector<std::uint8_t> pixel(3);
  EXPECT_THROW(write_png(folder / "missing/a.png", 1, 1, pixel), OutputError);
  EXPECT_THROW(write_png(folder.path(), 1, 1, pixel), OutputError);
  EXPECT_THROW(write_png(folder / "a.png", 2, 1, pixel), std::invalid_argument);
  EXPECT_THROW(write_png(folder / "a.png", 0, 0, {}), std::invalid_argument);
}

}  // namespace
}  // namespace relief
