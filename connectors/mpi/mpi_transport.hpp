// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The transport over two private communicators: one for messages, one for transfers.

#include <list>

#include "proxystore/mpi/detail/mpi_c.hpp"
#include "transport.hpp"

namespace proxystore::inline v0::partition {

class MpiTransport final : public Transport {
 public:
  /// @collective over @p comm
  explicit MpiTransport(MPI_Comm comm);
  ~MpiTransport() override;

  void send(int rank, std::vector<std::byte> message) override;
  std::optional<Incoming> receive() override;
  bool is_quiet() override;
  std::unique_ptr<Transfer> send_bytes(int rank, std::uint16_t tag, ByteSpan bytes) override;
  std::unique_ptr<Transfer> receive_bytes(int rank, std::uint16_t tag,
                                          std::span<std::byte> target) override;

  /// Frees the communicators. To be called by all ranks when nothing is under way; without it they
  /// are left to MPI_Finalize. @collective
  void free();

 private:
  struct Outgoing {
    MPI_Request request = MPI_REQUEST_NULL;
    std::vector<std::byte> message{};
  };
  struct Arriving {
    MPI_Request request = MPI_REQUEST_NULL;
    int source = 0;
    MutableBytes message{};
  };

  void probe();

  MPI_Comm messages_ = MPI_COMM_NULL;
  MPI_Comm transfers_ = MPI_COMM_NULL;
  std::list<Outgoing> outgoing_;
  std::list<Arriving> arriving_;
};

}  // namespace proxystore::inline v0::partition
