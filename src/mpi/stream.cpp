// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/mpi/stream.hpp"

#include <algorithm>
#include <utility>

#include "detail/text.hpp"
#include "mpi/service.hpp"
#include "mpi/stream_traffic.hpp"
#include "mpi/wait.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::mpi {

namespace {

ErrorContext about(std::string_view operation) {
  return {.connector = "mpi stream", .operation = std::string(operation)};
}

void check_tag(int tag, const detail::StreamTraffic& traffic) {
  if (tag >= 0 && tag <= traffic.last_tag()) return;
  throw ArgumentError("no tag " + std::to_string(tag) + "; streams have tags 0 to " +
                      std::to_string(traffic.last_tag()));
}

void check_topic(const std::string& topic, const std::vector<int>& readers, int size) {
  if (readers.empty()) throw ArgumentError("nobody reads the topic '" + topic + "'");
  for (const int rank : readers) {
    if (rank < 0 || rank >= size) {
      throw ArgumentError("no rank " + std::to_string(rank) + " can read the topic '" + topic +
                          "'; the Environment has ranks 0 to " + std::to_string(size - 1));
    }
    if (std::count(readers.begin(), readers.end(), rank) > 1) {
      throw ArgumentError("rank " + std::to_string(rank) + " is named twice as a reader of '" +
                          topic + "'");
    }
  }
}

/// A Deadline that passes at once where @p timeout is 0; that of detail:: would never.
detail::Deadline deadline_of(std::chrono::milliseconds timeout) {
  return detail::Deadline(std::max(timeout, std::chrono::milliseconds(1)));
}

std::string list_of(const std::vector<int>& ranks) {
  std::string list = ranks.size() == 1 ? "rank " : "ranks ";
  for (const int rank : ranks) list += (rank == ranks.front() ? "" : ", ") + std::to_string(rank);
  return list;
}

}  // namespace

MpiPublisher::MpiPublisher(MpiPublisherOptions options)
    : options_(std::move(options)), traffic_(detail::require_stream_traffic()) {
  check_tag(options_.tag, *traffic_);
  if (options_.capacity == 0) throw ArgumentError("a stream needs room for one message");
  for (const auto& [topic, readers] : options_.topics) {
    check_topic(topic, readers, traffic_->size());
    for (const int rank : readers) before_[rank] = traffic_->posted({rank, options_.tag});
  }
}

MpiPublisher::~MpiPublisher() = default;

void MpiPublisher::close() {}

const std::vector<int>& MpiPublisher::readers_of(std::string_view topic) const {
  const auto found = options_.topics.find(topic);
  if (found != options_.topics.end()) return found->second;
  throw ArgumentError("Unknown topic \"" + std::string(topic) + "\"; known are " +
                          proxystore::detail::quoted_keys(options_.topics),
                      about("send"));
}

bool MpiPublisher::has_room(int reader) const {
  return traffic_->waiting({reader, options_.tag}) < options_.capacity;
}

bool MpiPublisher::has_left(int reader) const {
  return traffic_->refused({reader, options_.tag}) > before_.at(reader);
}

void MpiPublisher::fail_left(const std::string& who) const {
  throw StoreClosedError(who + " left the stream with tag " + std::to_string(options_.tag),
                         about("send"));
}

template <class Condition>
void MpiPublisher::wait(const Condition& condition, const std::vector<int>& readers) const {
  if (detail::wait_until(condition, deadline_of(options_.timeout))) return;
  throw TimeoutError(list_of(readers) + " took none of the " + std::to_string(options_.capacity) +
                         " messages that wait in the stream with tag " +
                         std::to_string(options_.tag) + " within " +
                         std::to_string(options_.timeout.count()) + " ms",
                     about("send"));
}

void MpiPublisher::post(int reader, const Bytes& message, bool is_end) {
  // What MPI knows cannot be taken back, so little is told to it where the oldest give way.
  const std::size_t window = options_.overflow == Overflow::drop_oldest ? 1 : options_.capacity;
  traffic_->post({reader, options_.tag}, message, is_end, window);
}

/// The reader with the fewest messages waiting, of those that have not left.
int MpiPublisher::freest(const std::vector<int>& readers) const {
  int best = -1;
  std::size_t fewest = 0;
  for (const int reader : readers) {
    if (has_left(reader)) continue;
    const std::size_t waiting = traffic_->waiting({reader, options_.tag});
    if (best < 0 || waiting < fewest) {
      best = reader;
      fewest = waiting;
    }
  }
  if (best < 0) fail_left(list_of(readers));
  return best;
}

bool MpiPublisher::shed_or_post(int reader, const Bytes& message, Dropped& dropped) {
  if (!has_room(reader)) {
    ++dropped_;
    if (options_.overflow != Overflow::drop_oldest) return false;
    auto oldest = traffic_->take_back({reader, options_.tag});
    if (!oldest) return false;
    dropped.push_back(std::move(*oldest));
  }
  post(reader, message, false);
  return true;
}

MessagePublisher::Dropped MpiPublisher::send_to_one(const std::vector<int>& readers,
                                                    const Bytes& message) {
  int reader = freest(readers);
  if (options_.overflow != Overflow::block) {
    Dropped dropped;
    if (!shed_or_post(reader, message, dropped)) dropped.push_back(message);
    return dropped;
  }
  wait([&] { return has_room(reader = freest(readers)); }, readers);
  post(reader, message, false);
  return {};
}

MessagePublisher::Dropped MpiPublisher::send_to_each(const std::vector<int>& readers,
                                                     const Bytes& message) {
  // First room for all, so that an error means that none has got it.
  for (const int reader : readers) {
    const auto is_ready = [&] {
      if (has_left(reader)) fail_left(list_of({reader}));
      return options_.overflow != Overflow::block || has_room(reader);
    };
    wait(is_ready, {reader});
  }
  bool anyone = false;
  Dropped dropped;
  for (const int reader : readers) {
    if (options_.overflow == Overflow::block) {
      post(reader, message, false);
      anyone = true;
    } else {
      anyone = shed_or_post(reader, message, dropped) || anyone;
    }
  }
  if (readers.size() > 1) dropped.clear();  // others got it, or will, so its items stay
  if (!anyone) dropped.push_back(message);
  return dropped;
}

MessagePublisher::Dropped MpiPublisher::send_message(std::string_view topic, const Bytes& message) {
  const auto& readers = readers_of(topic);
  return options_.delivery == Delivery::to_one ? send_to_one(readers, message)
                                               : send_to_each(readers, message);
}

void MpiPublisher::send_end(std::string_view topic, const Bytes& message) {
  const auto& readers = readers_of(topic);
  for (const int reader : readers) {
    wait([&] { return has_left(reader) || has_room(reader); }, {reader});
    if (!has_left(reader)) post(reader, message, true);
  }
}

MpiSubscriber::MpiSubscriber(const MpiSubscriberOptions& options)
    : tag_(options.tag), traffic_(detail::require_stream_traffic()) {
  check_tag(tag_, *traffic_);
  traffic_->open(tag_);
}

MpiSubscriber::~MpiSubscriber() {
  close();
}

std::optional<Bytes> MpiSubscriber::next_message(std::chrono::milliseconds timeout) {
  std::optional<Bytes> message;
  const auto is_over = [&] {
    if (closed_ || !traffic_->is_open(tag_)) return true;
    message = traffic_->take(tag_);
    return message.has_value();
  };
  if (detail::wait_until(is_over, deadline_of(timeout))) return message;
  throw TimeoutError("no message came in the stream with tag " + std::to_string(tag_) + " within " +
                         std::to_string(timeout.count()) + " ms",
                     about("receive"));
}

void MpiSubscriber::close() {
  if (std::exchange(closed_, true)) return;
  traffic_->close(tag_, is_over_);
}

void MpiSubscriber::note_end(std::uint64_t producer, std::string_view topic,
                             std::size_t producers) {
  ended_.emplace(producer, topic);
  is_over_ = ended_.size() >= producers;
}

}  // namespace proxystore::inline v0::mpi
