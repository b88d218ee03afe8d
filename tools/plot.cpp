// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// A panel for each group, and another one for those of its rows where more is better. The axis is
// logarithmic, since a ratio of 1/2 is as far from 1 as one of 2; bars begin at 1, where ours and
// the reference are equal. Ratios off the axis end in an arrow; all stand beside their bars as
// numbers.
#include "plot.hpp"

#include <algorithm>
#include <cmath>

#include "svg.hpp"

namespace tool {

namespace {

// In pixels.
constexpr double margin = 24;
constexpr double label_width = 470;
constexpr double size_width = 66;
constexpr double axis_width = 430;
constexpr double figures_width = 130;
constexpr double row_height = 22;
constexpr double bar_height = 12;
constexpr double axis_left = margin + label_width + size_width + 24;
constexpr double axis_right = axis_left + axis_width;
constexpr double width = axis_right + figures_width + margin;
constexpr std::size_t most_letters = 68;

constexpr std::string_view within = "#2a78b5";  // told apart by those who see no red or green
constexpr std::string_view missed = "#e07b1a";
constexpr std::string_view plain = "#a9b3bb";
constexpr std::string_view mark = "#1a1a1a";
constexpr std::string_view grid = "#e3e7ea";
constexpr std::string_view band = "#f5f7f8";
constexpr std::string_view faint = "#6b747b";

struct Panel {
  std::string title{};
  bool lower_is_better = true;
  std::vector<const BenchRow*> rows{};
};

std::vector<Panel> panels_of(const std::vector<BenchGroup>& groups) {
  std::vector<Panel> panels;
  for (const BenchGroup& group : groups) {
    for (const bool lower : {true, false}) {
      Panel panel{.title = group.name, .lower_is_better = lower};
      for (const BenchRow& row : group.rows) {
        if (row.lower_is_better == lower) panel.rows.push_back(&row);
      }
      if (!panel.rows.empty()) panels.push_back(std::move(panel));
    }
  }
  return panels;
}

/// From ratios to pixels.
class Axis {
 public:
  explicit Axis(const std::vector<const BenchRow*>& rows) {
    constexpr double least_span = 2;  // from 1/2 to 2, whatever the rows are
    constexpr double most_span = 32;
    double low = 1 / least_span;
    double high = least_span;
    for (const BenchRow* row : rows) {
      for (const double value : {row->ratio, row->budget.value_or(1)}) {
        low = std::min(low, value);
        high = std::max(high, value);
      }
    }
    low_ = std::floor(std::log2(std::max(low, 1 / most_span)));
    high_ = std::ceil(std::log2(std::min(high, most_span)));
  }
  [[nodiscard]] double at(double ratio) const {
    const double place = (std::log2(ratio) - low_) / (high_ - low_);
    return axis_left + std::clamp(place, 0.0, 1.0) * axis_width;
  }
  [[nodiscard]] bool is_below(double ratio) const { return std::log2(ratio) < low_; }
  [[nodiscard]] bool is_above(double ratio) const { return std::log2(ratio) > high_; }
  /// Powers of 2, but not more than fit.
  [[nodiscard]] std::vector<double> ticks() const {
    std::vector<double> ticks;
    for (double power = low_; power <= high_; ++power) ticks.push_back(std::exp2(power));
    return ticks;
  }

 private:
  double low_ = 0;
  double high_ = 0;
};

std::string tick_text(double ratio) {
  if (ratio >= 1) return ratio_text(ratio);
  return "1/" + ratio_text(1 / ratio);
}

/// At most @p most characters of UTF-8.
std::string shortened(const std::string& text, std::size_t most) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0U) == 0x80U) continue;
    if (++count > most) return text.substr(0, i) + "…";
  }
  return text;
}

void draw_legend(Svg& svg, double y) {
  double x = margin;
  const auto entry = [&](std::string_view colour, const char* text, double advance) {
    svg.box(x, y - 10, 22, bar_height, colour, 2);
    svg.text(x + 28, y, text);
    x += advance;
  };
  entry(within, "within its budget", 160);
  entry(missed, "budget missed", 140);
  entry(plain, "without a budget", 160);
  svg.line(x + 4, y - 13, x + 4, y + 4, mark, 2.5);
  svg.text(x + 14, y, "budget");
  x += 80;
  svg.arrow(x, y - 4, 10, false, plain);
  svg.text(x + 16, y, "goes on beyond the axis");
}

void draw_row(Svg& svg, const Axis& axis, const BenchRow& row, double y) {
  const double middle = y + row_height / 2;
  const double base = middle + 4;
  const std::string name = printable(row.name);
  const std::string label = shortened(name, most_letters);
  svg.text(margin, base, label, {.size = 11.5}, label == name ? "" : name);
  if (row.size > 0) {
    svg.text(margin + label_width + size_width, base, size_text(row.size),
             {.size = 11.5, .colour = faint, .anchor = Anchor::end});
  }
  const std::string_view colour = !row.budget ? plain : row.is_missed() ? missed : within;
  const double from = axis.at(1);
  const double to = axis.at(row.ratio);
  svg.box(std::min(from, to), middle - bar_height / 2, std::max(std::abs(to - from), 1.0),
          bar_height, colour);
  constexpr double arrow_size = 12;
  if (axis.is_below(row.ratio)) svg.arrow(to - arrow_size, middle, arrow_size, false, colour);
  if (axis.is_above(row.ratio)) svg.arrow(to + arrow_size, middle, arrow_size, true, colour);
  if (row.budget) {
    svg.line(axis.at(*row.budget), y + 2, axis.at(*row.budget), y + row_height - 2, mark, 2.5);
  }
  svg.text(axis_right + 58, base, ratio_text(row.ratio),
           {.size = 11.5, .anchor = Anchor::end, .is_bold = row.is_missed()});
  if (row.budget) {
    svg.text(axis_right + 68, base, (row.lower_is_better ? "≤ " : "≥ ") + ratio_text(*row.budget),
             {.size = 11.5, .colour = faint});
  }
}

/// Returns where the panel ends.
double draw_panel(Svg& svg, const Panel& panel, double y) {
  const Axis axis(panel.rows);
  svg.text(margin, y, panel.title, {.size = 15, .is_bold = true});
  svg.text(axis_left + axis_width / 2, y,
           panel.lower_is_better ? "ours / reference: the smaller the better"
                                 : "ours / reference: the larger the better",
           {.colour = faint, .anchor = Anchor::middle});
  svg.text(axis_right + 58, y, "ratio", {.colour = faint, .anchor = Anchor::end});
  svg.text(axis_right + 68, y, "budget", {.colour = faint});
  const double top = y + 24;
  const double bottom = top + row_height * static_cast<double>(panel.rows.size());
  for (double at = top; at < bottom; at += 2 * row_height) {
    svg.box(margin - 8, at, width - 2 * margin + 16, row_height, band);
  }
  for (const double tick : axis.ticks()) {
    const bool is_one = tick == 1;
    svg.line(axis.at(tick), top, axis.at(tick), bottom, is_one ? faint : grid, is_one ? 1.5 : 1);
    svg.text(axis.at(tick), top - 5, tick_text(tick),
             {.size = 11, .colour = faint, .anchor = Anchor::middle, .is_bold = is_one});
  }
  double at = top;
  for (const BenchRow* row : panel.rows) {
    draw_row(svg, axis, *row, at);
    at += row_height;
  }
  return bottom;
}

}  // namespace

std::string plot(const std::vector<BenchGroup>& groups) {
  constexpr const char* title = "ProxyStore: benchmarks beside their references";
  Svg svg;
  svg.text(margin, 36, title, {.size = 19, .colour = mark, .is_bold = true});
  draw_legend(svg, 64);
  double y = 106;
  for (const Panel& panel : panels_of(groups)) y = draw_panel(svg, panel, y) + 44;
  return svg.finish(width, y - 44 + margin, title);
}

}  // namespace tool
