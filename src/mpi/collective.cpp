// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Collective calls: one exchange of sizes, one exchange of data, and no rank left alone in either.
//
// Sizes. A rank that cannot contribute sends `failed` in place of its size, and stays in the call.
// Every rank then decides by the same facts whether there is an exchange of data:
//   bcast, scatter    only the root contributes; it tells all others (MPI_Ibcast, MPI_Iscatter);
//   gather, allgather every rank tells every other (MPI_Iallgather), in a gather too: a rank that
//   is not
//                     the root must know that the root will not receive;
//   alltoall          a rank that failed tells so to all (MPI_Ialltoall), one that did not to none.
// So either all enter the second exchange, or all throw: the failed ones their own error, the
// others PeerError. Between the two only memory can run out: that rank throws std::bad_alloc, and
// the others wait until the program ends all ranks, as mpi::run() does.
//
// Data. bcast sends whole units: bytes, or above the block limit blocks of a few KiB, so that the
// count fits an `int`. Unit and count follow from the size alone and are the same on all ranks, as
// they must be: MPI implementations cut a broadcast into pieces by the count, and ranks that count
// differently would disagree about the pieces. For that the root's parts are joined first if there
// are several. The other verbs use MPI_Ialltoallw, which takes a type for each pair of ranks: parts
// are sent from where they lie, and any size fits. Pairs that exchange nothing have count 0 and
// cost no message. A rank's part for itself does not pass through MPI.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include "mpi/datatype.hpp"
#include "mpi/wait.hpp"
#include "proxystore/mpi/message.hpp"

namespace proxystore::inline v0::mpi::detail {

namespace {

using Size = std::uint64_t;
constexpr Size failed = std::numeric_limits<Size>::max();

/// The size of object @p index, or the mark of failure.
Size announced(const Contribution& mine, std::size_t index) {
  return mine.failure ? failed : Size{mine.objects[index].size()};
}

/// Throws on all ranks if one of @p sizes, which came from ranks @p first and up, is the mark.
void require_all(const Contribution& mine, std::span<const Size> sizes, int first,
                 const char* verb) {
  if (mine.failure) std::rethrow_exception(mine.failure);
  const auto found = std::find(sizes.begin(), sizes.end(), failed);
  if (found == sizes.end()) return;
  throw PeerError(first + static_cast<int>(found - sizes.begin()), verb);
}

/// What one rank sends to and gets from each other, by rank.
struct Exchange {
  explicit Exchange(int ranks)
      : outgoing(static_cast<std::size_t>(ranks)), incoming(static_cast<std::size_t>(ranks)) {}

  std::vector<const SerializedObject*> outgoing;  // null: nothing
  std::vector<Size> incoming;                     // 0: nothing
};

/// One side of MPI_Ialltoallw. All addresses are in the types.
struct Side {
  explicit Side(std::size_t ranks)
      : counts(ranks, 0), displacements(ranks, 0), types(ranks, MPI_BYTE) {}

  void set(std::size_t rank, MPI_Datatype type) {
    counts[rank] = 1;
    types[rank] = type;
  }

  std::vector<int> counts;
  std::vector<int> displacements;
  std::vector<MPI_Datatype> types;
  std::vector<Datatype> owned{};
};

Side sending_side(const Exchange& exchange, std::size_t me) {
  Side side(exchange.outgoing.size());
  const SerializedObject* last = nullptr;
  for (std::size_t rank = 0; rank < exchange.outgoing.size(); ++rank) {
    const SerializedObject* object = exchange.outgoing[rank];
    if (rank == me || object == nullptr || object->size() == 0) continue;
    if (object != last) side.owned.push_back(absolute_type(object->parts()));
    last = object;
    side.set(rank, side.owned.back().get());
  }
  return side;
}

Side receiving_side(std::vector<MutableBytes>& buffers, std::size_t me) {
  Side side(buffers.size());
  for (std::size_t rank = 0; rank < buffers.size(); ++rank) {
    if (rank == me || buffers[rank].size() == 0) continue;
    const ByteSpan all[] = {buffers[rank].span()};
    side.owned.push_back(absolute_type(all));
    side.set(rank, side.owned.back().get());
  }
  return side;
}

std::size_t bytes_of(const Exchange& exchange) {
  std::size_t bytes = 0;
  for (const SerializedObject* object : exchange.outgoing) {
    if (object != nullptr) bytes += object->size();
  }
  for (const Size size : exchange.incoming) bytes += size;
  return bytes;
}

/// Returns what came from each rank; nothing from those that sent nothing.
std::vector<Bytes> run(const Exchange& exchange, const Group& group) {
  const auto me = static_cast<std::size_t>(group.rank);
  std::vector<MutableBytes> buffers(exchange.incoming.size());
  for (std::size_t rank = 0; rank < buffers.size(); ++rank) {
    if (rank != me) buffers[rank] = MutableBytes(exchange.incoming[rank]);
  }
  const Side to = sending_side(exchange, me);
  const Side from = receiving_side(buffers, me);
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Ialltoallw(MPI_BOTTOM, to.counts.data(), to.displacements.data(), to.types.data(),
                       MPI_BOTTOM, from.counts.data(), from.displacements.data(), from.types.data(),
                       group.comm, &request),
        "MPI_Ialltoallw");
  wait(request, bytes_of(exchange));

  std::vector<Bytes> received(buffers.size());
  for (std::size_t rank = 0; rank < buffers.size(); ++rank) {
    if (rank != me) received[rank] = std::move(buffers[rank]).freeze();
  }
  if (exchange.outgoing[me] != nullptr) {
    received[me] = Bytes::copy_of(exchange.outgoing[me]->parts());
  }
  return received;
}

/// How many of which unit a broadcast of @p size bytes is.
struct Units {
  explicit Units(std::size_t size) {
    if (size <= block_limit()) {
      count = static_cast<int>(size);
      padded = size;
      return;
    }
    std::size_t unit = 4096;
    while (size / unit >= std::numeric_limits<int>::max()) unit *= 2;
    const std::size_t units = (size + unit - 1) / unit;
    count = static_cast<int>(units);
    padded = units * unit;
    owned = contiguous_type(unit);
  }

  [[nodiscard]] MPI_Datatype type() const noexcept {
    return owned.get() == MPI_DATATYPE_NULL ? MPI_BYTE : owned.get();
  }

  int count = 0;
  std::size_t padded = 0;
  Datatype owned{};
};

/// The parts joined, and zeros up to @p padded bytes.
MutableBytes padded_bytes(const SerializedObject& object, std::size_t padded) {
  MutableBytes joined(padded);
  join(object.parts(), joined.span());
  std::ranges::fill(joined.span().subspan(object.size()), std::byte{0});
  return joined;
}

void bcast_data(void* address, const Units& units, const Group& group, int root) {
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Ibcast(address, units.count, units.type(), root, group.comm, &request), "MPI_Ibcast");
  wait(request, units.padded);
}

void send_bcast(const SerializedObject& object, const Group& group, int root) {
  const Units units(object.size());
  if (object.parts().size() == 1 && units.padded == object.size()) {
    // MPI takes a pointer to non-const, and does not write through it at the root.
    bcast_data(const_cast<std::byte*>(object.parts().front().data()), units, group, root);
    return;
  }
  MutableBytes joined = padded_bytes(object, units.padded);
  bcast_data(joined.data(), units, group, root);
}

/// Tells every rank the size of every rank's one object.
std::vector<Size> share_sizes(const Contribution& mine, const Group& group) {
  const Size size = announced(mine, 0);
  std::vector<Size> sizes(static_cast<std::size_t>(group.size));
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Iallgather(&size, 1, MPI_UINT64_T, sizes.data(), 1, MPI_UINT64_T, group.comm, &request),
        "MPI_Iallgather");
  wait(request, sizeof(Size));
  return sizes;
}

}  // namespace

Group group_of(MPI_Comm comm, const char* verb) {
  require_mpi();
  const std::string name(verb);
  if (comm == MPI_COMM_NULL) throw ArgumentError(name + ": the communicator is MPI_COMM_NULL");
  int is_inter = 0;
  check(MPI_Comm_test_inter(comm, &is_inter), "MPI_Comm_test_inter");
  if (is_inter != 0) throw ArgumentError(name + ": the communicator is an intercommunicator");
  Group group{.comm = comm, .rank = 0, .size = 0};
  check(MPI_Comm_rank(comm, &group.rank), "MPI_Comm_rank");
  check(MPI_Comm_size(comm, &group.size), "MPI_Comm_size");
  return group;
}

Group group_of(MPI_Comm comm, int root, const char* verb) {
  const Group group = group_of(comm, verb);
  if (root >= 0 && root < group.size) return group;
  throw ArgumentError(std::string(verb) + ": no root " + std::to_string(root) +
                      "; the communicator has ranks 0 to " + std::to_string(group.size - 1));
}

void require_one_each(std::size_t objects, const Group& group, const char* verb) {
  if (objects == static_cast<std::size_t>(group.size)) return;
  throw ArgumentError(std::string(verb) + ": " + std::to_string(objects) + " values for " +
                      std::to_string(group.size) + " ranks; one for each rank is needed");
}

Bytes bcast(const Contribution& mine, const Group& group, int root) {
  const bool is_root = group.rank == root;
  Size size = is_root ? announced(mine, 0) : 0;
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Ibcast(&size, 1, MPI_UINT64_T, root, group.comm, &request), "MPI_Ibcast");
  wait(request, sizeof(Size));
  require_all(mine, std::span(&size, 1), root, "bcast");
  if (is_root) {
    send_bcast(mine.objects.front(), group, root);
    return {};
  }
  const Units units(size);
  MutableBytes memory(units.padded);
  bcast_data(memory.data(), units, group, root);
  return std::move(memory).freeze().slice(0, size);
}

Bytes scatter(const Contribution& mine, const Group& group, int root) {
  const bool is_root = group.rank == root;
  const auto ranks = static_cast<std::size_t>(group.size);
  std::vector<Size> sizes(is_root ? ranks : 0);
  for (std::size_t rank = 0; rank < sizes.size(); ++rank) sizes[rank] = announced(mine, rank);
  Size size = 0;
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Iscatter(sizes.data(), 1, MPI_UINT64_T, &size, 1, MPI_UINT64_T, root, group.comm,
                     &request),
        "MPI_Iscatter");
  wait(request, sizeof(Size));
  require_all(mine, std::span(&size, 1), root, "scatter");

  Exchange exchange(group.size);
  exchange.incoming[static_cast<std::size_t>(root)] = size;
  for (std::size_t rank = 0; rank < sizes.size(); ++rank) {
    exchange.outgoing[rank] = &mine.objects[rank];
  }
  return std::move(run(exchange, group)[static_cast<std::size_t>(root)]);
}

std::vector<Bytes> gather(const Contribution& mine, const Group& group, int root) {
  std::vector<Size> sizes = share_sizes(mine, group);
  require_all(mine, sizes, 0, "gather");
  const bool is_root = group.rank == root;
  Exchange exchange(group.size);
  exchange.outgoing[static_cast<std::size_t>(root)] = &mine.objects.front();
  if (is_root) exchange.incoming = std::move(sizes);
  std::vector<Bytes> received = run(exchange, group);
  if (!is_root) received.clear();
  return received;
}

std::vector<Bytes> allgather(const Contribution& mine, const Group& group) {
  std::vector<Size> sizes = share_sizes(mine, group);
  require_all(mine, sizes, 0, "allgather");
  Exchange exchange(group.size);
  std::fill(exchange.outgoing.begin(), exchange.outgoing.end(), &mine.objects.front());
  exchange.incoming = std::move(sizes);
  return run(exchange, group);
}

std::vector<Bytes> alltoall(const Contribution& mine, const Group& group) {
  const auto ranks = static_cast<std::size_t>(group.size);
  std::vector<Size> sizes(ranks);
  for (std::size_t rank = 0; rank < ranks; ++rank) sizes[rank] = announced(mine, rank);
  Exchange exchange(group.size);
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Ialltoall(sizes.data(), 1, MPI_UINT64_T, exchange.incoming.data(), 1, MPI_UINT64_T,
                      group.comm, &request),
        "MPI_Ialltoall");
  wait(request, sizeof(Size));
  require_all(mine, exchange.incoming, 0, "alltoall");
  for (std::size_t rank = 0; rank < ranks; ++rank) exchange.outgoing[rank] = &mine.objects[rank];
  return run(exchange, group);
}

}  // namespace proxystore::inline v0::mpi::detail
