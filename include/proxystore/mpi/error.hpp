// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Errors of MPI, and of other ranks. An MPI routine returns an error only on a communicator whose
/// error handler is MPI_ERRORS_RETURN; with MPI's default handler it ends the program itself.

#include <string>

#include "proxystore/error.hpp"
#include "proxystore/export.hpp"
#include "proxystore/mpi/detail/mpi_c.hpp"

namespace proxystore::inline v0::mpi {

/// An MPI routine failed.
class PROXYSTORE_EXPORT MpiError : public Error {
 public:
  /// @p code is what @p routine, such as "MPI_Isend", returned.
  MpiError(int code, const std::string& routine);
  MpiError(const MpiError&) = default;
  MpiError& operator=(const MpiError&) = default;
  ~MpiError() override;

  /// The MPI error class, such as MPI_ERR_COMM.
  [[nodiscard]] int error_class() const noexcept { return error_class_; }
  [[nodiscard]] const std::string& routine() const noexcept { return context().operation; }

 private:
  int error_class_;
};

/// Another rank could not take part in a collective call, which therefore failed on all ranks. That
/// rank throws what went wrong there.
class PROXYSTORE_EXPORT PeerError : public Error {
 public:
  PeerError(int rank, const std::string& verb);
  PeerError(const PeerError&) = default;
  PeerError& operator=(const PeerError&) = default;
  ~PeerError() override;

  /// The rank that failed, in the call's communicator; the lowest if several did.
  [[nodiscard]] int rank() const noexcept { return rank_; }

 private:
  int rank_;
};

/// Throws unless @p code, returned by @p routine, is MPI_SUCCESS. @local @threadsafe
/// @throws MpiError
inline void check(int code, const char* routine) {
  if (code != MPI_SUCCESS) throw MpiError(code, routine);
}

}  // namespace proxystore::inline v0::mpi
