// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Claim: work that one thread does while others wait for it, such as the fetch of an object.

#include <atomic>
#include <cstdint>

#include "proxystore/export.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::detail {

/// Who does a piece of work. No lock is held while it is done: the work may call functions of the
/// program, which may need other objects. Threads that would wait for each other in a circle are
/// refused; src/detail/claim.cpp tells how. A wait has no time-out of its own: it ends with the
/// work, whose own waits have time-outs. @threadsafe
class PROXYSTORE_EXPORT Claim {
 public:
  Claim() noexcept = default;
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim() = default;

  /// Takes the work, after whoever has it. @p object is what it is about, or null.
  /// @blocking @throws ProxyResolveError if whoever has it waits, perhaps by others, for this
  /// thread
  void take(const Key* object);
  void release() noexcept;

  /// Waits until nobody has the work. @blocking @throws as take()
  void wait(const Key* object) const;

  /// Whether a thread has the work. One that a fork left behind has none.
  [[nodiscard]] bool is_taken() const noexcept;
  [[nodiscard]] bool is_mine() const noexcept;

  /// The work, for as long as this lives.
  class Hold {
   public:
    Hold(Claim& claim, const Key* object) : claim_(claim) { claim.take(object); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() { claim_.release(); }

   private:
    Claim& claim_;
  };

 private:
  friend class WaitGraph;
  std::atomic<std::uint64_t> owner_{0};  // the number of a thread; 0: nobody
};

}  // namespace proxystore::inline v0::detail
