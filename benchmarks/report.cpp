// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "report.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <span>
#include <string_view>

namespace bench {

namespace {

constexpr std::string_view row_mark = "bench-row";
constexpr std::string_view note_mark = "bench-note";

/// The shortest text that is read back as @p value.
std::string exact(double value) {
  std::array<char, 64> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

std::string rounded(double value, int digits = 3) {
  std::array<char, 64> text{};
  if (value < 1000.0) {
    std::snprintf(text.data(), text.size(), "%.*g", digits, value);
  } else {
    std::snprintf(text.data(), text.size(), "%.0f", value);
  }
  return text.data();
}

/// With the largest of the units that leaves at least 1, each @p step times the one before.
std::string scaled(double value, double step, std::span<const char* const> units) {
  std::size_t at = 0;
  while (at + 1 < units.size() && value >= step) {
    value /= step;
    ++at;
  }
  return rounded(value) + " " + units[at];
}

std::string bytes(double value) {
  return scaled(value, 1024.0, std::array{"B", "KiB", "MiB", "GiB"});
}

std::string figure(double value, Unit unit) {
  if (unit == Unit::bytes) return bytes(value);
  return scaled(value * 1e9, 1000.0, std::array{"ns", "us", "ms", "s"});
}

std::string_view name_of(Better better) {
  return better == Better::lower ? "lower" : "higher";
}

std::string budget_of(const Row& row) {
  if (!row.budget) return "-";
  return (row.better == Better::lower ? "<= " : ">= ") + rounded(*row.budget);
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == separator) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

}  // namespace

std::string to_table(const Result& result) {
  using Line = std::array<std::string, 7>;
  std::vector<Line> lines{{"name", "size", "ours", "reference", "ratio", "budget", ""}};
  for (const Row& row : result.rows) {
    lines.push_back({row.name, row.size == 0 ? "-" : bytes(static_cast<double>(row.size)),
                     figure(row.ours, row.unit), figure(row.reference, row.unit),
                     rounded(row.ratio(), 4), budget_of(row), row.is_missed() ? "MISSED" : ""});
  }
  std::array<std::size_t, 7> widths{};
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string table;
  for (const Line& line : lines) {
    std::string text = line[0] + std::string(widths[0] - line[0].size(), ' ');
    for (std::size_t i = 1; i < line.size(); ++i) {
      text += "  " + std::string(widths[i] - line[i].size(), ' ') + line[i];
    }
    table += text.substr(0, text.find_last_not_of(' ') + 1) + '\n';
  }
  for (const std::string& note : result.notes) table += '\n' + note + '\n';
  return table;
}

std::string to_json(const Result& result) {
  std::string json = "[";
  for (const Row& row : result.rows) {
    if (json.size() > 1) json += ',';
    json += "\n  {\"name\": " + quoted(row.name) + ", \"size\": " + std::to_string(row.size) +
            ", \"ours\": " + exact(row.ours) + ", \"reference\": " + exact(row.reference) +
            ", \"ratio\": " + exact(row.ratio()) +
            ", \"budget\": " + (row.budget ? exact(*row.budget) : "null") +
            ", \"better\": " + quoted(std::string(name_of(row.better))) +
            ", \"unit\": " + (row.unit == Unit::bytes ? "\"bytes\"" : "\"seconds\"") + "}";
  }
  return json + "\n]\n";
}

std::string to_lines(const Result& result) {
  std::string lines;
  for (const Row& row : result.rows) {
    lines += std::string(row_mark) + '\t' + row.name + '\t' + std::to_string(row.size) + '\t' +
             exact(row.ours) + '\t' + exact(row.reference) + '\t' +
             (row.budget ? exact(*row.budget) : "") + '\t' +
             std::to_string(static_cast<int>(row.better)) + '\t' +
             std::to_string(static_cast<int>(row.unit)) + '\n';
  }
  for (const std::string& note : result.notes) lines += std::string(note_mark) + '\t' + note + '\n';
  return lines;
}

bool add_line(const std::string& line, Result& result) {
  const std::vector<std::string> fields = split(line, '\t');
  if (fields.size() == 2 && fields[0] == note_mark) {
    result.notes.push_back(fields[1]);
    return true;
  }
  if (fields.size() != 8 || fields[0] != row_mark) return false;
  Row row{.name = fields[1],
          .size = std::stoull(fields[2]),
          .ours = std::stod(fields[3]),
          .reference = std::stod(fields[4]),
          .better = static_cast<Better>(std::stoi(fields[6])),
          .unit = static_cast<Unit>(std::stoi(fields[7]))};
  if (!fields[5].empty()) row.budget = std::stod(fields[5]);
  result.rows.push_back(std::move(row));
  return true;
}

}  // namespace bench
