// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
/// @file
/// What the program prints: progress and the closing table.

#include <algorithm>
#include <chrono>
#include <sstream>
#include <string>

#include <gmock/gmock.h>

#include "progress.hpp"
#include "summary.hpp"

namespace relief {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

/// A clock that the test sets.
struct FakeClock {
  std::chrono::steady_clock::time_point now;
  Progress::Clock reader() {
    return [this] { return now; };
  }
};

TEST(Progress, prints_a_line_every_tenth) {
  FakeClock clock;
  std::ostringstream out;
  Progress progress(out, "tiles", 1000, Progress::Style::lines, clock.reader());
  for (int i = 0; i < 1000; ++i) progress.advance();
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10);
  EXPECT_THAT(text, HasSubstr("100/1000 tiles (10 %)\n"));
  EXPECT_THAT(text, EndsWith("1000/1000 tiles (100 %)\n"));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
}

TEST(Progress, prints_a_line_when_it_takes_long) {
  FakeClock clock;
  std::ostringstream out;
  Progress progress(out, "tiles", 1000, Progress::Style::lines, clock.reader());
  progress.advance();
  EXPECT_EQ(out.str(), "");
  clock.now += std::chrono::seconds(6);
  progress.advance();
  EXPECT_EQ(out.str(), "2/1000 tiles (0 %)\n");
}

TEST(Progress, draws_a_bar_not_too_often) {
  FakeClock clock;
  std::ostringstream out;
  {
    Progress progress(out, "tiles", 4, Progress::Style::bar, clock.reader());
    progress.advance();
    EXPECT_EQ(out.str(), "");
    clock.now += std::chrono::milliseconds(150);
    progress.advance();
    EXPECT_EQ(out.str(), "\r[====================                    ] 2/4 tiles");
    progress.advance(2);
    EXPECT_THAT(out.str(), EndsWith("] 4/4 tiles\n"));
    progress.advance();
    EXPECT_EQ(progress.done(), 4U);
  }
  EXPECT_THAT(out.str(), EndsWith("] 4/4 tiles\n"));
}

TEST(Progress, ends_the_line_of_an_unfinished_bar) {
  FakeClock clock;
  std::ostringstream out;
  {
    Progress progress(out, "tiles", 4, Progress::Style::bar, clock.reader());
    clock.now += std::chrono::seconds(1);
    progress.advance();
  }
  EXPECT_THAT(out.str(), EndsWith("1/4 tiles\n"));
}

TEST(Summary, writes_bytes_for_people) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1024), "1.0 KiB");
  EXPECT_EQ(bytes_text(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(bytes_text(37342080), "35.6 MiB");
  EXPECT_EQ(bytes_text(~std::uint64_t{0}), "16384.0 PiB");
}

TEST(Summary, prints_every_item) {
  Summary summary;
  summary.input = "etopo5.h5, ROSE";
  summary.rows = 2161;
  summary.cols = 4320;
  summary.ranks = 4;
  summary.tiles = 153;
  summary.proxy_messages = 306;
  summary.proxy_bytes = 30600;
  summary.data_bytes = 30600000;
  summary.stages = {{"read", 0.127}, {"compute", 1.0}};
  summary.outputs = {"out/relief.h5", "out/relief.png"};
  std::ostringstream out;
  print(out, summary);
  for (const char* part :
       {"relief of etopo5.h5, ROSE", "2161 x 4320", "153", "29.9 KiB in 306", "29.2 MiB",
        "1000 bytes", "0.13 s", "1.00 s", "out/relief.h5", "out/relief.png"}) {
    EXPECT_THAT(out.str(), HasSubstr(part));
  }
}

TEST(Summary, prints_without_any_numbers) {
  std::ostringstream out;
  print(out, {});
  EXPECT_THAT(out.str(), HasSubstr("0 x 0"));
  EXPECT_THAT(out.str(), Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace relief
