// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// RecordingConnector: keeps a log of the calls of a connector.

#include <mutex>
#include <vector>

#include "forwarding_connector.hpp"

namespace proxystore::testing {

/// Logs every call in the order in which the calls end. @threadsafe
class RecordingConnector final : public ForwardingConnector {
 public:
  using ForwardingConnector::ForwardingConnector;

  [[nodiscard]] std::vector<Call> log() const {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  void clear_log() {
    const std::lock_guard lock(mutex_);
    log_.clear();
  }

 private:
  void after(const Call& call) const override {
    const std::lock_guard lock(mutex_);
    log_.push_back(call);
  }

  mutable std::mutex mutex_;
  mutable std::vector<Call> log_;
};

}  // namespace proxystore::testing
