// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Svg: a picture of boxes, lines and texts, as much of SVG 1.1 as a chart of bars needs.

#include <string>
#include <string_view>

namespace tool {

enum class Anchor { start, middle, end };

/// How text looks: `size` in pixels, and a colour such as "#333333".
struct Font {
  double size = 12;
  std::string_view colour = "#333333";
  Anchor anchor = Anchor::start;
  bool is_bold = false;
};

/// Coordinates are in pixels, from the top left corner.
class Svg {
 public:
  void box(double x, double y, double width, double height, std::string_view colour,
           double radius = 0);
  void line(double x1, double y1, double x2, double y2, std::string_view colour, double width = 1,
            bool is_dashed = false);
  /// A triangle of @p size that points to the left or right from its corner at (@p x, @p y).
  void arrow(double x, double y, double size, bool to_the_right, std::string_view colour);
  /// @p y is that of the line that letters stand on. @p hint appears under the pointer.
  void text(double x, double y, std::string_view text, const Font& font = {},
            std::string_view hint = {});

  /// The document, of this size in pixels. @p title is for those who cannot see it.
  [[nodiscard]] std::string finish(double width, double height, std::string_view title) const;

 private:
  std::string body_;
};

}  // namespace tool
