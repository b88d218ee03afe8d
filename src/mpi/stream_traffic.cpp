// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// How messages of streams get from rank to rank, and why none fills memory, none is lost unseen,
// and MPI ends with nothing under way.
//
// A lane leads to one rank with one tag. Its messages are sent with MPI_Issend, which is complete
// when the reader has taken the message: that is all the flow control there is. A lane with n
// messages under way has n that the reader did not take; whoever sends looks at that number, and
// waits, or drops. The memory of what waits is the sender's.
//
// MPI keeps the order of messages from one rank with one tag, so both ends count them alike. When a
// rank's last subscriber of a tag has gone before the stream was over, the rank goes on to take
// messages of that tag, in every call of this library that waits, throws them away, and answers
// each with a refusal (MPI's tag 0): tag and number of the message. So a sender that is blocked
// hears at once that nobody reads, and a publisher that was made later is not misled by refusals of
// what others sent before: it knows from which number on the messages are its own.
//
// The end (collective, in Environment::finalize). 1. settle(): a rank reads no more, that is, it
// takes and refuses whatever comes, and waits until its own lanes are empty. Every rank in
// finalize() takes all that is sent to it, so nobody waits for a rank that is there. 2. The
// Environment's barrier. After it all lanes of all ranks are empty, and every refusal has been
// sent, since it is sent when the message is taken. 3. finish(): the ranks add up how many refusals
// each of them has been sent, and each takes as many as are missing. Then nothing is under way.
#include "mpi/stream_traffic.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "detail/log.hpp"
#include "mpi/service.hpp"
#include "mpi/wait.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::mpi::detail {

namespace {

constexpr int refusal_tag = 0;

struct Refusal {
  std::uint64_t tag;
  std::uint64_t number;
};

ErrorContext about(std::string_view operation) {
  return {.connector = "mpi stream", .operation = std::string(operation)};
}

template <class Operations>
void forget_complete(Operations& operations) {
  while (!operations.empty() && test(*operations.front())) operations.pop_front();
}

}  // namespace

StreamTraffic::StreamTraffic(MPI_Comm comm) {
  check(MPI_Comm_dup(comm, &comm_), "MPI_Comm_dup");
  check(MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_set_name(comm_, "proxystore streams"), "MPI_Comm_set_name");
  check(MPI_Comm_size(comm_, &size_), "MPI_Comm_size");
  constexpr int least = 32767;  // what every MPI has
  void* value = nullptr;
  int flag = 0;
  check(MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, static_cast<void*>(&value), &flag),
        "MPI_Comm_get_attr");
  last_tag_ = (flag != 0 ? *static_cast<int*>(value) : least) - 1;
  refusals_sent_.resize(static_cast<std::size_t>(size_));
}

StreamTraffic::~StreamTraffic() {
  if (comm_ != MPI_COMM_NULL && mpi_is_running()) MPI_Comm_free(&comm_);
}

std::optional<Bytes> StreamTraffic::poll(Receive& receive, int tag, int source) {
  if (!receive.operation) {
    receive.operation =
        start_recv({.source = source, .tag = tag, .comm = comm_, .status = &receive.status});
  }
  if (!test(*receive.operation)) return std::nullopt;
  // Whatever happens, the message is consumed.
  const auto operation = std::exchange(receive.operation, nullptr);
  return wait(*operation);
}

void StreamTraffic::note_activity() {
  bool active = leaving_ || !refusing_.empty();
  for (const auto& [name, lane] : lanes_) {
    active = active || !lane.under_way.empty() || !lane.waiting.empty();
  }
  for (const auto& [tag, inbox] : inboxes_) {
    active = active || inbox.refuses;
  }
  active_ = active;
}

// -- Lanes

void StreamTraffic::move(const LaneName& name, Lane& lane) {
  forget_complete(lane.under_way);
  while (!lane.waiting.empty() && lane.under_way.size() < lane.window) {
    Bytes message = std::move(lane.waiting.front().message);
    lane.waiting.pop_front();
    SerializedObject object;
    object.share(std::move(message));
    lane.under_way.push_back(start_send(nullptr, std::move(object),
                                        {.dest = name.rank, .tag = to_mpi(name.tag), .comm = comm_},
                                        SendMode::synchronous));
  }
}

std::uint64_t StreamTraffic::posted(const LaneName& lane) {
  const std::lock_guard lock(mutex_);
  return lanes_[lane].posted;
}

std::size_t StreamTraffic::waiting(const LaneName& name) {
  const std::lock_guard lock(mutex_);
  Lane& lane = lanes_[name];
  move(name, lane);
  return lane.under_way.size() + lane.waiting.size();
}

std::uint64_t StreamTraffic::refused(const LaneName& lane) {
  const std::lock_guard lock(mutex_);
  if (!leaving_) {
    while (const auto message = poll(refusals_, refusal_tag)) {
      take_refusal(refusals_.status.source, *message);
    }
  }
  return lanes_[lane].refused;
}

void StreamTraffic::post(const LaneName& name, Bytes message, bool is_end, std::size_t window) {
  const std::lock_guard lock(mutex_);
  if (leaving_)
    throw StoreClosedError("the Environment of this stream is finalised", about("send"));
  Lane& lane = lanes_[name];
  lane.window = window;
  lane.waiting.push_back({std::move(message), is_end});
  ++lane.posted;
  active_ = true;
  move(name, lane);
}

std::optional<Bytes> StreamTraffic::take_back(const LaneName& name) {
  const std::lock_guard lock(mutex_);
  Lane& lane = lanes_[name];
  const auto oldest = std::find_if(lane.waiting.begin(), lane.waiting.end(),
                                   [](const Waiting& one) { return !one.is_end; });
  if (oldest == lane.waiting.end()) return std::nullopt;
  std::optional<Bytes> message = std::move(oldest->message);
  lane.waiting.erase(oldest);
  --lane.posted;  // those behind it move up
  return message;
}

void StreamTraffic::take_refusal(int source, const Bytes& message) {
  ++refusals_taken_;
  Refusal refusal{};
  if (message.size() == sizeof refusal) std::memcpy(&refusal, message.data(), sizeof refusal);
  const auto lane = refusal.tag <= static_cast<std::uint64_t>(last_tag_)
                        ? lanes_.find({source, static_cast<int>(refusal.tag)})
                        : lanes_.end();
  if (lane == lanes_.end() || refusal.number == 0 || refusal.number > lane->second.posted) {
    proxystore::detail::log(LogLevel::error, "rank " + std::to_string(source) +
                                                 " refuses a message that was not sent to it");
    return;
  }
  lane->second.refused = std::max(lane->second.refused, refusal.number);
}

// -- Inboxes

void StreamTraffic::open(int tag) {
  const std::lock_guard lock(mutex_);
  Inbox& inbox = inboxes_[tag];
  ++inbox.readers;
  inbox.refuses = false;
  note_activity();
}

void StreamTraffic::close(int tag, bool over) {
  const std::lock_guard lock(mutex_);
  Inbox& inbox = inboxes_[tag];
  if (--inbox.readers == 0) inbox.refuses = !over;
  note_activity();
}

bool StreamTraffic::is_open(int tag) {
  const std::lock_guard lock(mutex_);
  return !leaving_ && inboxes_[tag].readers > 0;
}

std::optional<Bytes> StreamTraffic::take(int tag, int source) {
  const std::lock_guard lock(mutex_);
  if (leaving_) return std::nullopt;
  Receive& receive = receives_[{tag, source}];
  auto message = poll(receive, to_mpi(tag), source);
  if (message) ++inboxes_[tag].received[receive.status.source];
  return message;
}

void StreamTraffic::refuse(int tag, int source) {
  const Refusal refusal{.tag = static_cast<std::uint64_t>(tag),
                        .number = ++inboxes_[tag].received[source]};
  SerializedObject object;
  object.copy(std::as_bytes(std::span(&refusal, 1)));
  refusing_.push_back(
      start_send(nullptr, std::move(object), {.dest = source, .tag = refusal_tag, .comm = comm_}));
  ++refusals_sent_[static_cast<std::size_t>(source)];
}

void StreamTraffic::take_anything(const MessageStatus& status, const Bytes& message) {
  if (status.tag == refusal_tag) {
    take_refusal(status.source, message);
  } else {
    refuse(status.tag - to_mpi(0), status.source);
  }
}

// -- Progress and end

void StreamTraffic::progress() {
  if (!active_) return;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock || comm_ == MPI_COMM_NULL) return;
  progress_locked();
}

void StreamTraffic::progress_locked() {
  for (auto& [name, lane] : lanes_) move(name, lane);
  forget_complete(refusing_);
  for (auto& [tag, inbox] : inboxes_) {
    if (!leaving_ && !inbox.refuses) continue;
    (void)receives_[{tag, MPI_ANY_SOURCE}];
    for (auto& [name, receive] : receives_) {
      // When leaving, what has begun to come is taken here, and the rest below.
      if (name.first != tag || (leaving_ && receive.operation == nullptr)) continue;
      while (poll(receive, to_mpi(tag), name.second)) {
        refuse(tag, receive.status.source);
        if (leaving_) break;
      }
    }
  }
  if (leaving_) {
    if (refusals_.operation) {  // as above
      if (const auto message = poll(refusals_, refusal_tag)) {
        take_refusal(refusals_.status.source, *message);
      }
    }
    while (const auto message = poll(anything_, MPI_ANY_TAG)) {
      take_anything(anything_.status, *message);
    }
  }
  note_activity();
}

void StreamTraffic::settle(std::chrono::milliseconds timeout) {
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
    active_ = true;
  }
  LaneName full;
  std::size_t left = 0;
  const auto is_empty = [&] {
    const std::lock_guard lock(mutex_);
    progress_locked();
    for (const auto& [name, lane] : lanes_) {
      full = name;
      left = lane.under_way.size() + lane.waiting.size();
      if (left > 0) return false;
    }
    return true;
  };
  if (wait_until(is_empty, Deadline(timeout))) return;
  throw TimeoutError("finalize: rank " + std::to_string(full.rank) + " did not take the last " +
                         std::to_string(left) + " messages of a stream with tag " +
                         std::to_string(full.tag) + " within " + std::to_string(timeout.count()) +
                         " ms",
                     about("finalize"));
}

void StreamTraffic::finish(std::chrono::milliseconds timeout) {
  if (counting_ == MPI_REQUEST_NULL && !counted_) {
    check(MPI_Ireduce_scatter_block(refusals_sent_.data(), &refusals_due_, 1, MPI_INT, MPI_SUM,
                                    comm_, &counting_),
          "MPI_Ireduce_scatter_block");
  }
  const auto is_over = [&] {
    const std::lock_guard lock(mutex_);
    progress_locked();
    counted_ = counted_ || is_complete(counting_);
    return counted_ && refusing_.empty() && refusals_taken_ >= refusals_due_;
  };
  if (!wait_until(is_over, Deadline(timeout))) {
    throw TimeoutError(
        "finalize: the ranks did not agree on what was left of their streams within " +
            std::to_string(timeout.count()) + " ms",
        about("finalize"));
  }
  const std::lock_guard lock(mutex_);
  // Nothing comes any more: these receives have matched nothing.
  receives_.clear();
  refusals_.operation.reset();
  anything_.operation.reset();
  active_ = false;
  check(MPI_Comm_free(&comm_), "MPI_Comm_free");
}

}  // namespace proxystore::inline v0::mpi::detail
