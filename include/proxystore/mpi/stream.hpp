// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Streams between the ranks of the Environment: MpiPublisher and MpiSubscriber, for StreamProducer
/// and StreamConsumer. Any rank may send to any, itself too, and be both ends at once.
///
/// Messages wait with the rank that sends them, a bounded number for each that reads, until the
/// reader takes them; so a slow reader slows down those who send to it, and fills no memory. What
/// was sent may outlive its publisher: it is delivered up to finalize(), which waits for the
/// readers.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxystore/export.hpp"
#include "proxystore/stream/transport.hpp"

namespace proxystore::inline v0::mpi {

/// Which of the ranks that read a topic get a message.
enum class Delivery : std::uint8_t {
  to_one,   ///< The one with the fewest waiting, as from a common queue
  to_each,  ///< All. An item that its first reader evicts is lost for the others: send() such with
            ///< `{.evict = false}`, or inline
};

/// Arguments of MpiPublisher.
struct MpiPublisherOptions {
  /// The ranks of the Environment that read each topic.
  std::map<std::string, std::vector<int>, std::less<>> topics{};
  /// As of the readers' MpiSubscriber. Streams of different tags do not mix.
  int tag = 0;
  Delivery delivery = Delivery::to_one;
  std::size_t capacity = 64;  ///< Messages that wait for one reader at most
  Overflow overflow = Overflow::block;
  std::chrono::milliseconds timeout{300'000};  ///< For which a send blocks at most
};

namespace detail {
class StreamTraffic;
}  // namespace detail

/// Sends to ranks. @local One thread at a time; any that may call MPI
class PROXYSTORE_EXPORT MpiPublisher final : public MessagePublisher {
 public:
  /// @throws Error without an Environment; ArgumentError for a topic without readers, a rank or a
  ///         tag that does not exist, or no room
  explicit MpiPublisher(MpiPublisherOptions options);
  ~MpiPublisher() override;

  /// @throws StoreClosedError naming a reader that left, if to_each, or that all have; TimeoutError
  ///         naming one that takes nothing; ArgumentError, MpiError
  [[nodiscard]] Dropped send_message(std::string_view topic, const Bytes& message) override;
  void send_end(std::string_view topic, const Bytes& message) override;
  /// What was sent is still delivered.
  void close() override;

  /// Messages that a reader was to get and did not, for want of room.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  [[nodiscard]] const std::vector<int>& readers_of(std::string_view topic) const;
  [[nodiscard]] bool has_room(int reader) const;
  [[nodiscard]] bool has_left(int reader) const;
  [[nodiscard]] int freest(const std::vector<int>& readers) const;
  template <class Condition>
  void wait(const Condition& condition, const std::vector<int>& readers) const;
  [[nodiscard]] Dropped send_to_one(const std::vector<int>& readers, const Bytes& message);
  [[nodiscard]] Dropped send_to_each(const std::vector<int>& readers, const Bytes& message);
  /// Gives @p message to @p reader, after an older one gave way, if there is no room; that goes to
  /// @p dropped. False if @p message itself has to give way.
  [[nodiscard]] bool shed_or_post(int reader, const Bytes& message, Dropped& dropped);
  void post(int reader, const Bytes& message, bool is_end);
  [[noreturn]] void fail_left(const std::string& who) const;

  const MpiPublisherOptions options_;
  std::shared_ptr<detail::StreamTraffic> traffic_;
  std::map<int, std::uint64_t> before_;  // messages to each reader that others sent
  std::uint64_t dropped_ = 0;
};

/// Arguments of MpiSubscriber.
struct MpiSubscriberOptions {
  int tag = 0;
};

/// Receives what ranks send to this one. Several subscribers of one tag share its messages.
/// @local One thread at a time for each; any that may call MPI
class PROXYSTORE_EXPORT MpiSubscriber final : public MessageSubscriber {
 public:
  /// @throws Error without an Environment; ArgumentError for a tag that does not exist
  explicit MpiSubscriber(const MpiSubscriberOptions& options = {});
  /// Closes it.
  ~MpiSubscriber() override;

  [[nodiscard]] std::optional<Bytes> next_message(std::chrono::milliseconds timeout) override;
  /// If the stream is not over, and there is no other subscriber of the tag, whoever sends to this
  /// rank gets a StoreClosedError until there is one, and what it sent before is lost. If it is
  /// over, messages of the next stream wait for the next subscriber.
  void close() override;
  void note_end(std::uint64_t producer, std::string_view topic, std::size_t producers) override;

 private:
  const int tag_;
  std::set<std::pair<std::uint64_t, std::string>> ended_;
  bool is_over_ = false;
  bool closed_ = false;
  std::shared_ptr<detail::StreamTraffic> traffic_;
};

}  // namespace proxystore::inline v0::mpi
