// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "connection.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <hiredis/hiredis.h>

#include "detail/deadline.hpp"
#include "detail/pause.hpp"
#include "tls.hpp"

namespace proxystore::inline v0::redis {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::size_t buffer_size = 16384;
constexpr std::size_t hashed_at_once = 256 * 1024;  // which is in the cache still
constexpr std::size_t longest_line = 65536;
constexpr int deepest = 8;                        // of arrays in arrays
constexpr std::size_t most_elements = 1U << 20U;  // of an array
constexpr std::size_t largest_bulk = std::size_t{1} << 40U;
/// Memory for a value is taken at once up to this size, and beyond it only as the value comes.
constexpr std::size_t trusted_size = std::size_t{512} << 20U;
constexpr std::size_t first_step = std::size_t{64} << 20U;

timeval to_timeval(milliseconds time) {
  return {.tv_sec = static_cast<time_t>(time.count() / 1000),
          .tv_usec = static_cast<suseconds_t>(time.count() % 1000 * 1000)};
}

std::string bulk_head(std::size_t size) {
  return "$" + std::to_string(size) + "\r\n";
}

}  // namespace

// -- Request

void Request::add_text(std::string text) {
  texts_.push_back(std::move(text));
  const std::string& kept = texts_.back();
  pieces_.push_back(std::as_bytes(std::span(kept.data(), kept.size())));
}

Request& Request::command(std::span<const std::string_view> arguments) {
  std::string text = "*" + std::to_string(arguments.size()) + "\r\n";
  for (const std::string_view argument : arguments) {
    text += bulk_head(argument.size());
    text += argument;
    text += "\r\n";
  }
  begin_command();
  add_text(std::move(text));
  return *this;
}

Request& Request::begin() {
  command({"MULTI"});
  in_transaction_ = true;
  return *this;
}

Request& Request::commit() {
  command({"EXEC"});
  in_transaction_ = false;
  return *this;
}

Request& Request::set(std::string_view key, std::span<const ByteSpan> parts,
                      std::span<const std::string> options) {
  begin_command();
  add_text("*" + std::to_string(3 + options.size()) + "\r\n$3\r\nSET\r\n" + bulk_head(key.size()) +
           std::string(key) + "\r\n" + bulk_head(joined_size(parts)));
  for (const ByteSpan part : parts) {
    if (!part.empty()) pieces_.push_back(part);
  }
  std::string tail = "\r\n";
  for (const std::string& option : options) tail += bulk_head(option.size()) + option + "\r\n";
  add_text(std::move(tail));
  return *this;
}

// -- Connection

void Connection::Free::operator()(redisContext* context) const noexcept {
  redisFree(context);
}

Connection::Connection(const Settings& settings)
    : server_(settings.server()), timeout_(settings.options.timeout), buffer_(buffer_size) {
  const RedisOptions& options = settings.options;
  const timeval limit = to_timeval(options.connect_timeout);
  context_.reset(options.unix_socket.empty()
                     ? redisConnectWithTimeout(options.hostname.c_str(), options.port, limit)
                     : redisConnectUnixWithTimeout(options.unix_socket.c_str(), limit));
  if (!context_) throw std::bad_alloc();
  if (context_->err != 0) {
    throw RetriableError("cannot connect to Redis at " + server_ + ": " + context_->errstr,
                         context());
  }
  fd_ = context_->fd;
  is_encrypted_ = options.tls;
  if (is_encrypted_) tls::begin(*context_, settings);
  const int flags = ::fcntl(fd_, F_GETFL);
  if (flags < 0 || ::fcntl(fd_, F_SETFL, flags | O_NONBLOCK) != 0) {
    throw ConnectorError("cannot set up the connection to Redis at " + server_, context());
  }
  (void)::fcntl(fd_, F_SETFD, FD_CLOEXEC);
  if (options.unix_socket.empty()) (void)redisEnableKeepAlive(context_.get());
  introduce(settings);
}

Connection::~Connection() = default;

void Connection::introduce(const Settings& settings) {
  Request request;
  const std::string password = settings.password();
  const std::string database = std::to_string(settings.options.database);
  if (!password.empty()) {
    if (settings.options.username.empty()) {
      request.command({"AUTH", password});
    } else {
      request.command({"AUTH", settings.options.username, password});
    }
  }
  if (settings.options.database != 0) request.command({"SELECT", database});
  if (request.commands().empty()) return;
  send(request);
  for (std::size_t i = request.commands().size(); i > 0; --i) check(receive(), context(), server_);
}

ErrorContext Connection::context() const {
  return {.connector = "redis", .operation = "talk to " + server_};
}

void Connection::fail_malformed(const std::string& why) {
  broken_ = true;
  throw MessageError("malformed answer of Redis at " + server_ + ": " + why, context());
}

void Connection::fail_lost(const std::string& why) {
  broken_ = true;
  throw RetriableError("the connection to Redis at " + server_ + " is lost: " + why, context());
}

/// A server closes a connection whose command it cannot take, or that it does not want, and says
/// why before. What it said is there still.
void Connection::fail_sending(const std::string& why) {
  broken_ = true;
  Reply said;
  try {
    for (std::size_t i = pending_; i > 0 && said.type != Reply::Type::error; --i) {
      said = read_reply(0, {});
    }
  } catch (const Error&) {
    fail_lost(why);
  }
  check(said, context(), server_);
  fail_lost(why);
}

/// In slices, so that ranks that wait for this one are looked after.
bool Connection::wait_until_ready(short events, nanoseconds time) const {
  const auto deadline = detail::deadline_after(time);
  while (true) {
    const auto left = deadline - Clock::now();
    const auto slice = std::clamp<nanoseconds>(left, nanoseconds(0), detail::idle_slice());
    const timespec wait{.tv_sec = static_cast<time_t>(slice.count() / 1'000'000'000),
                        .tv_nsec = static_cast<long>(slice.count() % 1'000'000'000)};
    pollfd one{.fd = fd_, .events = events, .revents = 0};
    if (::ppoll(&one, 1, &wait, nullptr) > 0) return true;
    if (Clock::now() >= deadline) return false;
    detail::do_idle_work();
  }
}

void Connection::require_ready(short events, const char* what) {
  if (wait_until_ready(events, timeout_)) return;
  broken_ = true;
  throw TimeoutError(
      "Redis at " + server_ + " " + what + " within " + std::to_string(timeout_.count()) + " ms",
      context());
}

void Connection::send(const Request& request) {
  pending_ += request.commands().size();
  if (asking_) {
    send_asking(request);
  } else {
    send_pieces(request.pieces(), request);
  }
  while (request.do_work()) {  // the server is at it still
  }
}

void Connection::send_asking(const Request& request) {
  static constexpr std::string_view asking = "*1\r\n$6\r\nASKING\r\n";
  std::vector<ByteSpan> pieces;
  const auto commands = request.commands();
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::size_t first = commands[i].first_piece;
    const std::size_t end =
        i + 1 < commands.size() ? commands[i + 1].first_piece : request.pieces().size();
    const bool follows = !commands[i].in_transaction;
    if (follows) pieces.push_back(std::as_bytes(std::span(asking.data(), asking.size())));
    const auto own = request.pieces().subspan(first, end - first);
    pieces.insert(pieces.end(), own.begin(), own.end());
    follow_asking_.push_back(follows);
  }
  send_pieces(pieces, request);
}

void Connection::skip_answer_to_asking() {
  if (follow_asking_.empty()) return;
  const bool follows = follow_asking_.front();
  follow_asking_.pop_front();
  if (!follows) return;
  const Reply reply = read_reply(0, {});
  if (reply.type != Reply::Type::status) fail_malformed("ASKING is not understood");
}

void Connection::send_encrypted(std::span<const ByteSpan> pieces, const Request& request) {
  constexpr std::size_t most = 256 * 1024;  // copied at once
  for (ByteSpan piece : pieces) {
    while (!piece.empty()) {
      const std::size_t step = std::min(piece.size(), most);
      tls::append(*context_, piece.first(step));
      piece = piece.subspan(step);
      if (step == most) flush_encrypted(request);
    }
  }
  flush_encrypted(request);
}

void Connection::flush_encrypted(const Request& request) {
  while (true) {
    switch (tls::write(*context_)) {
      case tls::Written::all:
        return;
      case tls::Written::some:
        if (!request.do_work()) require_ready(POLLOUT, "takes nothing");
        break;
      case tls::Written::failed:
        fail_sending(context_->errstr);
    }
  }
}

void Connection::send_pieces(std::span<const ByteSpan> pieces, const Request& request) {
  if (is_encrypted_) return send_encrypted(pieces, request);
  constexpr std::size_t most_pieces = std::min<std::size_t>(IOV_MAX, 256);
  std::size_t at = 0;
  std::size_t offset = 0;  // in the piece
  std::vector<iovec> batch;
  while (at < pieces.size()) {
    batch.clear();
    std::size_t from = offset;
    for (std::size_t i = at; i < pieces.size() && batch.size() < most_pieces; ++i, from = 0) {
      const ByteSpan rest = pieces[i].subspan(from);
      batch.push_back({const_cast<std::byte*>(rest.data()), rest.size()});
    }
    msghdr message{};
    message.msg_iov = batch.data();
    message.msg_iovlen = batch.size();
    const ssize_t sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) fail_sending(std::strerror(errno));
      if (!request.do_work()) require_ready(POLLOUT, "takes nothing");
      continue;
    }
    for (auto left = static_cast<std::size_t>(sent); at < pieces.size();) {
      const std::size_t step = std::min(left, pieces[at].size() - offset);
      left -= step;
      offset += step;
      if (offset < pieces[at].size()) break;
      offset = 0;
      ++at;
    }
  }
}

/// Bytes that were there, at most as many as @p target takes; 0 if there are none now.
std::size_t Connection::read_some(std::span<std::byte> target) {
  if (is_encrypted_) {
    const std::ptrdiff_t count = tls::read(*context_, target);
    if (count < 0) fail_lost(context_->errstr);
    return static_cast<std::size_t>(count);
  }
  while (true) {
    const ssize_t count = ::recv(fd_, target.data(), target.size(), 0);
    if (count > 0) return static_cast<std::size_t>(count);
    if (count == 0) fail_lost("the server closed it");
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    if (errno != EINTR) fail_lost(std::strerror(errno));
  }
}

/// Reads what is there, up to the size of the buffer, which must be empty; waits for the first
/// byte.
void Connection::fill() {
  begin_ = end_ = 0;
  while (true) {
    end_ = read_some(buffer_);
    if (end_ > 0) return;
    require_ready(POLLIN, "does not answer");
  }
}

void Connection::read_bytes(std::span<std::byte> target, detail::Xxh3Stream* hash) {
  const std::size_t ahead = std::min(target.size(), end_ - begin_);
  if (ahead > 0) std::memcpy(target.data(), buffer_.data() + begin_, ahead);
  if (hash != nullptr) hash->update(target.first(ahead));
  begin_ += ahead;
  target = target.subspan(ahead);
  while (!target.empty()) {
    const std::size_t most =
        hash != nullptr ? std::min(target.size(), hashed_at_once) : target.size();
    const std::size_t count = read_some(target.first(most));
    if (count == 0) require_ready(POLLIN, "stopped in the middle of an answer, and sends no more");
    if (hash != nullptr) hash->update(target.first(count));
    target = target.subspan(count);
  }
}

std::string Connection::read_line() {
  std::string line;
  while (true) {
    if (begin_ == end_) fill();
    const auto* from = reinterpret_cast<const char*>(buffer_.data() + begin_);
    const auto* end = static_cast<const char*>(std::memchr(from, '\n', end_ - begin_));
    const std::size_t length =
        end != nullptr ? static_cast<std::size_t>(end - from) + 1 : end_ - begin_;
    line.append(from, length);
    begin_ += length;
    if (line.size() > longest_line) fail_malformed("a line of more than 64 KiB");
    if (end != nullptr) break;
  }
  if (!line.ends_with("\r\n")) fail_malformed("a line that does not end as it should");
  line.resize(line.size() - 2);
  return line;
}

void Connection::read_line_end() {
  std::byte end[2];
  read_bytes(end);
  if (end[0] != std::byte{'\r'} || end[1] != std::byte{'\n'}) {
    fail_malformed("a value that is longer than announced");
  }
}

Bytes Connection::read_bulk(std::size_t size) {
  if (size <= trusted_size) {
    MutableBytes value(size);
    read_bytes(value.span());
    return std::move(value).freeze();
  }
  // Nobody sends this much without having it, but who knows who that is: twice as much each time.
  std::vector<std::byte> value;
  while (value.size() < size) {
    const std::size_t before = value.size();
    value.resize(std::min(size, std::max(first_step, 2 * before)));
    read_bytes(std::span(value).subspan(before));
  }
  return Bytes::own(std::move(value));
}

Reply Connection::read_reply(int depth, const Target& target) {
  if (depth > deepest) fail_malformed("arrays in arrays");
  const std::string line = read_line();
  if (line.empty()) fail_malformed("an empty line");
  const std::string_view rest = std::string_view(line).substr(1);
  const auto number = [&] {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc{} || end != rest.data() + rest.size()) {
      fail_malformed("no number: '" + line.substr(0, 40) + "'");
    }
    return value;
  };
  switch (line.front()) {
    case '+':
      return {.type = Reply::Type::status, .text = std::string(rest)};
    case '-':
      return {.type = Reply::Type::error, .text = std::string(rest)};
    case ':':
      return {.type = Reply::Type::integer, .integer = number()};
    case '$': {
      const std::int64_t size = number();
      if (size == -1) return {};
      if (size < 0 || static_cast<std::size_t>(size) > largest_bulk) {
        fail_malformed("a value of " + std::to_string(size) + " bytes");
      }
      Reply reply{.type = Reply::Type::bulk};
      if (target.is_there != nullptr && static_cast<std::size_t>(size) == target.place.size()) {
        read_bytes(target.place, target.hash);
        *target.is_there = true;
      } else {
        reply.bulk = read_bulk(static_cast<std::size_t>(size));
      }
      read_line_end();
      return reply;
    }
    case '*': {
      const std::int64_t count = number();
      if (count == -1) return {};
      if (count < 0 || static_cast<std::size_t>(count) > most_elements) {
        fail_malformed("an array of " + std::to_string(count) + " elements");
      }
      Reply reply{.type = Reply::Type::array};
      for (std::int64_t i = 0; i < count; ++i) {
        reply.elements.push_back(read_reply(depth + 1, {}));
      }
      return reply;
    }
    default:
      fail_malformed("unknown kind of answer '" + line.substr(0, 1) + "'");
  }
}

namespace {

/// Whether the server's error @p text has this @p code: at its begin, or, up to Redis 6.2, where a
/// script tells of the command that failed.
bool has_code(std::string_view text, std::string_view code) {
  if (text.starts_with(code)) return text.substr(code.size()).starts_with(' ');
  constexpr std::string_view of_script = "ERR Error running script";
  return text.starts_with(of_script) && text.find(std::string(code) + ' ') != text.npos;
}

bool has_one_of(std::string_view text, std::initializer_list<std::string_view> codes) {
  return std::ranges::any_of(codes, [&](std::string_view code) { return has_code(text, code); });
}

/// The server loads, has become a replica, or has no master or replicas now. UNBLOCKED is told to
/// who waits for a stream or list when its server becomes a replica, or its slot moves.
bool is_out_of_service(std::string_view text) {
  return has_one_of(text, {"LOADING", "READONLY", "MASTERDOWN", "NOREPLICAS", "UNBLOCKED"});
}

}  // namespace

void Connection::note_error(const Reply& reply) noexcept {
  if (reply.type != Reply::Type::error) return;
  // The server keeps what it read of a value that it refused, until the connection is closed.
  if (has_code(reply.text, "OOM")) broken_ = true;
  if (redis::is_out_of_service(reply.text)) broken_ = is_out_of_service_ = true;
}

Reply Connection::receive() {
  skip_answer_to_asking();
  Reply reply = read_reply(0, {});
  note_error(reply);
  for (const Reply& one : reply.elements) note_error(one);  // of a transaction
  if (pending_ > 0) --pending_;
  return reply;
}

bool Connection::receive_into(std::span<std::byte> target, Reply& reply, detail::Xxh3Stream* hash) {
  skip_answer_to_asking();
  bool is_there = false;
  reply = read_reply(0, {.place = target, .is_there = &is_there, .hash = hash});
  note_error(reply);
  if (pending_ > 0) --pending_;
  return is_there;
}

bool Connection::wait_for_answer(milliseconds time) {
  if (begin_ < end_) return true;
  if (!is_encrypted_) return wait_until_ready(POLLIN, time);
  // What has come may be no answer yet, and what was read may be more than was asked for.
  const auto deadline = detail::deadline_after(time);
  while (true) {
    begin_ = 0;
    end_ = read_some(buffer_);
    if (end_ > 0) return true;
    if (!wait_until_ready(POLLIN, deadline - Clock::now())) return false;
  }
}

bool Connection::is_stale() noexcept {
  if (begin_ < end_) return true;
  if (is_encrypted_) {  // a server may send more than answers, such as tickets for later sessions
    std::byte unasked{};
    return tls::read(*context_, std::span(&unasked, 1)) != 0;
  }
  pollfd one{.fd = fd_, .events = POLLIN, .revents = 0};
  return ::poll(&one, 1, 0) != 0;
}

/// @p reply is "MOVED <slot> <address>", or the same with ASK; an address without a host is at the
/// @p server that answered.
[[noreturn]] void throw_redirect(const std::string& reply, const std::string& text,
                                 const ErrorContext& context, const std::string& server) {
  const std::size_t first = reply.find(' ') + 1;
  const std::size_t second = reply.find(' ', first) + 1;
  std::uint16_t slot = 0;
  const auto parsed = std::from_chars(reply.data() + first, reply.data() + reply.size(), slot);
  std::string address = reply.substr(second);
  if (address.starts_with(":")) address.insert(0, server.substr(0, server.rfind(':')));
  if (second == 0 || parsed.ec != std::errc{} || slot >= slot_count ||
      address.find(':') == std::string::npos) {
    throw MessageError("malformed answer of Redis at " + server + ": " + reply.substr(0, 100),
                       context);
  }
  throw RedirectError(text, context, slot, std::move(address), reply.starts_with("ASK"));
}

void check(const Reply& reply, const ErrorContext& context, const std::string& server) {
  if (reply.type != Reply::Type::error) return;
  const std::string text = "Redis at " + server + " answers: " + reply.text;
  const auto is = [&](std::initializer_list<std::string_view> codes) {
    return has_one_of(reply.text, codes);
  };
  const auto says = [&](std::string_view words) {
    return reply.text.find(words) != std::string::npos;
  };
  if (is({"OOM"})) throw CapacityError(text, context);
  if (is({"NOAUTH", "WRONGPASS", "NOPERM", "DENIED"}) || says("Protocol error: unauthenticated")) {
    throw AccessError(text, context);
  }
  if (is({"MOVED", "ASK"})) throw_redirect(reply.text, text, context, server);
  if (is_out_of_service(reply.text) || is({"BUSY", "TRYAGAIN", "CLUSTERDOWN"}) ||
      says("max number of clients")) {
    throw RefusedError(text, context);
  }
  if (says("Protocol error: invalid bulk length")) {
    throw ConnectorError(text +
                             "; the value is larger than its proto-max-bulk-len: raise that, or "
                             "make part_size smaller",
                         context);
  }
  throw ConnectorError(text, context);
}

}  // namespace proxystore::inline v0::redis
