// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// What the system grants too little of, and what the user asks for wrongly.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include "scenario.hpp"

namespace scenario {
namespace {

/// Errors of the configuration come to all ranks, and leave MPI and the program in order.
int wrong_variables(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  const std::vector<std::pair<const char*, std::vector<const char*>>> wrong = {
      {"PROXYSTORE_MEMORY_LIMIT", {"0", "much", "1X", "-5", "1GB", "99999999999T", "1.5G", " 1"}},
      {"PROXYSTORE_TIMEOUT", {"0", "-1", "1s", "0.5", "99999999999", "never"}},
      {"PROXYSTORE_SERVICE", {"yes", "1", "ON", "on "}},
      {"PROXYSTORE_SHARING", {"shm", "MEMFD", "1"}},
      {"PROXYSTORE_CHECKSUM", {"2", "on", "-1", "yes"}},
      {"PROXYSTORE_RANKS_PER_NODE", {"-1", "two", "1 ", "99999999999"}},
  };
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  for (const auto& [variable, values] : wrong) {
    for (const char* value : values) {
      if (rank == 0) ::setenv(variable, value, 1);
      const auto text =
          error_of<ps::ConfigError>([] { const Environment environment(MPI_COMM_WORLD); });
      require(contains(text, variable) && contains(text, value) && contains(text, "accepted"),
              text);
      if (rank == 0) ::unsetenv(variable);
    }
  }
  const std::string folder = "/nowhere/at/all";
  if (rank == 0) ::setenv("PROXYSTORE_SPILL_DIR", folder.c_str(), 1);
  const auto text = error_of<ps::Error>([] { const Environment environment(MPI_COMM_WORLD); });
  require(contains(text, folder), text);
  ::unsetenv("PROXYSTORE_SPILL_DIR");
  {
    Environment environment(MPI_COMM_WORLD);
    const auto connector = open_connector();
    REQUIRE(has(*connector, from(0, put(*connector, 10, 1)), 10, 1));
    barrier();
  }
  // Nothing of what failed is called back, whatever is in its memory by now.
  ::setenv("PROXYSTORE_SERVICE", "wrong", 1);
  (void)error_of<ps::ConfigError>([] { const Environment environment(MPI_COMM_WORLD); });
  const std::vector<std::string> others(1000, std::string(200, 'x'));
  MPI_Finalize();
  return ok();
}

void limit(int resource, std::uint64_t value) {
  rlimit limits{};
  ::getrlimit(static_cast<__rlimit_resource>(resource), &limits);
  limits.rlim_cur = value;
  REQUIRE(::setrlimit(static_cast<__rlimit_resource>(resource), &limits) == 0);
}
std::uint64_t mapped_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t pages = 0;
  file >> pages;
  return pages * 4096;
}

/// Puts until that is refused, which must be a CapacityError; what was put can be read by all.
/// Whether it was.
bool fill_up(ps::Connector& connector, std::size_t most) {
  std::vector<ps::Key> keys;
  bool is_full = false;
  while (!is_full && keys.size() < most) {
    try {
      keys.push_back(put(connector, mib, keys.size()));
    } catch (const ps::CapacityError& error) {
      is_full = true;
    }
  }
  barrier();  // all is full before anybody reads
  for (std::size_t i = 0; i < keys.size(); ++i) REQUIRE(has(connector, keys[i], mib, i));
  int size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  for (int rank = 0; rank < size; ++rank) {
    const auto count = from(rank, keys.size());
    if (count == 0) continue;
    REQUIRE(has(connector, from(rank, keys.empty() ? ps::Key{} : keys.front()), mib, 0));
  }
  barrier();
  connector.evict_batch(keys);
  barrier();
  return is_full;
}

/// With files that may not become long: what is too long is an error, and no signal.
int file_size_limit(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
  const auto folder =
      std::filesystem::temp_directory_path() / ("proxystore-limit-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const std::string name = folder.string();
  for (const std::uint64_t most : {std::uint64_t{0}, 1 * mib, 130 * mib, 160 * mib}) {
    limit(RLIMIT_FSIZE, most);
    for (const bool spills : {false, true}) {
      try {
        Environment environment(
            MPI_COMM_WORLD,
            {.memory = {
                 .limit = 16 * mib,
                 .spill_dir = spills ? std::optional<std::filesystem::path>(name) : std::nullopt}});
        (void)fill_up(*open_connector(), 200);
      } catch (const ps::Error& error) {
        require(most <= 1 * mib, error.what());
      }
    }
  }
  limit(RLIMIT_FSIZE, RLIM_INFINITY);
  std::filesystem::remove_all(folder);
  MPI_Finalize();
  return ok();
}

int address_space_limit(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
  for (const std::uint64_t more : {16 * mib, 100 * mib, 300 * mib, 700 * mib, 3000 * mib}) {
    limit(RLIMIT_AS, mapped_bytes() + more);
    try {
      Environment environment(MPI_COMM_WORLD);
      (void)fill_up(*open_connector(), 10);
    } catch (const ps::Error& error) {
      require(more < 700 * mib, error.what());
    }
    limit(RLIMIT_AS, RLIM_INFINITY);
  }
  MPI_Finalize();
  return ok();
}

std::uint64_t open_files() {
  namespace fs = std::filesystem;
  const fs::directory_iterator files("/proc/self/fd");
  return static_cast<std::uint64_t>(std::distance(begin(files), end(files)));
}

/// With too few files to be opened: an Environment works, with whomever it could map, or says so.
int few_open_files(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
  int failures = 0;
  for (const std::uint64_t more : {0U, 1U, 2U, 3U, 4U, 6U, 8U, 12U, 100U}) {
    limit(RLIMIT_NOFILE, open_files() + more);
    try {
      Environment environment(MPI_COMM_WORLD);
      (void)fill_up(*open_connector(), 5);
    } catch (const ps::Error& error) {
      ++failures;
      require(more < 100, error.what());
    }
    limit(RLIMIT_NOFILE, 1024);
  }
  REQUIRE(failures > 0);
  MPI_Finalize();
  return ok();
}

/// Puts until memory is full, wherever its end is; confined.sh sets that.
int full_memory(int argc, char** argv) {
  Environment environment(argc, argv);
  const auto connector = open_connector();
  for (int i = 0; i < 2; ++i) require(fill_up(*connector, 10'000), "memory has an end");
  environment.finalize();
  return ok();
}

/// Puts until memory is full while all ranks of the node take ordinary memory too, so many MiB
/// together: who is refused gets a CapacityError, and nobody is killed. confined.sh says how much
/// there is.
int crowd(int argc, char** argv, const mpi::MemoryOptions& options) {
  Environment environment(argc, argv, {.memory = options});
  const auto connector = open_connector();
  int ranks = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  const std::size_t wanted = std::strtoul(argv[2], nullptr, 10) / static_cast<std::size_t>(ranks);
  for (int round = 0; round < 2; ++round) {
    std::vector<std::vector<char>> ordinary;  // of 1 MiB each
    std::vector<ps::Key> keys;
    for (bool is_full = false; !is_full || ordinary.size() < wanted;) {
      if (ordinary.size() < wanted) ordinary.emplace_back(mib, 'x');
      if (is_full) continue;
      try {
        keys.push_back(put(*connector, mib, keys.size()));
      } catch (const ps::CapacityError&) {
        is_full = true;
      }
    }
    barrier();
    for (std::size_t i = 0; i < keys.size(); i += 7) REQUIRE(has(*connector, keys[i], mib, i));
    barrier();
    connector->evict_batch(keys);
    barrier();
  }
  environment.finalize();
  return ok();
}

int crowded_memory(int argc, char** argv) {
  return crowd(argc, argv, {});
}
int crowded_beyond_limits(int argc, char** argv) {
  return crowd(argc, argv, {.limit = std::uint64_t{1} << 40U});  // of each rank
}

/// Where named memory cannot be made: an error on all ranks.
int no_named_memory(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  const auto text = error_of<ps::Error>([] {
    const Environment environment(MPI_COMM_WORLD,
                                  {.memory = {.sharing = mpi::MemoryOptions::Sharing::named}});
  });
  require(contains(text, "/dev/shm"), text);
  MPI_Finalize();
  return ok();
}

const Registration wrong_variables_{"wrong_variables", wrong_variables};
const Registration few_open_files_{"few_open_files", few_open_files};
const Registration full_memory_{"full_memory", full_memory};
const Registration crowded_memory_{"crowded_memory", crowded_memory};
const Registration crowded_beyond_limits_{"crowded_beyond_limits", crowded_beyond_limits};
const Registration no_named_memory_{"no_named_memory", no_named_memory};
const Registration file_size_limit_{"file_size_limit", file_size_limit};
const Registration address_space_limit_{"address_space_limit", address_space_limit};

}  // namespace
}  // namespace scenario
