// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// One connection to a Redis server. Values go from the caller's memory to the socket, and from the
/// socket to their place, without a buffer in between; hiredis connects and says who we are.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detail/hash.hpp"
#include "options.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/error.hpp"

struct redisContext;

namespace proxystore::inline v0::redis {

inline constexpr std::size_t slot_count = 16384;  ///< Of a cluster

/// The connection is lost: what can be repeated may be tried again.
class RetriableError : public ConnectorError {
 public:
  using ConnectorError::ConnectorError;
};

/// The server cannot do now what was asked, and has done nothing of it: anything may be tried
/// again.
class RefusedError : public RetriableError {
 public:
  using RetriableError::RetriableError;
};

/// Another server of the cluster has the name: from now on, or for this command (`ask`).
class RedirectError final : public RefusedError {
 public:
  RedirectError(const std::string& text, ErrorContext context, std::uint16_t slot,
                std::string address, bool ask)
      : RefusedError(text, std::move(context)),
        slot_(slot),
        address_(std::move(address)),
        ask_(ask) {}
  [[nodiscard]] std::uint16_t slot() const noexcept { return slot_; }
  /// "host:port"
  [[nodiscard]] const std::string& address() const noexcept { return address_; }
  [[nodiscard]] bool ask() const noexcept { return ask_; }

 private:
  std::uint16_t slot_;
  std::string address_;
  bool ask_;
};

/// What a server answered; see the RESP2 specification, redis.io/docs/reference/protocol-spec.
struct Reply {
  enum class Type : std::uint8_t { status, error, integer, bulk, nil, array };
  Type type = Type::nil;
  std::string text{};  ///< Of a status or an error
  std::int64_t integer = 0;
  Bytes bulk{};
  std::vector<Reply> elements{};

  [[nodiscard]] bool is_nil() const noexcept { return type == Type::nil; }
};

/// Commands that are sent together. Values are referred to, and must live until they are sent.
class Request {
 public:
  /// One command of small arguments.
  Request& command(std::span<const std::string_view> arguments);
  Request& command(std::initializer_list<std::string_view> arguments) {
    return command(std::span(arguments.begin(), arguments.size()));
  }
  /// `SET key <parts>`, and then @p options.
  Request& set(std::string_view key, std::span<const ByteSpan> parts,
               std::span<const std::string> options = {});
  /// The commands that follow, up to commit(), are one transaction: their answers are its last
  /// answer.
  Request& begin();
  Request& commit();

  /// What can be done while the server reads: a piece of it at each call; false when all is done.
  using Work = std::function<bool()>;
  Request& meanwhile(Work work) {
    work_ = std::move(work);
    return *this;
  }
  /// Does a piece, if there is one.
  [[nodiscard]] bool do_work() const { return work_ && work_(); }

  struct Command {
    std::size_t first_piece;
    bool in_transaction;  ///< Not its first command, MULTI
  };
  [[nodiscard]] std::span<const ByteSpan> pieces() const noexcept { return pieces_; }
  [[nodiscard]] std::span<const Command> commands() const noexcept { return commands_; }

 private:
  void begin_command() { commands_.push_back({pieces_.size(), in_transaction_}); }
  void add_text(std::string text);

  std::deque<std::string> texts_;  // which do not move
  std::vector<ByteSpan> pieces_;
  std::vector<Command> commands_;
  Work work_;
  bool in_transaction_ = false;
};

/// Not thread-safe. After an error it may be in the middle of an answer: is_idle() is false then,
/// and it is of no more use.
class Connection {
 public:
  /// Connects, and selects user and database.
  /// @throws RetriableError, AccessError if the server refuses the password, ConnectorError
  explicit Connection(const Settings& settings);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Sends it, and has done its work then. @throws RetriableError, TimeoutError
  void send(const Request& request);
  /// The answer to the next command. Errors that servers answer are replies, too.
  /// @throws RetriableError, TimeoutError, MessageError if it is malformed
  [[nodiscard]] Reply receive();
  /// As receive() for an answer that is a value of @p target.size() bytes, which is written there,
  /// and goes through @p hash as it comes, while the server sends the rest.
  /// Whether it was one: anything else is in @p reply.
  [[nodiscard]] bool receive_into(std::span<std::byte> target, Reply& reply,
                                  detail::Xxh3Stream* hash = nullptr);
  /// Sends @p request, which has one command, and receives its answer.
  [[nodiscard]] Reply call(const Request& request) {
    send(request);
    return receive();
  }

  /// Whether what is sent from now on is meant for this server although another one has the names:
  /// each command, or transaction, then follows an `ASKING`.
  void set_asking(bool asking) noexcept { asking_ = asking; }

  /// Where the server is, for errors.
  [[nodiscard]] const std::string& server() const noexcept { return server_; }

  /// Whether an answer begins to come within @p time. @throws RetriableError
  [[nodiscard]] bool wait_for_answer(std::chrono::milliseconds time);

  /// Whether the server said that it cannot serve now: it loads, it has become a replica, or lacks
  /// its master or replicas. Another one may be at its address meanwhile.
  [[nodiscard]] bool is_out_of_service() const noexcept { return is_out_of_service_; }

  /// Whether answers must come still.
  [[nodiscard]] bool is_waiting() const noexcept { return pending_ > 0; }
  [[nodiscard]] bool is_idle() const noexcept { return pending_ == 0 && !broken_; }
  /// Whether the server has closed it, or said something unasked. For one that was idle for a
  /// while.
  [[nodiscard]] bool is_stale() noexcept;

 private:
  struct Free {
    void operator()(redisContext* context) const noexcept;
  };

  void introduce(const Settings& settings);
  void send_asking(const Request& request);
  void send_pieces(std::span<const ByteSpan> pieces, const Request& request);
  void send_encrypted(std::span<const ByteSpan> pieces, const Request& request);
  void flush_encrypted(const Request& request);
  void skip_answer_to_asking();
  /// Where a value goes, if it has the size of `place`, and what sees it.
  struct Target {
    std::span<std::byte> place{};
    bool* is_there = nullptr;
    detail::Xxh3Stream* hash = nullptr;
  };
  [[nodiscard]] Reply read_reply(int depth, const Target& target);
  [[nodiscard]] std::string read_line();
  void read_bytes(std::span<std::byte> target, detail::Xxh3Stream* hash = nullptr);
  void read_line_end();
  [[nodiscard]] std::size_t read_some(std::span<std::byte> target);
  void fill();
  [[nodiscard]] bool wait_until_ready(short events, std::chrono::nanoseconds time) const;
  void require_ready(short events, const char* what);
  [[nodiscard]] Bytes read_bulk(std::size_t size);
  [[noreturn]] void fail_malformed(const std::string& why);
  [[noreturn]] void fail_lost(const std::string& why);
  [[noreturn]] void fail_sending(const std::string& why);
  void note_error(const Reply& reply) noexcept;
  [[nodiscard]] ErrorContext context() const;

  const std::string server_;
  const std::chrono::milliseconds timeout_;
  std::unique_ptr<redisContext, Free> context_;
  int fd_ = -1;
  bool is_encrypted_ = false;
  std::size_t pending_ = 0;  // answers that must come
  bool asking_ = false;
  std::deque<bool> follow_asking_;  // which of them, while there are such
  bool broken_ = false;
  bool is_out_of_service_ = false;
  std::vector<std::byte> buffer_;  // what was read ahead: [begin_, end_)
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// Throws what @p reply says, if it is an error: CapacityError, AccessError, RefusedError,
/// RedirectError or ConnectorError with the server's text.
void check(const Reply& reply, const ErrorContext& context, const std::string& server);

}  // namespace proxystore::inline v0::redis
