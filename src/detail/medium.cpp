// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/medium.hpp"

#include <cstdint>

#include <dirent.h>
#include <sys/vfs.h>

namespace proxystore::inline v0::detail {

namespace {

// Magic numbers of statfs(2); not all of them are in <linux/magic.h>.
constexpr auto ext_magic = 0xEF53U;
constexpr auto xfs_magic = 0x58465342U;
constexpr auto btrfs_magic = 0x9123683EU;
constexpr auto tmpfs_magic = 0x01021994U;
constexpr auto overlayfs_magic = 0x794C7630U;
constexpr auto f2fs_magic = 0xF2F52010U;
constexpr auto zfs_magic = 0x2FC12FC1U;
constexpr auto lustre_magic = 0x0BD00BD0U;
constexpr auto gpfs_magic = 0x47504653U;

}  // namespace

Medium Medium::of(const std::filesystem::path& folder) {
  struct statfs info {};
  if (::statfs(folder.c_str(), &info) != 0) return {};
  switch (static_cast<std::uint32_t>(info.f_type)) {
    case ext_magic:
    case xfs_magic:
    case btrfs_magic:
    case tmpfs_magic:
    case overlayfs_magic:
    case f2fs_magic:
    case zfs_magic:
    case lustre_magic:
    case gpfs_magic:
      return {.maps_coherently = true, .may_hide_files = false};
    default:
      return {};
  }
}

void revalidate(const std::filesystem::path& folder) noexcept {
  // Opening and listing a folder is what makes an NFS client ask its server again.
  if (DIR* opened = ::opendir(folder.c_str())) {
    (void)::readdir(opened);
    ::closedir(opened);
  }
}

}  // namespace proxystore::inline v0::detail
