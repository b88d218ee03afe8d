// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/metrics.hpp"

#include <algorithm>

namespace proxystore::inline v0 {

namespace {

TimeStats one_event(StoreMetrics::Milliseconds time) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {.count = 1,
          .avg_time_ms = time.count(),
          .min_time_ms = time.count(),
          .max_time_ms = time.count(),
          .last_time_ms = time.count(),
          .last_timestamp = std::chrono::duration<double>(now).count()};
}

/// A batch is recorded under one key made of all of its keys, in order.
Key batch_key(std::span<const Key> keys) {
  Key batch;
  std::uint64_t mixed[2] = {keys.size(), ~std::uint64_t{keys.size()}};
  for (const auto& key : keys) {
    std::uint64_t halves[2];
    std::memcpy(halves, key.id.data(), sizeof halves);
    mixed[0] = (mixed[0] ^ halves[0]) * 0x9E3779B97F4A7C15ULL;  // 2^64 / golden ratio: spreads bits
    mixed[1] = (mixed[1] ^ halves[1]) * 0x9E3779B97F4A7C15ULL + mixed[0];
  }
  std::memcpy(batch.id.data(), mixed, sizeof mixed);
  return batch;
}

}  // namespace

TimeStats& TimeStats::operator+=(const TimeStats& other) {
  if (other.count == 0) return *this;
  if (count == 0) return *this = other;
  const auto weight = static_cast<double>(count);
  const auto other_weight = static_cast<double>(other.count);
  avg_time_ms = (avg_time_ms * weight + other.avg_time_ms * other_weight) / (weight + other_weight);
  count += other.count;
  min_time_ms = std::min(min_time_ms, other.min_time_ms);
  max_time_ms = std::max(max_time_ms, other.max_time_ms);
  if (other.last_timestamp >= last_timestamp) {
    last_time_ms = other.last_time_ms;
    last_timestamp = other.last_timestamp;
  }
  return *this;
}

std::map<std::string, double> TimeStats::as_dict() const {
  return {{"count", static_cast<double>(count)}, {"avg_time_ms", avg_time_ms},
          {"min_time_ms", min_time_ms},          {"max_time_ms", max_time_ms},
          {"last_time_ms", last_time_ms},        {"last_timestamp", last_timestamp}};
}

Metrics& StoreMetrics::of(const Key& key) {
  const auto [found, is_new] = by_key_.try_emplace(key);
  if (is_new) {
    oldest_first_.push_back(key);
    if (oldest_first_.size() > std::max<std::size_t>(max_keys_, 1)) {
      by_key_.erase(oldest_first_.front());
      oldest_first_.pop_front();
    }
  }
  return found->second;
}

void StoreMetrics::add_attribute(std::string_view name, const Key& key, std::uint64_t value) {
  const std::lock_guard lock(mutex_);
  of(key).attributes[std::string(name)] = value;
  summary_.sizes[std::string(name)].add(static_cast<double>(value));
}

void StoreMetrics::add_counter(std::string_view name, const Key& key, std::int64_t value) {
  const std::lock_guard lock(mutex_);
  of(key).counters[std::string(name)] += value;
  total_.counters[std::string(name)] += value;
}

void StoreMetrics::add_time(std::string_view name, const Key& key, Milliseconds time) {
  const TimeStats event = one_event(time);
  const std::lock_guard lock(mutex_);
  of(key).times[std::string(name)] += event;
  total_.times[std::string(name)] += event;
  summary_.times[std::string(name)].add(time.count());
}

void StoreMetrics::add_attribute(std::string_view name, std::span<const Key> keys,
                                 std::uint64_t value) {
  add_attribute(name, batch_key(keys), value);
}

void StoreMetrics::add_time(std::string_view name, std::span<const Key> keys, Milliseconds time) {
  add_time(name, batch_key(keys), time);
}

std::optional<Metrics> StoreMetrics::get_metrics(const Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  return found->second;
}

std::optional<Metrics> StoreMetrics::get_metrics(std::span<const Key> keys) const {
  return get_metrics(batch_key(keys));
}

std::map<std::string, TimeStats> StoreMetrics::aggregate_times() const {
  const std::lock_guard lock(mutex_);
  return total_.times;
}

MetricsSummary StoreMetrics::summary() const {
  const std::lock_guard lock(mutex_);
  MetricsSummary summary = summary_;
  summary.recorders = 1;
  summary.counters = total_.counters;
  return summary;
}

std::map<std::string, std::int64_t> StoreMetrics::aggregate_counters() const {
  const std::lock_guard lock(mutex_);
  return total_.counters;
}

}  // namespace proxystore::inline v0
