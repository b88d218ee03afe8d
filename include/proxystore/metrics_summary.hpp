// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// MetricsSummary: what a store's metrics say of all objects together, as a table. Summaries of
/// several stores or ranks can be added; mpi/metrics.hpp does so for all ranks.

#include <cstdint>
#include <limits>
#include <map>
#include <string>

#include "proxystore/export.hpp"
#include "proxystore/serialize.hpp"

namespace proxystore::inline v0 {

/// How non-negative values are distributed: exact but for the percentiles, which are right within
/// 3 %. Takes some 16 bytes for each sixteenth of a power of two that occurs. A value type.
class PROXYSTORE_EXPORT Distribution {
 public:
  void add(double value);
  /// Takes over the values of @p other.
  Distribution& operator+=(const Distribution& other);

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] double sum() const noexcept { return sum_; }
  /// 0 if there are no values; so are all that follow.
  [[nodiscard]] double mean() const noexcept;
  [[nodiscard]] double min() const noexcept;
  [[nodiscard]] double max() const noexcept;
  /// The value that @p percent of all values do not exceed (nearest rank).
  /// @throws ArgumentError unless it is from 0 to 100
  [[nodiscard]] double percentile(double percent) const;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(count_, sum_, min_, max_, buckets_);
  }
  friend bool operator==(const Distribution&, const Distribution&) = default;

 private:
  std::uint64_t count_ = 0;
  double sum_ = 0;
  double min_ = std::numeric_limits<double>::infinity();
  double max_ = 0;
  std::map<std::int32_t, std::uint64_t> buckets_{};
};
template <>
struct TypeName<Distribution> {
  static std::string get() { return "proxystore/distribution/1"; }
};

/// A value type.
struct PROXYSTORE_EXPORT MetricsSummary {
  std::uint64_t recorders = 0;                  ///< Of how many stores or ranks this is the sum
  std::map<std::string, Distribution> times{};  ///< In milliseconds, by event
  std::map<std::string, Distribution> sizes{};  ///< In bytes, by attribute
  std::map<std::string, std::int64_t> counters{};

  MetricsSummary& operator+=(const MetricsSummary& other);

  /// A table for people, with a line for each name.
  [[nodiscard]] std::string to_text() const;
  /// One object with the members recorders, times, sizes and counters.
  [[nodiscard]] std::string to_json() const;
  /// A header, and a line for each name (RFC 4180): kind, name, count, mean, min, p50, p90, p99,
  /// max, sum; times in milliseconds, sizes in bytes.
  [[nodiscard]] std::string to_csv() const;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(recorders, times, sizes, counters);
  }
  friend bool operator==(const MetricsSummary&, const MetricsSummary&) = default;
};
template <>
struct TypeName<MetricsSummary> {
  static std::string get() { return "proxystore/metrics_summary/1"; }
};

}  // namespace proxystore::inline v0
