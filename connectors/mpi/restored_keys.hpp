// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Where the objects of earlier runs are now, which were restored from checkpoints: their keys name
/// places in the memory of those runs.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "layout.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::partition {

/// An object and its new place.
struct RestoredKey {
  std::array<std::byte, 16> id{};
  Locator locator{};
};

/// Each rank knows all of them, so that a key is translated without asking anybody. Looking up
/// takes no lock: a table does not change once it is here, and stays as long as this.
/// @threadsafe
class RestoredKeys {
 public:
  /// Whether some objects of the run @p epoch are here.
  [[nodiscard]] bool has_epoch(std::uint32_t epoch) const noexcept;
  /// All runs of which objects are here.
  [[nodiscard]] std::vector<std::uint32_t> epochs() const;
  /// The new place; nothing if the object was not restored.
  [[nodiscard]] std::optional<Locator> find(const Key& key) const noexcept;

  void add(std::span<const std::uint32_t> epochs, std::vector<RestoredKey> keys);

 private:
  struct Table {
    std::vector<std::uint32_t> epochs{};  // sorted
    std::vector<RestoredKey> keys{};      // sorted by id
  };

  std::mutex mutex_;  // of writers
  std::vector<std::unique_ptr<const Table>> tables_;
  std::atomic<const Table*> current_{nullptr};
};

}  // namespace proxystore::inline v0::partition
