// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Messages of proxies, of vectors of proxies, and of anything that proxystore::serialize() takes,
/// of any size, on the application's communicators and tags. A proxy travels as itself: nothing is
/// fetched.
///
/// All calls need a running MPI, made by mpi::Environment or by the application. Any thread may
/// call them under MPI_THREAD_MULTIPLE, below that the threads that MPI allows. The communicator's
/// error handler applies: where it returns errors they are thrown as MpiError.

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "proxystore/export.hpp"
#include "proxystore/mpi/detail/mpi_c.hpp"
#include "proxystore/mpi/detail/transport.hpp"
#include "proxystore/mpi/error.hpp"
#include "proxystore/serialize.hpp"

namespace proxystore::inline v0::mpi {

/// Arguments of send() and isend().
struct SendArgs {
  int dest = MPI_PROC_NULL;  ///< A rank of comm; there is no default
  int tag = 0;
  MPI_Comm comm = MPI_COMM_WORLD;
};

/// What is known about a message that was received.
struct MessageStatus {
  int source = MPI_ANY_SOURCE;
  int tag = MPI_ANY_TAG;
  std::size_t size = 0;  ///< Bytes on the wire
};

/// Arguments of recv() and irecv().
struct RecvArgs {
  int source = MPI_ANY_SOURCE;
  int tag = MPI_ANY_TAG;
  MPI_Comm comm = MPI_COMM_WORLD;
  std::chrono::milliseconds timeout{
      0};                           ///< How long a waiting call waits without progress; 0: for ever
  MessageStatus* status = nullptr;  ///< Filled in, if given, when the message has arrived
};

/// Arguments of the collective calls that have a root; all ranks give the same.
struct RootArgs {
  int root = 0;
  MPI_Comm comm = MPI_COMM_WORLD;
};

/// Arguments of the other collective calls; all ranks give the same.
struct CollectiveArgs {
  MPI_Comm comm = MPI_COMM_WORLD;
};

/// Sends @p value as one message, without copying its large blocks.
/// @local @threadsafe
/// @blocking until @p value may be changed: small messages go at once, large ones when they are
/// received
/// @throws ArgumentError for an unknown rank, tag or communicator; SerializationError;
///         ProxyStoreFactoryError for a proxy that no store made; MpiError
template <class T>
void send(const T& value, const SendArgs& args) {
  detail::send(proxystore::serialize(value), args);
}

/// Receives a T that another rank sent with send() or isend().
/// @local @threadsafe Messages are matched before they are received, so threads may receive from
/// the same source. @blocking until the message is here
/// @throws TimeoutError naming source and tag: a message that comes later can still be received;
///         SerializationError if it is not a T, std::bad_alloc if there is no room for it: then it
///         is consumed; ArgumentError; MpiError
template <class T>
[[nodiscard]] T recv(const RecvArgs& args = {}) {
  const auto operation = detail::start_recv(args);
  try {
    return proxystore::deserialize<T>(detail::wait(*operation));
  } catch (...) {
    detail::drop(operation);
    throw;
  }
}

/// A send under way. It keeps the value until that is sent. Move-only; one thread at a time.
class PROXYSTORE_EXPORT SendRequest {
 public:
  SendRequest() noexcept = default;
  SendRequest(SendRequest&& other) noexcept = default;
  SendRequest& operator=(SendRequest&& other) noexcept;
  SendRequest(const SendRequest&) = delete;
  SendRequest& operator=(const SendRequest&) = delete;

  /// As wait(), but never throws, and does not wait while an exception leaves the scope: whom it
  /// waits for may wait for this rank. The value is then kept until the program ends.
  ~SendRequest();

  /// Whether the message is on its way and needs the value no more. @local
  [[nodiscard]] bool test();

  /// @local @blocking until test() would be true; a large message needs its receiver @throws
  /// MpiError
  void wait();

 private:
  template <class T>
  friend SendRequest isend(T value, const SendArgs& args);

  explicit SendRequest(std::shared_ptr<detail::SendOperation> operation) noexcept;

  std::shared_ptr<detail::SendOperation> operation_;
  int exceptions_ = 0;  // in flight when this was made
};

/// Starts to send @p value, which is moved here, or copied, and kept until it is sent.
/// @local @threadsafe Does not block. @throws as send()
template <class T>
[[nodiscard]] SendRequest isend(T value, const SendArgs& args) {
  auto kept = std::make_shared<const T>(std::move(value));
  SerializedObject object = proxystore::serialize(*kept);
  return SendRequest(detail::start_send(std::move(kept), std::move(object), args));
}

/// A receive under way. The message is matched by test() and wait(), not before: requests for the
/// same source and tag get their messages in the order in which they ask. If it is destroyed before
/// that, the message stays for others. Move-only; one thread at a time.
template <class T>
class RecvRequest {
 public:
  RecvRequest() noexcept = default;
  RecvRequest(RecvRequest&&) noexcept = default;
  RecvRequest& operator=(RecvRequest&& other) noexcept {
    if (operation_ && this != &other) detail::drop(std::move(operation_));
    operation_ = std::move(other.operation_);
    return *this;
  }
  RecvRequest(const RecvRequest&) = delete;
  RecvRequest& operator=(const RecvRequest&) = delete;
  ~RecvRequest() {
    if (operation_) detail::drop(std::move(operation_));
  }

  /// Whether wait() would return at once. @local @throws MpiError
  [[nodiscard]] bool test() { return detail::test(operation()); }

  /// The value; once. @local @blocking until the message is here
  /// @throws as recv(), after a TimeoutError it may be called again; ArgumentError the second time
  [[nodiscard]] T wait() {
    const Bytes bytes = detail::wait(operation());
    operation_.reset();
    return proxystore::deserialize<T>(bytes);
  }

 private:
  template <class U>
  friend RecvRequest<U> irecv(const RecvArgs& args);

  explicit RecvRequest(std::shared_ptr<detail::RecvOperation> operation) noexcept
      : operation_(std::move(operation)) {}

  detail::RecvOperation& operation() const {
    if (!operation_)
      throw ArgumentError("this RecvRequest is empty, or its value was taken already");
    return *operation_;
  }

  std::shared_ptr<detail::RecvOperation> operation_;
};

/// Starts to receive a T; see RecvRequest.
/// @local @threadsafe Does not block. @lifetime args.status must live until the value is taken
/// @throws ArgumentError for an unknown rank, tag or communicator
template <class T>
[[nodiscard]] RecvRequest<T> irecv(const RecvArgs& args = {}) {
  return RecvRequest<T>(detail::start_recv(args));
}

// -- Collective calls: one exchange of sizes and one of data each.
//
// A rank that cannot take part, because its value cannot be written or its vector has the wrong
// length, says so in the exchange of sizes: all ranks then throw, that one its own error, the
// others PeerError. A rank that cannot read what it got throws alone, when the call is over for the
// others. All ranks must name the same type, communicator and root. One thread at a time for each
// communicator.

/// The root's @p value is assigned to that of every other rank.
/// @collective over args.comm @blocking on the root
/// @throws PeerError; ArgumentError for an unknown root or communicator; SerializationError;
/// MpiError
template <class T>
void bcast(T& value, const RootArgs& args = {});

/// Element i of the root's @p values goes to rank i. The other ranks' @p values are ignored.
/// @collective over args.comm @blocking on the root, which waits for all
/// @throws ArgumentError at the root unless there is one value for each rank; as bcast()
template <class T>
[[nodiscard]] T scatter(const std::vector<T>& values, const RootArgs& args = {});

/// The values of all ranks in their order, at the root; nothing elsewhere.
/// @collective over args.comm @blocking on all ranks @throws as bcast()
template <class T>
[[nodiscard]] std::vector<T> gather(const T& value, const RootArgs& args = {});

/// The values of all ranks in their order, at every rank.
/// @collective over args.comm @blocking on all ranks @throws as bcast()
template <class T>
[[nodiscard]] std::vector<T> allgather(const T& value, const CollectiveArgs& args = {});

/// Element i of @p values goes to rank i; element i of the result comes from rank i.
/// @collective over args.comm @blocking on all ranks
/// @throws ArgumentError on ranks that have not one value for each rank; as bcast()
template <class T>
[[nodiscard]] std::vector<T> alltoall(const std::vector<T>& values,
                                      const CollectiveArgs& args = {});

// ---------------------------------------------------------------------------------------------

namespace detail {

/// The objects that @p fill appends, or the reason why it failed.
template <class Fill>
Contribution contribute(const Fill& fill) noexcept {
  Contribution mine;
  try {
    fill(mine.objects);
  } catch (...) {
    mine.failure = std::current_exception();
  }
  return mine;
}

template <class T>
Contribution contribute_one(const T& value) noexcept {
  return contribute([&](auto& objects) { objects.push_back(proxystore::serialize(value)); });
}

template <class T>
Contribution contribute_each(const std::vector<T>& values, const Group& group, const char* verb) {
  return contribute([&](auto& objects) {
    require_one_each(values.size(), group, verb);
    for (const auto& value : values) objects.push_back(proxystore::serialize<T>(value));
  });
}

template <class T>
std::vector<T> read_all(const std::vector<Bytes>& objects) {
  std::vector<T> values;
  values.reserve(objects.size());
  for (const Bytes& object : objects) values.push_back(proxystore::deserialize<T>(object));
  return values;
}

}  // namespace detail

template <class T>
void bcast(T& value, const RootArgs& args) {
  const detail::Group group = detail::group_of(args.comm, args.root, "bcast");
  const bool is_root = group.rank == args.root;
  const auto mine = is_root ? detail::contribute_one(value) : detail::Contribution{};
  const Bytes bytes = detail::bcast(mine, group, args.root);
  if (!is_root) value = proxystore::deserialize<T>(bytes);
}

template <class T>
T scatter(const std::vector<T>& values, const RootArgs& args) {
  const detail::Group group = detail::group_of(args.comm, args.root, "scatter");
  const bool is_root = group.rank == args.root;
  const auto mine =
      is_root ? detail::contribute_each(values, group, "scatter") : detail::Contribution{};
  return proxystore::deserialize<T>(detail::scatter(mine, group, args.root));
}

template <class T>
std::vector<T> gather(const T& value, const RootArgs& args) {
  const detail::Group group = detail::group_of(args.comm, args.root, "gather");
  return detail::read_all<T>(detail::gather(detail::contribute_one(value), group, args.root));
}

template <class T>
std::vector<T> allgather(const T& value, const CollectiveArgs& args) {
  const detail::Group group = detail::group_of(args.comm, "allgather");
  return detail::read_all<T>(detail::allgather(detail::contribute_one(value), group));
}

template <class T>
std::vector<T> alltoall(const std::vector<T>& values, const CollectiveArgs& args) {
  const detail::Group group = detail::group_of(args.comm, "alltoall");
  return detail::read_all<T>(
      detail::alltoall(detail::contribute_each(values, group, "alltoall"), group));
}

}  // namespace proxystore::inline v0::mpi
