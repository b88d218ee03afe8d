// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The objects that this rank owns, and the memory they are in. Peers reach them through view.hpp.

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "allocator.hpp"
#include "budget.hpp"
#include "layout.hpp"
#include "ledger.hpp"
#include "segment.hpp"
#include "spill_file.hpp"

namespace proxystore::inline v0::partition {

struct PartitionOptions {
  std::uint32_t epoch = 1;
  std::uint32_t rank = 0;
  std::uint64_t nonce = 0;
  std::uint64_t capacity = 0;  ///< Bytes of objects at most
  Backing backing = Backing::memfd;
  std::filesystem::path spill_dir{};  ///< Empty: no spilling
};

/// Where peers on the node find a partition.
struct PartitionAddress {
  std::uint64_t nonce = 0;
  std::uint32_t epoch = 0;
  std::uint32_t rank = 0;
  std::string control{};
  std::string data{};
  std::string spill{};  ///< Empty: none
};

/// Memory of an object that is not published yet.
struct Draft {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  std::uint64_t place = 0;
  std::span<std::byte> memory{};
  bool is_replica = false;
};

/// An object that is there, or is to come.
struct Kept {
  std::array<std::uint64_t, 2> id{};
  std::uint64_t size = 0;
  Locator locator{};
  bool is_deferred = false;
  std::uint64_t target = 0;  ///< Of a deferred one: SlotName::pack() of the object, or 0
};

/// What a partition holds now.
struct PartitionUse {
  std::uint64_t objects = 0;
  std::uint64_t object_bytes = 0;     ///< As they were put
  std::uint64_t committed_bytes = 0;  ///< Memory taken from the system for data
  std::uint64_t table_bytes = 0;      ///< Memory taken for slots and ledger
  std::uint64_t evicted = 0;          ///< Objects that wait for their last reader
  std::uint64_t spilled = 0;          ///< Objects that were moved to the spill file, ever
  std::uint64_t replica_bytes = 0;    ///< Of replicas, those included that are being read yet
};

/// One rank's own partition. @threadsafe
class Partition {
 public:
  /// @throws ConnectorError, CapacityError, and as SpillFile
  explicit Partition(const PartitionOptions& options);
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  [[nodiscard]] PartitionAddress address() const;
  /// Ends the time in which peers can open it.
  void seal() noexcept;

  [[nodiscard]] Ledger& ledger() noexcept { return ledger_; }
  [[nodiscard]] Segment& control() noexcept { return control_; }
  [[nodiscard]] Segment& data() noexcept { return data_; }
  [[nodiscard]] int spill_fd() const noexcept { return spill_ ? spill_->fd() : -1; }

  /// What the partition asks of its peers. Set once, before anything is put.
  struct Peers {
    /// The slots of this rank that are pinned on the node, sorted. Read sequentially consistent,
    /// see ledger.hpp.
    std::function<std::vector<std::uint32_t>()> pinned;
    /// Whether a peer, by its number on the node, still runs.
    std::function<bool(std::uint16_t)> is_alive;
    /// What the others that live have announced to take; see budget.hpp.
    std::function<std::uint64_t()> announced;
  };
  void set_peers(Peers peers);

  /// Memory for an object, as yet unseen; then publish() or drop() it.
  /// @throws CapacityError, when all that can be freed or spilled was
  [[nodiscard]] Draft reserve(std::uint64_t size);
  /// The object can be read, by the name that is returned.
  Locator publish(const Draft& draft, const Key& key) noexcept;
  void drop(const Draft& draft) noexcept;

  /// As reserve(), for a copy of an object of another node; nothing if there is no room among the
  /// replicas, which give way to each other, and to all else.
  [[nodiscard]] std::optional<Draft> reserve_replica(std::uint64_t size);
  /// Makes the table of the node's replicas be here. False if there is no memory.
  [[nodiscard]] bool add_replica_table();

  /// A slot for an object that comes later. @throws CapacityError
  [[nodiscard]] Locator add_deferred(const Key& key);

  /// Takes memory for @p bytes more now, so that puts need not wait for the system.
  /// @throws CapacityError
  void prefault(std::uint64_t bytes);

  /// All objects but replicas. Nobody may put, set or evict meanwhile.
  [[nodiscard]] std::vector<Kept> kept() const;

  /// After all that was evicted, and is held by nobody, was freed.
  [[nodiscard]] PartitionUse use();

 private:
  /// Bytes, or a slot, that nobody may use again before its last reader lets go.
  struct Retired {
    enum class What : std::uint8_t { memory, spilled, nothing };
    std::uint32_t slot = 0;
    std::uint64_t place = 0;
    std::uint64_t size = 0;
    What what = What::nothing;
    bool frees_slot = false;
    bool is_replica = false;
  };

  [[nodiscard]] Slot& slot(std::uint32_t index) const noexcept { return slots_[index]; }
  [[nodiscard]] std::uint32_t take_slot();
  [[nodiscard]] Draft draft(std::uint32_t index, std::uint64_t place, std::uint64_t size,
                            bool is_replica);
  [[nodiscard]] std::optional<std::uint64_t> find_room(std::uint64_t size);
  [[nodiscard]] std::optional<std::uint64_t> find_free_room(std::uint64_t size);
  [[nodiscard]] std::optional<std::uint64_t> allocate_or_grow(std::uint64_t size);
  [[nodiscard]] bool drop_oldest_replica();
  [[nodiscard]] std::uint64_t grow(std::uint64_t at_least);
  [[nodiscard]] bool take_table(std::uint64_t begin, std::uint64_t end);
  void tick(std::uint64_t bytes) noexcept;
  void collect_evicted();
  void retire(std::uint32_t index);
  void free_unpinned();
  void free_if_worthwhile(std::uint64_t size);
  void free(const Retired& retired);
  void sweep();
  [[nodiscard]] bool spill(std::uint64_t bytes);
  [[nodiscard]] std::vector<std::uint32_t> spill_candidates();
  [[nodiscard]] bool spill_one(std::uint32_t index);

  const PartitionOptions options_;
  const ControlLayout layout_;
  Segment control_;
  Segment data_;
  Header& header_;
  Slot* const slots_;
  std::optional<SpillFile> spill_;
  Budget budget_;
  Peers peers_;
  Ledger ledger_;

  std::mutex mutex_;
  Allocator allocator_;
  bool may_grow_ = false;
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::uint32_t> replicas_;  // slots
  std::uint64_t replica_bytes_ = 0;
  std::vector<Retired> retired_;
  std::uint64_t retired_bytes_ = 0;
  std::size_t retired_enough_ = 0;             // objects to look who has them pinned,
  std::uint64_t retired_bytes_enough_ = 0;     // or bytes
  std::atomic<std::uint64_t> table_bytes_{0};  // the ledger grows without the lock
  std::uint64_t bytes_since_tick_ = 0;
  std::uint64_t objects_ = 0;
  std::uint64_t object_bytes_ = 0;
  std::uint64_t spilled_ = 0;
};

}  // namespace proxystore::inline v0::partition
