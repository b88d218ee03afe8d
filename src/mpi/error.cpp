// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/mpi/error.hpp"

#include <array>

namespace proxystore::inline v0::mpi {

namespace {

std::string describe(int code, const std::string& routine) {
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  if (MPI_Error_string(code, text.data(), &length) != MPI_SUCCESS) {
    return routine + " failed with the unknown code " + std::to_string(code);
  }
  return routine + " failed: " + std::string(text.data(), static_cast<std::size_t>(length));
}

int class_of(int code) {
  int error_class = MPI_ERR_UNKNOWN;
  return MPI_Error_class(code, &error_class) == MPI_SUCCESS ? error_class : MPI_ERR_UNKNOWN;
}

}  // namespace

MpiError::MpiError(int code, const std::string& routine)
    : Error(describe(code, routine), {.operation = routine}), error_class_(class_of(code)) {}
MpiError::~MpiError() = default;

PeerError::PeerError(int rank, const std::string& verb)
    : Error(verb + ": rank " + std::to_string(rank) +
                " could not take part, and throws what went wrong there",
            {.operation = verb}),
      rank_(rank) {}
PeerError::~PeerError() = default;

}  // namespace proxystore::inline v0::mpi
