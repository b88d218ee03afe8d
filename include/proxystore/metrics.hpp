// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// StoreMetrics: what a store did and how long it took, for each key and in total. Names and
/// statistics are those of Python's proxystore.

#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proxystore/export.hpp"
#include "proxystore/key.hpp"
#include "proxystore/metrics_summary.hpp"
#include "proxystore/proxy.hpp"

namespace proxystore::inline v0 {

/// Statistics of one kind of event. A value type.
struct PROXYSTORE_EXPORT TimeStats {
  std::uint64_t count = 0;
  double avg_time_ms = 0;
  double min_time_ms = std::numeric_limits<double>::infinity();
  double max_time_ms = 0;
  double last_time_ms = 0;
  double last_timestamp = 0;  ///< Seconds since 1970 of the last event; 0: never

  /// Statistics of the events of both.
  TimeStats& operator+=(const TimeStats& other);
  friend TimeStats operator+(TimeStats a, const TimeStats& b) { return a += b; }

  /// The members by name, as Python's as_dict().
  [[nodiscard]] std::map<std::string, double> as_dict() const;
  friend bool operator==(const TimeStats&, const TimeStats&) = default;
};

/// What was recorded for one key, or for one batch of keys. A value type.
struct PROXYSTORE_EXPORT Metrics {
  std::map<std::string, std::uint64_t> attributes{};  ///< Such as "store.put.object_size", in bytes
  std::map<std::string, std::int64_t> counters{};     ///< Such as "store.get.cache_hits"
  std::map<std::string, TimeStats> times{};           ///< Such as "store.get.connector"

  friend bool operator==(const Metrics&, const Metrics&) = default;
};

/// Recorder of one store's metrics. It remembers the latest 65536 keys; totals cover all.
/// @threadsafe
class PROXYSTORE_EXPORT StoreMetrics {
 public:
  using Milliseconds = std::chrono::duration<double, std::milli>;

  static constexpr std::size_t default_max_keys = 65536;
  explicit StoreMetrics(std::size_t max_keys = default_max_keys) : max_keys_(max_keys) {}

  void add_attribute(std::string_view name, const Key& key, std::uint64_t value);
  void add_counter(std::string_view name, const Key& key, std::int64_t value);
  void add_time(std::string_view name, const Key& key, Milliseconds time);

  /// As above for a batch, which is recorded as one: ask for it with the same keys in the same
  /// order.
  void add_attribute(std::string_view name, std::span<const Key> keys, std::uint64_t value);
  void add_time(std::string_view name, std::span<const Key> keys, Milliseconds time);

  /// What is known of one object or batch; nothing if it was never seen, or long ago.
  [[nodiscard]] std::optional<Metrics> get_metrics(const Key& key) const;
  [[nodiscard]] std::optional<Metrics> get_metrics(std::span<const Key> keys) const;
  template <class T>
  [[nodiscard]] std::optional<Metrics> get_metrics(const Proxy<T>& proxy) const {
    return get_metrics(proxy.key());
  }
  template <class T>
  [[nodiscard]] std::optional<Metrics> get_metrics(const std::vector<Proxy<T>>& proxies) const {
    std::vector<Key> keys;
    for (const auto& proxy : proxies) keys.push_back(proxy.key());
    return get_metrics(std::span<const Key>(keys));
  }

  /// Times of all keys together.
  [[nodiscard]] std::map<std::string, TimeStats> aggregate_times() const;
  /// Times, attributes and counters of all keys together, with their distributions.
  [[nodiscard]] MetricsSummary summary() const;
  /// Counters of all keys together.
  [[nodiscard]] std::map<std::string, std::int64_t> aggregate_counters() const;

 private:
  Metrics& of(const Key& key);

  const std::size_t max_keys_;
  mutable std::mutex mutex_;
  std::unordered_map<Key, Metrics> by_key_;
  std::deque<Key> oldest_first_;
  Metrics total_;
  MetricsSummary summary_;
};

}  // namespace proxystore::inline v0
