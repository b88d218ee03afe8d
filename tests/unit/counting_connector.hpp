// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// CountingConnector: objects in memory, a count of each verb, and a gate that holds back gets.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proxystore/connector.hpp"
#include "proxystore/error.hpp"

namespace proxystore::testing {

/// Lets threads wait until it is opened; gives up after a minute, so that no test hangs.
class Gate {
 public:
  void close() {
    const std::lock_guard lock(mutex_);
    is_open_ = false;
  }
  void open() {
    {
      const std::lock_guard lock(mutex_);
      is_open_ = true;
    }
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    wait(lock, [this] { return is_open_; });
  }
  /// Waits until @p count threads have come to the gate since it was made.
  void await_arrivals(int count) {
    std::unique_lock lock(mutex_);
    wait(lock, [&] { return arrived_ >= count; });
  }

 private:
  template <class Condition>
  void wait(std::unique_lock<std::mutex>& lock, const Condition& condition) {
    // Not wait_for(): on a monotonic clock it calls what thread sanitizers do not know.
    const auto deadline = std::chrono::system_clock::now() + std::chrono::minutes(1);
    if (!changed_.wait_until(lock, deadline, condition)) throw std::runtime_error("gate timed out");
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = true;
  int arrived_ = 0;
};

class CountingConnector : public Connector {
 public:
  std::atomic<int> puts{0}, put_batches{0}, gets{0}, get_batches{0}, evicts{0}, exist_checks{0};
  std::atomic<int> failing_gets{0};       ///< So many of the next gets throw.
  Gate gate;                              ///< Passed by every get after it has its bytes.
  std::atomic<std::thread::id> got_by{};  ///< The thread of the last get.
  std::atomic<bool> background{true};     ///< Whether threads of the library may get.
  PutOptions last_options{};

  [[nodiscard]] std::string_view kind() const noexcept override { return "counting"; }
  [[nodiscard]] Capabilities capabilities() const noexcept override { return {Capability::stores}; }
  [[nodiscard]] ConnectorConfig config() const override { return {.kind = "counting"}; }

  [[nodiscard]] Key put(std::span<const ByteSpan> parts, const PutOptions& options) override {
    ++puts;
    const std::lock_guard lock(mutex_);
    last_options = options;
    return store(parts);
  }
  [[nodiscard]] std::vector<Key> put_batch(std::span<const PutRequest> requests) override {
    ++put_batches;
    const std::lock_guard lock(mutex_);
    std::vector<Key> keys;
    for (const auto& request : requests) keys.push_back(store(request.parts));
    return keys;
  }
  [[nodiscard]] std::optional<Bytes> get(const Key& key) override {
    ++gets;
    got_by = std::this_thread::get_id();
    auto found = find(key);
    gate.pass();
    if (failing_gets > 0) {
      --failing_gets;
      throw ConnectorError("the medium failed", {.connector = "counting", .operation = "get"});
    }
    return found;
  }
  [[nodiscard]] bool allows_background(const Key&) const noexcept override { return background; }
  [[nodiscard]] std::vector<std::optional<Bytes>> get_batch(std::span<const Key> keys) override {
    ++get_batches;
    std::vector<std::optional<Bytes>> objects;
    for (const auto& key : keys) objects.push_back(find(key));
    gate.pass();
    return objects;
  }
  [[nodiscard]] bool exists(const Key& key) override {
    ++exist_checks;
    return find(key).has_value();
  }
  bool evict(const Key& key) override {
    ++evicts;
    const std::lock_guard lock(mutex_);
    return objects_.erase(key) != 0;
  }
  void close(const CloseOptions&) override { closed = true; }

  std::atomic<bool> closed{false};

 private:
  Key store(std::span<const ByteSpan> parts) {
    Bytes object = Bytes::copy_of(parts);
    Key key = Key::random();
    key.size = object.size();
    objects_.emplace(key, std::move(object));
    return key;
  }
  std::optional<Bytes> find(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    if (found == objects_.end()) return std::nullopt;
    return found->second;
  }

  std::mutex mutex_;
  std::unordered_map<Key, Bytes> objects_;
};

}  // namespace proxystore::testing
