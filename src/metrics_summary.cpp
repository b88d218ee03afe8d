// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/metrics_summary.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

namespace {

constexpr int parts = 16;  // of each power of two
constexpr std::int32_t zero_bucket = std::numeric_limits<std::int32_t>::min();

std::int32_t bucket_of(double value) {
  if (value <= 0) return zero_bucket;
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);  // in [0.5, 1)
  return exponent * parts + static_cast<int>((fraction - 0.5) * 2 * parts);
}

double middle_of(std::int32_t bucket) {
  if (bucket == zero_bucket) return 0;
  const int part = ((bucket % parts) + parts) % parts;
  return std::ldexp(0.5 + (part + 0.5) / (2.0 * parts), (bucket - part) / parts);
}

/// As short as it reads back the same. The locale of the program changes nothing here, nor below.
std::string number(double value) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

std::string rounded(double value) {
  std::array<char, 32> text{};
  char* const end = text.data() + text.size();
  return {text.data(), std::to_chars(text.data(), end, value, std::chars_format::general, 4).ptr};
}

/// @p text as a JSON string.
std::string quoted_json(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", static_cast<unsigned>(c));
      result += escaped.data();
    } else {
      result += c;
    }
  }
  return result + '"';
}

/// @p text as a field of a CSV line.
std::string quoted_csv(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

/// The columns of a distribution, in the order of all three forms.
std::vector<std::pair<std::string, double>> columns(const Distribution& values) {
  return {{"mean", values.mean()},        {"min", values.min()},
          {"p50", values.percentile(50)}, {"p90", values.percentile(90)},
          {"p99", values.percentile(99)}, {"max", values.max()},
          {"sum", values.sum()}};
}

std::string json_of(const std::map<std::string, Distribution>& all) {
  std::string text = "{";
  for (const auto& [name, values] : all) {
    if (text.size() > 1) text += ", ";
    text += quoted_json(name) + ": {\"count\": " + std::to_string(values.count());
    for (const auto& [column, value] : columns(values)) {
      text += ", \"" + column + "\": " + number(value);
    }
    text += "}";
  }
  return text + "}";
}

std::string padded(const std::string& text, std::size_t width, bool right = true) {
  const std::string blanks(width - std::min(width, text.size()), ' ');
  return right ? blanks + text : text + blanks;
}

}  // namespace

void Distribution::add(double value) {
  if (!(value >= 0)) value = 0;  // a clock that ran backwards
  ++count_;
  sum_ += value;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  ++buckets_[bucket_of(value)];
}

Distribution& Distribution::operator+=(const Distribution& other) {
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  for (const auto& [bucket, count] : other.buckets_) buckets_[bucket] += count;
  return *this;
}

double Distribution::mean() const noexcept {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}
double Distribution::min() const noexcept {
  return count_ == 0 ? 0 : min_;
}
double Distribution::max() const noexcept {
  return max_;
}

double Distribution::percentile(double percent) const {
  if (!(percent >= 0 && percent <= 100)) {
    throw ArgumentError("the percentile " + number(percent) + " is not from 0 to 100");
  }
  if (percent == 0) return min();
  const double wanted = std::ceil(percent / 100 * static_cast<double>(count_));
  std::uint64_t seen = 0;
  for (const auto& [bucket, count] : buckets_) {
    seen += count;
    if (static_cast<double>(seen) >= wanted) return std::clamp(middle_of(bucket), min(), max());
  }
  return max();
}

MetricsSummary& MetricsSummary::operator+=(const MetricsSummary& other) {
  recorders += other.recorders;
  for (const auto& [name, values] : other.times) times[name] += values;
  for (const auto& [name, values] : other.sizes) sizes[name] += values;
  for (const auto& [name, value] : other.counters) counters[name] += value;
  return *this;
}

std::string MetricsSummary::to_text() const {
  std::size_t width = 20;
  for (const auto* all : {&times, &sizes}) {
    for (const auto& [name, values] : *all) width = std::max(width, name.size());
  }
  for (const auto& [name, value] : counters) width = std::max(width, name.size());
  constexpr std::size_t column_width = 11;
  std::string text;
  const auto add_table = [&](const std::string& title,
                             const std::map<std::string, Distribution>& all) {
    if (all.empty()) return;
    text += padded(title, width, false) + padded("count", column_width);
    for (const auto& [column, value] : columns(Distribution())) {
      text += padded(column, column_width);
    }
    text += '\n';
    for (const auto& [name, values] : all) {
      text += padded(name, width, false) + padded(std::to_string(values.count()), column_width);
      for (const auto& [column, value] : columns(values)) {
        text += padded(rounded(value), column_width);
      }
      text += '\n';
    }
  };
  add_table("times in ms", times);
  add_table("sizes in bytes", sizes);
  if (!counters.empty()) text += "counters\n";
  for (const auto& [name, value] : counters) {
    text += padded(name, width, false) + padded(std::to_string(value), column_width) + '\n';
  }
  return text;
}

std::string MetricsSummary::to_json() const {
  std::string text = "{\"recorders\": " + std::to_string(recorders) +
                     ", \"times\": " + json_of(times) + ", \"sizes\": " + json_of(sizes) +
                     ", \"counters\": {";
  bool is_first = true;
  for (const auto& [name, value] : counters) {
    if (!std::exchange(is_first, false)) text += ", ";
    text += quoted_json(name) + ": " + std::to_string(value);
  }
  return text + "}}";
}

std::string MetricsSummary::to_csv() const {
  std::string text = "kind,name,count,mean,min,p50,p90,p99,max,sum\r\n";
  const auto add = [&](const std::string& kind, const std::map<std::string, Distribution>& all) {
    for (const auto& [name, values] : all) {
      text += kind + "," + quoted_csv(name) + "," + std::to_string(values.count());
      for (const auto& [column, value] : columns(values)) text += "," + number(value);
      text += "\r\n";
    }
  };
  add("time", times);
  add("size", sizes);
  for (const auto& [name, value] : counters) {
    text += "counter," + quoted_csv(name) + "," + std::to_string(value) + ",,,,,,,\r\n";
  }
  return text;
}

}  // namespace proxystore::inline v0
