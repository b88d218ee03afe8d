// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// The life of a slot:
//
//   free -> reserved -> live [-> moving -> live and spilled] -> dead -> free, one generation on
//
// Publishing. The owner writes the bytes, then the slot's fields, and then its status with release;
// a reader that sees `live` with acquire sees all of them. Nothing of it changes until it is dead,
// but for `place` when it is spilled.
//
// Freeing. Whoever evicts swings the status from live to dead by compare-and-swap: one of several
// wins, and pushes the slot on the owner's stack, which only the owner empties, all at once; so
// there is no ABA problem. The owner puts it on a list, and frees what nobody has pinned, reading
// the ledgers once for all of the list (ledger.hpp tells why that is safe). It does so when the
// list is long, and before it takes memory from the system, so that memory is reused first. An
// evictor that was killed between the two steps leaves a dead slot that is on no stack; under
// pressure the owner looks for those. It takes none of an evictor that lives, which may yet push.
//
// Spilling. The object is copied to the file while it can be read. Then the status goes through
// `moving`, in which readers wait the few instructions until `place` is replaced, and the bytes in
// memory are retired like those of an evicted object. A reader that had read the old place has it
// pinned; it reads the status again after the place, so it never takes one for the other.
#include "partition.hpp"

#include <algorithm>

#include <unistd.h>

#include "detail/memory_limit.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::partition {

namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t data_step_least = std::uint64_t{1} << 20U;
constexpr std::uint64_t data_step_most = std::uint64_t{64} << 20U;
constexpr std::uint32_t slots_step = 4096;
constexpr std::size_t retired_least = 64;
constexpr std::uint64_t retired_bytes_least = std::uint64_t{1} << 20U;
constexpr std::uint64_t tick_bytes = std::uint64_t{16} << 20U;
constexpr std::uint64_t replica_share = 8;   // of the capacity, one in so many for replicas
constexpr std::uint16_t collected = 0xffff;  // as evictor: the owner has it on its list

constexpr std::uint64_t round_up(std::uint64_t size, std::uint64_t unit) {
  return (size + unit - 1) / unit * unit;
}

ControlLayout layout_for(std::uint64_t capacity) {
  constexpr std::uint64_t most_slots = std::uint64_t{1} << 30U;
  constexpr std::uint64_t least_slots = std::uint64_t{1} << 12U;
  return {.most_pins = 1U << 24U,
          .most_slots = static_cast<std::uint32_t>(
              std::clamp(capacity / sizeof(Slot), least_slots, most_slots))};
}

std::string segment_name(const PartitionOptions& options, char which) {
  return "proxystore-" + std::to_string(options.nonce) + "-" + std::to_string(options.rank) + "-" +
         which;
}

}  // namespace

Partition::Partition(const PartitionOptions& options)
    : options_(options),
      layout_(layout_for(options.capacity)),
      control_(options.backing, segment_name(options, 'c'), layout_.bytes()),
      data_(options.backing, segment_name(options, 'd'), round_up(options.capacity, page)),
      header_(*reinterpret_cast<Header*>(control_.data())),
      slots_(reinterpret_cast<Slot*>(control_.data() + layout_.slots_at())),
      budget_(header_.announced, [limit = detail::MemoryLimit()] { return limit.headroom(); }),
      ledger_(header_, reinterpret_cast<Pin*>(control_.data() + layout_.pins_at()),
              [this](std::uint32_t end) {
                const std::uint64_t begin = header_.pins_end.load(std::memory_order_relaxed);
                return take_table(layout_.pins_at() + begin * sizeof(Pin),
                                  layout_.pins_at() + end * sizeof(Pin));
              }),
      allocator_([this](std::uint64_t at_least) { return grow(at_least); }) {
  // Before there is a word to announce it in.
  if (budget_.free() < layout_.header_bytes || !control_.take(0, layout_.header_bytes)) {
    throw CapacityError("there is no shared memory for the mpi store",
                        {.connector = "mpi", .operation = "open"});
  }
  table_bytes_ += layout_.header_bytes;
  if (!options.spill_dir.empty()) spill_.emplace(options.spill_dir);
  header_.version = Header::version_value;
  header_.epoch = options.epoch;
  header_.rank = options.rank;
  header_.most_slots = layout_.most_slots;
  header_.most_pins = layout_.most_pins;
  header_.nonce = options.nonce;
  header_.control_bytes = layout_.bytes();
  header_.data_bytes = data_.capacity();
  header_.clock = 1;
  if (!ledger_.prepare()) {
    throw CapacityError("there is no shared memory for the mpi store's books",
                        {.connector = "mpi", .operation = "open"});
  }
  header_.magic = Header::magic_value;
}

PartitionAddress Partition::address() const {
  return {.nonce = options_.nonce,
          .epoch = options_.epoch,
          .rank = options_.rank,
          .control = control_.path(),
          .data = data_.path(),
          .spill = spill_ ? spill_->path() : ""};
}

void Partition::set_peers(Peers peers) {
  budget_.set_others(peers.announced);
  peers_ = std::move(peers);
}

void Partition::seal() noexcept {
  data_.seal_for_peers();
  data_.unlink();
  control_.unlink();
}

bool Partition::take_table(std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t from = begin / page * page;
  const std::uint64_t to = round_up(end, page);
  const auto promise = budget_.ask(to - from, to - from);
  if (!promise || !control_.take(from, to)) return false;
  table_bytes_ += to - from;
  return true;
}

std::uint64_t Partition::grow(std::uint64_t at_least) {
  const std::uint64_t end = header_.data_end.load(std::memory_order_relaxed);
  const std::uint64_t left = data_.capacity() - end;
  if (!may_grow_ || at_least > left) return 0;
  const std::uint64_t usual = round_up(std::clamp(end / 2, data_step_least, data_step_most), page);
  const std::uint64_t room = std::min(detail::free_space(data_.fd()), left) / page * page;
  if (at_least > room) return 0;
  const auto promise = budget_.ask(at_least, std::clamp(usual, at_least, room));
  if (!promise) return 0;
  const std::uint64_t step = promise->bytes() / page * page;
  if (!data_.take(end, end + step)) return 0;
  data_.prefault(end, end + step);
  header_.data_end.store(end + step, std::memory_order_release);
  return step;
}

void Partition::tick(std::uint64_t bytes) noexcept {
  bytes_since_tick_ += bytes + page;
  if (bytes_since_tick_ < tick_bytes) return;
  bytes_since_tick_ = 0;
  header_.clock.fetch_add(1, std::memory_order_relaxed);
}

std::uint32_t Partition::take_slot() {
  if (free_slots_.empty()) {
    const std::uint32_t begin = header_.slots_end.load(std::memory_order_relaxed);
    const std::uint32_t end = begin + std::min(slots_step, layout_.most_slots - begin);
    free_slots_.reserve(end);  // to give slots back must not throw
    if (end == begin || !take_table(layout_.slots_at() + std::uint64_t{begin} * sizeof(Slot),
                                    layout_.slots_at() + std::uint64_t{end} * sizeof(Slot))) {
      throw CapacityError("rank " + std::to_string(options_.rank) + " keeps " +
                              std::to_string(objects_) +
                              " objects, and there is no memory for more of them",
                          {.connector = "mpi", .operation = "put"});
    }
    for (std::uint32_t index = end; index > begin; --index) free_slots_.push_back(index - 1);
    header_.slots_end.store(end, std::memory_order_release);
  }
  const std::uint32_t index = free_slots_.back();
  free_slots_.pop_back();
  return index;
}

bool Partition::add_replica_table() {
  if (!take_table(ControlLayout::replicas_at(),
                  ControlLayout::replicas_at() + ControlLayout::replica_bytes)) {
    return false;
  }
  header_.has_replicas.store(1, std::memory_order_release);
  return true;
}

Draft Partition::reserve(std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  free_if_worthwhile(size);
  const std::uint32_t index = take_slot();
  const auto place = find_room(size);
  if (!place) {
    free_slots_.push_back(index);
    throw CapacityError(
        "rank " + std::to_string(options_.rank) + " has no room for " + std::to_string(size) +
            " bytes: " + std::to_string(object_bytes_) + " of at most " +
            std::to_string(data_.capacity()) + " bytes are in use, and the node leaves " +
            std::to_string(budget_.free()) + " bytes more" +
            (spill_ ? ", and what is not being read was spilled already" : "") +
            "; evict objects, raise PROXYSTORE_MEMORY_LIMIT if the node has more, or name a "
            "PROXYSTORE_SPILL_DIR",
        {.connector = "mpi", .operation = "put"});
  }
  tick(size);
  return draft(index, *place, size, false);
}

Draft Partition::draft(std::uint32_t index, std::uint64_t place, std::uint64_t size,
                       bool is_replica) {
  Slot& reserved = slot(index);
  const Status status = Status::unpack(reserved.status.load(std::memory_order_relaxed));
  const std::uint32_t generation =
      status.generation == Locator::any_generation ? 1 : status.generation;
  reserved.size.store(size, std::memory_order_relaxed);
  reserved.status.store(Status{.generation = generation, .state = State::reserved}.pack(),
                        std::memory_order_relaxed);
  return {.slot = index,
          .generation = generation,
          .place = place,
          .memory = {data_.data() + place, static_cast<std::size_t>(size)},
          .is_replica = is_replica};
}

std::optional<Draft> Partition::reserve_replica(std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t most = data_.capacity() / replica_share;
  if (size > most) return std::nullopt;
  free_if_worthwhile(size);
  while (replica_bytes_ + size > most && drop_oldest_replica()) {
    collect_evicted();
    free_unpinned();
  }
  if (replica_bytes_ + size > most) return std::nullopt;  // the others are being read
  const auto place = find_free_room(size);
  if (!place) return std::nullopt;
  try {
    const std::uint32_t index = take_slot();
    tick(size);
    const Draft reserved = draft(index, *place, size, true);
    replicas_.push_back(index);
    replica_bytes_ += size;
    return reserved;
  } catch (const CapacityError&) {  // there is no memory for more slots
    allocator_.free(*place, size);
    return std::nullopt;
  }
}

bool Partition::drop_oldest_replica() {
  const std::uint32_t now = header_.clock.load(std::memory_order_relaxed);
  std::optional<std::uint32_t> oldest;
  std::uint32_t oldest_age = 0;
  for (const std::uint32_t index : replicas_) {
    const Status status = Status::unpack(slot(index).status.load(std::memory_order_relaxed));
    const std::uint32_t age = now - slot(index).last_use.load(std::memory_order_relaxed);
    if (status.state != State::live || (oldest && age <= oldest_age)) continue;
    oldest = index;
    oldest_age = age;
  }
  if (!oldest) return false;
  Slot& dropped = slot(*oldest);
  std::uint64_t word = dropped.status.load(std::memory_order_relaxed);
  const Status status = Status::unpack(word);
  if (status.state == State::live &&
      dropped.status.compare_exchange_strong(word, status.with(State::dead).pack())) {
    retire(*oldest);
  }  // else a peer evicts it at this moment
  return true;
}

Locator Partition::publish(const Draft& draft, const Key& key) noexcept {
  Slot& published = slot(draft.slot);
  published.set_id(key);
  published.place.store(draft.place, std::memory_order_relaxed);
  published.checksum.store(key.checksum, std::memory_order_relaxed);
  published.has_checksum.store((key.flags & Key::has_checksum) != 0 ? 1 : 0,
                               std::memory_order_relaxed);
  published.last_use.store(header_.clock.load(std::memory_order_relaxed),
                           std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    if (!draft.is_replica) {
      ++objects_;
      object_bytes_ += draft.memory.size();
    }
  }
  published.status.store(
      Status{.generation = draft.generation, .state = State::live, .is_replica = draft.is_replica}
          .pack(),
      std::memory_order_release);
  return {.epoch = options_.epoch,
          .rank = options_.rank,
          .slot = draft.slot,
          .generation = draft.generation};
}

void Partition::drop(const Draft& draft) noexcept {
  const std::lock_guard lock(mutex_);
  if (draft.is_replica) {
    replica_bytes_ -= draft.memory.size();
    std::erase(replicas_, draft.slot);
  }
  allocator_.free(draft.place, draft.memory.size());
  slot(draft.slot)
      .status.store(Status{.generation = draft.generation}.pack(), std::memory_order_release);
  free_slots_.push_back(draft.slot);
}

Locator Partition::add_deferred(const Key& key) {
  const std::lock_guard lock(mutex_);
  free_if_worthwhile(0);
  const std::uint32_t index = take_slot();
  Slot& added = slot(index);
  const Status old = Status::unpack(added.status.load(std::memory_order_relaxed));
  const Status status{.generation = old.generation == Locator::any_generation ? 1 : old.generation,
                      .state = State::live,
                      .is_deferred = true};
  added.set_id(key);
  added.place.store(0, std::memory_order_relaxed);
  added.size.store(0, std::memory_order_relaxed);
  added.has_checksum.store(0, std::memory_order_relaxed);
  ++objects_;
  added.status.store(status.pack(), std::memory_order_release);
  return {.epoch = options_.epoch,
          .rank = options_.rank,
          .slot = index,
          .generation = status.generation};
}

void Partition::prefault(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  may_grow_ = true;
  const bool done = allocator_.reserve(bytes);
  may_grow_ = false;
  if (done) return;
  throw CapacityError("rank " + std::to_string(options_.rank) + " cannot take " +
                          std::to_string(bytes) + " bytes of memory more",
                      {.connector = "mpi", .operation = "reserve"});
}

std::optional<std::uint64_t> Partition::allocate_or_grow(std::uint64_t size) {
  may_grow_ = true;
  const auto place = allocator_.allocate(size);
  may_grow_ = false;
  return place;
}

/// Room that nothing which lives has to leave.
std::optional<std::uint64_t> Partition::find_free_room(std::uint64_t size) {
  if (size > data_.capacity()) return std::nullopt;
  if (auto place = allocator_.allocate(size)) return place;
  collect_evicted();
  free_unpinned();
  if (auto place = allocator_.allocate(size)) return place;
  return allocate_or_grow(size);
}

std::optional<std::uint64_t> Partition::find_room(std::uint64_t size) {
  if (auto place = find_free_room(size)) return place;
  if (size > data_.capacity()) return std::nullopt;
  sweep();
  free_unpinned();
  if (auto place = allocate_or_grow(size)) return place;
  while (drop_oldest_replica()) {
    free_unpinned();
    if (auto place = allocate_or_grow(size)) return place;
  }
  while (spill(size)) {
    if (auto place = allocate_or_grow(size)) return place;  // what was freed may lie at the end
  }
  return std::nullopt;
}

void Partition::collect_evicted() {
  const std::uint32_t end = header_.slots_end.load(std::memory_order_relaxed);
  std::uint32_t top = header_.evicted.exchange(0, std::memory_order_acquire);
  // Peers write to this memory; a link that leads out of the table ends the walk.
  for (std::uint32_t steps = 0; top != 0 && top <= end && steps <= end; ++steps) {
    const std::uint32_t index = top - 1;
    top = slot(index).next.load(std::memory_order_relaxed);
    retire(index);
  }
}

void Partition::retire(std::uint32_t index) {
  Slot& evicted = slot(index);
  Status status = Status::unpack(evicted.status.load(std::memory_order_acquire));
  if (status.state != State::dead || status.evictor == collected) return;
  status.evictor = collected;
  evicted.status.store(status.pack(), std::memory_order_relaxed);
  const std::uint64_t size = evicted.size.load(std::memory_order_relaxed);
  if (status.is_replica) {
    std::erase(replicas_, index);
  } else {
    --objects_;
    object_bytes_ -= size;
  }
  retired_bytes_ += size;
  using What = Retired::What;
  retired_.push_back({.slot = index,
                      .place = evicted.place.load(std::memory_order_relaxed),
                      .size = size,
                      .what = status.is_deferred  ? What::nothing
                              : status.is_spilled ? What::spilled
                                                  : What::memory,
                      .frees_slot = true,
                      .is_replica = status.is_replica});
}

/// Frees when there is much to be freed, for it costs a look through all ledgers; but before the
/// memory that was used last has left the processor's cache.
void Partition::free_if_worthwhile(std::uint64_t size) {
  if (header_.evicted.load(std::memory_order_relaxed) != 0) collect_evicted();
  const bool is_long = retired_.size() >= std::max(retired_enough_, retired_least);
  const bool is_large =
      retired_bytes_ >= std::max({retired_bytes_enough_, retired_bytes_least, size});
  if (is_long || is_large) free_unpinned();
}

void Partition::free_unpinned() {
  if (retired_.empty()) return;
  const std::vector<std::uint32_t> pinned = peers_.pinned();
  const auto free_from =
      std::partition(retired_.begin(), retired_.end(), [&](const Retired& retired) {
        return std::binary_search(pinned.begin(), pinned.end(), retired.slot);
      });
  std::for_each(free_from, retired_.end(), [&](const Retired& retired) { free(retired); });
  retired_.erase(free_from, retired_.end());
  retired_enough_ = 2 * retired_.size();
  retired_bytes_enough_ = 2 * retired_bytes_;
}

void Partition::free(const Retired& retired) {
  retired_bytes_ -= retired.size;
  if (retired.is_replica) replica_bytes_ -= retired.size;
  if (retired.what == Retired::What::memory) allocator_.free(retired.place, retired.size);
  if (retired.what == Retired::What::spilled) spill_->free(retired.place, retired.size);
  if (!retired.frees_slot) return;
  Slot& freed = slot(retired.slot);
  const Status old = Status::unpack(freed.status.load(std::memory_order_relaxed));
  std::uint32_t generation = old.generation + 1;
  if (generation == Locator::any_generation) ++generation;
  freed.status.store(Status{.generation = generation}.pack(), std::memory_order_release);
  free_slots_.push_back(retired.slot);
}

void Partition::sweep() {
  const std::uint32_t end = header_.slots_end.load(std::memory_order_relaxed);
  for (std::uint32_t index = 0; index < end; ++index) {
    const Status status = Status::unpack(slot(index).status.load(std::memory_order_acquire));
    if (status.state != State::dead || status.evictor == collected) continue;
    if (!peers_.is_alive(status.evictor)) retire(index);
  }
}

std::vector<std::uint32_t> Partition::spill_candidates() {
  const std::vector<std::uint32_t> pinned = peers_.pinned();
  const std::uint32_t end = header_.slots_end.load(std::memory_order_relaxed);
  std::vector<std::uint32_t> found;
  for (std::uint32_t index = 0; index < end; ++index) {
    const Status status = Status::unpack(slot(index).status.load(std::memory_order_relaxed));
    if (status.state == State::live && !status.is_deferred && !status.is_spilled &&
        !status.is_replica && !std::binary_search(pinned.begin(), pinned.end(), index)) {
      found.push_back(index);
    }
  }
  const std::uint32_t now = header_.clock.load(std::memory_order_relaxed);
  std::sort(found.begin(), found.end(), [&](std::uint32_t a, std::uint32_t b) {
    const auto age = [&](std::uint32_t index) {  // the clock may wrap
      return now - slot(index).last_use.load(std::memory_order_relaxed);
    };
    return age(a) > age(b);
  });
  return found;
}

bool Partition::spill(std::uint64_t bytes) {
  if (!spill_) return false;
  // Looking through the table is worth while only for many bytes at once.
  const std::uint64_t wanted = std::max(bytes, data_.capacity() / 16);
  std::uint64_t moved = 0;
  for (const std::uint32_t index : spill_candidates()) {
    if (moved >= wanted) break;
    const std::uint64_t size = slot(index).size.load(std::memory_order_relaxed);
    if (spill_one(index)) moved += std::max<std::uint64_t>(size, 1);
  }
  free_unpinned();
  return moved > 0;
}

bool Partition::spill_one(std::uint32_t index) {
  Slot& spilled = slot(index);
  const std::uint64_t size = spilled.size.load(std::memory_order_relaxed);
  const std::uint64_t place = spilled.place.load(std::memory_order_relaxed);
  const auto file_place = spill_->write({data_.data() + place, static_cast<std::size_t>(size)});
  if (!file_place) return false;
  std::uint64_t word = spilled.status.load(std::memory_order_relaxed);
  Status status = Status::unpack(word);
  if (status.state != State::live ||
      !spilled.status.compare_exchange_strong(word, status.with(State::moving).pack())) {
    spill_->free(*file_place, size);  // it was evicted meanwhile
    return false;
  }
  spilled.place.store(*file_place, std::memory_order_release);
  status.is_spilled = true;
  spilled.status.store(status.pack(), std::memory_order_release);
  retired_bytes_ += size;
  retired_.push_back({.slot = index, .place = place, .size = size, .what = Retired::What::memory});
  ++spilled_;
  return true;
}

std::vector<Kept> Partition::kept() const {
  std::vector<Kept> found;
  const std::uint32_t end = header_.slots_end.load(std::memory_order_acquire);
  for (std::uint32_t index = 0; index < end; ++index) {
    const Slot& one = slot(index);
    const Status status = Status::unpack(one.status.load(std::memory_order_acquire));
    // One that is being spilled, to make room for a replica, is there all the time.
    if (status.is_replica || (status.state != State::live && status.state != State::moving)) {
      continue;
    }
    found.push_back({.id = {one.id[0].load(std::memory_order_relaxed),
                            one.id[1].load(std::memory_order_relaxed)},
                     .size = one.size.load(std::memory_order_relaxed),
                     .locator = {.epoch = options_.epoch,
                                 .rank = options_.rank,
                                 .slot = index,
                                 .generation = status.generation},
                     .is_deferred = status.is_deferred,
                     .target = status.is_deferred ? one.place.load(std::memory_order_acquire) : 0});
  }
  return found;
}

PartitionUse Partition::use() {
  const std::lock_guard lock(mutex_);
  collect_evicted();
  sweep();  // what peers evicted and died before they said so
  free_unpinned();
  const auto waiting = std::count_if(retired_.begin(), retired_.end(),
                                     [](const Retired& retired) { return retired.frees_slot; });
  return {.objects = objects_,
          .object_bytes = object_bytes_,
          .committed_bytes = header_.data_end.load(std::memory_order_relaxed),
          .table_bytes = table_bytes_,
          .evicted = static_cast<std::uint64_t>(waiting),
          .spilled = spilled_,
          .replica_bytes = replica_bytes_};
}

}  // namespace proxystore::inline v0::partition
