// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// MPI says which ranks are on one machine; whether they can map each other's memory is found by
// doing it, since containers may have process numbers and a /dev/shm of their own.
//
// 1. The ranks that MPI puts on one machine, or the groups of them that stand for nodes, make their
//    partitions, and tell each other where these are, with a random number that is in the memory.
// 2. Each maps the others, and looks for that number. All tell all which they could map.
// 3. If a pair could not, all make new partitions that have names, and try once more.
// 4. Pairs that both can map each other share memory. Others send messages, as between nodes.
// 5. After a barrier, in which all have opened what they will ever open, the names are removed.
//
// A rank that fails says so in the exchange that follows, and all throw.
#include "node_setup.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "detail/log.hpp"
#include "detail/memory_limit.hpp"
#include "liveness.hpp"
#include "proxystore/error.hpp"
#include "proxystore/mpi/error.hpp"

namespace proxystore::inline v0::partition {

namespace {

using mpi::check;
using Sharing = mpi::MemoryOptions::Sharing;

/// A communicator that is freed at the end.
class OwnedComm {
 public:
  OwnedComm() = default;
  OwnedComm(const OwnedComm&) = delete;
  OwnedComm& operator=(const OwnedComm&) = delete;
  ~OwnedComm() {
    if (comm != MPI_COMM_NULL) MPI_Comm_free(&comm);
  }
  [[nodiscard]] int rank() const {
    int result = 0;
    check(MPI_Comm_rank(comm, &result), "MPI_Comm_rank");
    return result;
  }
  [[nodiscard]] int size() const {
    int result = 0;
    check(MPI_Comm_size(comm, &result), "MPI_Comm_size");
    return result;
  }

  MPI_Comm comm = MPI_COMM_NULL;
};

using Text = std::array<char, 256>;

Text to_text(const std::string& from) {
  Text text{};
  std::memcpy(text.data(), from.c_str(), std::min(from.size(), text.size() - 1));
  return text;
}

/// Throws on all ranks of @p comm what went wrong on the first of them.
void throw_together(MPI_Comm comm, const std::string& error) {
  int rank = 0;
  int size = 1;
  check(MPI_Comm_rank(comm, &rank), "MPI_Comm_rank");
  check(MPI_Comm_size(comm, &size), "MPI_Comm_size");
  const int mine = error.empty() ? size : rank;
  int first = size;
  check(MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, comm), "MPI_Allreduce");
  if (first == size) return;
  Text text = to_text(error);
  check(MPI_Bcast(text.data(), text.size(), MPI_CHAR, first, comm), "MPI_Bcast");
  throw ConnectorError(
      "rank " + std::to_string(first) + " has no memory for mpi stores: " + text.data(),
      {.connector = "mpi", .operation = "open"});
}

/// What a rank tells the others of its node.
struct Announcement {
  std::uint64_t nonce = 0;
  std::uint32_t epoch = 0;
  std::uint32_t rank = 0;
  Text control{};
  Text data{};
  Text spill{};
};

Announcement announce(const PartitionAddress& address) {
  return {.nonce = address.nonce,
          .epoch = address.epoch,
          .rank = address.rank,
          .control = to_text(address.control),
          .data = to_text(address.data),
          .spill = to_text(address.spill)};
}

PartitionAddress address_of(const Announcement& announcement) {
  return {.nonce = announcement.nonce,
          .epoch = announcement.epoch,
          .rank = announcement.rank,
          .control = announcement.control.data(),
          .data = announcement.data.data(),
          .spill = announcement.spill.data()};
}

std::uint64_t random_number() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

std::uint64_t capacity_of(const Settings& settings, int ranks_on_machine) {
  constexpr std::uint64_t unit = std::uint64_t{1} << 20U;
  const auto ranks = static_cast<std::uint64_t>(ranks_on_machine);
  std::uint64_t capacity = settings.limit;
  constexpr std::uint64_t most = std::uint64_t{1} << 44U;
  if (capacity == 0) {  // half of the memory is the program's
    const detail::MemoryLimit limit;
    capacity = std::min(limit.headroom(), limit.total() / 2) / ranks;
  }
  capacity = std::min(capacity, most);
  // Each rank maps the partitions of all, tables and data.
  capacity = std::min(capacity, detail::address_space_left() / (4 * ranks));
  return std::max(capacity / unit * unit, unit);
}

/// The ranks that may share memory, and how each tells whether the others live.
class Candidates {
 public:
  Candidates(MPI_Comm comm, const Settings& settings) {
    int rank = 0;
    check(MPI_Comm_rank(comm, &rank), "MPI_Comm_rank");
    OwnedComm machine;
    check(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &machine.comm),
          "MPI_Comm_split_type");
    check(MPI_Comm_set_errhandler(machine.comm, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    ranks_on_machine_ = machine.size();
    int group = 0;
    if (settings.sharing == Sharing::none) {
      group = machine.rank();
    } else if (settings.ranks_per_node > 0) {
      group = machine.rank() / settings.ranks_per_node;
    }
    check(MPI_Comm_split(machine.comm, group, rank, &node_.comm), "MPI_Comm_split");
    check(MPI_Comm_set_errhandler(node_.comm, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  }

  [[nodiscard]] MPI_Comm comm() const noexcept { return node_.comm; }
  /// Of this rank among them.
  [[nodiscard]] std::uint16_t number() const { return static_cast<std::uint16_t>(node_.rank()); }
  [[nodiscard]] int size() const { return node_.size(); }
  [[nodiscard]] int ranks_on_machine() const noexcept { return ranks_on_machine_; }

  template <class T>
  [[nodiscard]] std::vector<T> gather(const T& mine) const {
    std::vector<T> all(static_cast<std::size_t>(size()));
    check(MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all.data(), sizeof mine, MPI_BYTE, comm()),
          "MPI_Allgather");
    return all;
  }
  void barrier() const { check(MPI_Barrier(comm()), "MPI_Barrier"); }

 private:
  OwnedComm node_;
  int ranks_on_machine_ = 1;
};

/// Tells who lives; as long as there is no file, all do: then what they hold is kept for ever.
struct Census {
  std::optional<Liveness> file{};

  [[nodiscard]] bool is_alive(std::uint16_t number) const noexcept {
    return !file || file->is_alive(number);
  }
};

/// One attempt to share memory.
class Attempt {
 public:
  Attempt(MPI_Comm comm, const Candidates& candidates, const Settings& settings, Backing backing)
      : candidates_(candidates) {
    std::string error;
    try {
      make_partition(comm, settings, backing);
    } catch (const std::exception& caught) {
      error = caught.what();
    }
    throw_together(comm, error);
    take_census(backing);
    connect();
    candidates_.barrier();  // all have opened what they can
    memory_->own().seal();
    if (census_->file) census_->file->unlink();
  }

  /// Whether all candidates share memory.
  [[nodiscard]] bool is_complete() const noexcept { return is_complete_; }

  [[nodiscard]] Node take() { return {.memory = std::move(memory_), .lowest_rank = lowest_rank_}; }

 private:
  void make_partition(MPI_Comm comm, const Settings& settings, Backing backing) {
    int rank = 0;
    check(MPI_Comm_rank(comm, &rank), "MPI_Comm_rank");
    auto partition = std::make_unique<Partition>(
        PartitionOptions{.epoch = settings.epoch,
                         .rank = static_cast<std::uint32_t>(rank),
                         .nonce = random_number(),
                         .capacity = capacity_of(settings, candidates_.ranks_on_machine()),
                         .backing = backing,
                         .spill_dir = settings.spill_dir});
    memory_ = std::make_shared<NodeMemory>(
        std::move(partition), candidates_.number(),
        [census = census_](std::uint16_t number) { return census->is_alive(number); });
  }

  void take_census(Backing backing) {
    Text path{};
    try {
      if (candidates_.number() == 0) {
        census_->file.emplace(backing, "proxystore-node-" + std::to_string(random_number()));
        path = to_text(census_->file->path());
      }
    } catch (const ConnectorError& error) {
      detail::log(LogLevel::warning, error.what());
    }
    check(MPI_Bcast(path.data(), path.size(), MPI_CHAR, 0, candidates_.comm()), "MPI_Bcast");
    int has_lock = 0;
    try {
      if (candidates_.number() != 0) census_->file.emplace(std::string(path.data()));
      if (census_->file) {
        census_->file->hold(candidates_.number());
        has_lock = 1;
      }
    } catch (const ConnectorError& error) {
      detail::log(LogLevel::warning, error.what());
    }
    int all_have = 0;
    check(MPI_Allreduce(&has_lock, &all_have, 1, MPI_INT, MPI_MIN, candidates_.comm()),
          "MPI_Allreduce");
    if (all_have == 0) census_->file.reset();
  }

  void connect() {
    const auto others = candidates_.gather(announce(memory_->own().address()));
    const auto count = others.size();
    std::vector<char> mapped(count, 0);
    for (std::size_t i = 0; i < count; ++i) {
      const bool is_own = i == candidates_.number();
      if (is_own || memory_->connect(static_cast<std::uint16_t>(i), address_of(others[i]))) {
        mapped[i] = 1;
      }
    }
    std::vector<char> all(count * count);
    const int row = static_cast<int>(count);
    check(
        MPI_Allgather(mapped.data(), row, MPI_CHAR, all.data(), row, MPI_CHAR, candidates_.comm()),
        "MPI_Allgather");
    is_complete_ = std::find(all.begin(), all.end(), 0) == all.end();
    lowest_rank_ = static_cast<int>(memory_->rank());
    for (std::size_t i = 0; i < count; ++i) {
      const bool maps_us = all[i * count + candidates_.number()] != 0;
      if (mapped[i] != 0 && maps_us) {
        lowest_rank_ = std::min(lowest_rank_, static_cast<int>(others[i].rank));
      } else {
        memory_->disconnect(others[i].rank);
      }
    }
  }

  const Candidates& candidates_;
  const std::shared_ptr<Census> census_ = std::make_shared<Census>();
  std::shared_ptr<NodeMemory> memory_;
  int lowest_rank_ = 0;
  bool is_complete_ = false;
};

}  // namespace

Node set_up_node(MPI_Comm comm, const Settings& settings) {
  const Candidates candidates(comm, settings);
  const bool is_named = settings.sharing == Sharing::named;
  Attempt first(comm, candidates, settings, is_named ? Backing::named : Backing::memfd);
  int is_enough = first.is_complete() || settings.sharing != Sharing::automatic ? 1 : 0;
  int all_enough = 0;
  check(MPI_Allreduce(&is_enough, &all_enough, 1, MPI_INT, MPI_MIN, comm), "MPI_Allreduce");
  if (all_enough != 0) return first.take();
  return Attempt(comm, candidates, settings, Backing::named).take();
}

}  // namespace proxystore::inline v0::partition
