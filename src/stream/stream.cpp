// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/stream.hpp"

#include <cstring>
#include <memory>
#include <mutex>
#include <random>

#include "detail/log.hpp"

namespace proxystore::inline v0 {

namespace detail {

std::uint64_t random_stream_id() {
  std::uint64_t id = 0;
  const Key random = Key::random();
  std::memcpy(&id, random.id.data(), sizeof id);
  return id;
}

void log_errors(const char* what, const std::function<void()>& function) noexcept {
  try {
    function();
  } catch (const std::exception& error) {
    log(LogLevel::error, std::string(what) + " failed: " + error.what());
  }
}

}  // namespace detail

TopicClosedError::~TopicClosedError() = default;

SamplingFilter::SamplingFilter(double p, std::function<double()> random)
    : p_(p), random_(std::move(random)) {
  if (!(p >= 0 && p <= 1)) {
    throw ArgumentError("a sampling filter drops with a probability from 0 to 1, not " +
                        std::to_string(p));
  }
  if (random_) return;
  struct Generator {
    std::mutex mutex;
    std::mt19937_64 engine{detail::random_stream_id()};
  };
  random_ = [generator = std::make_shared<Generator>()] {
    const std::lock_guard lock(generator->mutex);
    // From above 0, so that nothing is dropped with probability 0.
    return 1 - std::uniform_real_distribution<double>()(generator->engine);
  };
}

}  // namespace proxystore::inline v0
