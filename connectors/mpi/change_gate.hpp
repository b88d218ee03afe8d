// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Keeps objects from changing while they are saved.

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "proxystore/error.hpp"

namespace proxystore::inline v0::partition {

/// Who changes objects is inside; whoever saves them closes the gate, which succeeds only if nobody
/// is. Of one who enters and one who closes at the same time at least one sees the other, for both
/// write before they read, sequentially consistent. @threadsafe
class ChangeGate {
 public:
  /// For as long as it lives.
  class Passage {
   public:
    explicit Passage(ChangeGate& gate) noexcept : gate_(gate) {}
    Passage(const Passage&) = delete;
    Passage& operator=(const Passage&) = delete;
    ~Passage() { gate_.inside_.fetch_sub(1); }

   private:
    ChangeGate& gate_;
  };

  /// @throws BusyError while objects are saved
  [[nodiscard]] Passage enter(std::string_view verb) {
    inside_.fetch_add(1);
    if (is_closed_.load()) {
      inside_.fetch_sub(1);
      throw BusyError(std::string(verb) + " has to wait until the stores of this job are saved",
                      {.connector = "mpi", .operation = std::string(verb)});
    }
    return Passage(*this);
  }

  /// Whether nobody is inside; otherwise the gate stays open.
  [[nodiscard]] bool close() noexcept {
    if (is_closed_.exchange(true)) return false;
    if (inside_.load() == 0) return true;
    open();
    return false;
  }
  void open() noexcept { is_closed_.store(false); }

 private:
  std::atomic<std::uint32_t> inside_{0};
  std::atomic<bool> is_closed_{false};
};

}  // namespace proxystore::inline v0::partition
