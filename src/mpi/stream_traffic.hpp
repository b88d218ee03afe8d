// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// StreamTraffic: the messages of streams between this rank and all others, as long as the
/// Environment lives. MpiPublisher and MpiSubscriber are views of it.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "proxystore/bytes.hpp"
#include "proxystore/mpi/detail/transport.hpp"
#include "proxystore/mpi/message.hpp"

namespace proxystore::inline v0::mpi::detail {

/// The rank and the tag to which messages go, in one order.
struct LaneName {
  int rank = 0;
  int tag = 0;
  friend auto operator<=>(const LaneName&, const LaneName&) = default;
};

/// @threadsafe Each call takes a lock for a moment, and none waits for another rank but settle()
/// and finish().
class StreamTraffic {
 public:
  /// Takes a communicator of its own. @collective over @p comm
  explicit StreamTraffic(MPI_Comm comm);
  StreamTraffic(const StreamTraffic&) = delete;
  StreamTraffic& operator=(const StreamTraffic&) = delete;
  ~StreamTraffic();  // after finish(), or on all ranks together

  [[nodiscard]] int size() const noexcept { return size_; }
  /// Tags of streams go from 0 to this.
  [[nodiscard]] int last_tag() const noexcept { return last_tag_; }

  // Of whoever sends.

  /// How many messages were ever given to the lane.
  [[nodiscard]] std::uint64_t posted(const LaneName& lane);
  /// How many of them the reader did not take yet.
  [[nodiscard]] std::size_t waiting(const LaneName& lane);
  /// The number of the last message that the reader took after it had left; 0: none.
  [[nodiscard]] std::uint64_t refused(const LaneName& lane);
  /// Gives @p message to the lane. Of those that wait at most @p window are known to MPI; the
  /// others can still be dropped.
  void post(const LaneName& lane, Bytes message, bool is_end, std::size_t window);
  /// Takes back the oldest message that MPI does not know yet and that is no end.
  [[nodiscard]] std::optional<Bytes> take_back(const LaneName& lane);

  // Of whoever reads.

  void open(int tag);
  /// If the stream is not @p over, and this was the last reader of the tag, what comes is refused.
  void close(int tag, bool over);
  [[nodiscard]] bool is_open(int tag);
  /// A message that has come, of any rank or of @p source, or nothing.
  [[nodiscard]] std::optional<Bytes> take(int tag, int source = MPI_ANY_SOURCE);

  // Of the Environment.

  /// Moves what can be moved.
  void progress();
  /// Reads no more, and waits until the readers took what this rank sent.
  /// @throws TimeoutError naming one that did not
  void settle(std::chrono::milliseconds timeout);
  /// Takes the last refusals, after all ranks have settled. @collective @throws TimeoutError
  void finish(std::chrono::milliseconds timeout);

 private:
  struct Waiting {
    Bytes message;
    bool is_end;
  };
  struct Lane {
    std::deque<std::shared_ptr<SendOperation>> under_way{};
    std::deque<Waiting> waiting{};
    std::size_t window = 1;
    std::uint64_t posted = 0;
    std::uint64_t refused = 0;
  };
  struct Inbox {
    std::size_t readers = 0;
    bool refuses = false;
    std::map<int, std::uint64_t> received{};  // by rank
  };
  /// A receive that is looked at again and again, of one tag or of any.
  struct Receive {
    MessageStatus status{};
    std::shared_ptr<RecvOperation> operation{};
  };

  [[nodiscard]] std::optional<Bytes> poll(Receive& receive, int tag, int source = MPI_ANY_SOURCE);
  void move(const LaneName& name, Lane& lane);
  void refuse(int tag, int source);
  void take_refusal(int source, const Bytes& message);
  void take_anything(const MessageStatus& status, const Bytes& message);
  void progress_locked();
  void note_activity();
  [[nodiscard]] static int to_mpi(int tag) noexcept { return tag + 1; }

  MPI_Comm comm_ = MPI_COMM_NULL;
  int size_ = 0;
  int last_tag_ = 0;

  std::mutex mutex_;
  std::atomic<bool> active_{false};  // progress() has something to do
  bool leaving_ = false;
  std::map<LaneName, Lane> lanes_;
  std::map<int, Inbox> inboxes_;
  std::map<std::pair<int, int>, Receive> receives_;  // by tag and source, which may be any
  Receive refusals_;
  Receive anything_;
  std::deque<std::shared_ptr<SendOperation>> refusing_;
  std::vector<int> refusals_sent_;  // to each rank
  int refusals_taken_ = 0;
  int refusals_due_ = -1;
  MPI_Request counting_ = MPI_REQUEST_NULL;
  bool counted_ = false;
};

}  // namespace proxystore::inline v0::mpi::detail
