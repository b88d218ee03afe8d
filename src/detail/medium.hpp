// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What file systems let nodes see of each other's files, and looking for files until they show.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "detail/deadline.hpp"
#include "detail/pause.hpp"

namespace proxystore::inline v0::detail {

/// What statfs(2) says of a folder.
struct Medium {
  std::string_view name = "unknown";
  bool maps_coherently = false;  ///< Mapped pages show what other nodes wrote: local, Lustre, GPFS
  bool may_hide_files =
      true;  ///< A fresh file can stay invisible to other nodes: NFS and unknown ones
  bool is_of_one_node = true;  ///< No other node sees it; false if that is not known

  [[nodiscard]] static Medium of(const std::filesystem::path& folder);
  /// That of a number of statfs(2).
  [[nodiscard]] static Medium by_number(std::uint32_t number);

  /// For how long a file that was made may be looked for in vain.
  [[nodiscard]] std::chrono::milliseconds visibility_timeout() const {
    return may_hide_files ? std::chrono::milliseconds(10'000) : std::chrono::milliseconds(0);
  }
};

/// Makes the operating system look at @p folder again, where it caches listings.
void revalidate(const std::filesystem::path& folder) noexcept;

/// What @p try_once returns, tried again, with growing pauses, until it is something or @p timeout
/// has passed; for files in @p folder.
template <class TryOnce>
auto poll_folder(const Medium& medium, const std::filesystem::path& folder,
                 std::chrono::milliseconds timeout, std::chrono::milliseconds longest_pause,
                 const TryOnce& try_once) -> decltype(try_once()) {
  using Clock = std::chrono::steady_clock;
  auto found = try_once();
  const auto deadline = deadline_after(timeout);
  Clock::duration pause = std::chrono::microseconds(100);
  for (auto now = Clock::now(); !found && now < deadline; now = Clock::now()) {
    detail::pause(std::min(pause, deadline - now));
    if (medium.may_hide_files) revalidate(folder);
    found = try_once();
    pause = std::min<Clock::duration>(2 * pause, longest_pause);
  }
  return found;
}

}  // namespace proxystore::inline v0::detail
