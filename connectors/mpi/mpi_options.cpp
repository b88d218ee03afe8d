// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Built whether or not there is MPI: without it, the registry says what to do.
#include <array>

#include "proxystore/connectors/mpi.hpp"

namespace proxystore::inline v0 {

MpiOptions::operator ConnectorConfig() const {
  constexpr std::array names = {"local", "round_robin", "hash"};
  return {.kind = "mpi", .options = {{"placement", names[static_cast<std::size_t>(placement)]}}};
}

}  // namespace proxystore::inline v0
