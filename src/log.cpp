// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/log.hpp"

#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "detail/log.hpp"

namespace proxystore::inline v0 {

namespace {

using Handler = std::function<void(LogLevel, std::string_view)>;

/// Passes messages to the application's handler, or to standard error. The handler runs, and is
/// destroyed, while no lock is held, since it may take locks of the program.
class HandlerSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  void set_handler(Handler handler) {
    auto shared = handler ? std::make_shared<const Handler>(std::move(handler)) : nullptr;
    const std::lock_guard lock(handler_mutex_);
    handler_.swap(shared);
  }

 private:
  std::shared_ptr<const Handler> handler() {
    const std::lock_guard lock(handler_mutex_);
    return handler_;
  }
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (const auto handle = handler()) {
      (*handle)(static_cast<LogLevel>(message.level),
                std::string_view(message.payload.data(), message.payload.size()));
    } else {
      standard_error_.log(message);
    }
  }
  void flush_() override { standard_error_.flush(); }

  std::mutex handler_mutex_;
  std::shared_ptr<const Handler> handler_;
  spdlog::sinks::stderr_sink_mt standard_error_;
};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  return level == LogLevel::off ? spdlog::level::off
                                : static_cast<spdlog::level::level_enum>(level);
}

struct Log {
  std::shared_ptr<HandlerSink> sink = std::make_shared<HandlerSink>();
  spdlog::logger logger{"proxystore", sink};

  Log() {
    sink->set_pattern("%Y-%m-%d %H:%M:%S.%e [%n %P] [%l] %v");
    logger.set_level(spdlog::level::warn);
    const char* text = std::getenv("PROXYSTORE_LOG_LEVEL");
    const std::string wanted = text == nullptr ? "" : text;
    if (wanted.empty()) return;
    const auto level = spdlog::level::from_str(wanted);
    if (level == spdlog::level::off && wanted != "off") {  // that is what it makes of other words
      logger.warn("PROXYSTORE_LOG_LEVEL is '" + wanted +
                  "', and takes trace, debug, info, warning, error or off");
    } else {
      logger.set_level(level);
    }
  }

  /// Never destroyed: stores may log while the program ends.
  static Log& global() {
    static auto* log = new Log;
    return *log;
  }
};

static_assert(static_cast<int>(LogLevel::error) == static_cast<int>(spdlog::level::err));

}  // namespace

void set_log_level(LogLevel level) {
  Log::global().logger.set_level(to_spdlog(level));
}

void set_log_handler(Handler handler) {
  Log::global().sink->set_handler(std::move(handler));
}

namespace detail {

bool log_enabled(LogLevel level) noexcept {
  return Log::global().logger.should_log(to_spdlog(level));
}

void log(LogLevel level, std::string_view message) noexcept {
  Log::global().logger.log(to_spdlog(level), spdlog::string_view_t(message.data(), message.size()));
}

}  // namespace detail
}  // namespace proxystore::inline v0
