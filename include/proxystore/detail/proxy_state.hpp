// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The part of a proxy that its copies share: the factory, and the object once it is there.

#include <atomic>
#include <memory>
#include <utility>

#include "proxystore/detail/claim.hpp"
#include "proxystore/detail/proxy_factory.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0::detail {

/// Resolves once. Readers of a resolved proxy take one acquire load and no lock; the first to ask
/// fetches while the others wait, and if it fails the next one tries again. (std::call_once is not
/// used: with libstdc++ it hangs after an exception.)
class PROXYSTORE_EXPORT ProxyState {
 public:
  ProxyState(std::shared_ptr<ProxyFactory> factory, std::shared_ptr<const void> target)
      : factory_(std::move(factory)), target_(std::move(target)), ready_(target_.get()) {}
  ProxyState(const ProxyState&) = delete;
  ProxyState& operator=(const ProxyState&) = delete;

  [[nodiscard]] ProxyFactory& factory() const noexcept { return *factory_; }
  [[nodiscard]] bool is_resolved() const noexcept {
    return ready_.load(std::memory_order_acquire) != nullptr;
  }

  /// @throws ProxyResolveError
  [[nodiscard]] const void* resolve() {
    if (const void* object = ready_.load(std::memory_order_acquire)) return object;
    return resolve_slowly();
  }

  /// Takes @p object for the proxy's, unless that is here already.
  void resolve_with(std::shared_ptr<const void> object);

  /// The resolved object, shared.
  [[nodiscard]] std::shared_ptr<const void> share() {
    (void)resolve();
    return target_;  // written once, before ready_
  }

 private:
  const void* resolve_slowly();

  const std::shared_ptr<ProxyFactory> factory_;
  Claim claim_;  // to fetch the object
  std::shared_ptr<const void> target_;
  std::atomic<const void*> ready_;
};

}  // namespace proxystore::inline v0::detail
