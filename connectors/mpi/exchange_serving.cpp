// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// What a rank does when another one asks; exchange.cpp tells how they talk. Each serve() gives the
// answer, or nothing if that comes later. What it throws is the answer too.
#include <algorithm>
#include <new>

#include "detail/array_box.hpp"
#include "detail/deadline.hpp"
#include "detail/hash.hpp"
#include "exchange.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::partition {

namespace {

constexpr std::size_t most_keys = 4096;  // of one put

/// The exception that is being handled, for the rank that asked.
ErrorAnswer current_error() {
  using What = ErrorAnswer::What;
  try {
    throw;
  } catch (const CapacityError& error) {
    return {.what = What::capacity, .text = error.what()};
  } catch (const std::bad_alloc&) {
    return {.what = What::capacity, .text = "out of memory"};
  } catch (const IntegrityError& error) {
    return {.what = What::integrity, .text = error.what()};
  } catch (const std::exception& error) {
    return {.what = What::other, .text = error.what()};
  }
}

/// The checksum of an object that is pinned: computed once, and kept in its slot.
std::uint64_t checksum_of(const Found& found) {
  if (found.slot == nullptr) return detail::xxh3(found.bytes.span());
  if (found.slot->has_checksum.load(std::memory_order_acquire) != 0) {
    return found.slot->checksum.load(std::memory_order_relaxed);
  }
  const std::uint64_t checksum = detail::xxh3(found.bytes.span());
  found.slot->checksum.store(checksum, std::memory_order_relaxed);
  found.slot->has_checksum.store(1, std::memory_order_release);
  return checksum;
}

}  // namespace

void Exchange::handle_request(int source, std::uint64_t number, Request request) {
  counters_.served.fetch_add(1, std::memory_order_relaxed);
  if (asked_by_node_ && memory_->maps(static_cast<std::uint32_t>(source))) asked_by_node_();
  std::optional<Answer> answer;
  try {
    answer = std::visit([&](auto& one) { return serve(source, number, one); }, request);
  } catch (...) {
    answer = current_error();
  }
  if (answer) post(source, {.call = number, .content = std::move(*answer)});
}

std::optional<Answer> Exchange::serve(int source, std::uint64_t, GetRequest& get) {
  const Locator locator = Locator::of(get.key);
  if (!memory_->maps(locator.rank)) return NoAnswer{};
  const auto found = memory_->get(get.key, locator);
  if (!found) return NoAnswer{};
  if (found->elsewhere) return ElsewhereAnswer{*found->elsewhere};
  const bool is_whole =
      !get.box && get.range.offset == 0 && get.range.length >= found->bytes.size();
  std::size_t size = 0;
  ArrayBox box;
  if (get.box) {
    box = detail::box_of(found->bytes, *get.box, get.dtype);  // of which all is in the array
    size = *detail::volume_of(get.box->shape) * detail::element_size(get.dtype);
  } else {
    size = found->bytes.slice(get.range.offset, get.range.length).size();
  }
  if (size > most_inline && get.room != size) return SizeAnswer{size};
  const Bytes bytes = get.box ? detail::packed(box, get.box->shape, detail::element_size(get.dtype))
                              : found->bytes.slice(get.range.offset, get.range.length);
  BytesAnswer answer{.size = bytes.size()};
  if (options_.checksum) {
    answer.has_checksum = true;
    answer.checksum = is_whole ? checksum_of(*found) : detail::xxh3(bytes.span());
  }
  if (bytes.size() <= most_inline) {
    answer.is_inline = true;
    answer.data = bytes;
    return answer;
  }
  if (get.tag < Transport::first_tag || get.tag > Transport::last_tag) {
    throw MessageError("impossible tag " + std::to_string(get.tag));
  }
  send_in_pieces(source, get.tag, bytes.span(), bytes.owner());
  return answer;
}

std::optional<Answer> Exchange::serve(int, std::uint64_t, ExistsRequest& exists) {
  const Locator locator = Locator::of(exists.key);
  if (memory_->maps(locator.rank) && memory_->exists(exists.key, locator)) return YesAnswer{};
  return NoAnswer{};
}

std::optional<Answer> Exchange::serve(int, std::uint64_t, EvictRequest& evict) {
  const Locator locator = Locator::of(evict.key);
  if (!memory_->maps(locator.rank)) return NoAnswer{};
  const auto evicted = memory_->evict(evict.key, locator);
  evict_leftovers(evict.key, evicted.leftovers);
  if (!evicted.was_there) return NoAnswer{};
  return YesAnswer{};
}

std::optional<Answer> Exchange::serve(int, std::uint64_t, SetRequest& set) {
  const Locator locator = Locator::of(set.key);
  if (!memory_->maps(locator.rank)) return NoAnswer{};
  const auto result = memory_->set_target(set.key, locator, set.target, set.only_first);
  evict_leftovers(set.key, result.leftovers);
  if (result.is_taken) return ErrorAnswer{.what = ErrorAnswer::What::already_set};
  if (result.is_gone) return NoAnswer{};
  return YesAnswer{};
}

std::optional<Answer> Exchange::serve(int source, std::uint64_t number, WaitRequest& wait) {
  const Locator locator = Locator::of(wait.key);
  if (!memory_->maps(locator.rank)) return ErrorAnswer{.text = "the key is not of this rank"};
  waiting_.push_back({.rank = source,
                      .call = number,
                      .key = wait.key,
                      .deadline = detail::deadline_after(wait.timeout)});
  return std::nullopt;  // answer_waiting() does
}

std::optional<Answer> Exchange::serve(int, std::uint64_t, LeaseRequest& request) {
  if (leases_.apply(request)) return YesAnswer{};
  return NoAnswer{};
}

bool Exchange::answer_waiting() {
  bool answered = false;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const Locator locator = Locator::of(at->key);
    std::optional<Answer> answer;
    switch (memory_->wait(at->key, locator, Clock::time_point::min(), {}, [] {})) {
      case NodeMemory::Waited::there:
        answer = YesAnswer{};
        break;
      case NodeMemory::Waited::gone:
        answer = ErrorAnswer{.text = "object " + at->key.to_string() +
                                     " was evicted while it was waited for"};
        break;
      case NodeMemory::Waited::timed_out:
        if (Clock::now() >= at->deadline) answer = NoAnswer{};
        break;
    }
    if (!answer) {
      ++at;
      continue;
    }
    post(at->rank, {.call = at->call, .content = std::move(*answer)});
    at = waiting_.erase(at);
    answered = true;
  }
  return answered;
}

void Exchange::evict_leftovers(const Key& key, const NodeMemory::Leftovers& leftovers) {
  for (const SlotName& name : leftovers) {
    const Key leftover = key_at(key, name);
    send_off_locked(static_cast<int>(name.rank), leftover, EvictRequest{leftover});
  }
}

std::vector<Draft> Exchange::reserve_all(std::span<const Key> keys) {
  std::vector<Draft> drafts;
  drafts.reserve(keys.size());
  try {
    for (const Key& key : keys) drafts.push_back(memory_->own().reserve(key.size));
  } catch (...) {
    for (const Draft& draft : drafts) memory_->own().drop(draft);
    throw;
  }
  return drafts;
}

Answer Exchange::publish_all(std::span<const Key> keys, std::span<const Draft> drafts) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool is_right = (keys[i].flags & Key::has_checksum) == 0 ||
                          detail::xxh3(ByteSpan(drafts[i].memory)) == keys[i].checksum;
    if (is_right) continue;
    for (const Draft& draft : drafts) memory_->own().drop(draft);
    return ErrorAnswer{.what = ErrorAnswer::What::integrity,
                       .text = "the bytes were damaged on their way"};
  }
  PlacedAnswer placed;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    placed.places.push_back(memory_->own().publish(drafts[i], keys[i]));
  }
  return placed;
}

std::optional<Answer> Exchange::serve(int source, std::uint64_t number, PutObjects& put) {
  if (put.keys.size() > most_keys) throw MessageError("too many objects in one put");
  const bool is_inline = put.tag == 0;
  std::uint64_t left = put.data.size();
  for (const Key& key : put.keys) {
    if (is_inline && key.size > left) throw MessageError("a put is shorter than its objects");
    left -= is_inline ? key.size : 0;
  }
  std::vector<Draft> drafts = reserve_all(put.keys);
  if (is_inline) {
    const std::byte* from = put.data.data();
    for (const Draft& draft : drafts) {
      std::copy_n(from, draft.memory.size(), draft.memory.begin());
      from += draft.memory.size();
    }
    return publish_all(put.keys, drafts);
  }
  Incoming& incoming = incoming_.emplace_back(
      Incoming{.rank = source, .call = number, .keys = std::move(put.keys), .drafts = drafts});
  for (const Draft& draft : drafts) {
    receive_in_pieces(incoming.receiving, source, put.tag, draft.memory);
  }
  return ReadyAnswer{};
}

}  // namespace proxystore::inline v0::partition
