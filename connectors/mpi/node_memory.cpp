// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Reading. A slot is pinned (ledger.hpp), and then looked at: generation, id and state must be
// those of the key. From there on the slot is not reused, whoever evicts it. The place of the bytes
// may still change once, when the owner spills the object; a reader reads status, place and size,
// and the status again, so that it has them of one moment. `moving` lasts a few instructions of the
// owner; if the owner dies in it, the object is lost, as are all of that rank.
//
// Deferred keys. The slot of the key has no bytes: its `place` names the slot of the object that
// was set, anywhere in the job, in one 64-bit word. To set is to put an object, which is complete
// and has the key's id, and then to exchange that word: there is no moment in between, in which a
// setter could die. Who gets the old word back evicts the old object. A reader pins the object that
// the word names, and then reads the word again: if it is the same, the object is what the key
// names at that moment, even if the slot was freed and used again for the same key in between; if
// not, it starts over. The object's generation need not be in the word, since an object with that
// id in that slot is a version of the key, and the second look says that it is the one. If it finds
// no object it starts over as well, even if the word is the same: between the first look and the
// pin another version may have been current, and the slot free, before it got the version of now.
//
// Set against evict. Evicting makes the key's slot dead first, and then exchanges the word by 0. A
// setter exchanges the word first, and then looks whether the slot is still alive; if not, it
// exchanges the word by 0 itself. So after both, the word is 0, and each object was got back by
// exactly one of them, which evicts it.
#include "node_memory.hpp"

#include <algorithm>
#include <climits>
#include <thread>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "detail/memory_limit.hpp"
#include "liveness.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::partition {

namespace {

using Clock = std::chrono::steady_clock;

/// How often in a row one word of a deferred slot may name nothing before it counts as damaged.
constexpr int most_misses = 10'000;

/// How long an owner may take for `moving` before somebody asks whether it lives.
constexpr std::chrono::milliseconds move_patience(100);

// Without FUTEX_PRIVATE_FLAG: between processes.
void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t seen,
                std::chrono::nanoseconds time) {
  const timespec timeout{.tv_sec = time.count() / 1'000'000'000,
                         .tv_nsec = time.count() % 1'000'000'000};
  ::syscall(SYS_futex, &word, FUTEX_WAIT, seen, &timeout, nullptr, 0);
}
void futex_wake_all(std::atomic<std::uint32_t>& word) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

bool is_of(const Status& status, const Locator& locator) {
  return (status.state == State::live || status.state == State::moving) &&
         (locator.generation == Locator::any_generation || locator.generation == status.generation);
}

}  // namespace

/// A slot that is not reused while this lives. Move-only.
class NodeMemory::PinnedSlot {
 public:
  PinnedSlot(std::shared_ptr<NodeMemory> memory, View& view, std::uint32_t index, Slot& slot)
      : memory_(std::move(memory)),
        view_(&view),
        index_(index),
        slot_(&slot),
        entry_(memory_->own_->ledger().add({.rank = view.rank(), .slot = index})) {}
  PinnedSlot(PinnedSlot&& other) noexcept = default;
  PinnedSlot& operator=(PinnedSlot&&) = delete;
  ~PinnedSlot() {
    if (memory_ && !is_forked_child()) memory_->own_->ledger().remove(entry_);
  }

  [[nodiscard]] View& view() const noexcept { return *view_; }
  [[nodiscard]] Slot& slot() const noexcept { return *slot_; }
  [[nodiscard]] std::uint32_t index() const noexcept { return index_; }
  [[nodiscard]] Status status() const noexcept {
    return Status::unpack(slot_->status.load(std::memory_order_seq_cst));
  }

  /// As status(), after `moving` is over. @throws ConnectorError if it does not end
  [[nodiscard]] Status settled() const {
    Status now = status();
    for (const auto start = Clock::now(); now.state == State::moving; now = status()) {
      if (Clock::now() - start > move_patience) {
        throw ConnectorError("rank " + std::to_string(view_->rank()) +
                                 " died, or was stopped, while it spilled the object",
                             {.connector = "mpi", .operation = "get"});
      }
      std::this_thread::yield();
    }
    return now;
  }

 private:
  std::shared_ptr<NodeMemory> memory_;  // null: moved from
  View* view_;
  std::uint32_t index_;
  Slot* slot_;
  std::uint32_t entry_;
};

NodeMemory::NodeMemory(std::unique_ptr<Partition> own, std::uint16_t number,
                       std::function<bool(std::uint16_t)> is_alive)
    : own_(std::move(own)), number_(number), is_alive_(std::move(is_alive)) {
  watch_forks();
  auto view = std::make_unique<View>(*own_);
  own_view_ = view.get();
  add_view(number_, std::move(view));
  own_->set_peers({.pinned = [this] { return pinned_slots(); },
                   .is_alive = [this](std::uint16_t peer) { return is_alive_(peer); },
                   .announced = [this] { return announced_by_others(); }});
}

NodeMemory::~NodeMemory() = default;

bool NodeMemory::connect(std::uint16_t number, const PartitionAddress& address) {
  auto view = View::open(address);
  if (!view) return false;
  add_view(number, std::move(view));
  return true;
}

void NodeMemory::add_view(std::uint16_t number, std::unique_ptr<View> view) {
  const std::uint32_t rank = view->rank();
  peers_.push_back({.number = number, .view = view.get()});
  if (views_.size() <= rank) views_.resize(std::size_t{rank} + 1);
  views_[rank] = std::move(view);
}

void NodeMemory::disconnect(std::uint32_t rank) {
  std::erase_if(peers_, [&](const Peer& peer) { return peer.view->rank() == rank; });
  if (rank < views_.size()) views_[rank].reset();
}

std::optional<NodeMemory::PinnedSlot> NodeMemory::pin(const Key& key, const Locator& locator) {
  View& owner = view(locator.rank);
  Slot* slot = owner.slot(locator.slot);
  if (slot == nullptr) return std::nullopt;
  std::optional<PinnedSlot> pinned(std::in_place, shared_from_this(), owner, locator.slot, *slot);
  if (!is_of(pinned->status(), locator) || !slot->has_id(key)) return std::nullopt;
  return pinned;
}

std::optional<Found> NodeMemory::read(PinnedSlot pinned) {
  Slot& slot = pinned.slot();
  Status status;
  std::uint64_t place = 0;
  std::uint64_t size = 0;
  Status after = pinned.settled();
  do {
    status = after;
    size = slot.size.load(std::memory_order_relaxed);
    place = slot.place.load(std::memory_order_acquire);
    after = pinned.settled();
  } while (after.is_spilled != status.is_spilled);
  // An evict in between does no harm: what is pinned can be read.

  const std::uint32_t now = pinned.view().header().clock.load(std::memory_order_relaxed);
  if (slot.last_use.load(std::memory_order_relaxed) != now) {
    slot.last_use.store(now, std::memory_order_relaxed);
  }
  if (status.is_spilled) {
    return Found{.bytes = pinned.view().spilled(place, size), .was_spilled = true};
  }
  const ByteSpan bytes = pinned.view().bytes(place, size);
  auto owner = std::make_shared<const PinnedSlot>(std::move(pinned));
  return Found{.bytes = Bytes::wrap(bytes, std::move(owner), Bytes::Memory::mapped), .slot = &slot};
}

std::optional<Found> NodeMemory::get_deferred(const Key& key, const PinnedSlot& pinned) {
  Slot& slot = pinned.slot();
  std::uint64_t missed = 0;  // the word that named no version, the last time
  for (int misses = 0; misses < most_misses;) {
    const std::uint64_t target = slot.place.load(std::memory_order_acquire);
    if (target == 0 || pinned.status().state == State::dead) return std::nullopt;
    const SlotName name = SlotName::unpack(target);
    if (!maps(name.rank)) return Found{.elsewhere = name};
    auto object = pin(key, {.rank = name.rank, .slot = name.slot});
    if (slot.place.load(std::memory_order_acquire) != target) continue;
    if (object) return read(std::move(*object));
    misses = target == missed ? misses + 1 : 0;
    missed = target;
  }
  throw IntegrityError("the key " + key.to_string() + " names a version that is not there",
                       {.connector = "mpi", .operation = "get", .key = key});
}

std::optional<Found> NodeMemory::get(const Key& key, const Locator& locator) {
  auto pinned = pin(key, locator);
  if (!pinned) return std::nullopt;
  const bool is_deferred = pinned->status().is_deferred;
  auto found = is_deferred ? get_deferred(key, *pinned) : read(std::move(*pinned));
  if (found && !found->elsewhere) {
    auto& counter = found->was_spilled ? counters_.spilled : counters_.mapped;
    counter.fetch_add(1, std::memory_order_relaxed);
  }
  return found;
}

std::optional<Found> NodeMemory::get_replica(const Key& key, SlotName name) {
  if (!maps(name.rank)) return std::nullopt;
  auto pinned = pin(key, {.rank = name.rank, .slot = name.slot});
  if (!pinned || !pinned->status().is_replica) return std::nullopt;
  return read(std::move(*pinned));
}

bool NodeMemory::exists(const Key& key, const Locator& locator) {
  const auto pinned = pin(key, locator);
  if (!pinned) return false;
  if (!pinned->status().is_deferred) return true;
  return pinned->slot().place.load(std::memory_order_acquire) != 0;
}

NodeMemory::Evicted NodeMemory::evict(const Key& key, const Locator& locator) {
  const auto pinned = pin(key, locator);
  if (!pinned) return {};
  Slot& slot = pinned->slot();
  Status dead;
  std::uint64_t word = 0;
  do {
    const Status alive = pinned->settled();
    if (alive.state != State::live) return {};  // another one evicts it
    word = alive.pack();
    dead = alive.with(State::dead);
    dead.evictor = number_;
  } while (!slot.status.compare_exchange_weak(word, dead.pack()));
  Evicted evicted{.was_there = true};
  if (dead.is_deferred) {
    const std::uint64_t target = slot.place.exchange(0);
    evicted.was_there = target != 0;
    evict_target(key, target, evicted.leftovers);
    slot.changes.fetch_add(1);
    futex_wake_all(slot.changes);
  }
  pinned->view().push_evicted(pinned->index());
  return evicted;
}

void NodeMemory::evict_target(const Key& key, std::uint64_t target, Leftovers& leftovers) {
  if (target == 0) return;
  const SlotName name = SlotName::unpack(target);
  if (maps(name.rank)) {
    (void)evict(key, {.rank = name.rank, .slot = name.slot});  // an object itself has no target
  } else {
    leftovers.push_back(name);
  }
}

NodeMemory::SetResult NodeMemory::set_target(const Key& key, const Locator& locator,
                                             SlotName target, bool only_first) {
  const auto pinned = pin(key, locator);
  if (!pinned || !pinned->status().is_deferred) return {.is_gone = true, .leftovers = {target}};
  Slot& slot = pinned->slot();
  SetResult result;
  if (only_first) {
    std::uint64_t nothing = 0;
    if (!slot.place.compare_exchange_strong(nothing, target.pack())) return {.is_taken = true};
  } else {
    evict_target(key, slot.place.exchange(target.pack()), result.leftovers);
  }
  if (pinned->status().state == State::dead) {
    result.is_gone = true;
    evict_target(key, slot.place.exchange(0), result.leftovers);
    return result;
  }
  slot.changes.fetch_add(1);
  futex_wake_all(slot.changes);
  return result;
}

NodeMemory::Waited NodeMemory::wait(const Key& key, const Locator& locator,
                                    Clock::time_point deadline, std::chrono::microseconds slice,
                                    const std::function<void()>& idle) {
  const auto pinned = pin(key, locator);
  if (!pinned) return Waited::gone;
  if (!pinned->status().is_deferred) return Waited::there;
  Slot& slot = pinned->slot();
  while (true) {
    const std::uint32_t changes = slot.changes.load(std::memory_order_acquire);
    if (slot.place.load(std::memory_order_acquire) != 0) return Waited::there;
    if (pinned->status().state == State::dead) return Waited::gone;
    idle();
    const auto now = Clock::now();
    if (now >= deadline) return Waited::timed_out;
    futex_wait(slot.changes, changes, std::min<std::chrono::nanoseconds>(slice, deadline - now));
  }
}

std::uint64_t NodeMemory::announced_by_others() const {
  std::uint64_t sum = 0;
  for (const Peer& peer : peers_) {
    if (peer.number == number_) continue;
    const std::uint64_t announced = peer.view->header().announced.load(std::memory_order_seq_cst);
    if (announced == 0 || !is_alive_(peer.number)) continue;
    sum = announced > detail::unlimited - sum ? detail::unlimited
                                              : sum + announced;  // peers may write anything
  }
  return sum;
}

std::vector<std::uint32_t> NodeMemory::pinned_slots() {
  std::vector<std::uint32_t> found;
  for (const Peer& peer : peers_) {
    const std::size_t before = found.size();
    const std::uint32_t end = std::min(peer.view->header().pins_end.load(std::memory_order_acquire),
                                       own_view_->header().most_pins);
    for (std::uint32_t entry = 0; entry < end; ++entry) {
      const std::uint64_t word = peer.view->pins()[entry].load(std::memory_order_seq_cst);
      if (word == 0) continue;
      const SlotName name = SlotName::unpack(word);
      if (name.rank == rank()) found.push_back(name.slot);
    }
    // Asked only of those who seem to hold something.
    if (found.size() > before && !is_alive_(peer.number)) found.resize(before);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace proxystore::inline v0::partition
