// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Memory that other processes of the node can map: made by its owner, opened by peers.

#include <cstdint>
#include <optional>
#include <string>

#include "detail/system.hpp"

namespace proxystore::inline v0::partition {

/// Memory mapped into this process; unmapped at the end.
class Mapping {
 public:
  enum class Access : bool { read, write };

  Mapping() noexcept = default;
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  ~Mapping();

  /// Maps @p size bytes of @p fd; nothing if the system refuses, for instance by RLIMIT_AS.
  static std::optional<Mapping> of(int fd, std::uint64_t size, Access access) noexcept;

  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  std::byte* data_ = nullptr;
  std::uint64_t size_ = 0;
};

/// How peers get at a segment.
enum class Backing : std::uint8_t {
  memfd,  ///< Without a name: through /proc/<pid>/fd
  named,  ///< By a name in /dev/shm, which is removed as soon as all peers have opened it
};

/// A sparse segment of this process. A process that is killed leaves nothing behind: a memfd has no
/// name, and the other has one only while ranks start.
class Segment {
 public:
  /// @p capacity bytes at most; none of them is there yet. @throws ConnectorError
  Segment(Backing backing, const std::string& name, std::uint64_t capacity);
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  ~Segment();

  [[nodiscard]] std::byte* data() const noexcept { return mapping_.data(); }
  [[nodiscard]] std::uint64_t capacity() const noexcept { return mapping_.size(); }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  /// Where peers open it: a path that is valid while this process lives, or until unlink().
  [[nodiscard]] std::string path() const;

  /// Takes memory for the bytes from @p begin to @p end; false, and nothing taken, if there is not
  /// enough. What was not taken must not be touched: that a machine is full is an answer here, and
  /// SIGBUS there.
  [[nodiscard]] bool take(std::uint64_t begin, std::uint64_t end) noexcept;

  /// Enters memory that was taken into this process's page tables, all at once.
  void prefault(std::uint64_t begin, std::uint64_t end) noexcept;

  /// From here on nobody else can map it for writing, where the system has such seals.
  void seal_for_peers() noexcept;
  /// Removes the name, if it has one.
  void unlink() noexcept;

 private:
  Backing backing_;
  std::string name_;
  detail::UniqueFd fd_;
  Mapping mapping_;
};

/// Opens a peer's segment by Segment::path(); an invalid descriptor if that cannot be done.
[[nodiscard]] detail::UniqueFd open_segment(const std::string& path,
                                            Mapping::Access access) noexcept;

}  // namespace proxystore::inline v0::partition
