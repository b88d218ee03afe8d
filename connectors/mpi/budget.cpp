// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "budget.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "detail/deadline.hpp"
#include "detail/memory_limit.hpp"

namespace proxystore::inline v0::partition {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience(1);

/// Of a random length, so that two that were refused do not meet again.
void pause_a_moment() {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::this_thread::sleep_for(
      std::chrono::microseconds(std::uniform_int_distribution(100, 2000)(random)));
}

}  // namespace

std::optional<Budget::Promise> Budget::ask(std::uint64_t least, std::uint64_t most) {
  const auto deadline = detail::deadline_after(patience);
  while (true) {
    const std::uint64_t ahead = announced_.fetch_add(most);  // of other threads
    const std::uint64_t others = others_ ? others_() : 0;
    const std::uint64_t room = free_();
    const std::uint64_t spoken_for =
        others > detail::unlimited - ahead ? detail::unlimited : ahead + others;
    const std::uint64_t allowed = room > spoken_for ? std::min(most, room - spoken_for) : 0;
    if (allowed >= least) {
      announced_.fetch_sub(most - allowed);
      return Promise(*this, allowed);
    }
    announced_.fetch_sub(most);
    if (spoken_for == 0 || least > room || Clock::now() >= deadline) return std::nullopt;
    pause_a_moment();
  }
}

}  // namespace proxystore::inline v0::partition
