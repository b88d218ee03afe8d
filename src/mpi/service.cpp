// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "mpi/service.hpp"

#include <atomic>
#include <mutex>
#include <utility>

#include "detail/log.hpp"
#include "detail/pause.hpp"
#include "mpi/stream_traffic.hpp"
#include "proxystore/error.hpp"
#include "proxystore/mpi/detail/mpi_c.hpp"

namespace proxystore::inline v0::mpi::detail {

namespace {

struct Current {
  std::atomic<bool> is_set{false};
  std::mutex mutex;
  std::shared_ptr<Service> service;
  std::shared_ptr<StreamTraffic> traffic;

  static Current& global() {
    static auto* current = new Current;  // never destroyed: waits may outlive static objects
    return *current;
  }
};

/// For waits that have nothing to do with MPI, on threads of which the program does not expect that
/// they call it.
void make_progress_if_allowed() noexcept {
  int level = MPI_THREAD_SINGLE;
  int is_main = 0;
  if (MPI_Query_thread(&level) != MPI_SUCCESS || MPI_Is_thread_main(&is_main) != MPI_SUCCESS) {
    return;
  }
  if (level == MPI_THREAD_MULTIPLE || is_main != 0) make_progress();
}

}  // namespace

void set_service(std::shared_ptr<Service> service) {
  auto& current = Current::global();
  const std::lock_guard lock(current.mutex);
  current.is_set = service != nullptr;
  proxystore::detail::set_idle_work(service ? &make_progress_if_allowed : nullptr);
  std::swap(current.service, service);
}

void set_stream_traffic(std::shared_ptr<StreamTraffic> traffic) {
  auto& current = Current::global();
  const std::lock_guard lock(current.mutex);
  std::swap(current.traffic, traffic);
}

std::shared_ptr<StreamTraffic> require_stream_traffic() {
  auto& current = Current::global();
  const std::lock_guard lock(current.mutex);
  if (current.traffic) return current.traffic;
  throw Error("streams between ranks need an mpi::Environment, and there is none");
}

void make_progress() noexcept {
  auto& current = Current::global();
  if (!current.is_set) return;
  std::shared_ptr<Service> service;
  std::shared_ptr<StreamTraffic> traffic;
  {
    const std::lock_guard lock(current.mutex);
    service = current.service;
    traffic = current.traffic;
  }
  try {
    if (service) (void)service->progress();
    if (traffic) traffic->progress();
  } catch (const std::exception& error) {
    proxystore::detail::log(LogLevel::error, std::string("serving other ranks: ") + error.what());
  }
}

}  // namespace proxystore::inline v0::mpi::detail
