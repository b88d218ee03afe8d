// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Memory of any size and in any number of parts, described to MPI.

#include <cstddef>
#include <span>
#include <utility>

#include "proxystore/bytes.hpp"
#include "proxystore/mpi/detail/mpi_c.hpp"

namespace proxystore::inline v0::mpi::detail {

[[nodiscard]] std::size_t block_limit() noexcept;

/// Owns a derived MPI datatype. MPI keeps what a communication needs of it, so it may be freed once
/// the communication has started.
class Datatype {
 public:
  Datatype() noexcept = default;
  explicit Datatype(MPI_Datatype handle) noexcept : handle_(handle) {}
  Datatype(Datatype&& other) noexcept : handle_(std::exchange(other.handle_, MPI_DATATYPE_NULL)) {}
  Datatype& operator=(Datatype&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  Datatype(const Datatype&) = delete;
  Datatype& operator=(const Datatype&) = delete;
  ~Datatype() {
    if (handle_ != MPI_DATATYPE_NULL) MPI_Type_free(&handle_);
  }

  [[nodiscard]] MPI_Datatype get() const noexcept { return handle_; }

 private:
  MPI_Datatype handle_ = MPI_DATATYPE_NULL;
};

/// The parts as one element of a type with absolute addresses, to be used with MPI_BOTTOM.
/// @throws MpiError
[[nodiscard]] Datatype absolute_type(std::span<const ByteSpan> parts);

/// @p size bytes in a row, as a type of their own. @throws MpiError
[[nodiscard]] Datatype contiguous_type(std::size_t size);

/// The three arguments that tell MPI where a message is.
struct Buffer {
  void* address = MPI_BOTTOM;
  int count = 0;
  Datatype owned{};  // null: MPI_BYTE

  [[nodiscard]] MPI_Datatype type() const noexcept {
    return owned.get() == MPI_DATATYPE_NULL ? MPI_BYTE : owned.get();
  }
};

/// Plain bytes if there is one part below the limit, and a derived type otherwise.
[[nodiscard]] Buffer buffer_of(std::span<const ByteSpan> parts);

}  // namespace proxystore::inline v0::mpi::detail
