// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/mpi/progress.hpp"

#include "mpi/service.hpp"
#include "mpi/wait.hpp"

namespace proxystore::inline v0::mpi {

void progress() {
  detail::make_progress();
}

void barrier(MPI_Comm comm) {
  detail::require_mpi();
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Ibarrier(comm, &request), "MPI_Ibarrier");
  detail::wait(request, 0);
}

void wait(MPI_Request& request, MPI_Status* status) {
  detail::require_mpi();
  const auto is_done = [&] {
    int flag = 0;
    check(MPI_Test(&request, &flag, status), "MPI_Test");
    return flag != 0;
  };
  (void)detail::wait_until(is_done, detail::Deadline(std::chrono::milliseconds(0)));
}

void wait_all(std::span<MPI_Request> requests) {
  detail::require_mpi();
  const auto is_done = [&] {
    int flag = 0;
    check(
        MPI_Testall(static_cast<int>(requests.size()), requests.data(), &flag, MPI_STATUSES_IGNORE),
        "MPI_Testall");
    return flag != 0;
  };
  (void)detail::wait_until(is_done, detail::Deadline(std::chrono::milliseconds(0)));
}

}  // namespace proxystore::inline v0::mpi
