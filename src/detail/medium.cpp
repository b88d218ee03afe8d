// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/medium.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <dirent.h>
#include <sys/vfs.h>

namespace proxystore::inline v0::detail {

namespace {

/// What file systems are known, by their numbers in statfs(2); not all are in <linux/magic.h>.
struct Known {
  std::uint32_t number = 0;
  Medium medium{};
};

/// Of one node: what is written is seen at once.
constexpr Medium local(std::string_view name) {
  return {.name = name, .maps_coherently = true, .may_hide_files = false};
}
/// Of a cluster, whose nodes agree on what they cache.
constexpr Medium coherent(std::string_view name) {
  return {.name = name, .maps_coherently = true, .may_hide_files = false, .is_of_one_node = false};
}
/// Of a server that clients ask for each name; what they mapped, they may keep.
constexpr Medium asked(std::string_view name) {
  return {.name = name, .may_hide_files = false, .is_of_one_node = false};
}
/// Of a server whose clients cache that a name is not there.
constexpr Medium cached(std::string_view name) {
  return {.name = name, .is_of_one_node = false};
}

constexpr std::array known{
    Known{0x0000EF53, local("ext2, ext3 or ext4")},
    Known{0x58465342, local("xfs")},
    Known{0x9123683E, local("btrfs")},
    Known{0x01021994, local("tmpfs")},
    Known{0x858458F6, local("ramfs")},
    Known{0x794C7630, local("overlay")},
    Known{0xF2F52010, local("f2fs")},
    Known{0x2FC12FC1, local("zfs")},
    Known{0xCA451A4E, local("bcachefs")},
    Known{0x3153464A, local("jfs")},
    Known{0x00004D44, local("vfat")},
    Known{0x2011BAB0, local("exfat")},
    Known{0x73717368, local("squashfs")},
    Known{0xE0F5E1E2, local("erofs")},
    Known{0x0BD00BD0, coherent("Lustre")},
    Known{0x47504653, coherent("GPFS")},
    Known{0x01161970, coherent("gfs2")},
    Known{0x7461636F, coherent("ocfs2")},
    Known{0x00C36400, asked("CephFS")},
    Known{0x19830326, asked("BeeGFS")},
    Known{0x01021997, asked("9p")},
    Known{0x00006969, cached("NFS")},
    Known{0xFF534D42, cached("CIFS")},
    Known{0xFE534D42, cached("SMB")},
    Known{0x5346414F, cached("AFS")},
    Known{0x65735546, cached("FUSE")},
};

}  // namespace

Medium Medium::by_number(std::uint32_t number) {
  const auto found = std::ranges::find(known, number, &Known::number);
  return found == known.end() ? cached("unknown") : found->medium;
}

Medium Medium::of(const std::filesystem::path& folder) {
  struct statfs info {};
  if (::statfs(folder.c_str(), &info) != 0) return cached("unknown");
  return by_number(static_cast<std::uint32_t>(info.f_type));
}

void revalidate(const std::filesystem::path& folder) noexcept {
  // Opening and listing a folder is what makes an NFS client ask its server again.
  if (DIR* opened = ::opendir(folder.c_str())) {
    (void)::readdir(opened);
    ::closedir(opened);
  }
}

}  // namespace proxystore::inline v0::detail
