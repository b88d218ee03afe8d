// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Requests to ranks on other nodes, and the answers to theirs.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "buffer_pool.hpp"
#include "leases.hpp"
#include "messages.hpp"
#include "node_memory.hpp"
#include "transport.hpp"

namespace proxystore::inline v0::partition {

struct ExchangeOptions {
  std::chrono::milliseconds timeout{300'000};  ///< Without progress
  bool checksum = true;                        ///< Of objects that are got from other nodes
  std::size_t pooled_bytes = std::size_t{256} << 20U;
};

/// What went over the wire, both ways.
struct ExchangeCounters {
  std::atomic<std::uint64_t> messages_sent{0};
  std::atomic<std::uint64_t> bytes_sent{0};  ///< Messages and transfers
  std::atomic<std::uint64_t> bytes_received{0};
  std::atomic<std::uint64_t> got_inline{0};  ///< Gets answered in a message
  std::atomic<std::uint64_t> got_bulk{0};    ///< Gets answered by a transfer
  std::atomic<std::uint64_t> served{0};      ///< Requests of others
};

/// A request under way, for the thread that waits for it.
class Call;

/// @threadsafe Whichever thread waits, or calls progress(), moves everything on; one at a time.
class Exchange {
 public:
  Exchange(std::shared_ptr<NodeMemory> memory, std::unique_ptr<Transport> transport,
           const ExchangeOptions& options);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  /// Sends a request about the object of @p key. Waits only while that rank owes many answers.
  /// @p room is the size of the object's range, for requests to get it, if that is known.
  /// @p target is memory of that size for it to arrive in; without, the pool has some.
  [[nodiscard]] std::shared_ptr<Call> start(int rank, const Key& key, Request request,
                                            BufferPool::Buffer target = {});
  /// As start(), for whoever does not care about the answer.
  void send_off(int rank, const Key& key, Request request);

  /// The answer. @blocking up to the time-out without progress
  /// @throws TimeoutError naming rank and key, CapacityError, IntegrityError, ConnectorError
  [[nodiscard]] Answer finish(const std::shared_ptr<Call>& call);

  /// Those of this rank's objects.
  [[nodiscard]] Leases& leases() noexcept { return leases_; }

  /// Moves on what can be; whether anything did. Returns at once if another thread does so.
  bool progress();

  /// Whether a thread waits in finish(), and so makes progress. It looks all the time: another one
  /// that does so too only gets in its way.
  [[nodiscard]] bool is_waited_for() const noexcept { return waiting_threads_ > 0; }

  /// Whether nothing of this rank is under way.
  [[nodiscard]] bool is_quiet();

  /// Fails all that is under way, and all that comes.
  void stop(const std::string& why);

  /// Memory for the bytes of put requests, which must be the library's own.
  [[nodiscard]] BufferPool& pool() noexcept { return *pool_; }
  [[nodiscard]] const ExchangeCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] Transport& transport() noexcept { return *transport_; }

  /// Called, in progress(), when a rank of the own node asked for something.
  void on_request_from_node(std::function<void()> callback) {
    asked_by_node_ = std::move(callback);
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;

  /// Bytes being sent, in pieces.
  struct Sending {
    int rank = 0;
    std::uint16_t tag = 0;
    ByteSpan rest{};
    std::size_t piece = 0;
    std::shared_ptr<const void> owner{};
    std::shared_ptr<Call> call{};  // that puts them; null: they answer a get
    std::deque<std::unique_ptr<Transfer>> pieces{};
  };
  /// Bytes being received, in pieces.
  struct Receiving {
    std::deque<std::unique_ptr<Transfer>> pieces{};  // that are still under way
    std::size_t piece = 0;
    std::size_t ended = 0;

    /// Bytes at the beginning that are there.
    [[nodiscard]] std::size_t arrived(std::size_t size) const {
      return pieces.empty() ? size : ended * piece;
    }
  };
  /// Objects that another rank puts here.
  struct Incoming {
    int rank = 0;
    std::uint64_t call = 0;
    std::vector<Key> keys{};
    std::vector<Draft> drafts{};
    Receiving receiving{};
  };
  /// Another rank that waits for a deferred key.
  struct Waiting {
    int rank = 0;
    std::uint64_t call = 0;
    Key key{};
    Clock::time_point deadline{};
  };
  friend class Call;

  bool progress_locked();
  bool receive_messages();
  void handle(int source, const Bytes& message);
  void handle_answer(std::uint64_t number, Answer answer);
  void handle_request(int source, std::uint64_t number, Request request);
  [[nodiscard]] std::optional<Answer> serve(int source, std::uint64_t number, GetRequest& get);
  [[nodiscard]] std::optional<Answer> serve(int source, std::uint64_t number,
                                            ExistsRequest& exists);
  [[nodiscard]] std::optional<Answer> serve(int source, std::uint64_t number, EvictRequest& evict);
  [[nodiscard]] std::optional<Answer> serve(int source, std::uint64_t number,
                                            LeaseRequest& request);
  [[nodiscard]] std::optional<Answer> serve(int source, std::uint64_t number, PutObjects& put);
  [[nodiscard]] std::optional<Answer> serve(int source, std::uint64_t number, SetRequest& set);
  [[nodiscard]] std::optional<Answer> serve(int source, std::uint64_t number, WaitRequest& wait);
  [[nodiscard]] std::vector<Draft> reserve_all(std::span<const Key> keys);
  [[nodiscard]] Answer publish_all(std::span<const Key> keys, std::span<const Draft> drafts);
  void evict_leftovers(const Key& key, const NodeMemory::Leftovers& leftovers);

  void post(int rank, const Message& message);
  [[nodiscard]] std::shared_ptr<Call> start_locked(int rank, const Key& key, Request request,
                                                   BufferPool::Buffer target = {});
  void send_off_locked(int rank, const Key& key, Request request);
  void send_in_pieces(int rank, std::uint16_t tag, ByteSpan bytes,
                      std::shared_ptr<const void> owner, std::shared_ptr<Call> call = {});
  void receive_in_pieces(Receiving& receiving, int rank, std::uint16_t tag,
                         std::span<std::byte> target);
  bool move_sends();
  bool move_receives();
  bool move_incoming();
  bool answer_waiting();
  /// Takes off the pieces that are over, from the front; how many, or whether there was one.
  static std::size_t take_finished(std::deque<std::unique_ptr<Transfer>>& pieces);
  static bool take_finished(Receiving& receiving);
  /// A tag that is not in use, even or odd.
  [[nodiscard]] std::uint16_t next_tag(std::uint16_t parity);
  void park(const std::shared_ptr<Call>& call);
  void evict_late(const Call& call, const PlacedAnswer& placed);
  void require_running() const;
  [[nodiscard]] Answer checked(const Call& call, Answer answer, std::uint64_t checksum);

  const std::shared_ptr<NodeMemory> memory_;
  const std::unique_ptr<Transport> transport_;
  const ExchangeOptions options_;
  Leases leases_;
  const std::shared_ptr<BufferPool> pool_;
  ExchangeCounters counters_;
  std::function<void()> asked_by_node_;
  std::atomic<int> waiting_threads_{0};

  std::mutex mutex_;  // of all below, and of the transport
  std::uint64_t last_call_ = 0;
  std::uint16_t last_tag_ = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<Call>> calls_;
  std::unordered_map<int, int> outstanding_;  // calls by rank
  std::list<Sending> sending_;                // the first few are under way
  std::list<Incoming> incoming_;
  std::list<Waiting> waiting_;
  std::vector<std::uint16_t> tags_in_use_;
  std::string stopped_;  // why; empty: it runs
};

}  // namespace proxystore::inline v0::partition
