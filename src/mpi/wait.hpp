// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Waiting for MPI: the one loop in which this library waits for another rank. It serves the others
/// all the while.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <thread>

#include <sched.h>

#include "detail/deadline.hpp"
#include "mpi/service.hpp"
#include "proxystore/mpi/error.hpp"

namespace proxystore::inline v0::mpi::detail {

/// A point in time after which waiting ends.
class Deadline {
 public:
  /// @p timeout of 0 or less: never.
  explicit Deadline(std::chrono::milliseconds timeout)
      : is_set_(timeout.count() > 0), time_(proxystore::detail::deadline_after(timeout)) {}

  [[nodiscard]] bool has_passed() const {
    return is_set_ && std::chrono::steady_clock::now() >= time_;
  }

 private:
  bool is_set_;
  std::chrono::steady_clock::time_point time_;
};

/// How long bytes on their way keep a waiting thread awake. A large message moves in pieces, and
/// only while both ranks call MPI: a thread that sleeps between two looks makes it several times
/// slower (measured: 64 MiB in shared memory took 89 ms instead of 10). Beyond the time that a slow
/// network needs, 100 MB/s, the other rank is probably not there yet.
inline std::chrono::nanoseconds transfer_time(std::size_t bytes) {
  return std::chrono::milliseconds(1) + 10 * std::chrono::nanoseconds(bytes);
}

/// What a waiting thread does between two looks: at first nothing, since the answer may be a
/// microsecond away, then it lets others run, then it sleeps.
class Backoff {
 public:
  explicit Backoff(std::chrono::nanoseconds awake) : awake_(awake) {}

  void pause() {
    constexpr int spins = 100;
    constexpr std::chrono::microseconds longest(100);
    if (spins_ < spins) {
      ++spins_;
    } else if (std::chrono::steady_clock::now() - start_ < awake_) {
      sched_yield();
    } else {
      std::this_thread::sleep_for(sleep_);
      sleep_ = std::min(2 * sleep_, longest);
    }
  }

 private:
  const std::chrono::nanoseconds awake_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  int spins_ = 0;
  std::chrono::microseconds sleep_{1};
};

/// Calls @p is_done until it returns true, or @p deadline has passed; whether it was done.
template <class IsDone>
bool wait_until(IsDone is_done, const Deadline& deadline,
                std::chrono::nanoseconds awake = std::chrono::microseconds(100)) {
  Backoff backoff(awake);
  while (!is_done()) {
    if (deadline.has_passed()) return false;
    make_progress();
    backoff.pause();
  }
  return true;
}

/// Whether @p request is complete; it is then MPI_REQUEST_NULL. @throws MpiError
inline bool is_complete(MPI_Request& request) {
  int flag = 0;
  check(MPI_Test(&request, &flag, MPI_STATUS_IGNORE), "MPI_Test");
  return flag != 0;
}

/// Waits for @p request, which moves @p bytes. @throws MpiError
inline void wait(MPI_Request& request, std::size_t bytes) {
  (void)wait_until([&] { return is_complete(request); }, Deadline(std::chrono::milliseconds(0)),
                   transfer_time(bytes));
}

/// Whether MPI calls are possible now.
[[nodiscard]] inline bool mpi_is_running() noexcept {
  int flag = 0;
  if (MPI_Initialized(&flag) != MPI_SUCCESS || flag == 0) return false;
  return MPI_Finalized(&flag) == MPI_SUCCESS && flag == 0;
}

/// @throws Error unless MPI calls are possible now
inline void require_mpi() {
  if (mpi_is_running()) return;
  throw Error(
      "MPI is not running in this process: it was not initialised, or is finalised already");
}

}  // namespace proxystore::inline v0::mpi::detail
