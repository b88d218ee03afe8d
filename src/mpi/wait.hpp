// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Waiting for MPI: the one loop in which this library waits for another rank.

#include <algorithm>
#include <chrono>
#include <thread>

#include <sched.h>

#include "proxystore/mpi/error.hpp"

namespace proxystore::inline v0::mpi::detail {

/// A point in time after which waiting ends.
class Deadline {
 public:
  /// @p timeout of 0 or less: never.
  explicit Deadline(std::chrono::milliseconds timeout)
      : is_set_(timeout.count() > 0), time_(std::chrono::steady_clock::now() + timeout) {}

  [[nodiscard]] bool has_passed() const {
    return is_set_ && std::chrono::steady_clock::now() >= time_;
  }

 private:
  bool is_set_;
  std::chrono::steady_clock::time_point time_;
};

/// What a waiting thread does between two looks: at first nothing, since the answer may be a
/// microsecond away, then it lets others run, then it sleeps.
class Backoff {
 public:
  void pause() {
    constexpr int spins = 100;
    constexpr int yields = 100;
    constexpr std::chrono::microseconds longest(100);
    if (count_ < spins + yields) {
      if (count_++ >= spins) sched_yield();
      return;
    }
    std::this_thread::sleep_for(sleep_);
    sleep_ = std::min(2 * sleep_, longest);
  }

 private:
  int count_ = 0;
  std::chrono::microseconds sleep_{1};
};

/// Calls @p is_done until it returns true, or @p deadline has passed; whether it was done.
template <class IsDone>
bool wait_until(IsDone is_done, const Deadline& deadline) {
  Backoff backoff;
  while (!is_done()) {
    if (deadline.has_passed()) return false;
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

/// Waits for @p request. @throws MpiError
inline void wait(MPI_Request& request) {
  (void)wait_until([&] { return is_complete(request); }, Deadline(std::chrono::milliseconds(0)));
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
