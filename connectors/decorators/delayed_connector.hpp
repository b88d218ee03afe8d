// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// DelayedConnector: makes a connector as slow as a far one.

#include <array>
#include <chrono>
#include <thread>

#include "forwarding_connector.hpp"

namespace proxystore::testing {

/// Sleeps before each call. @threadsafe
class DelayedConnector final : public ForwardingConnector {
 public:
  using Latency = std::chrono::microseconds;

  explicit DelayedConnector(std::shared_ptr<Connector> inner, Latency of_all = Latency(0))
      : ForwardingConnector(std::move(inner)) {
    for (auto& latency : latencies_) latency = of_all.count();
  }

  void delay(Verb verb, Latency latency) {
    latencies_[static_cast<std::size_t>(verb)] = latency.count();
  }

 private:
  void before(const Call& call) const override {
    const Latency latency(latencies_[static_cast<std::size_t>(call.verb)].load());
    if (latency > Latency(0)) std::this_thread::sleep_for(latency);
  }

  std::array<std::atomic<Latency::rep>, verb_count> latencies_{};
};

}  // namespace proxystore::testing
