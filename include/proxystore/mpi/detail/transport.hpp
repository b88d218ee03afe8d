// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What message.hpp is made of: bytes between ranks. The calls have the meaning, the errors and the
/// thread safety of those in message.hpp.

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <vector>

#include "proxystore/bytes.hpp"
#include "proxystore/export.hpp"
#include "proxystore/mpi/detail/mpi_c.hpp"
#include "proxystore/serialize/serialized_object.hpp"

namespace proxystore::inline v0::mpi {

struct SendArgs;
struct RecvArgs;

namespace detail {

/// Blocks above this size, in bytes, are described to MPI in several pieces, since its counts are
/// `int`. Returns the limit so far. Lowered by tests, on all ranks alike.
PROXYSTORE_EXPORT std::size_t set_block_limit(std::size_t bytes);

PROXYSTORE_EXPORT void send(const SerializedObject& object, const SendArgs& args);

/// A send under way, and the memory that it reads.
class SendOperation;
/// When a send is complete.
enum class SendMode : std::uint8_t {
  standard,     ///< When its memory is not needed any more
  synchronous,  ///< When its receiver takes it, too
};
/// @p value is what @p object refers to.
[[nodiscard]] PROXYSTORE_EXPORT std::shared_ptr<SendOperation> start_send(
    std::shared_ptr<const void> value, SerializedObject object, const SendArgs& args,
    SendMode mode = SendMode::standard);
[[nodiscard]] PROXYSTORE_EXPORT bool test(SendOperation& operation);

/// A receive: first a message is looked for, and once one is matched, its bytes are awaited.
class RecvOperation;
[[nodiscard]] PROXYSTORE_EXPORT std::shared_ptr<RecvOperation> start_recv(const RecvArgs& args);
/// Whether all bytes are here.
[[nodiscard]] PROXYSTORE_EXPORT bool test(RecvOperation& operation);
/// Waits for them, and hands them out once.
[[nodiscard]] PROXYSTORE_EXPORT Bytes wait(RecvOperation& operation);
/// A receive that is dropped while its bytes arrive: MPI goes on to write to the memory, so that is
/// kept until the program ends.
PROXYSTORE_EXPORT void drop(std::shared_ptr<RecvOperation> operation) noexcept;

/// What a rank brings to a collective call: objects, or the reason why it has none.
struct Contribution {
  std::vector<SerializedObject> objects{};
  std::exception_ptr failure{};
};

/// The rank and size of a communicator that is fit for collective calls.
struct Group {
  MPI_Comm comm = MPI_COMM_NULL;
  int rank = 0;
  int size = 0;
};
[[nodiscard]] PROXYSTORE_EXPORT Group group_of(MPI_Comm comm, const char* verb);
/// As group_of(), and checks that @p root is one of its ranks.
[[nodiscard]] PROXYSTORE_EXPORT Group group_of(MPI_Comm comm, int root, const char* verb);

/// The root brings one object; the others get its bytes, the root none.
[[nodiscard]] PROXYSTORE_EXPORT Bytes bcast(const Contribution& mine, const Group& group, int root);
/// The root brings one object for each rank; each gets its own.
[[nodiscard]] PROXYSTORE_EXPORT Bytes scatter(const Contribution& mine, const Group& group,
                                              int root);
/// Each rank brings one object; the root gets all, by rank, the others nothing.
[[nodiscard]] PROXYSTORE_EXPORT std::vector<Bytes> gather(const Contribution& mine,
                                                          const Group& group, int root);
/// Each rank brings one object, and gets all, by rank.
[[nodiscard]] PROXYSTORE_EXPORT std::vector<Bytes> allgather(const Contribution& mine,
                                                             const Group& group);
/// Each rank brings one object for each rank, and gets one from each.
[[nodiscard]] PROXYSTORE_EXPORT std::vector<Bytes> alltoall(const Contribution& mine,
                                                            const Group& group);

/// Fails as an ArgumentError unless there is one object for each rank.
PROXYSTORE_EXPORT void require_one_each(std::size_t objects, const Group& group, const char* verb);

}  // namespace detail
}  // namespace proxystore::inline v0::mpi
