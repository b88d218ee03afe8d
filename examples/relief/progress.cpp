// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "progress.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include <unistd.h>

namespace relief {
namespace {

constexpr std::chrono::milliseconds between_bars{100};
constexpr std::chrono::seconds between_lines{5};
constexpr std::size_t bar_width = 40;

}  // namespace

Progress::Style Progress::style_for_stderr() {
  return ::isatty(STDERR_FILENO) == 1 ? Style::bar : Style::lines;
}

Progress::Progress(std::ostream& out, std::string label, std::size_t total, Style style,
                   Clock clock)
    : out_(out),
      label_(std::move(label)),
      total_(std::max<std::size_t>(total, 1)),
      style_(style),
      clock_(std::move(clock)),
      shown_at_(clock_()) {}

Progress::~Progress() {
  if (bar_open_) out_ << '\n' << std::flush;
}

void Progress::advance(std::size_t steps) {
  const bool was_complete = done_ == total_;
  done_ = std::min(total_, done_ + steps);
  const auto now = clock_();
  if (was_complete || !is_time(now)) return;
  shown_at_ = now;
  if (style_ == Style::bar) {
    draw_bar();
  } else {
    print_line();
  }
  shown_tenths_ = tenths();
}

bool Progress::is_time(std::chrono::steady_clock::time_point now) const {
  if (done_ == total_) return true;
  if (style_ == Style::bar) return now - shown_at_ >= between_bars;
  return tenths() > shown_tenths_ || now - shown_at_ >= between_lines;
}

std::size_t Progress::tenths() const {
  return 10 * done_ / total_;
}

void Progress::draw_bar() {
  const std::size_t filled = bar_width * done_ / total_;
  out_ << '\r' << '[' << std::string(filled, '=') << std::string(bar_width - filled, ' ') << "] "
       << done_ << '/' << total_ << ' ' << label_ << std::flush;
  bar_open_ = done_ < total_;
  if (!bar_open_) out_ << '\n' << std::flush;
}

void Progress::print_line() {
  out_ << done_ << '/' << total_ << ' ' << label_ << " (" << 100 * done_ / total_ << " %)\n"
       << std::flush;
}

}  // namespace relief
