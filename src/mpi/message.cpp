// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Point to point: one message, of any size, whose size the receiver does not know.
//
// The receiver asks for a message with MPI_Improbe, which hands it out to one caller only: no other
// thread, and no other receive of the application, can take it between the look at its size and the
// receive of its bytes. It then takes memory of that size, and starts MPI_Imrecv. Nothing but the
// payload travels: the size is MPI's own.
//
// Until a message is matched, nothing has happened: a time-out or a destruction leaves it to
// others. From then on it belongs to this receive, and MPI writes to the memory until it is
// complete, since a matched receive cannot be cancelled. So one that is dropped half-way is kept
// for the rest of the program, and so is the value of a send whose request goes while an exception
// unwinds the stack.
#include "proxystore/mpi/message.hpp"

#include <limits>
#include <mutex>
#include <string>

#include "detail/log.hpp"
#include "mpi/datatype.hpp"
#include "mpi/wait.hpp"

namespace proxystore::inline v0::mpi {

namespace detail {

namespace {

int tag_limit() {
  static const int limit = [] {
    void* value = nullptr;
    int flag = 0;
    check(MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, static_cast<void*>(&value), &flag),
          "MPI_Comm_get_attr");
    constexpr int least = 32767;  // what every MPI has
    return flag != 0 ? *static_cast<int*>(value) : least;
  }();
  return limit;
}

/// Ranks that a message on @p comm can name: of an intercommunicator, those of the other group.
int peers_of(MPI_Comm comm) {
  int is_inter = 0;
  check(MPI_Comm_test_inter(comm, &is_inter), "MPI_Comm_test_inter");
  int size = 0;
  if (is_inter != 0) {
    check(MPI_Comm_remote_size(comm, &size), "MPI_Comm_remote_size");
  } else {
    check(MPI_Comm_size(comm, &size), "MPI_Comm_size");
  }
  return size;
}

void check_message(const char* verb, MPI_Comm comm, int rank, int tag) {
  require_mpi();
  const std::string name(verb);
  if (comm == MPI_COMM_NULL) throw ArgumentError(name + ": the communicator is MPI_COMM_NULL");
  const int peers = peers_of(comm);
  if (rank < 0 || rank >= peers) {
    const std::string what =
        rank == MPI_PROC_NULL ? "no rank is given" : "no rank " + std::to_string(rank);
    throw ArgumentError(name + ": " + what + "; the communicator has ranks 0 to " +
                        std::to_string(peers - 1));
  }
  if (tag < 0 || tag > tag_limit()) {
    throw ArgumentError(name + ": no tag " + std::to_string(tag) + "; MPI has tags 0 to " +
                        std::to_string(tag_limit()));
  }
}

/// Leaves @p request to MPI, and keeps @p memory, which MPI then still uses, until the program
/// ends.
void park(MPI_Request& request, std::shared_ptr<const void> memory) {
  static std::mutex mutex;
  static auto* parked = new std::vector<std::shared_ptr<const void>>;
  {
    const std::lock_guard lock(mutex);
    parked->push_back(std::move(memory));
  }
  check(MPI_Request_free(&request), "MPI_Request_free");
}

MPI_Request start(const SerializedObject& object, const SendArgs& args,
                  SendMode mode = SendMode::standard) {
  const Buffer buffer = buffer_of(object.parts());
  MPI_Request request = MPI_REQUEST_NULL;
  const bool is_synchronous = mode == SendMode::synchronous;
  const auto isend = is_synchronous ? &MPI_Issend : &MPI_Isend;
  check(
      isend(buffer.address, buffer.count, buffer.type(), args.dest, args.tag, args.comm, &request),
      is_synchronous ? "MPI_Issend" : "MPI_Isend");
  return request;
}

std::string name_of(int rank_or_tag, int any, const std::string& noun) {
  return rank_or_tag == any ? "any " + noun : noun + " " + std::to_string(rank_or_tag);
}

}  // namespace

void send(const SerializedObject& object, const SendArgs& args) {
  check_message("send", args.comm, args.dest, args.tag);
  MPI_Request request = start(object, args);
  wait(request, object.size());
}

class SendOperation {
 public:
  SendOperation(std::shared_ptr<const void> value, SerializedObject object, const SendArgs& args,
                SendMode mode)
      : value_(std::move(value)),
        object_(std::move(object)),
        request_(start(object_, args, mode)) {}

  [[nodiscard]] bool test() { return is_complete(request_); }
  void wait() { detail::wait(request_, object_.size()); }
  [[nodiscard]] MPI_Request& request() noexcept { return request_; }

 private:
  std::shared_ptr<const void> value_;
  SerializedObject object_;
  MPI_Request request_;
};

std::shared_ptr<SendOperation> start_send(std::shared_ptr<const void> value,
                                          SerializedObject object, const SendArgs& args,
                                          SendMode mode) {
  check_message("isend", args.comm, args.dest, args.tag);
  return std::make_shared<SendOperation>(std::move(value), std::move(object), args, mode);
}

bool test(SendOperation& operation) {
  return operation.test();
}

class RecvOperation {
 public:
  explicit RecvOperation(const RecvArgs& args) : args_(args) {}

  [[nodiscard]] bool test() { return match() && is_complete(request_); }

  Bytes wait() {
    if (!wait_until([&] { return match(); }, Deadline(args_.timeout))) {
      fail("no message came");
    }
    if (!wait_until([&] { return is_complete(request_); }, Deadline(args_.timeout),
                    transfer_time(status_.size))) {
      fail("a message of " + std::to_string(status_.size) +
           " bytes began, but did not arrive in full");
    }
    if (args_.status != nullptr) *args_.status = status_;
    return std::move(memory_).freeze();
  }

  /// Whether MPI may still write to the memory.
  [[nodiscard]] bool is_half_way() const noexcept {
    return request_ != MPI_REQUEST_NULL && mpi_is_running();
  }
  [[nodiscard]] MPI_Request& request() noexcept { return request_; }

 private:
  bool match() {
    if (is_matched_) return true;
    int flag = 0;
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status status{};
    check(MPI_Improbe(args_.source, args_.tag, args_.comm, &flag, &message, &status),
          "MPI_Improbe");
    if (flag == 0) return false;
    MPI_Count size = 0;
    check(MPI_Get_elements_x(&status, MPI_BYTE, &size), "MPI_Get_elements_x");
    status_ = {
        .source = status.MPI_SOURCE, .tag = status.MPI_TAG, .size = static_cast<std::size_t>(size)};
    memory_ = MutableBytes(status_.size);
    const ByteSpan all[] = {memory_.span()};
    const Buffer buffer = buffer_of(all);
    check(MPI_Imrecv(buffer.address, buffer.count, buffer.type(), &message, &request_),
          "MPI_Imrecv");
    is_matched_ = true;
    return true;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw TimeoutError(what + " from " + name_of(args_.source, MPI_ANY_SOURCE, "rank") + " with " +
                           name_of(args_.tag, MPI_ANY_TAG, "tag") + " within " +
                           std::to_string(args_.timeout.count()) + " ms",
                       {.connector = {}, .operation = "recv"});
  }

  RecvArgs args_;
  bool is_matched_ = false;
  MessageStatus status_{};
  MutableBytes memory_{};
  MPI_Request request_ = MPI_REQUEST_NULL;
};

std::shared_ptr<RecvOperation> start_recv(const RecvArgs& args) {
  check_message("recv", args.comm, args.source == MPI_ANY_SOURCE ? 0 : args.source,
                args.tag == MPI_ANY_TAG ? 0 : args.tag);
  return std::make_shared<RecvOperation>(args);
}

bool test(RecvOperation& operation) {
  return operation.test();
}
Bytes wait(RecvOperation& operation) {
  return operation.wait();
}

void drop(std::shared_ptr<RecvOperation> operation) noexcept {
  if (!operation->is_half_way()) return;
  MPI_Request& request = operation->request();
  try {
    park(request, std::move(operation));
  } catch (const std::exception& error) {
    proxystore::detail::log(LogLevel::error, error.what());
  }
}

}  // namespace detail

SendRequest::SendRequest(std::shared_ptr<detail::SendOperation> operation) noexcept
    : operation_(std::move(operation)), exceptions_(std::uncaught_exceptions()) {}

SendRequest& SendRequest::operator=(SendRequest&& other) noexcept {
  SendRequest old(std::move(*this));  // waits for what was under way here
  operation_ = std::move(other.operation_);
  exceptions_ = other.exceptions_;
  return *this;
}

SendRequest::~SendRequest() {
  if (!operation_ || !detail::mpi_is_running()) return;
  try {
    if (std::uncaught_exceptions() > exceptions_) {
      if (operation_->test()) return;
      MPI_Request& request = operation_->request();
      detail::park(request, std::move(operation_));
    } else {
      operation_->wait();
    }
  } catch (const std::exception& error) {
    proxystore::detail::log(LogLevel::error, error.what());
  }
}

bool SendRequest::test() {
  return !operation_ || operation_->test();
}

void SendRequest::wait() {
  if (operation_) operation_->wait();
}

}  // namespace proxystore::inline v0::mpi
