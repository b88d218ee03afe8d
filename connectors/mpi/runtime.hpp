// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The memory of all mpi stores of a job, as long as there is an Environment: this rank's
/// partition, the other partitions of its node, and the way to all others.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "change_gate.hpp"
#include "exchange.hpp"
#include "mpi/service.hpp"
#include "mpi_transport.hpp"
#include "node_memory.hpp"
#include "proxystore/mpi/report.hpp"
#include "replica_table.hpp"
#include "restored_keys.hpp"
#include "settings.hpp"

namespace proxystore::inline v0::partition {

/// @threadsafe but for the constructor and stop()
class Runtime final : public mpi::detail::Service {
 public:
  /// @collective over @p comm, which must outlive this
  Runtime(MPI_Comm comm, const mpi::EnvironmentOptions& options);
  ~Runtime() override;

  /// The one of this process; null before there is an Environment, and after.
  [[nodiscard]] static std::shared_ptr<Runtime> current();

  [[nodiscard]] int rank() const noexcept { return rank_; }
  [[nodiscard]] int size() const noexcept { return size_; }
  [[nodiscard]] const Settings& settings() const noexcept { return settings_; }
  /// Whether any thread may call MPI at any time.
  [[nodiscard]] bool allows_threads() const noexcept {
    return thread_level_ >= MPI_THREAD_MULTIPLE;
  }
  /// Whether some rank of the job cannot be mapped by another.
  [[nodiscard]] bool spans_nodes() const noexcept { return spans_nodes_; }
  [[nodiscard]] bool is_stopped() const noexcept { return stopped_; }

  /// Where the object of @p key may be; nothing for keys that no mpi store made.
  /// @throws ConnectorError for those of another run, and those that are damaged
  [[nodiscard]] std::optional<Locator> locate(const Key& key) const;

  /// @p key as this run knows it: that of an object which was restored names its new place.
  [[nodiscard]] Key translate(const Key& key) const noexcept;
  /// Whether translate() would change anything of a key of @p epoch.
  [[nodiscard]] bool is_restored(std::uint32_t epoch) const noexcept {
    return epoch != settings_.epoch && restored_.has_epoch(epoch);
  }
  [[nodiscard]] RestoredKeys& restored() noexcept { return restored_; }

  /// What puts, sets and evicts objects passes through it.
  [[nodiscard]] ChangeGate& changes() noexcept { return changes_; }

  [[nodiscard]] NodeMemory& memory() noexcept { return *memory_; }
  /// What the node has of other nodes' objects; null if there are none, or one rank is alone.
  [[nodiscard]] ReplicaTable* replicas() noexcept { return replicas_ ? &*replicas_ : nullptr; }
  /// For a request to another rank. @throws UnsupportedError if MPI forbids it to this thread
  [[nodiscard]] Exchange& exchange();

  /// The leases of the objects that this rank owns; from any thread.
  [[nodiscard]] Leases& own_leases() noexcept { return exchange_->leases(); }

  bool progress() override;
  /// progress(), where no thread does it: what every verb of a store calls.
  void help();
  /// How long a wait may sleep before it calls help() again.
  [[nodiscard]] std::chrono::microseconds longest_sleep() const noexcept;

  void stop(std::chrono::milliseconds timeout) override;

  [[nodiscard]] mpi::RankReport report() const;
  [[nodiscard]] MPI_Comm comm() const noexcept { return comm_; }

 private:
  void find_neighbours();
  [[nodiscard]] bool may_call_mpi() const noexcept;
  void start_thread();
  void serve();

  const MPI_Comm comm_;
  int rank_ = 0;
  int size_ = 1;
  int thread_level_ = MPI_THREAD_SINGLE;
  Settings settings_;
  std::shared_ptr<NodeMemory> memory_;
  int node_ = 0;
  bool spans_nodes_ = false;
  std::optional<ReplicaTable> replicas_;
  RestoredKeys restored_;
  ChangeGate changes_;
  MpiTransport* transport_ = nullptr;  // of the exchange
  std::unique_ptr<Exchange> exchange_;
  MPI_Request ending_ = MPI_REQUEST_NULL;  // the barrier of stop(), which may need several calls
  bool has_entered_ = false;               // that barrier
  std::mutex thread_mutex_;
  std::thread thread_;
  std::atomic<bool> has_thread_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> stopped_{false};
};

}  // namespace proxystore::inline v0::partition
