// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Gets objects, wherever they are: mapped on the node, asked for off the node, once for all of its
/// ranks.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "messages.hpp"
#include "node_memory.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/key.hpp"
#include "runtime.hpp"

namespace proxystore::inline v0::partition {

/// @threadsafe
class Fetcher {
 public:
  explicit Fetcher(Runtime& runtime) : runtime_(runtime), memory_(runtime.memory()) {}

  /// The object's @p range, or nothing. @throws as Runtime::locate(), Exchange::finish()
  [[nodiscard]] std::optional<Bytes> get(const Key& key, Range range);
  /// What can be asked for is asked for together.
  [[nodiscard]] std::vector<std::optional<Bytes>> get_batch(std::span<const Key> keys);
  /// Mapped on the node; off the node gathered by the owners, which are asked together.
  [[nodiscard]] std::vector<std::optional<ArrayBox>> get_boxes(
      std::span<const BoxRequest> requests);

 private:
  struct Asked;

  [[nodiscard]] Asked ask(const Key& key, const Locator& locator, Range range, std::uint64_t room,
                          bool is_alone);
  [[nodiscard]] Answer finish(const Key& key, Asked& asked);
  [[nodiscard]] Answer fetch(const Key& key, const Locator& locator, Range range);
  [[nodiscard]] Answer share(const Key& key, Asked& asked, Answer answer);
  [[nodiscard]] std::shared_ptr<Call> ask_for_box(const BoxRequest& request, const Locator& locator,
                                                  std::uint64_t room);
  [[nodiscard]] std::optional<ArrayBox> box_of_whole(const BoxRequest& request);
  [[nodiscard]] bool is_shared(const Key& key, Range range, std::uint64_t room) const;

  Runtime& runtime_;
  NodeMemory& memory_;
};

}  // namespace proxystore::inline v0::partition
