// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Which processes of the node still run.

#include <cstdint>
#include <string>

#include "detail/system.hpp"
#include "segment.hpp"

namespace proxystore::inline v0::partition {

/// A file on the node in which every process holds a lock on one byte, by its number on the node.
/// The kernel releases the lock when the process ends, in whatever way; a number of a process,
/// which can be given to another one, is not asked. A process must have one such object for a file
/// only: closing any descriptor of it gives up the lock. @threadsafe
class Liveness {
 public:
  /// Makes the file, by the name @p name where peers cannot open it without one.
  /// @throws ConnectorError
  Liveness(Backing backing, const std::string& name);
  /// Opens the file of another process. @throws ConnectorError
  explicit Liveness(const std::string& path);

  /// Where the other processes open it, while this one lives, or until unlink().
  [[nodiscard]] std::string path() const;
  /// Removes the name, if it has one.
  void unlink() noexcept;

  /// Takes the lock of this process. @throws ConnectorError
  void hold(std::uint16_t number);
  [[nodiscard]] bool is_alive(std::uint16_t number) const noexcept;

 private:
  detail::UniqueFd fd_;
  std::string name_;
  int own_ = -1;
};

/// Whether this process was made by fork(2) from one that used mpi stores. It has copies of all
/// objects, and must leave alone what these do to shared memory: that is the parent's.
[[nodiscard]] bool is_forked_child() noexcept;
/// Lets is_forked_child() know. Once is enough.
void watch_forks();

}  // namespace proxystore::inline v0::partition
