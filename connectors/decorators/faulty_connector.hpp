// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// FaultyConnector: fails chosen calls of a connector.

#include <exception>
#include <mutex>
#include <utility>
#include <vector>

#include "forwarding_connector.hpp"

namespace proxystore::testing {

/// Whether a call fails before the inner connector is asked, or after it has done its work: a
/// request that was lost, or an answer that was.
enum class Moment : std::uint8_t { before, after };

/// Whether batches go to the inner connector whole, or object by object through the verbs here, so
/// that one of them can fail in the middle.
enum class Batches : std::uint8_t { whole, split };

/// Throws planned errors; without a plan it changes nothing. @threadsafe
class FaultyConnector final : public ForwardingConnector {
 public:
  explicit FaultyConnector(std::shared_ptr<Connector> inner, Batches batches = Batches::whole)
      : ForwardingConnector(std::move(inner)), batches_(batches) {}

  /// Call number @p number of @p verb, counted from the making of this connector, throws @p error.
  template <class Error>
  void fail(Verb verb, std::size_t number, Error error, Moment moment = Moment::before) {
    const std::lock_guard lock(mutex_);
    plan_.push_back({verb, number, moment, std::make_exception_ptr(std::move(error))});
  }

  /// The next call of @p verb throws @p error.
  template <class Error>
  void fail_next(Verb verb, Error error, Moment moment = Moment::before) {
    fail(verb, count(verb) + 1, std::move(error), moment);
  }

  [[nodiscard]] std::vector<Key> put_batch(std::span<const PutRequest> requests) override {
    return splits() ? Connector::put_batch(requests) : ForwardingConnector::put_batch(requests);
  }
  [[nodiscard]] std::vector<std::optional<Bytes>> get_batch(std::span<const Key> keys) override {
    return splits() ? Connector::get_batch(keys) : ForwardingConnector::get_batch(keys);
  }
  [[nodiscard]] std::vector<bool> exists_batch(std::span<const Key> keys) override {
    return splits() ? Connector::exists_batch(keys) : ForwardingConnector::exists_batch(keys);
  }
  void evict_batch(std::span<const Key> keys) override {
    splits() ? Connector::evict_batch(keys) : ForwardingConnector::evict_batch(keys);
  }

 private:
  struct Fault {
    Verb verb{};
    std::size_t number = 0;
    Moment moment{};
    std::exception_ptr error;
  };

  void before(const Call& call) const override { throw_planned(call, Moment::before); }
  void after(const Call& call) const override {
    if (!call.has_failed) throw_planned(call, Moment::after);
  }
  void throw_planned(const Call& call, Moment moment) const {
    const std::lock_guard lock(mutex_);
    for (const auto& fault : plan_) {
      if (fault.verb == call.verb && fault.number == call.number && fault.moment == moment) {
        std::rethrow_exception(fault.error);
      }
    }
  }
  [[nodiscard]] bool splits() const noexcept { return batches_ == Batches::split; }

  const Batches batches_;
  mutable std::mutex mutex_;
  std::vector<Fault> plan_;
};

}  // namespace proxystore::testing
