// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "leases.hpp"

#include <atomic>
#include <mutex>

#include "detail/log.hpp"

namespace proxystore::inline v0::partition {

struct Leases::Evictor {
  explicit Evictor(std::shared_ptr<NodeMemory> of) : memory(std::move(of)) {}

  void evict(const Key& key) noexcept {
    try {
      const auto evicted = memory->evict(key, Locator::of(key));
      if (evicted.leftovers.empty()) return;
      const std::lock_guard lock(mutex);
      for (const SlotName& name : evicted.leftovers) leftovers.emplace_back(key, name);
      has_leftovers = true;
    } catch (const std::exception& error) {
      detail::log(LogLevel::error,
                  "object " + key.to_string() + " was not evicted: " + error.what());
    }
  }

  const std::shared_ptr<NodeMemory> memory;
  std::atomic<bool> has_leftovers{false};
  std::mutex mutex;
  std::vector<std::pair<Key, SlotName>> leftovers;
};

Leases::Leases(std::shared_ptr<NodeMemory> memory)
    : evictor_(std::make_shared<Evictor>(std::move(memory))),
      table_(std::make_shared<detail::LeaseTable>(
          [evictor = evictor_](const Key& key) { evictor->evict(key); })) {}

bool Leases::apply(const LeaseRequest& request) {
  using Verb = LeaseRequest::Verb;
  switch (request.verb) {
    case Verb::take:
      return table_->take(request.key, request.mode, request.token, request.ttl);
    case Verb::renew:
      return table_->renew(request.key, request.token, request.ttl);
    case Verb::give_back:
      table_->give_back(request.key, request.token);
      return true;
    case Verb::retire:
      table_->retire(request.key);
      return true;
  }
  return false;
}

std::vector<std::pair<Key, SlotName>> Leases::take_leftovers() {
  if (!evictor_->has_leftovers) return {};
  const std::lock_guard lock(evictor_->mutex);
  evictor_->has_leftovers = false;
  return std::exchange(evictor_->leftovers, {});
}

}  // namespace proxystore::inline v0::partition
