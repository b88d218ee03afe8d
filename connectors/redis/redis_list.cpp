// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// A topic is the list of its name. A subscriber moves a message to its own list, hands it out when
// it came, and then removes that list:
//
//     1. BLMOVE <topic> <prefix>{<topic>}:taken:<id> LEFT RIGHT <time>
//     2. DEL <prefix>{<topic>}:taken:<id>
//
// When the connection is lost in 1, nobody knows whether a message was moved, so the own list is
// looked at before another one is taken. When 2 fails, the message is in hand already: the list is
// removed before the next one.
#include "proxystore/stream/redis_list.hpp"

#include <algorithm>
#include <atomic>
#include <string>

#include "connection.hpp"
#include "detail/deadline.hpp"
#include "detail/log.hpp"
#include "detail/pause.hpp"
#include "options.hpp"
#include "proxystore/error.hpp"
#include "proxystore/key.hpp"
#include "servers.hpp"

namespace proxystore::inline v0 {

namespace {

using Clock = std::chrono::steady_clock;
using redis::Connection;
using redis::Reply;
using redis::Request;
using std::chrono::milliseconds;

constexpr milliseconds longest_block{500};  // after which it is seen whether it was closed

ErrorContext about(const char* operation) {
  return {.connector = "redis list", .operation = operation};
}

}  // namespace

class RedisListPublisher::Impl {
 public:
  explicit Impl(const RedisOptions& server) : servers_(redis::Settings::of(server)) {}

  void send(std::string_view topic, const Bytes& message) {
    if (closed_) throw StoreClosedError("this publisher is closed", about("send_message"));
    const std::string name = servers_.settings().options.prefix + std::string(topic);
    (void)servers_.call(name, Request().command({"RPUSH", name, message.text()}), "send_message",
                        redis::Effect::once);
  }
  void close() { closed_ = true; }

 private:
  redis::Servers servers_;
  std::atomic<bool> closed_{false};
};

RedisListPublisher::RedisListPublisher(const RedisOptions& server)
    : impl_(std::make_unique<Impl>(server)) {}
RedisListPublisher::~RedisListPublisher() = default;

MessagePublisher::Dropped RedisListPublisher::send_message(std::string_view topic,
                                                           const Bytes& message) {
  impl_->send(topic, message);
  return {};
}
void RedisListPublisher::send_end(std::string_view topic, const Bytes& message) {
  impl_->send(topic, message);
}
void RedisListPublisher::close() {
  impl_->close();
}

class RedisListSubscriber::Impl {
 public:
  Impl(const RedisOptions& server, std::string_view topic)
      : servers_(redis::Settings::of(server)),
        topic_(server.prefix + std::string(topic)),
        own_(server.prefix + "{" + topic_ + "}:taken:" + Key::random().to_string()) {
    if (topic.empty() || topic_.find_first_of("{}") != std::string::npos) {
      throw ArgumentError("the name of a topic in Redis has letters, and no braces: '" + topic_ +
                          "'");
    }
  }

  std::optional<Bytes> next(milliseconds timeout) {
    const auto deadline = detail::deadline_after(timeout);
    while (!closed_) {
      try {
        auto message = is_in_doubt_ ? look_in_own() : std::nullopt;
        if (!message) message = take(deadline);
        if (message) {
          remove_own();
          return message;
        }
      } catch (const redis::RetriableError&) {
        distrust();
        if (Clock::now() >= deadline) throw;
        detail::pause(milliseconds(20));
      } catch (...) {
        distrust();
        throw;
      }
      if (Clock::now() < deadline) continue;
      throw TimeoutError("no message came in the list " + topic_ + " of Redis at " +
                             servers_.settings().server() + " within " +
                             std::to_string(timeout.count()) + " ms",
                         about("next_message"));
    }
    return std::nullopt;
  }

  void close() { closed_ = true; }

 private:
  void distrust() {
    connection_.reset();
    is_in_doubt_ = true;
  }

  /// What was moved to the own list, and is not handed out.
  std::optional<Bytes> look_in_own() {
    if (is_handed_out_) {
      (void)servers_.call(topic_, Request().command({"DEL", own_}), "next_message");
      is_handed_out_ = false;
    }
    Reply reply = servers_.call(topic_, Request().command({"LINDEX", own_, "0"}), "next_message");
    is_in_doubt_ = false;
    if (reply.type != Reply::Type::bulk) return std::nullopt;
    return std::move(reply.bulk);
  }

  /// Waits in slices, so that ranks that wait for this one are looked after.
  std::optional<Bytes> take(Clock::time_point deadline) {
    if (!connection_) {
      connection_ = std::make_unique<Connection>(servers_.settings_for(topic_));
    }
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    const auto block = std::clamp(left, milliseconds(1), longest_block);
    // Not by a function that writes a comma in some locales.
    const std::string seconds = std::to_string(block.count() / 1000) + "." +
                                std::to_string(1000 + block.count() % 1000).substr(1);
    connection_->send(Request().command({"BLMOVE", topic_, own_, "LEFT", "RIGHT", seconds}));
    const auto limit = detail::deadline_after(block);
    while (Clock::now() < limit && !connection_->wait_for_answer(milliseconds(20))) {
    }
    Reply reply = connection_->receive();
    redis::check(reply, about("next_message"), connection_->server());
    if (reply.is_nil()) return std::nullopt;
    if (reply.type != Reply::Type::bulk) {
      throw MessageError("Redis answers with what is no message of a list", about("next_message"));
    }
    return std::move(reply.bulk);
  }

  /// After it nothing throws: the message is in hand.
  void remove_own() {
    try {
      (void)servers_.call(topic_, Request().command({"DEL", own_}), "next_message");
    } catch (const ConnectorError& error) {
      detail::log(LogLevel::warning, error.what());
      is_in_doubt_ = true;
      is_handed_out_ = true;
    }
  }

  redis::Servers servers_;
  const std::string topic_;
  const std::string own_;
  std::unique_ptr<Connection> connection_;
  bool is_in_doubt_ = false;    // what is in the own list
  bool is_handed_out_ = false;  // the message there
  std::atomic<bool> closed_{false};
};

RedisListSubscriber::RedisListSubscriber(const RedisOptions& server, std::string_view topic)
    : impl_(std::make_unique<Impl>(server, topic)) {}
RedisListSubscriber::~RedisListSubscriber() = default;

std::optional<Bytes> RedisListSubscriber::next_message(milliseconds timeout) {
  return impl_->next(timeout);
}
void RedisListSubscriber::close() {
  impl_->close();
}

}  // namespace proxystore::inline v0
