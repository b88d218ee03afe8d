// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "mpi_transport.hpp"

#include "proxystore/mpi/error.hpp"

namespace proxystore::inline v0::partition {

namespace {

using mpi::check;

constexpr int message_tag = 1;

MPI_Comm duplicate(MPI_Comm comm, const char* name) {
  MPI_Comm copy = MPI_COMM_NULL;
  check(MPI_Comm_dup(comm, &copy), "MPI_Comm_dup");
  check(MPI_Comm_set_errhandler(copy, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_set_name(copy, name), "MPI_Comm_set_name");
  return copy;
}

bool is_complete(MPI_Request& request) {
  int flag = 0;
  check(MPI_Test(&request, &flag, MPI_STATUS_IGNORE), "MPI_Test");
  return flag != 0;
}

class MpiTransfer final : public Transfer {
 public:
  explicit MpiTransfer(MPI_Request request) noexcept : request_(request) {}

  bool is_over() override { return request_ == MPI_REQUEST_NULL || is_complete(request_); }
  void cancel() override {
    if (request_ == MPI_REQUEST_NULL) return;
    check(MPI_Cancel(&request_), "MPI_Cancel");
    check(MPI_Wait(&request_, MPI_STATUS_IGNORE), "MPI_Wait");  // local, for it was not matched
  }

 private:
  MPI_Request request_;
};

}  // namespace

MpiTransport::MpiTransport(MPI_Comm comm)
    : messages_(duplicate(comm, "proxystore messages")),
      transfers_(duplicate(comm, "proxystore transfers")) {}

MpiTransport::~MpiTransport() = default;

void MpiTransport::free() {
  check(MPI_Comm_free(&messages_), "MPI_Comm_free");
  check(MPI_Comm_free(&transfers_), "MPI_Comm_free");
}

void MpiTransport::send(int rank, std::vector<std::byte> message) {
  Outgoing& sent = outgoing_.emplace_back(Outgoing{.message = std::move(message)});
  check(MPI_Isend(sent.message.data(), static_cast<int>(sent.message.size()), MPI_BYTE, rank,
                  message_tag, messages_, &sent.request),
        "MPI_Isend");
}

bool MpiTransport::is_quiet() {
  outgoing_.remove_if([](Outgoing& sent) { return is_complete(sent.request); });
  return outgoing_.empty();
}

void MpiTransport::probe() {
  int flag = 0;
  MPI_Message handle = MPI_MESSAGE_NULL;
  MPI_Status status;
  check(MPI_Improbe(MPI_ANY_SOURCE, message_tag, messages_, &flag, &handle, &status),
        "MPI_Improbe");
  if (flag == 0) return;
  int size = 0;
  check(MPI_Get_count(&status, MPI_BYTE, &size), "MPI_Get_count");
  Arriving& arriving = arriving_.emplace_back(Arriving{
      .source = status.MPI_SOURCE, .message = MutableBytes(static_cast<std::size_t>(size))});
  check(MPI_Imrecv(arriving.message.data(), size, MPI_BYTE, &handle, &arriving.request),
        "MPI_Imrecv");
}

std::optional<Transport::Incoming> MpiTransport::receive() {
  (void)is_quiet();
  probe();
  for (auto at = arriving_.begin(); at != arriving_.end(); ++at) {
    if (!is_complete(at->request)) continue;
    Incoming incoming{.source = at->source, .message = std::move(at->message).freeze()};
    arriving_.erase(at);
    return incoming;
  }
  return std::nullopt;
}

std::unique_ptr<Transfer> MpiTransport::send_bytes(int rank, std::uint16_t tag, ByteSpan bytes) {
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Isend(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, rank, tag, transfers_,
                  &request),
        "MPI_Isend");
  return std::make_unique<MpiTransfer>(request);
}

std::unique_ptr<Transfer> MpiTransport::receive_bytes(int rank, std::uint16_t tag,
                                                      std::span<std::byte> target) {
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Irecv(target.data(), static_cast<int>(target.size()), MPI_BYTE, rank, tag, transfers_,
                  &request),
        "MPI_Irecv");
  return std::make_unique<MpiTransfer>(request);
}

}  // namespace proxystore::inline v0::partition
