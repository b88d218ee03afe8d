// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "runtime.hpp"

#include <sched.h>

#include "detail/log.hpp"
#include "mpi/wait.hpp"
#include "node_setup.hpp"
#include "proxystore/error.hpp"
#include "proxystore/mpi/error.hpp"

namespace proxystore::inline v0::partition {

namespace {

using mpi::check;
using ServiceMode = mpi::MemoryOptions::Service;

// The service thread looks again at once while there is work, and sleeps longer and longer after
// it. A look costs the computing thread about 5 us, mostly for waking: every 0.5 ms that is one
// part in a hundred, which is worth it only while requests may follow each other.
constexpr std::chrono::microseconds awake_after_work(200);
constexpr std::chrono::microseconds shortest_nap(20);
constexpr std::chrono::microseconds longest_nap(500);
constexpr std::chrono::milliseconds drowsy_after_work(20);
constexpr std::chrono::microseconds drowsy_nap(1000);

/// The runtime of this process, for those who are asked for a store. Never destroyed.
struct Current {
  std::mutex mutex;
  Runtime* runtime = nullptr;
  std::weak_ptr<mpi::detail::Service> owner;

  static Current& global() {
    static auto* current = new Current;
    return *current;
  }
};

}  // namespace

Runtime::Runtime(MPI_Comm comm, const mpi::EnvironmentOptions& options) : comm_(comm) {
  check(MPI_Comm_rank(comm, &rank_), "MPI_Comm_rank");
  check(MPI_Comm_size(comm, &size_), "MPI_Comm_size");
  check(MPI_Query_thread(&thread_level_), "MPI_Query_thread");
  settings_ = agree_on_settings(comm, options.memory);
  Node node = set_up_node(comm, settings_);
  memory_ = std::move(node.memory);
  node_ = node.lowest_rank;
  find_neighbours();
  auto transport = std::make_unique<MpiTransport>(comm);
  transport_ = transport.get();
  exchange_ = std::make_unique<Exchange>(
      memory_, std::move(transport),
      ExchangeOptions{.timeout = settings_.timeout, .checksum = settings_.checksum});
  const bool is_automatic = settings_.service == ServiceMode::automatic;
  if (settings_.service == ServiceMode::on || (is_automatic && spans_nodes_)) start_thread();
  // Only an explicit rank makes ranks of a node ask each other. Who was asked once is served by a
  // thread from then on.
  if (is_automatic) exchange_->on_request_from_node([this] { start_thread(); });
  if (spans_nodes_ && !has_thread_ && rank_ == 0) {
    proxystore::detail::log(
        LogLevel::warning,
        "the ranks are on several nodes, and answer each other only inside calls of ProxyStore: no "
        "service thread, since " +
            std::string(thread_level_ < MPI_THREAD_MULTIPLE
                            ? "MPI does not give MPI_THREAD_MULTIPLE"
                            : "it is switched off") +
            "; call mpi::progress() while computing, and wait with mpi::barrier(), mpi::wait()");
  }
}

Runtime::~Runtime() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Runtime::find_neighbours() {
  int mapped = 0;
  for (int other = 0; other < size_; ++other) {
    if (memory_->maps(static_cast<std::uint32_t>(other))) ++mapped;
  }
  const bool has_replicas = mapped > 1 && mapped < size_;
  if (has_replicas && rank_ == node_) (void)memory_->own().add_replica_table();
  int least_mapped = 0;  // all tables are there when it is known
  check(MPI_Allreduce(&mapped, &least_mapped, 1, MPI_INT, MPI_MIN, comm_), "MPI_Allreduce");
  spans_nodes_ = least_mapped < size_;
  if (!has_replicas) return;
  const auto entries = memory_->replicas_at(static_cast<std::uint32_t>(node_));
  if (entries.empty()) return;
  replicas_.emplace(entries, memory_->number(),
                    [this](std::uint16_t number) { return memory_->is_alive(number); });
}

std::shared_ptr<Runtime> Runtime::current() {
  auto& current = Current::global();
  const std::lock_guard lock(current.mutex);
  auto owner = current.owner.lock();
  return owner ? std::shared_ptr<Runtime>(std::move(owner), current.runtime) : nullptr;
}

bool Runtime::may_call_mpi() const noexcept {
  if (thread_level_ >= MPI_THREAD_SERIALIZED) return true;
  int is_main = 0;
  return MPI_Is_thread_main(&is_main) == MPI_SUCCESS && is_main != 0;
}

Exchange& Runtime::exchange() {
  if (may_call_mpi()) return *exchange_;
  throw UnsupportedError(
      "the object is on another node, and MPI allows calls to the main thread only; ask for "
      "MPI_THREAD_MULTIPLE, or get it on the main thread",
      {.connector = "mpi", .operation = "request"});
}

std::optional<Locator> Runtime::locate(const Key& key) const {
  const Locator locator = Locator::of(key);
  if (locator.epoch == 0) return std::nullopt;
  const ErrorContext context{.connector = "mpi", .operation = "get", .key = key};
  if (locator.epoch != settings_.epoch) {
    throw ConnectorError(
        "object " + key.to_string() +
            " was kept by another run of an MPI program, and went with it (epoch " +
            std::to_string(locator.epoch) + ", this is " + std::to_string(settings_.epoch) + ")",
        context);
  }
  if (locator.rank < static_cast<std::uint32_t>(size_)) return locator;
  throw ConnectorError("the key " + key.to_string() + " names rank " +
                           std::to_string(locator.rank) + " of " + std::to_string(size_) +
                           ": it is damaged",
                       context);
}

Key Runtime::translate(const Key& key) const noexcept {
  const Locator locator = Locator::of(key);
  if (locator.epoch == settings_.epoch || !restored_.has_epoch(locator.epoch)) return key;
  Key here = key;
  restored_.find(key).value_or(Locator{}).write_to(here);
  return here;
}

void Runtime::start_thread() {
  if (thread_level_ < MPI_THREAD_MULTIPLE || stopping_) return;
  const std::lock_guard lock(thread_mutex_);
  if (thread_.joinable()) return;
  thread_ = std::thread([this] { serve(); });
  has_thread_ = true;
}

void Runtime::serve() {
  auto last_work = std::chrono::steady_clock::now();
  std::chrono::microseconds nap = shortest_nap;
  while (!stopping_) {
    try {
      if (exchange_->is_waited_for()) {  // whoever waits does the work
        std::this_thread::sleep_for(shortest_nap);
        continue;
      }
      if (exchange_->progress()) {
        last_work = std::chrono::steady_clock::now();
        nap = shortest_nap;
        continue;
      }
    } catch (const std::exception& error) {
      proxystore::detail::log(LogLevel::error,
                              std::string("the service thread ends: ") + error.what());
      exchange_->stop(std::string("the service of this rank failed: ") + error.what());
      return;
    }
    const auto idle = std::chrono::steady_clock::now() - last_work;
    if (idle < awake_after_work) {
      sched_yield();
    } else {
      std::this_thread::sleep_for(nap);
      nap = std::min(2 * nap, idle < drowsy_after_work ? longest_nap : drowsy_nap);
    }
  }
}

bool Runtime::progress() {
  return !stopped_ && may_call_mpi() && exchange_->progress();
}

void Runtime::help() {
  if (has_thread_ || size_ == 1) return;
  // On one node only puts to an explicit rank ask anybody: a look now and then is enough.
  constexpr unsigned calls_between_looks = 64;
  thread_local unsigned calls = 0;
  if (spans_nodes_ || ++calls % calls_between_looks == 0) (void)progress();
}

std::chrono::microseconds Runtime::longest_sleep() const noexcept {
  constexpr std::chrono::milliseconds alone(20);  // in which a store may be closed
  return has_thread_ || size_ == 1 ? alone : std::chrono::milliseconds(1);
}

void Runtime::stop(std::chrono::milliseconds timeout) {
  if (stopped_) return;
  const mpi::detail::Deadline deadline(timeout);
  const auto fail = [&](const std::string& what) {
    throw TimeoutError("finalize: rank " + std::to_string(rank_) + ": " + what + " within " +
                           std::to_string(timeout.count()) + " ms",
                       {.connector = "mpi", .operation = "finalize"});
  };
  const auto is_quiet = [&] {
    (void)progress();
    return exchange_->is_quiet();
  };
  if (!mpi::detail::wait_until(is_quiet, deadline)) {
    fail("what it sends to other ranks was not taken");
  }
  // Others may still ask until they are quiet too.
  if (!has_entered_) check(MPI_Ibarrier(comm_, &ending_), "MPI_Ibarrier");
  has_entered_ = true;
  const auto all_quiet = [&] {
    (void)progress();
    return mpi::detail::is_complete(ending_);
  };
  if (!mpi::detail::wait_until(all_quiet, deadline)) fail("not all ranks ended their requests");
  exchange_->stop("the MPI environment was finalised");
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  has_thread_ = false;
  stopped_ = true;
  transport_->free();
}

mpi::RankReport Runtime::report() const {
  const PartitionUse use = memory_->own().use();
  const NodeCounters& node = memory_->counters();
  const ExchangeCounters& wire = exchange_->counters();
  return {.rank = rank_,
          .node = node_,
          .objects = use.objects,
          .object_bytes = use.object_bytes,
          .committed_bytes = use.committed_bytes,
          .table_bytes = use.table_bytes,
          .evicted = use.evicted,
          .spilled = use.spilled,
          .pins = memory_->pins(),
          .replica_bytes = use.replica_bytes,
          .got_mapped = node.mapped,
          .got_spilled = node.spilled,
          .got_inline = wire.got_inline,
          .got_bulk = wire.got_bulk,
          .got_replica = node.replicas,
          .messages_sent = wire.messages_sent,
          .bytes_sent = wire.bytes_sent,
          .bytes_received = wire.bytes_received,
          .requests_served = wire.served};
}

}  // namespace proxystore::inline v0::partition

namespace proxystore::inline v0::mpi::detail {

std::shared_ptr<Service> start_service(MPI_Comm comm, const EnvironmentOptions& options) {
  auto runtime = std::make_shared<partition::Runtime>(comm, options);
  auto& current = partition::Current::global();
  const std::lock_guard lock(current.mutex);
  current.runtime = runtime.get();
  current.owner = runtime;
  return runtime;
}

}  // namespace proxystore::inline v0::mpi::detail
