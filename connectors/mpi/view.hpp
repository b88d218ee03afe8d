// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A rank's partition as this process sees it: its own, or that of a peer on the node.

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "layout.hpp"
#include "partition.hpp"
#include "proxystore/bytes.hpp"
#include "segment.hpp"

namespace proxystore::inline v0::partition {

/// @threadsafe
class View {
 public:
  /// Of this process's own partition.
  explicit View(Partition& own);

  /// Opens a peer's partition; null if that cannot be mapped, or is not the one that @p address
  /// means, as when containers have process numbers of their own.
  static std::unique_ptr<View> open(const PartitionAddress& address);

  [[nodiscard]] std::uint32_t rank() const noexcept { return header_->rank; }
  [[nodiscard]] Header& header() const noexcept { return *header_; }
  [[nodiscard]] const Pin* pins() const noexcept { return pins_; }
  /// The node's table of replicas; empty if it is not here.
  [[nodiscard]] std::span<ReplicaEntry> replicas() const noexcept;

  /// The slot of that number; null if there is none.
  [[nodiscard]] Slot* slot(std::uint32_t index) const noexcept;

  /// @p size bytes of the data segment from @p place. @throws IntegrityError if they are not there
  [[nodiscard]] ByteSpan bytes(std::uint64_t place, std::uint64_t size);

  /// A copy of @p size bytes of the spill file from @p place.
  [[nodiscard]] Bytes spilled(std::uint64_t place, std::uint64_t size) const;

  /// Pushes a slot that this process made dead on the owner's stack.
  void push_evicted(std::uint32_t index) noexcept;

 private:
  View() = default;

  Mapping control_;  // of peers
  Mapping data_;     // of peers, mapped at the first get
  std::once_flag mapped_;
  detail::UniqueFd data_fd_;
  detail::UniqueFd peer_spill_;

  Header* header_ = nullptr;
  Pin* pins_ = nullptr;
  Slot* slots_ = nullptr;
  const std::byte* memory_ = nullptr;
  int spill_fd_ = -1;
};

}  // namespace proxystore::inline v0::partition
