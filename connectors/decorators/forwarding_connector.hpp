// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// ForwardingConnector: hands every verb to another connector, with a hook before and after. The
/// other decorators of this folder differ in their hooks only.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "proxystore/connector.hpp"

namespace proxystore::testing {

enum class Verb : std::uint8_t {
  put,
  create,
  publish,  ///< Of what create() returned
  get,
  get_into,
  get_range,
  describe,
  get_boxes,
  exists,
  evict,
  put_batch,
  get_batch,
  exists_batch,
  evict_batch,
  list,
  new_key,
  set,
  wait,
  lease,
  renew,
  unlease,
  retire,
  config,
  close
};
constexpr std::size_t verb_count = static_cast<std::size_t>(Verb::close) + 1;

/// One call of a verb, as far as it is known at the moment.
struct Call {
  Verb verb{};
  std::size_t number = 0;  ///< Counts the calls of this verb, from 1
  std::optional<Key>
      key{};  ///< Of verbs for one object; that of put, publish and new_key comes with `after`
  std::size_t bytes = 0;    ///< Stored, or handed out; the latter comes with `after`
  std::size_t objects = 1;  ///< More or less than one in a batch
  bool has_failed = false;  ///< The inner connector threw
};

/// Forwards all verbs. @threadsafe as far as the inner connector and the hooks are
class ForwardingConnector : public Connector {
 public:
  explicit ForwardingConnector(std::shared_ptr<Connector> inner) : inner_(std::move(inner)) {}

  /// How often @p verb was called so far.
  [[nodiscard]] std::size_t count(Verb verb) const noexcept {
    return counts_[static_cast<std::size_t>(verb)];
  }

  [[nodiscard]] std::string_view kind() const noexcept override { return inner_->kind(); }
  [[nodiscard]] Capabilities capabilities() const noexcept override {
    return inner_->capabilities();
  }
  [[nodiscard]] ConnectorConfig config() const override;

  [[nodiscard]] Key put(std::span<const ByteSpan> parts, const PutOptions& options) override;
  [[nodiscard]] std::unique_ptr<ObjectBuilder> create(std::size_t size,
                                                      const PutOptions& options) override;
  [[nodiscard]] std::optional<Bytes> get(const Key& key) override;
  [[nodiscard]] bool allows_background(const Key& key) const noexcept override {
    return inner_->allows_background(key);
  }
  [[nodiscard]] std::optional<std::size_t> get_into(const Key& key,
                                                    std::span<std::byte> target) override;
  [[nodiscard]] std::optional<Bytes> get_range(const Key& key, std::size_t offset,
                                               std::size_t length) override;
  [[nodiscard]] std::optional<ObjectInfo> describe(const Key& key) override;
  [[nodiscard]] std::vector<std::optional<ArrayBox>> get_boxes(
      std::span<const BoxRequest> requests) override;
  [[nodiscard]] bool exists(const Key& key) override;
  bool evict(const Key& key) override;

  [[nodiscard]] std::vector<Key> put_batch(std::span<const PutRequest> requests) override;
  [[nodiscard]] std::vector<std::optional<Bytes>> get_batch(std::span<const Key> keys) override;
  [[nodiscard]] std::vector<bool> exists_batch(std::span<const Key> keys) override;
  void evict_batch(std::span<const Key> keys) override;
  void list(const std::function<bool(const Key&)>& visit) override;

  [[nodiscard]] Key new_key() override;
  void set(const Key& key, std::span<const ByteSpan> parts, const PutOptions& options) override;
  [[nodiscard]] bool wait(const Key& key, std::chrono::milliseconds timeout) override;

  [[nodiscard]] std::optional<Lease> lease(const Key& key, LeaseMode mode,
                                           std::chrono::milliseconds ttl) override;
  [[nodiscard]] bool renew(const Lease& lease, std::chrono::milliseconds ttl) override;
  void unlease(const Lease& lease) override;
  void retire(const Key& key) override;

  [[nodiscard]] bool clears_on_close() const noexcept override { return inner_->clears_on_close(); }
  void close(const CloseOptions& options) override;
  using Connector::close;

 protected:
  /// Runs before each call; what it throws goes to the caller instead.
  virtual void before(const Call&) const {}
  /// Runs after each call, also one that failed; what it throws replaces the result.
  virtual void after(const Call&) const {}

 private:
  class Builder;

  template <class Body>
  auto forward(Call call, const Body& body) const;

  const std::shared_ptr<Connector> inner_;
  mutable std::array<std::atomic<std::size_t>, verb_count> counts_{};
};

}  // namespace proxystore::testing
