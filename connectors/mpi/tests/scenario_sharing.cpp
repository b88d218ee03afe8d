// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// The ways in which ranks share memory, and what may stand in the way.
#include <fstream>
#include <string>
#include <vector>

#include <sys/prctl.h>

#include "scenario.hpp"

namespace scenario {
namespace {

/// The files of the store that this process has open or mapped, if they have names.
std::vector<std::string> named_files() {
  std::vector<std::string> found;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (contains(line, "/dev/shm/proxystore") && !contains(line, "(deleted)")) {
      found.push_back(line);
    }
  }
  return found;
}

int sharing(mpi::MemoryOptions::Sharing sharing, int argc, char** argv) {
  Environment environment(argc, argv, {.memory = {.sharing = sharing}});
  const auto connector = open_connector();
  REQUIRE(named_files().empty());
  const ps::Key mine = put(*connector, 3 * mib, 1);
  for (int rank = 0; rank < environment.size(); ++rank) {
    const auto bytes = connector->get(from(rank, mine));
    REQUIRE(bytes && is_contents(*bytes, 3 * mib, 1));
    const bool is_mapped = bytes->memory() == ps::Bytes::Memory::mapped;
    const bool is_own = rank == environment.rank();
    REQUIRE(is_mapped == (is_own || sharing != mpi::MemoryOptions::Sharing::none));
  }
  barrier();
  REQUIRE(named_files().empty());
  environment.finalize();
  return ok();
}

/// Where memory cannot be shared as usual, objects come in another way; which one does not matter.
int any_sharing(int argc, char** argv) {
  if (argc > 2 && std::string(argv[2]) == "undumpable") ::prctl(PR_SET_DUMPABLE, 0);
  Environment environment(argc, argv);
  const auto connector = open_connector();
  for (const std::size_t size : {std::size_t{0}, kib, 3 * mib}) {
    const ps::Key mine = put(*connector, size, 1);
    for (int rank = 0; rank < environment.size(); ++rank) {
      const auto bytes = connector->get(from(rank, mine));
      REQUIRE(bytes && is_contents(*bytes, size, 1));
    }
    barrier();
    connector->evict(mine);
  }
  REQUIRE(named_files().empty());
  const auto ranks = mpi::report();
  if (environment.rank() == 0) {
    std::printf("nodes:");
    for (const auto& rank : ranks) std::printf(" %d", rank.node);
    std::puts("");
  }
  environment.finalize();
  return ok();
}

const Registration any_sharing_{"any_sharing", any_sharing};
const Registration sharing_memfd_{"sharing_memfd", [](int c, char** v) {
                                    return sharing(mpi::MemoryOptions::Sharing::memfd, c, v);
                                  }};
const Registration sharing_named_{"sharing_named", [](int c, char** v) {
                                    return sharing(mpi::MemoryOptions::Sharing::named, c, v);
                                  }};
const Registration sharing_none_{"sharing_none", [](int c, char** v) {
                                   return sharing(mpi::MemoryOptions::Sharing::none, c, v);
                                 }};

}  // namespace
}  // namespace scenario
