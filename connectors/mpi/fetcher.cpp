// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// A large object of another node is received into this rank's partition, and published there as a
// replica: a copy with the key's id, which the other ranks of the node map. Who comes while it is
// on its way waits for it, but no longer than a slow network would need, and then fetches alone.
//
// A replica is as good as the object as long as that exists, since objects do not change. Whether
// it exists its owner is asked each time: a message instead of a transfer. So an object that was
// evicted is absent at once here too, and evicting need not know where copies are. Who learns that
// an object is gone evicts the replica. Others stay until something needs their memory.
//
// Objects of deferred keys have no replicas: their key's id stays the same when they change.
#include "fetcher.hpp"

#include "detail/array_box.hpp"
#include "liveness.hpp"
#include "mpi/wait.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::partition {

namespace {

/// Of memory for what others say the size of.
constexpr std::uint64_t most_trusted = std::uint64_t{64} << 20U;
constexpr int most_versions_followed = 1000;  // by one get, all of them evicted in time
/// Smaller ones come as fast as the answer whether they still exist.
constexpr std::uint64_t largest_unshared = std::uint64_t{64} << 10U;
/// How long the first piece of another rank's fetch may take, beside the time for the bytes.
constexpr std::chrono::milliseconds patience(100);

/// The size of the range, if the key's word is good enough for so much memory; otherwise the owner
/// says it first.
std::uint64_t likely_size(const Key& key, Range range) {
  if (key.is_versioned() || key.size == Key::unknown_size || range.offset >= key.size) return 0;
  const std::uint64_t size = std::min(range.length, key.size - range.offset);
  return size <= most_trusted ? size : 0;
}

std::uint64_t likely_size(const BoxRequest& request) {
  const auto elements = detail::volume_of(request.box.shape);
  if (!elements || *elements > most_trusted) return 0;
  const std::uint64_t size = *elements * detail::element_size(request.dtype);
  return size <= most_trusted ? size : 0;
}

/// Memory for a replica, which goes unless it is published.
class ReplicaDraft {
 public:
  ReplicaDraft(std::shared_ptr<NodeMemory> memory, const Draft& draft)
      : memory_(std::move(memory)), draft_(draft) {}
  ReplicaDraft(const ReplicaDraft&) = delete;
  ReplicaDraft& operator=(const ReplicaDraft&) = delete;
  ~ReplicaDraft() {
    if (!is_published_ && !is_forked_child()) memory_->own().drop(draft_);
  }

  [[nodiscard]] static std::shared_ptr<ReplicaDraft> reserve(NodeMemory& memory,
                                                             std::uint64_t size) {
    const auto draft = memory.own().reserve_replica(size);
    if (!draft) return nullptr;
    return std::make_shared<ReplicaDraft>(memory.shared_from_this(), *draft);
  }

  [[nodiscard]] SlotName publish(Key key) {
    is_published_ = true;
    key.flags &= ~Key::has_checksum;
    const Locator here = memory_->own().publish(draft_, key);
    return {.rank = here.rank, .slot = here.slot};
  }

  /// To receive into: as long as MPI may write there, the memory stays.
  [[nodiscard]] static BufferPool::Buffer buffer(const std::shared_ptr<ReplicaDraft>& draft) {
    if (!draft) return {};
    const auto memory = draft->draft_.memory;
    return {.memory = std::shared_ptr<std::byte>(draft, memory.data()), .size = memory.size()};
  }

 private:
  const std::shared_ptr<NodeMemory> memory_;
  const Draft draft_;
  bool is_published_ = false;
};

}  // namespace

/// A question under way.
struct Fetcher::Asked {
  std::shared_ptr<Call> call{};    // null: another one fetches the object for the node
  std::optional<Found> replica{};  // good if the answer is yes
  ReplicaTable::Look seen{};
  std::optional<ReplicaTable::Claim> claim{};
  std::shared_ptr<ReplicaDraft> draft{};  // where the bytes arrive, if they are to be shared
};

bool Fetcher::is_shared(const Key& key, Range range, std::uint64_t room) const {
  return runtime_.replicas() != nullptr && !key.is_versioned() && room > largest_unshared &&
         range.offset == 0 && range.length >= room;
}

Fetcher::Asked Fetcher::ask(const Key& key, const Locator& locator, Range range, std::uint64_t room,
                            bool is_alone) {
  auto& exchange = runtime_.exchange();
  const auto owner = static_cast<int>(locator.rank);
  Asked asked;
  if (!is_alone && is_shared(key, range, room)) {
    using Is = ReplicaTable::Is;
    ReplicaTable& table = *runtime_.replicas();
    asked.seen = table.look(key);
    if (asked.seen.is == Is::fetching) return asked;
    if (asked.seen.is == Is::named) asked.replica = memory_.get_replica(key, asked.seen.name);
    if (asked.replica) {
      asked.call = exchange.start(owner, key, ExistsRequest{key});
      return asked;
    }
    if (asked.seen.is != Is::taken) {
      asked.claim = table.claim(key, asked.seen);
      if (!asked.claim) return asked;
      asked.draft = ReplicaDraft::reserve(memory_, room);
      if (!asked.draft) asked.claim.reset();
    }
  }
  asked.call = exchange.start(owner, key, GetRequest{.key = key, .range = range, .room = room},
                              ReplicaDraft::buffer(asked.draft));
  return asked;
}

Answer Fetcher::finish(const Key& key, Asked& asked) {
  Answer answer = runtime_.exchange().finish(asked.call);
  if (asked.replica) {
    if (std::holds_alternative<YesAnswer>(answer)) {
      memory_.counters().replicas.fetch_add(1, std::memory_order_relaxed);
      return BytesAnswer{.size = asked.replica->bytes.size(), .data = asked.replica->bytes};
    }
    const Key replica = key_at(key, asked.seen.name);
    (void)memory_.evict(replica, Locator::of(replica));
    runtime_.replicas()->forget(key, asked.seen);
    return answer;
  }
  return asked.draft ? share(key, asked, std::move(answer)) : answer;
}

/// Lets the node have what has come.
Answer Fetcher::share(const Key& key, Asked& asked, Answer answer) {
  auto* bytes = std::get_if<BytesAnswer>(&answer);
  if (bytes == nullptr || bytes->is_inline) return answer;
  const SlotName name = asked.draft->publish(key);
  auto found = memory_.get_replica(key, name);
  if (!found) return SizeAnswer{bytes->size};  // it had to give way already: once more
  asked.claim->name(name);
  bytes->data = std::move(found->bytes);
  return answer;
}

Answer Fetcher::fetch(const Key& key, const Locator& locator, Range range) {
  std::uint64_t room = likely_size(key, range);
  bool is_alone = false;
  while (true) {
    Asked asked = ask(key, locator, range, room, is_alone);
    if (!asked.call) {
      const auto is_over = [&] {
        return runtime_.replicas()->look(key).is != ReplicaTable::Is::fetching;
      };
      const auto longest =
          std::chrono::ceil<std::chrono::milliseconds>(patience + mpi::detail::transfer_time(room));
      is_alone = !mpi::detail::wait_until(is_over, mpi::detail::Deadline(longest));
      continue;
    }
    Answer answer = finish(key, asked);
    const auto* size = std::get_if<SizeAnswer>(&answer);
    if (size == nullptr) return answer;
    room = size->size;
  }
}

std::optional<Bytes> Fetcher::get(const Key& key, Range range) {
  Key asked = key;
  for (int tries = 0; tries < most_versions_followed; ++tries) {
    const auto locator = runtime_.locate(asked);
    if (!locator) return std::nullopt;
    std::optional<SlotName> elsewhere;
    if (memory_.maps(locator->rank)) {
      const auto found = memory_.get(asked, *locator);
      if (found && !found->elsewhere) return found->bytes.slice(range.offset, range.length);
      if (found) elsewhere = found->elsewhere;
    } else {
      const Answer answer = fetch(asked, *locator, range);
      if (const auto* bytes = std::get_if<BytesAnswer>(&answer)) return bytes->data;
      if (const auto* named = std::get_if<ElsewhereAnswer>(&answer)) elsewhere = named->name;
    }
    if (elsewhere) {
      asked = key_at(key, *elsewhere);
    } else if (locator->generation == Locator::any_generation) {
      asked = key;  // that version went: the key names another one by now, or none
    } else {
      return std::nullopt;
    }
  }
  throw TimeoutError("object " + key.to_string() + " changes faster than it can be got",
                     {.connector = "mpi", .operation = "get", .key = key});
}

std::vector<std::optional<Bytes>> Fetcher::get_batch(std::span<const Key> keys) {
  std::vector<std::optional<Bytes>> objects(keys.size());
  std::vector<Asked> asked(keys.size());
  std::vector<std::size_t> later;  // what another rank fetches, and what needs more than an answer
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto locator = runtime_.locate(keys[i]);
    if (!locator) continue;
    if (memory_.maps(locator->rank)) {
      objects[i] = get(keys[i], {});
      continue;
    }
    asked[i] = ask(keys[i], *locator, {}, likely_size(keys[i], {}), false);
    if (!asked[i].call) later.push_back(i);
  }
  // All own fetches end before another one's is waited for, or two ranks could wait for each other.
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!asked[i].call) continue;
    const Answer answer = finish(keys[i], asked[i]);
    if (const auto* bytes = std::get_if<BytesAnswer>(&answer)) {
      objects[i] = bytes->data;
    } else if (!std::holds_alternative<NoAnswer>(answer)) {
      later.push_back(i);
    }
  }
  asked.clear();
  for (const std::size_t i : later) objects[i] = get(keys[i], {});
  return objects;
}

std::shared_ptr<Call> Fetcher::ask_for_box(const BoxRequest& request, const Locator& locator,
                                           std::uint64_t room) {
  return runtime_.exchange().start(
      static_cast<int>(locator.rank), request.key,
      GetRequest{.key = request.key, .room = room, .box = request.box, .dtype = request.dtype});
}

std::optional<ArrayBox> Fetcher::box_of_whole(const BoxRequest& request) {
  const auto object = get(request.key, {});
  if (!object) return std::nullopt;
  return detail::box_of(*object, request.box, request.dtype);
}

std::vector<std::optional<ArrayBox>> Fetcher::get_boxes(std::span<const BoxRequest> requests) {
  std::vector<std::optional<ArrayBox>> boxes(requests.size());
  std::vector<std::shared_ptr<Call>> calls(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto locator = runtime_.locate(requests[i].key);
    if (!locator) continue;
    if (!memory_.maps(locator->rank)) {
      calls[i] = ask_for_box(requests[i], *locator, likely_size(requests[i]));
    }
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {  // while the others are on their way
    if (!calls[i]) boxes[i] = box_of_whole(requests[i]);
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!calls[i]) continue;
    const BoxRequest& request = requests[i];
    Answer answer = runtime_.exchange().finish(calls[i]);
    while (const auto* size = std::get_if<SizeAnswer>(&answer)) {
      const auto locator = runtime_.locate(request.key);
      answer = runtime_.exchange().finish(ask_for_box(request, *locator, size->size));
    }
    if (const auto* bytes = std::get_if<BytesAnswer>(&answer)) {
      boxes[i] = ArrayBox{
          .memory = bytes->data,
          .steps = detail::packed_steps(request.box.shape, detail::element_size(request.dtype),
                                        ObjectInfo::Order::c)};
    } else if (std::holds_alternative<ElsewhereAnswer>(answer)) {
      boxes[i] = box_of_whole(request);  // of a deferred key
    }
  }
  return boxes;
}

}  // namespace proxystore::inline v0::partition
