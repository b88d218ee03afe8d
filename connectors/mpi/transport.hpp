// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Transport: what the mpi store needs of the network. mpi_transport.hpp is the one there is; RMA
/// or another library can stand behind the same lines.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "proxystore/bytes.hpp"

namespace proxystore::inline v0::partition {

/// Bytes on their way to or from another rank.
class Transfer {
 public:
  Transfer() = default;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  /// What is still under way goes on: the memory must stay.
  virtual ~Transfer() = default;

  /// Whether it is over; the memory is then free.
  [[nodiscard]] virtual bool is_over() = 0;
  /// Takes a receive back to which nothing was sent.
  virtual void cancel() = 0;
};

/// Messages and transfers between ranks. No call blocks. One thread at a time.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  struct Incoming {
    int source = 0;
    Bytes message{};
  };

  /// Sends a message to @p rank.
  virtual void send(int rank, std::vector<std::byte> message) = 0;
  /// A message that has come, if any.
  [[nodiscard]] virtual std::optional<Incoming> receive() = 0;
  /// Whether all messages that were sent have left.
  [[nodiscard]] virtual bool is_quiet() = 0;

  /// Transfers match by rank and tag, in the order in which they were started. The memory must stay
  /// until they are over; at most most_transfer bytes each.
  [[nodiscard]] virtual std::unique_ptr<Transfer> send_bytes(int rank, std::uint16_t tag,
                                                             ByteSpan bytes) = 0;
  [[nodiscard]] virtual std::unique_ptr<Transfer> receive_bytes(int rank, std::uint16_t tag,
                                                                std::span<std::byte> target) = 0;

  static constexpr std::size_t most_transfer = std::size_t{1} << 30U;
  static constexpr std::uint16_t first_tag = 1;
  static constexpr std::uint16_t last_tag = 32766;  // MPI promises tags up to 32767
};

}  // namespace proxystore::inline v0::partition
