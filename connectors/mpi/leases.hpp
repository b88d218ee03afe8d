// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The leases of the objects that this rank owns. Other ranks ask for them, also those on the node.

#include <memory>
#include <utility>
#include <vector>

#include "detail/lease_table.hpp"
#include "messages.hpp"
#include "node_memory.hpp"

namespace proxystore::inline v0::partition {

/// @threadsafe
class Leases {
 public:
  explicit Leases(std::shared_ptr<NodeMemory> memory);

  /// Does what is asked for; whether it was granted, or done.
  [[nodiscard]] bool apply(const LeaseRequest& request);

  /// What retired objects left to be evicted on other nodes, for a thread that may send.
  [[nodiscard]] std::vector<std::pair<Key, SlotName>> take_leftovers();

 private:
  /// Outlives this, if a lease ends just then.
  struct Evictor;

  const std::shared_ptr<Evictor> evictor_;
  const std::shared_ptr<detail::LeaseTable> table_;
};

}  // namespace proxystore::inline v0::partition
