// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "bench_results.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace tool {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("these are no benchmark results: " + what);
}

Json parse(std::string_view document) {
  try {
    return Json::parse(document);
  } catch (const Json::parse_error& error) {
    fail(error.what());
  }
}

BenchRow to_row(const Json& json) {
  try {
    BenchRow row{.name = json.at("name").get<std::string>(),
                 .size = json.at("size").get<std::uint64_t>(),
                 .ours = json.at("ours").get<double>(),
                 .reference = json.at("reference").get<double>(),
                 .ratio = json.at("ratio").get<double>(),
                 .lower_is_better = json.at("better").get<std::string>() == "lower",
                 .is_bytes = json.value("unit", "seconds") == "bytes"};
    if (!json.at("budget").is_null()) row.budget = json.at("budget").get<double>();
    if (!(row.ratio > 0) || !std::isfinite(row.ratio) || (row.budget && !(*row.budget > 0))) {
      fail("'" + row.name + "' has a ratio or a budget that is not above 0");
    }
    return row;
  } catch (const Json::exception& error) {
    fail(std::string("a row: ") + error.what());
  }
}

std::vector<BenchRow> to_rows(const Json& json) {
  if (!json.is_array()) fail("rows are an array");
  std::vector<BenchRow> rows;
  for (const Json& row : json) rows.push_back(to_row(row));
  return rows;
}

std::string with_unit(double value, double step, const std::vector<const char*>& units) {
  std::size_t at = 0;
  while (at + 1 < units.size() && value >= step) {
    value /= step;
    ++at;
  }
  const std::string digits = value < 1000 ? number_text(value, std::chars_format::general, 3)
                                          : number_text(value, std::chars_format::fixed, 0);
  return digits + " " + units[at];
}

std::string figure(double value, bool is_bytes) {
  if (is_bytes) return with_unit(value, 1024, {"B", "KiB", "MiB", "GiB"});
  return with_unit(value * 1e9, 1000, {"ns", "us", "ms", "s"});
}

/// The first column to the left, the others to the right.
std::string to_table(const std::vector<std::array<std::string, 7>>& lines) {
  std::array<std::size_t, 7> widths{};
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string table;
  for (const auto& line : lines) {
    std::string text = line[0] + std::string(widths[0] - line[0].size(), ' ');
    for (std::size_t i = 1; i < line.size(); ++i) {
      text += "  " + std::string(widths[i] - line[i].size(), ' ') + line[i];
    }
    table += text.substr(0, text.find_last_not_of(' ') + 1) + '\n';
  }
  return table;
}

}  // namespace

BenchGroup parse_group(const std::string& name, std::string_view document) {
  return {.name = name, .rows = to_rows(parse(document))};
}

std::vector<BenchGroup> parse_groups(const std::string& name, std::string_view document) {
  const Json json = parse(document);
  if (json.is_array()) return {{.name = name, .rows = to_rows(json)}};
  if (!json.is_object() || !json.contains("groups") || !json["groups"].is_array()) {
    fail("there is neither an array of rows nor 'groups'");
  }
  std::vector<BenchGroup> groups;
  for (const Json& group : json["groups"]) {
    if (!group.is_object() || !group.contains("name") || !group["name"].is_string() ||
        !group.contains("rows")) {
      fail("a group has no name or no rows");
    }
    groups.push_back({.name = group["name"].get<std::string>(), .rows = to_rows(group["rows"])});
  }
  return groups;
}

Json to_json(const std::vector<BenchGroup>& groups) {
  Json all = Json::array();
  for (const BenchGroup& group : groups) {
    Json rows = Json::array();
    for (const BenchRow& row : group.rows) {
      rows.push_back({{"name", row.name},
                      {"size", row.size},
                      {"ours", row.ours},
                      {"reference", row.reference},
                      {"ratio", row.ratio},
                      {"budget", row.budget ? Json(*row.budget) : Json()},
                      {"better", row.lower_is_better ? "lower" : "higher"},
                      {"unit", row.is_bytes ? "bytes" : "seconds"},
                      {"missed", row.is_missed()}});
    }
    all.push_back({{"name", group.name}, {"rows", rows}});
  }
  return {{"groups", all}};
}

std::string to_text(const std::vector<BenchGroup>& groups) {
  std::string text;
  for (const BenchGroup& group : groups) {
    std::vector<std::array<std::string, 7>> lines{
        {group.name, "size", "ours", "reference", "ratio", "budget", ""}};
    for (const BenchRow& row : group.rows) {
      lines.push_back(
          {printable(row.name), row.size == 0 ? "-" : size_text(row.size),
           figure(row.ours, row.is_bytes), figure(row.reference, row.is_bytes),
           ratio_text(row.ratio),
           row.budget ? (row.lower_is_better ? "<= " : ">= ") + ratio_text(*row.budget) : "-",
           row.is_missed() ? "MISSED" : ""});
    }
    text += (text.empty() ? "" : "\n") + to_table(lines);
  }
  return text;
}

std::string ratio_text(double ratio) {
  return ratio >= 100 ? number_text(ratio, std::chars_format::fixed, 0)
                      : number_text(ratio, std::chars_format::general, 3);
}

}  // namespace tool
