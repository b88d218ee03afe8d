// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Requests between nodes.
//
// Get. The asking rank posts receives for the object, whose size its key tells, and then asks. The
// owner answers "none", with the bytes themselves, or with "so many bytes are coming", and sends
// them from where they lie, pinned, in pieces that the asking rank has receives for. Pieces of one
// object have one tag, and MPI keeps the order of messages between two ranks with one tag, so
// nothing else can be taken for them. If the size is not known the owner says it, and is asked
// again. An answer that needs no receives has them cancelled: nothing was sent to them.
//
// Put. Small objects travel in the request. For others the owner reserves memory, posts receives
// straight into it, and answers "ready"; then the bytes are sent, and the owner publishes all
// objects of the request, or none, and says where they are. The bytes are copied to memory of the
// library first: the caller's cannot be given back when a time-out ends the call.
//
// Waiting. A rank that waits for an answer serves the requests of others all the while, so ranks
// that ask each other in a ring do not wait for ever. Time-outs count time in which nothing moved:
// neither an answer nor a piece came, and no piece left. A receive that has begun cannot be taken
// back from MPI. So what belongs to a call that timed out - requests, buffers, the tag - is parked:
// kept until it is over, or for ever, and not used for anything else. A late answer finds no call,
// and is dropped; but a put goes on to its end, since the owner waits for the bytes, and then the
// objects are evicted.
//
// Tags. What goes from one rank to another is matched by a tag: for a get the one that asks, and
// receives, chose it, for a put the one that sends. So gets have even tags, and puts odd ones. The
// objects of one put have one tag, and their pieces leave one object after the other.
//
// Flow. A rank has at most 16 requests at another, and at most 8 objects are being sent by an owner
// at a time, two pieces of each, so that a large object does not keep the others waiting, and small
// answers, which are messages, overtake all of them.
#include "exchange.hpp"

#include <algorithm>
#include <cstring>

#include "detail/connector_errors.hpp"
#include "detail/hash.hpp"
#include "detail/log.hpp"
#include "mpi/wait.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::partition {

namespace {

// Of the tags; see above.
constexpr std::uint16_t get_parity = 0;
constexpr std::uint16_t put_parity = 1;

constexpr int most_outstanding = 16;
constexpr std::size_t most_sending = 8;
constexpr std::size_t most_pieces = 2;
constexpr std::size_t least_piece = std::size_t{4} << 20U;
constexpr std::size_t most_piece = std::size_t{64} << 20U;

/// Both sides cut an object in the same way.
std::size_t piece_of(std::size_t size) {
  return std::clamp(size / 8, least_piece, most_piece);
}

std::string in_seconds(std::chrono::milliseconds time) {
  return std::to_string(time.count() / 1000) + "." + std::to_string(time.count() % 1000 / 100) +
         " s";
}

ErrorContext asking(const Key& key) {
  return {.connector = "mpi", .operation = "request", .key = key};
}

[[noreturn]] void raise(const ErrorAnswer& error, int rank, const Key& key) {
  const std::string text = "rank " + std::to_string(rank) + ": " + error.text;
  switch (error.what) {
    case ErrorAnswer::What::capacity:
      throw CapacityError(text, asking(key));
    case ErrorAnswer::What::integrity:
      throw IntegrityError(text, asking(key));
    case ErrorAnswer::What::already_set:
      proxystore::detail::throw_already_set("mpi", key);
    case ErrorAnswer::What::other:
      break;
  }
  throw ConnectorError(text, asking(key));
}

class CountedWait {
 public:
  explicit CountedWait(std::atomic<int>& count) : count_(count) { ++count_; }
  CountedWait(const CountedWait&) = delete;
  CountedWait& operator=(const CountedWait&) = delete;
  ~CountedWait() { --count_; }

 private:
  std::atomic<int>& count_;
};

}  // namespace

class Call {
 public:
  Call(int to, const Key& of, std::uint64_t call) : rank(to), key(of), number(call) {}

  [[nodiscard]] bool is_done() const {
    if (!answer) return false;
    const auto* bytes = std::get_if<BytesAnswer>(&*answer);
    return bytes == nullptr || bytes->is_inline || receiving.pieces.empty();
  }
  /// When something came last, if it is @p of_rank that was asked.
  [[nodiscard]] std::chrono::steady_clock::time_point progress_at(int of_rank) const {
    return rank == of_rank ? last_progress : std::chrono::steady_clock::time_point::min();
  }
  void touch() { last_progress = std::chrono::steady_clock::now(); }

  const int rank;
  const Key key;
  const std::uint64_t number;
  bool wants_answer = true;
  std::uint16_t tag = 0;
  BufferPool::Buffer buffer{};  // where the bytes of a get arrive
  Bytes outgoing{};             // what a put sends
  std::vector<Key> putting{};   // of the objects in that
  Exchange::Receiving receiving{};
  std::optional<Answer> answer{};
  std::chrono::steady_clock::time_point last_progress = std::chrono::steady_clock::now();
};

Exchange::Exchange(std::shared_ptr<NodeMemory> memory, std::unique_ptr<Transport> transport,
                   const ExchangeOptions& options)
    : memory_(std::move(memory)),
      transport_(std::move(transport)),
      options_(options),
      leases_(memory_),
      pool_(std::make_shared<BufferPool>(options.pooled_bytes)) {}

Exchange::~Exchange() {
  // MPI may still write to what is under way, and nothing can stop it: it stays.
  const std::lock_guard lock(mutex_);
  for (auto& [number, call] : calls_) {
    if (!call->receiving.pieces.empty()) new std::shared_ptr<Call>(std::move(call));
  }
  if (!sending_.empty()) new std::list<Sending>(std::move(sending_));
  if (!incoming_.empty()) new std::list<Incoming>(std::move(incoming_));
}

void Exchange::require_running() const {
  if (!stopped_.empty())
    throw ConnectorError(stopped_, {.connector = "mpi", .operation = "request"});
}

void Exchange::post(int rank, const Message& message) {
  std::vector<std::byte> bytes = encode(message);
  counters_.messages_sent.fetch_add(1, std::memory_order_relaxed);
  counters_.bytes_sent.fetch_add(bytes.size(), std::memory_order_relaxed);
  transport_->send(rank, std::move(bytes));
}

std::uint16_t Exchange::next_tag(std::uint16_t parity) {
  const auto is_taken = [&] {
    return last_tag_ % 2 != parity ||
           std::find(tags_in_use_.begin(), tags_in_use_.end(), last_tag_) != tags_in_use_.end();
  };
  if (tags_in_use_.size() + 1 >= Transport::last_tag / 2) {
    throw ConnectorError("too many transfers timed out, and are still under way",
                         {.connector = "mpi", .operation = "request"});
  }
  do {
    last_tag_ = last_tag_ >= Transport::last_tag ? Transport::first_tag
                                                 : static_cast<std::uint16_t>(last_tag_ + 1);
  } while (is_taken());
  tags_in_use_.push_back(last_tag_);
  return last_tag_;
}

std::shared_ptr<Call> Exchange::start_locked(int rank, const Key& key, Request request,
                                             BufferPool::Buffer target) {
  require_running();
  const auto call = std::make_shared<Call>(rank, key, ++last_call_);
  if (auto* get = std::get_if<GetRequest>(&request); get != nullptr && get->room > most_inline) {
    call->buffer = target.size == get->room ? std::move(target) : pool_->take(get->room);
    call->tag = get->tag = next_tag(get_parity);
    receive_in_pieces(call->receiving, rank, call->tag, call->buffer.span());
  }
  if (auto* put = std::get_if<PutObjects>(&request)) {
    std::size_t total = 0;
    for (const Key& one : put->keys) total += one.size;
    call->putting = put->keys;
    if (total > most_inline) {
      call->tag = put->tag = next_tag(put_parity);
      call->outgoing = std::move(put->data);
      put->data = {};
    }
  }
  calls_.emplace(call->number, call);
  ++outstanding_[rank];
  post(rank, {.call = call->number, .content = std::move(request)});
  return call;
}

std::shared_ptr<Call> Exchange::start(int rank, const Key& key, Request request,
                                      BufferPool::Buffer target) {
  bool is_late = false;
  const auto is_free = [&] {
    const Lock lock(mutex_, std::try_to_lock);
    if (!lock) return false;
    require_running();
    progress_locked();
    if (outstanding_[rank] < most_outstanding) return true;
    const auto newest = std::max_element(calls_.begin(), calls_.end(), [&](auto& a, auto& b) {
      return a.second->progress_at(rank) < b.second->progress_at(rank);
    });
    is_late = Clock::now() - newest->second->progress_at(rank) > options_.timeout;
    return is_late;
  };
  (void)mpi::detail::wait_until(is_free, mpi::detail::Deadline(std::chrono::milliseconds(0)));
  if (is_late) {
    throw TimeoutError("rank " + std::to_string(rank) + " answered none of " +
                           std::to_string(most_outstanding) + " requests within " +
                           in_seconds(options_.timeout),
                       asking(key));
  }
  const Lock lock(mutex_);
  return start_locked(rank, key, std::move(request), std::move(target));
}

void Exchange::send_off(int rank, const Key& key, Request request) {
  const Lock lock(mutex_);
  send_off_locked(rank, key, std::move(request));
}

void Exchange::send_off_locked(int rank, const Key& key, Request request) {
  start_locked(rank, key, std::move(request))->wants_answer = false;
}

Answer Exchange::finish(const std::shared_ptr<Call>& call) {
  const ByteSpan target = call->buffer.span();
  std::optional<Answer> answer;
  std::size_t arrived = 0;
  std::size_t hashed = 0;
  detail::Xxh3Stream hash;
  bool is_late = false;
  const auto is_news = [&] {
    const Lock lock(mutex_, std::try_to_lock);
    if (!lock) return false;
    progress_locked();
    if (call->is_done()) answer = std::move(*call->answer);
    arrived = call->receiving.arrived(target.size());
    if (answer || (options_.checksum && arrived > hashed)) return true;
    require_running();
    is_late = Clock::now() - call->last_progress > options_.timeout;
    if (is_late) park(call);
    return is_late;
  };
  while (!answer && !is_late) {
    {
      const CountedWait counted(waiting_threads_);
      (void)mpi::detail::wait_until(is_news, mpi::detail::Deadline(std::chrono::milliseconds(0)),
                                    mpi::detail::transfer_time(target.size()));
    }
    // What has come is hashed while the rest is on its way, and while it is in the cache.
    if (options_.checksum) hash.update(target.subspan(hashed, arrived - hashed));
    hashed = arrived;
  }
  if (answer) return checked(*call, std::move(*answer), hash.digest());
  throw TimeoutError("rank " + std::to_string(call->rank) + " did not answer within " +
                         in_seconds(options_.timeout) + " about object " + call->key.to_string() +
                         "; it is dead, stopped, or computes without calling the library",
                     asking(call->key));
}

Answer Exchange::checked(const Call& call, Answer answer, std::uint64_t checksum) {
  if (const auto* error = std::get_if<ErrorAnswer>(&answer)) raise(*error, call.rank, call.key);
  auto* bytes = std::get_if<BytesAnswer>(&answer);
  if (bytes == nullptr) return answer;
  if (!bytes->is_inline) {
    counters_.bytes_received.fetch_add(bytes->size, std::memory_order_relaxed);
    bytes->data = Bytes(call.buffer.freeze()).slice(0, bytes->size);
  } else {
    bytes->data = Bytes::copy_of(bytes->data.span());  // aligned, and free of the message
    checksum = detail::xxh3(bytes->data.span());
  }
  if (bytes->has_checksum && checksum != bytes->checksum) {
    throw IntegrityError("the bytes of object " + call.key.to_string() +
                             " were damaged on their way from rank " + std::to_string(call.rank),
                         asking(call.key));
  }
  return answer;
}

void Exchange::park(const std::shared_ptr<Call>& call) {
  call->wants_answer = false;
  if (call->receiving.pieces.empty() && call->putting.empty()) {
    calls_.erase(call->number);
    --outstanding_[call->rank];
  }
}

bool Exchange::progress() {
  const Lock lock(mutex_, std::try_to_lock);
  return lock && stopped_.empty() && progress_locked();
}

bool Exchange::is_quiet() {
  const Lock lock(mutex_);
  return transport_->is_quiet() && sending_.empty() && incoming_.empty() &&
         std::all_of(calls_.begin(), calls_.end(),
                     [](const auto& call) { return !call.second->receiving.pieces.empty(); });
}

void Exchange::stop(const std::string& why) {
  const Lock lock(mutex_);
  stopped_ = why;
}

bool Exchange::progress_locked() {
  bool moved = receive_messages();
  moved |= move_sends();
  moved |= move_receives();
  moved |= move_incoming();
  moved |= answer_waiting();
  for (const auto& [key, name] : leases_.take_leftovers()) evict_leftovers(key, {name});
  return moved;
}

bool Exchange::receive_messages() {
  constexpr int most_at_once = 32;  // whoever waits must get to look whether it is over
  bool received = false;
  for (int i = 0; i < most_at_once; ++i) {
    const auto incoming = transport_->receive();
    if (!incoming) break;
    received = true;
    counters_.bytes_received.fetch_add(incoming->message.size(), std::memory_order_relaxed);
    handle(incoming->source, incoming->message);
  }
  return received;
}

void Exchange::handle(int source, const Bytes& bytes) {
  try {
    Message message = decode(bytes);
    if (auto* request = std::get_if<Request>(&message.content)) {
      handle_request(source, message.call, std::move(*request));
    } else {
      handle_answer(message.call, std::move(std::get<Answer>(message.content)));
    }
  } catch (const MessageError& error) {
    detail::log(LogLevel::error,
                "from rank " + std::to_string(source) + ": " + std::string(error.what()));
  }
}

void Exchange::handle_answer(std::uint64_t number, Answer answer) {
  const auto found = calls_.find(number);
  if (found == calls_.end() || found->second->answer) return;  // late, or twice
  const auto call = found->second;
  call->touch();
  if (std::holds_alternative<ReadyAnswer>(answer)) {
    ByteSpan rest = call->outgoing.span();
    for (const Key& key : call->putting) {
      send_in_pieces(call->rank, call->tag, rest.first(key.size), call->outgoing.owner(), call);
      rest = rest.subspan(key.size);
    }
    return;
  }
  const auto* bytes = std::get_if<BytesAnswer>(&answer);
  const bool is_coming = bytes != nullptr && !bytes->is_inline;
  if (is_coming && bytes->size != call->buffer.size) {
    answer = ErrorAnswer{.text = "sent " + std::to_string(bytes->size) + " bytes instead of " +
                                 std::to_string(call->buffer.size)};
  } else if (!is_coming) {
    for (const auto& piece : call->receiving.pieces) piece->cancel();
    call->receiving.pieces.clear();
  }
  const auto* placed = std::get_if<PlacedAnswer>(&answer);
  if (placed != nullptr && !call->wants_answer) evict_late(*call, *placed);
  if (bytes != nullptr && call->wants_answer) {
    (is_coming ? counters_.got_bulk : counters_.got_inline).fetch_add(1, std::memory_order_relaxed);
  }
  call->answer = std::move(answer);
  if (call->receiving.pieces.empty()) {
    calls_.erase(number);
    --outstanding_[call->rank];
    if (call->tag != 0) std::erase(tags_in_use_, call->tag);
  }
}

/// Ends objects whose put has failed by the time-out, and was done after all.
void Exchange::evict_late(const Call& call, const PlacedAnswer& placed) {
  for (std::size_t i = 0; i < std::min(call.putting.size(), placed.places.size()); ++i) {
    Key key = call.putting[i];
    placed.places[i].write_to(key);
    send_off_locked(call.rank, key, EvictRequest{key});
  }
}

bool Exchange::move_incoming() {
  bool moved = false;
  for (auto at = incoming_.begin(); at != incoming_.end();) {
    moved |= take_finished(at->receiving);
    if (!at->receiving.pieces.empty()) {
      ++at;
      continue;
    }
    for (const Draft& draft : at->drafts) {
      counters_.bytes_received.fetch_add(draft.memory.size(), std::memory_order_relaxed);
    }
    post(at->rank, {.call = at->call, .content = publish_all(at->keys, at->drafts)});
    at = incoming_.erase(at);
    moved = true;
  }
  return moved;
}

void Exchange::send_in_pieces(int rank, std::uint16_t tag, ByteSpan bytes,
                              std::shared_ptr<const void> owner, std::shared_ptr<Call> call) {
  if (bytes.empty()) return;
  sending_.push_back({.rank = rank,
                      .tag = tag,
                      .rest = bytes,
                      .piece = piece_of(bytes.size()),
                      .owner = std::move(owner),
                      .call = std::move(call)});
  counters_.bytes_sent.fetch_add(bytes.size(), std::memory_order_relaxed);
}

void Exchange::receive_in_pieces(Receiving& receiving, int rank, std::uint16_t tag,
                                 std::span<std::byte> target) {
  receiving.piece = piece_of(target.size());
  while (!target.empty()) {
    const auto part = target.first(std::min(receiving.piece, target.size()));
    receiving.pieces.push_back(transport_->receive_bytes(rank, tag, part));
    target = target.subspan(part.size());
  }
}

std::size_t Exchange::take_finished(std::deque<std::unique_ptr<Transfer>>& pieces) {
  std::size_t took = 0;
  for (; !pieces.empty() && pieces.front()->is_over(); ++took) pieces.pop_front();
  return took;
}

bool Exchange::take_finished(Receiving& receiving) {
  const std::size_t took = take_finished(receiving.pieces);
  receiving.ended += took;
  return took > 0;
}

bool Exchange::move_sends() {
  bool moved = false;
  std::size_t under_way = 0;
  for (auto at = sending_.begin(); at != sending_.end() && under_way < most_sending; ++under_way) {
    if (take_finished(at->pieces) > 0) {
      moved = true;
      if (at->call) at->call->touch();
    }
    const bool is_next = std::none_of(sending_.begin(), at, [&](const Sending& before) {
      return before.rank == at->rank && before.tag == at->tag && !before.rest.empty();
    });
    while (is_next && !at->rest.empty() && at->pieces.size() < most_pieces) {
      const ByteSpan part = at->rest.first(std::min(at->piece, at->rest.size()));
      at->pieces.push_back(transport_->send_bytes(at->rank, at->tag, part));
      at->rest = at->rest.subspan(part.size());
      moved = true;
    }
    at = at->rest.empty() && at->pieces.empty() ? sending_.erase(at) : std::next(at);
  }
  return moved;
}

bool Exchange::move_receives() {
  bool moved = false;
  for (auto at = calls_.begin(); at != calls_.end();) {
    Call& call = *at->second;
    if (!take_finished(call.receiving)) {
      ++at;
      continue;
    }
    moved = true;
    call.touch();
    if (!call.receiving.pieces.empty() || !call.answer) {
      ++at;
      continue;
    }
    std::erase(tags_in_use_, call.tag);
    --outstanding_[call.rank];
    at = calls_.erase(at);
  }
  return moved;
}

}  // namespace proxystore::inline v0::partition
