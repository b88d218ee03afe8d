// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// How much more memory may be taken before the system refuses, or worse: memory beyond a cgroup's
/// limit kills the process, and a file beyond RLIMIT_FSIZE raises a signal. So it is asked before.
/// Some memory always stays free, the *floor*: for what the program allocates, and because the
/// system's numbers are a little behind.
///
/// Nothing here throws because of what the system says: a limit that cannot be read, or makes no
/// sense, is none. No limit is `unlimited`.

#include <cstdint>
#include <filesystem>
#include <limits>
#include <vector>

namespace proxystore::inline v0::detail {

inline constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

/// What stays free of @p total bytes: a sixteenth, but at least 32 MiB, or half if that is less,
/// and at most 4 GiB.
[[nodiscard]] std::uint64_t floor_of(std::uint64_t total) noexcept;

/// Where the system tells about itself.
struct SystemFolders {
  std::filesystem::path proc = "/proc";
  /// Of cgroups, if `proc` does not say where they are mounted.
  std::filesystem::path cgroup_root = "/sys/fs/cgroup";
};

/// The memory of the machine, and what the cgroups of this process allow of it. Which cgroups these
/// are is found out once; what they say is read at each call, in some tens of microseconds.
/// @threadsafe
class MemoryLimit {
 public:
  explicit MemoryLimit(const SystemFolders& folders = {});

  /// Bytes that may still be taken: the least of what the machine has available and of what each
  /// cgroup, from that of this process to the topmost, leaves of its limit; each less its floor.
  /// Pages of files that a cgroup can drop count as free.
  [[nodiscard]] std::uint64_t headroom() const;
  /// Bytes that all processes together may have: the least of the machine's memory and all limits.
  [[nodiscard]] std::uint64_t total() const;

 private:
  /// The files of one cgroup.
  struct Cgroup {
    std::filesystem::path limit;
    std::filesystem::path high;  // where it is slowed down; empty in version 1
    std::filesystem::path usage;
    std::filesystem::path statistics;
    const char* droppable;  // the line of the statistics that tells it
  };
  static std::uint64_t limit_of(const Cgroup& cgroup);
  static std::uint64_t left_in(const Cgroup& cgroup);

  std::filesystem::path meminfo_;
  std::vector<Cgroup> cgroups_;
};

/// How long a file may become by RLIMIT_FSIZE.
[[nodiscard]] std::uint64_t file_size_limit() noexcept;

/// How much more may be mapped by RLIMIT_AS.
[[nodiscard]] std::uint64_t address_space_left(const SystemFolders& folders = {});

/// Free bytes, for this user, in the file system of the open file @p fd. A memfd's has no limit.
[[nodiscard]] std::uint64_t free_space(int fd) noexcept;

}  // namespace proxystore::inline v0::detail
