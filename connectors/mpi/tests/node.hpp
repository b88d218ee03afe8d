// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The memory of a node without MPI: partitions of several ranks in one process.

#include <array>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "contents.hpp"
#include "history.hpp"
#include "node_memory.hpp"

namespace proxystore::testing {

using partition::Locator;
using partition::NodeMemory;

inline Key put(NodeMemory& memory, ByteSpan object) {
  Key key = Key::random();
  key.size = object.size();
  const auto draft = memory.own().reserve(object.size());
  std::copy(object.begin(), object.end(), draft.memory.begin());
  memory.own().publish(draft, key).write_to(key);
  return key;
}
inline Key put(NodeMemory& memory, std::size_t size, std::uint64_t seed) {
  return put(memory, contents(size, seed));
}
inline Key new_key(NodeMemory& memory) {
  Key key = Key::random();
  key.flags |= Key::versioned;
  memory.own().add_deferred(key).write_to(key);
  return key;
}
inline std::optional<Bytes> get(NodeMemory& memory, const Key& key) {
  auto found = memory.get(key, Locator::of(key));
  if (!found) return std::nullopt;
  return std::move(found->bytes);
}
inline void evict(NodeMemory& memory, const Key& key) {
  if (!memory.evict(key, Locator::of(key)).leftovers.empty())
    throw std::logic_error("on no other node");
}
/// False if the key is gone.
inline bool set(NodeMemory& memory, const Key& key, ByteSpan object) {
  Key version = key;
  version.size = object.size();
  const auto draft = memory.own().reserve(object.size());
  std::copy(object.begin(), object.end(), draft.memory.begin());
  const Locator place = memory.own().publish(draft, version);
  const auto result =
      memory.set_target(key, Locator::of(key), {.rank = place.rank, .slot = place.slot});
  if (result.is_gone) (void)memory.evict(version, place);
  return !result.is_gone;
}

/// The slot of that number in a rank's table.
inline partition::Slot& slot_of(NodeMemory& memory, std::uint32_t index) {
  std::byte* const control = memory.own().control().data();
  const auto& header = *reinterpret_cast<const partition::Header*>(control);
  const partition::ControlLayout layout{.most_pins = header.most_pins,
                                        .most_slots = header.most_slots};
  return reinterpret_cast<partition::Slot*>(control + layout.slots_at())[index];
}
inline partition::Header& header_of(NodeMemory& memory) {
  return *reinterpret_cast<partition::Header*>(memory.own().control().data());
}

/// Several ranks, each with the memory of all. A rank that is said to be dead does nothing more.
class Node {
 public:
  static constexpr std::size_t most_ranks = 16;

  explicit Node(std::size_t ranks, std::uint64_t capacity,
                const std::filesystem::path& spill_dir = {}) {
    for (auto& alive : *alive_) alive = true;
    for (std::size_t rank = 0; rank < ranks; ++rank) {
      auto own = std::make_unique<partition::Partition>(
          partition::PartitionOptions{.epoch = 7,
                                      .rank = static_cast<std::uint32_t>(rank),
                                      .nonce = 1000 + rank,
                                      .capacity = capacity,
                                      .spill_dir = spill_dir});
      ranks_.push_back(std::make_shared<NodeMemory>(
          std::move(own), static_cast<std::uint16_t>(rank),
          [alive = alive_](std::uint16_t number) { return (*alive)[number].load(); }));
    }
    for (std::size_t rank = 0; rank < ranks; ++rank) {
      for (std::size_t other = 0; other < ranks; ++other) {
        if (other != rank && !ranks_[rank]->connect(static_cast<std::uint16_t>(other),
                                                    ranks_[other]->own().address())) {
          throw std::runtime_error("cannot map the memory of this process");
        }
      }
    }
    for (const auto& rank : ranks_) rank->own().seal();
  }

  [[nodiscard]] NodeMemory& operator[](std::size_t rank) const { return *ranks_[rank]; }
  [[nodiscard]] std::size_t size() const noexcept { return ranks_.size(); }
  void say_dead(std::size_t rank) { (*alive_)[rank] = false; }

 private:
  using Alive = std::array<std::atomic<bool>, most_ranks>;
  std::shared_ptr<Alive> alive_ = std::make_shared<Alive>();
  std::vector<std::shared_ptr<NodeMemory>> ranks_;
};

/// A rank of a node, as the subject of a History.
class NodeSubject final : public Subject {
 public:
  explicit NodeSubject(NodeMemory& memory) : memory_(memory) {}

  Key put(ByteSpan object) override { return testing::put(memory_, object); }
  Key new_key() override { return testing::new_key(memory_); }
  std::optional<Bytes> get(const Key& key) override { return testing::get(memory_, key); }
  bool exists(const Key& key) override { return memory_.exists(key, Locator::of(key)); }
  void evict(const Key& key) override { testing::evict(memory_, key); }
  void set(const Key& key, ByteSpan object) override {
    if (!testing::set(memory_, key, object)) throw ConnectorError("gone");
  }
  bool wait(const Key& key, std::chrono::milliseconds timeout) override {
    switch (memory_.wait(key, Locator::of(key), std::chrono::steady_clock::now() + timeout,
                         std::chrono::milliseconds(1), [] {})) {
      case NodeMemory::Waited::there:
        return true;
      case NodeMemory::Waited::timed_out:
        return false;
      case NodeMemory::Waited::gone:
        break;
    }
    throw ConnectorError("gone");
  }

 private:
  NodeMemory& memory_;
};

}  // namespace proxystore::testing
