// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "svg.hpp"

#include "answer.hpp"

namespace tool {

namespace {

std::string number(double value) {
  return number_text(value, std::chars_format::fixed, 1);
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string attribute(std::string_view name, double value) {
  return " " + std::string(name) + "=\"" + number(value) + "\"";
}

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + escaped(value) + "\"";
}

}  // namespace

void Svg::box(double x, double y, double width, double height, std::string_view colour,
              double radius) {
  body_ += "<rect" + attribute("x", x) + attribute("y", y) + attribute("width", width) +
           attribute("height", height) + attribute("fill", colour) +
           (radius > 0 ? attribute("rx", radius) : "") + "/>\n";
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view colour, double width,
               bool is_dashed) {
  body_ += "<line" + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) +
           attribute("y2", y2) + attribute("stroke", colour) + attribute("stroke-width", width) +
           (is_dashed ? " stroke-dasharray=\"3 3\"" : "") + "/>\n";
}

void Svg::arrow(double x, double y, double size, bool to_the_right, std::string_view colour) {
  const double back = to_the_right ? x - size : x + size;
  body_ += "<path d=\"M " + number(x) + " " + number(y) + " L " + number(back) + " " +
           number(y - size / 2) + " L " + number(back) + " " + number(y + size / 2) + " Z\"" +
           attribute("fill", colour) + "/>\n";
}

void Svg::text(double x, double y, std::string_view text, const Font& font, std::string_view hint) {
  constexpr std::array anchors = {"start", "middle", "end"};
  body_ += "<text" + attribute("x", x) + attribute("y", y) + attribute("font-size", font.size) +
           attribute("fill", font.colour) +
           attribute("text-anchor", anchors[static_cast<std::size_t>(font.anchor)]) +
           (font.is_bold ? " font-weight=\"bold\"" : "") + ">" +
           (hint.empty() ? "" : "<title>" + escaped(hint) + "</title>") + escaped(text) +
           "</text>\n";
}

std::string Svg::finish(double width, double height, std::string_view title) const {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<svg xmlns=\"http://www.w3.org/2000/svg\"" +
         attribute("width", width) + attribute("height", height) + " viewBox=\"0 0 " +
         number(width) + " " + number(height) +
         "\" font-family=\"DejaVu Sans, Verdana, Helvetica, Arial, sans-serif\" "
         "role=\"img\">\n<title>" +
         escaped(title) + "</title>\n" +
         "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" + body_ + "</svg>\n";
}

}  // namespace tool
