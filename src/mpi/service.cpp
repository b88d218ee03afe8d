// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "mpi/service.hpp"

#include <atomic>
#include <mutex>
#include <utility>

#include "detail/log.hpp"

namespace proxystore::inline v0::mpi::detail {

namespace {

struct Current {
  std::atomic<bool> is_set{false};
  std::mutex mutex;
  std::shared_ptr<Service> service;

  static Current& global() {
    static auto* current = new Current;  // never destroyed: waits may outlive static objects
    return *current;
  }
};

}  // namespace

void set_service(std::shared_ptr<Service> service) {
  auto& current = Current::global();
  const std::lock_guard lock(current.mutex);
  current.is_set = service != nullptr;
  std::swap(current.service, service);
}

void make_progress() noexcept {
  auto& current = Current::global();
  if (!current.is_set) return;
  std::shared_ptr<Service> service;
  {
    const std::lock_guard lock(current.mutex);
    service = current.service;
  }
  try {
    if (service) (void)service->progress();
  } catch (const std::exception& error) {
    proxystore::detail::log(LogLevel::error, std::string("mpi store: ") + error.what());
  }
}

}  // namespace proxystore::inline v0::mpi::detail
