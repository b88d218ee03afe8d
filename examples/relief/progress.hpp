// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Shows how far the work is: a bar on a terminal, now and then a plain line elsewhere.

#include <chrono>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>

namespace relief {

/// Progress over a known number of steps. One thread at a time.
class Progress {
 public:
  enum class Style {
    bar,    ///< one line that is drawn again
    lines,  ///< a line every tenth of the way, or after five seconds
  };
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  /// A bar if standard error is a terminal, else lines.
  [[nodiscard]] static Style style_for_stderr();

  /// @param label what is counted, for example "tiles"
  Progress(std::ostream& out, std::string label, std::size_t total,
           Style style = style_for_stderr(), Clock clock = std::chrono::steady_clock::now);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Ends the line of an unfinished bar, so that what is printed next starts on its own.
  ~Progress();

  /// Counts `steps` as done and shows it when it is time.
  void advance(std::size_t steps = 1);

  [[nodiscard]] std::size_t done() const { return done_; }

 private:
  [[nodiscard]] bool is_time(std::chrono::steady_clock::time_point now) const;
  [[nodiscard]] std::size_t tenths() const;
  void draw_bar();
  void print_line();

  std::ostream& out_;
  std::string label_;
  std::size_t total_;
  Style style_;
  Clock clock_;
  std::size_t done_ = 0;
  std::size_t shown_tenths_ = 0;
  bool bar_open_ = false;
  std::chrono::steady_clock::time_point shown_at_;
};

}  // namespace relief
