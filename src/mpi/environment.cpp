// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// How an Environment ends, and why no rank waits for ever or loses what another still reads.
//
// 0. Every rank waits until what it sent in streams was taken; see stream_traffic.cpp.
// 1. Every rank enters a nonblocking barrier on the private communicator and polls it. The barrier
//    completes on a rank only after all ranks entered, and none fetches objects after that; so a
//    store may be cleared by the rank that created it once its own barrier is complete, and not
//    before.
// 2. Registered stores are closed, while MPI still works, and what was created with `clear` is
//    cleared. A rank that does not come so far clears nothing, not even when its process ends.
// 3. Streams end, and the service of the mpi store, with a barrier of its own: until then it
// answers
//    others.
// 4. The private communicator is freed. No message of ours is under way on it.
// 5. MPI is finalised, if it was initialised here.
//
// A rank that fails enters no barrier. The others then leave steps 0 and 1 by the time-out, with
// the barrier still pending: a collective call cannot be cancelled, so the request is kept, and a
// second finalize() waits on the same one. A rank that unwinds through ~Environment does not start
// at all but aborts, since the others may be waiting for a message that it will not send.
//
// If the application calls MPI_Finalize before us, MPI first deletes the attributes of
// MPI_COMM_SELF; the callback of ours does steps 1 to 4. All ranks call MPI_Finalize, so all enter
// the barrier. What the callback does is marked as done; a later finalize() or destructor calls MPI
// no more.
#include "proxystore/mpi/environment.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <string>
#include <vector>

#include "detail/log.hpp"
#include "detail/store_hooks.hpp"
#include "mpi/service.hpp"
#include "mpi/stream_traffic.hpp"
#include "mpi/wait.hpp"
#include "proxystore/store_registry.hpp"

namespace proxystore::inline v0::mpi {

namespace detail {

/// What the Environments of a process share.
class EnvironmentState {
 public:
  /// Collective over @p comm.
  EnvironmentState(MPI_Comm comm, bool owns_mpi, const EnvironmentOptions& options);
  EnvironmentState(const EnvironmentState&) = delete;
  EnvironmentState& operator=(const EnvironmentState&) = delete;
  ~EnvironmentState() = default;

  [[nodiscard]] int rank() const noexcept { return rank_; }
  [[nodiscard]] int size() const noexcept { return size_; }
  [[nodiscard]] ThreadLevel thread_level() const noexcept { return thread_level_; }
  [[nodiscard]] bool owns_mpi() const noexcept { return owns_mpi_; }
  [[nodiscard]] bool is_done() const noexcept { return done_; }

  /// Whether @p comm has the same ranks in the same order.
  [[nodiscard]] bool is_congruent(MPI_Comm comm) const;

  void finalize();

 private:
  static int on_mpi_finalize(MPI_Comm comm, int keyval, void* state, void* extra);
  void before_mpi_finalize() noexcept;
  void start(const EnvironmentOptions& options);
  void wait_for_all_ranks();
  static void end_stores() noexcept;
  void end_service();

  MPI_Comm private_ = MPI_COMM_NULL;
  int keyval_ = MPI_KEYVAL_INVALID;
  int rank_ = 0;
  int size_ = 0;
  ThreadLevel thread_level_ = ThreadLevel::single;
  const bool owns_mpi_;
  const std::chrono::milliseconds finalize_timeout_;
  std::shared_ptr<Service> service_;
  std::shared_ptr<StreamTraffic> traffic_;
  MPI_Request barrier_ = MPI_REQUEST_NULL;
  bool entered_ = false;  // the barrier
  bool leaving_ = false;  // finalize() deletes the attribute itself
  std::atomic<bool> done_{false};
};

EnvironmentState::EnvironmentState(MPI_Comm comm, bool owns_mpi, const EnvironmentOptions& options)
    : owns_mpi_(owns_mpi), finalize_timeout_(options.finalize_timeout) {
  check(MPI_Comm_dup(comm, &private_), "MPI_Comm_dup");
  try {
    start(options);
  } catch (...) {
    // Ranks fail here together, or not at all: freeing is collective.
    traffic_.reset();
    if (keyval_ != MPI_KEYVAL_INVALID) MPI_Comm_free_keyval(&keyval_);
    MPI_Comm_free(&private_);
    throw;
  }
}

void EnvironmentState::start(const EnvironmentOptions& options) {
  check(MPI_Comm_set_errhandler(private_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_set_name(private_, "proxystore"), "MPI_Comm_set_name");
  check(MPI_Comm_rank(private_, &rank_), "MPI_Comm_rank");
  check(MPI_Comm_size(private_, &size_), "MPI_Comm_size");
  int provided = MPI_THREAD_SINGLE;
  check(MPI_Query_thread(&provided), "MPI_Query_thread");
  thread_level_ = static_cast<ThreadLevel>(provided);
  traffic_ = std::make_shared<StreamTraffic>(private_);
  service_ = start_service(private_, options);
  // Last of all that may fail: MPI keeps a pointer to this.
  check(MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, &on_mpi_finalize, &keyval_, nullptr),
        "MPI_Comm_create_keyval");
  check(MPI_Comm_set_attr(MPI_COMM_SELF, keyval_, this), "MPI_Comm_set_attr");
  set_service(service_);
  set_stream_traffic(traffic_);
  proxystore::detail::leave_clearing_to_environment(true);
}

bool EnvironmentState::is_congruent(MPI_Comm comm) const {
  int result = MPI_UNEQUAL;
  check(MPI_Comm_compare(comm, private_, &result), "MPI_Comm_compare");
  return result == MPI_IDENT || result == MPI_CONGRUENT;
}

void EnvironmentState::wait_for_all_ranks() {
  if (traffic_) traffic_->settle(finalize_timeout_);
  if (!entered_) {
    check(MPI_Ibarrier(private_, &barrier_), "MPI_Ibarrier");
    entered_ = true;
  }
  if (wait_until([&] { return is_complete(barrier_); }, Deadline(finalize_timeout_))) return;
  throw TimeoutError("finalize: rank " + std::to_string(rank_) + " of " + std::to_string(size_) +
                         " waited " + std::to_string(finalize_timeout_.count()) +
                         " ms for all others to come; at least one is busy, waits for something "
                         "else, or is dead",
                     {.connector = {}, .operation = "finalize"});
}

void EnvironmentState::end_stores() noexcept {
  close_registered_stores();
  proxystore::detail::clear_stores();
  proxystore::detail::leave_clearing_to_environment(false);
}

void EnvironmentState::end_service() {
  if (traffic_) traffic_->finish(finalize_timeout_);
  set_stream_traffic(nullptr);
  traffic_.reset();
  if (!service_) return;
  service_->stop(finalize_timeout_);
  set_service(nullptr);
  service_.reset();
}

void EnvironmentState::finalize() {
  if (done_) return;
  wait_for_all_ranks();
  end_stores();
  end_service();
  leaving_ = true;
  check(MPI_Comm_delete_attr(MPI_COMM_SELF, keyval_), "MPI_Comm_delete_attr");
  check(MPI_Comm_free_keyval(&keyval_), "MPI_Comm_free_keyval");
  check(MPI_Comm_free(&private_), "MPI_Comm_free");
  done_ = true;
  if (owns_mpi_) check(MPI_Finalize(), "MPI_Finalize");
}

int EnvironmentState::on_mpi_finalize(MPI_Comm, int, void* state, void*) {
  static_cast<EnvironmentState*>(state)->before_mpi_finalize();
  return MPI_SUCCESS;
}

void EnvironmentState::before_mpi_finalize() noexcept {
  if (leaving_ || done_) return;
  try {
    wait_for_all_ranks();
    end_stores();
    end_service();
    check(MPI_Comm_free_keyval(&keyval_), "MPI_Comm_free_keyval");
    check(MPI_Comm_free(&private_), "MPI_Comm_free");
  } catch (const std::exception& error) {
    proxystore::detail::log(LogLevel::error, std::string("MPI_Finalize: ") + error.what());
    close_registered_stores();
  }
  done_ = true;
}

namespace {

/// The Environments of this process, oldest first. Never destroyed: one may be a static object.
struct Environments {
  std::mutex mutex;
  std::vector<Environment*> all;
  std::shared_ptr<EnvironmentState> state;  // kept while MPI may call back

  static Environments& global() {
    static auto* environments = new Environments;
    return *environments;
  }

  void remove(const Environment* environment) {
    const std::lock_guard lock(mutex);
    all.erase(std::remove(all.begin(), all.end(), environment), all.end());
    if (state && state->is_done()) state.reset();
  }

  [[nodiscard]] std::size_t count() {
    const std::lock_guard lock(mutex);
    return all.size();
  }
};

/// Initialises MPI if nobody did; whether this call did.
bool initialize(int& argc, char**& argv, ThreadLevel thread_level) {
  int flag = 0;
  check(MPI_Initialized(&flag), "MPI_Initialized");
  if (flag != 0) {
    require_mpi();
    return false;
  }
  int provided = MPI_THREAD_SINGLE;
  check(MPI_Init_thread(&argc, &argv, static_cast<int>(thread_level), &provided),
        "MPI_Init_thread");
  return true;
}

void require_intracommunicator(MPI_Comm comm) {
  require_mpi();
  if (comm == MPI_COMM_NULL) throw ArgumentError("an Environment over MPI_COMM_NULL");
  int is_inter = 0;
  check(MPI_Comm_test_inter(comm, &is_inter), "MPI_Comm_test_inter");
  if (is_inter != 0) throw ArgumentError("an Environment over an intercommunicator");
}

[[noreturn]] void abort_all(int rank, const char* what) noexcept {
  std::fflush(stdout);
  std::fprintf(stderr, "rank %d: %s\n", rank, what);
  std::fflush(stderr);
  MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
  std::_Exit(EXIT_FAILURE);  // MPI_Abort does not return, but is not declared so
}

/// Handles the current exception: ends all ranks if MPI runs, or else only says what happened.
int report_failure(int rank, const char* what) noexcept {
  if (mpi_is_running()) abort_all(rank, what);
  if (rank < 0) {
    std::fprintf(stderr, "%s\n", what);
  } else {
    std::fprintf(stderr, "rank %d: %s\n", rank, what);
  }
  return EXIT_FAILURE;
}

int world_rank() noexcept {
  int rank = -1;
  if (mpi_is_running()) MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

}  // namespace

int run(int argc, char** argv, const EnvironmentOptions& options,
        const std::function<int(Environment&)>& function) {
  int rank = -1;
  try {
    Environment environment(argc, argv, options);
    rank = environment.rank();
    try {
      const int code = function(environment);
      environment.finalize();
      return code;
    } catch (const std::exception& error) {
      // Here, and not further out, lest ~Environment speaks first.
      return report_failure(rank, error.what());
    } catch (...) {
      return report_failure(rank, "an exception that is no std::exception");
    }
  } catch (const std::exception& error) {
    return report_failure(world_rank(), error.what());
  }
}

}  // namespace detail

Environment::Environment(int& argc, char**& argv, const EnvironmentOptions& options)
    : comm_(MPI_COMM_WORLD), exceptions_(std::uncaught_exceptions()) {
  join(detail::initialize(argc, argv, options.thread_level), options);
}

Environment::Environment(MPI_Comm comm, const EnvironmentOptions& options)
    : comm_(comm), exceptions_(std::uncaught_exceptions()) {
  detail::require_intracommunicator(comm);
  join(false, options);
}

void Environment::join(bool owns_mpi, const EnvironmentOptions& options) {
  auto& environments = detail::Environments::global();
  const std::lock_guard lock(environments.mutex);
  if (environments.state && !environments.state->is_done()) {
    if (!environments.state->is_congruent(comm_)) {
      throw ArgumentError(
          "there is an Environment over other ranks, and a process has one: finalize that first, "
          "or "
          "use Environment::current()");
    }
  } else {
    environments.state = std::make_shared<detail::EnvironmentState>(comm_, owns_mpi, options);
  }
  environments.all.push_back(this);
  state_ = environments.state;
}

Environment::~Environment() {
  if (released_) return;
  const bool is_last = detail::Environments::global().count() == 1;
  if (is_last && !state_->is_done()) {
    if (std::uncaught_exceptions() > exceptions_) {
      detail::abort_all(rank(), "an exception leaves the MPI environment; all ranks end");
    }
    try {
      finalize();
    } catch (const std::exception& error) {
      if (state_->owns_mpi()) detail::abort_all(rank(), error.what());
      proxystore::detail::log(LogLevel::error, error.what());
    }
  }
  detail::Environments::global().remove(this);
}

void Environment::finalize() {
  if (released_) return;
  auto& environments = detail::Environments::global();
  if (environments.count() == 1) state_->finalize();
  environments.remove(this);
  released_ = true;
}

int Environment::rank() const noexcept {
  return state_->rank();
}
int Environment::size() const noexcept {
  return state_->size();
}
MPI_Comm Environment::comm() const noexcept {
  return comm_;
}
ThreadLevel Environment::thread_level() const noexcept {
  return state_->thread_level();
}
bool Environment::is_finalized() const noexcept {
  return released_ || state_->is_done();
}

Environment* Environment::current() noexcept {
  auto& environments = detail::Environments::global();
  const std::lock_guard lock(environments.mutex);
  const auto& all = environments.all;
  const bool is_over = !environments.state || environments.state->is_done();
  return all.empty() || is_over ? nullptr : all.front();
}

Environment& Environment::require() {
  if (Environment* found = current()) return *found;
  throw Error("there is no mpi::Environment in this process: make one, or use mpi::run()");
}

}  // namespace proxystore::inline v0::mpi
