// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// /proc/self/cgroup says which cgroup a process is in, as a path in its hierarchy, and
// /proc/self/mountinfo where a hierarchy can be seen, from which of its folders downwards. A
// container may see its own folder as the root of the mount, or not see it at all; then the root of
// the mount is the nearest that can be known. Memory is in one hierarchy only, of version 1 or of
// version 2, but both may be mounted: the files for memory exist where it is.
#include "detail/memory_limit.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

#include <sys/resource.h>
#include <sys/statvfs.h>

namespace proxystore::inline v0::detail {

namespace {

namespace fs = std::filesystem;

/// What the two versions of cgroups call things.
struct Hierarchy {
  std::string_view file_system;
  std::string_view controller;  // none in version 2
  const char* usual_folder;     // in SystemFolders::cgroup_root
  const char* limit;
  const char* high;  // null if there is no such thing
  const char* usage;
  const char* droppable;  // in memory.stat, with the cgroups below, as usage is
};
constexpr Hierarchy hierarchies[] = {
    {"cgroup2", "", "", "memory.max", "memory.high", "memory.current", "inactive_file "},
    {"cgroup", "memory", "memory", "memory.limit_in_bytes", nullptr, "memory.usage_in_bytes",
     "total_inactive_file "}};

/// A place where a hierarchy can be seen.
struct Mount {
  fs::path root;  // the folder of the hierarchy that is seen there
  fs::path point;
};

/// Version 1 writes the largest multiple of the page size for "none".
constexpr std::uint64_t largest_limit = std::uint64_t{1} << 62U;

std::optional<std::uint64_t> number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || (stop != end && *stop != ' ')) return std::nullopt;
  return value;
}

/// What a file says that holds one number.
std::optional<std::uint64_t> value_of(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return number(line);
}

std::uint64_t limit_in(const fs::path& path) {
  const std::uint64_t limit = value_of(path).value_or(unlimited);
  return limit < largest_limit ? limit : unlimited;
}

/// The number behind @p name in a file of lines "<name><number>".
std::optional<std::uint64_t> entry_of(const fs::path& path, std::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name)) return number(std::string_view(line).substr(name.size()));
  }
  return std::nullopt;
}

/// The same in bytes, where the file has KiB.
std::optional<std::uint64_t> kib_entry_of(const fs::path& path, std::string_view name) {
  const auto kib = entry_of(path, name);
  return kib && *kib < largest_limit / 1024 ? std::optional(*kib * 1024) : std::nullopt;
}

std::uint64_t difference(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : 0;
}

bool has_word(const std::string& list, std::string_view word) {
  std::istringstream words(list);
  for (std::string each; std::getline(words, each, ',');) {
    if (each == word) return true;
  }
  return false;
}

/// mountinfo writes blanks and the like as a backslash and three octal digits.
std::string unescaped(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    unsigned code = 0;
    const bool is_escape =
        text.size() >= 4 && text[0] == '\\' &&
        std::from_chars(text.data() + 1, text.data() + 4, code, 8).ptr == text.data() + 4;
    plain += is_escape ? static_cast<char>(code) : text[0];
    text.remove_prefix(is_escape ? 4 : 1);
  }
  return plain;
}

/// Where @p hierarchy can be seen, from lines
/// "<id> <parent> <device> <root> <point> <options> <tag>... - <file system> <source> <options>"
std::vector<Mount> mounts_of(const Hierarchy& hierarchy, const SystemFolders& folders) {
  std::vector<Mount> mounts;
  std::ifstream file(folders.proc / "self" / "mountinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string skipped;
    std::string root;
    std::string point;
    std::string file_system;
    std::string options;
    words >> skipped >> skipped >> skipped >> root >> point;
    while (words >> skipped && skipped != "-") {
    }
    words >> file_system >> skipped >> options;
    if (file_system != hierarchy.file_system) continue;
    if (!hierarchy.controller.empty() && !has_word(options, hierarchy.controller)) continue;
    mounts.push_back({unescaped(root), unescaped(point)});
  }
  if (mounts.empty()) mounts.push_back({"/", folders.cgroup_root / hierarchy.usual_folder});
  return mounts;
}

/// The cgroup of this process, from lines "<number>:<controllers>:<path>".
fs::path own_cgroup(const Hierarchy& hierarchy, const fs::path& proc) {
  std::ifstream file(proc / "self" / "cgroup");
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool is_it = hierarchy.controller.empty() ? controllers.empty()
                                                    : has_word(controllers, hierarchy.controller);
    if (is_it) return line.substr(second + 1);
  }
  return "/";
}

/// The way from the root of @p mount to @p cgroup; nothing if it cannot be seen there.
std::optional<fs::path> way_to(const fs::path& cgroup, const Mount& mount) {
  const fs::path way = cgroup.lexically_relative(mount.root);
  if (way.empty() || *way.begin() == "..") return std::nullopt;
  std::error_code ignored;
  return fs::is_directory(mount.point / way, ignored) ? std::optional(way) : std::nullopt;
}

/// The folders of the cgroups whose limits bind this process, as far as they can be seen.
std::vector<fs::path> own_folders(const Hierarchy& hierarchy, const SystemFolders& folders) {
  const auto mounts = mounts_of(hierarchy, folders);
  const fs::path own = own_cgroup(hierarchy, folders.proc);
  fs::path folder = mounts.front().point;
  fs::path way;
  for (const Mount& mount : mounts) {
    if (const auto seen = way_to(own, mount)) {
      folder = mount.point;
      way = *seen;
      break;
    }
  }
  std::vector<fs::path> found{folder};
  for (const fs::path& name : way) {
    if (name != ".") found.push_back(folder /= name);
  }
  return found;
}

std::uint64_t resource_limit(int resource) noexcept {
  struct rlimit limit {};
  const bool is_limited = ::getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  return is_limited ? std::uint64_t{limit.rlim_cur} : unlimited;
}

}  // namespace

MemoryLimit::MemoryLimit(const SystemFolders& folders) : meminfo_(folders.proc / "meminfo") {
  for (const Hierarchy& hierarchy : hierarchies) {
    for (const fs::path& folder : own_folders(hierarchy, folders)) {
      std::error_code ignored;
      if (!fs::exists(folder / hierarchy.limit, ignored)) continue;
      cgroups_.push_back({folder / hierarchy.limit,
                          hierarchy.high != nullptr ? folder / hierarchy.high : fs::path(),
                          folder / hierarchy.usage, folder / "memory.stat", hierarchy.droppable});
    }
  }
}

std::uint64_t MemoryLimit::limit_of(const Cgroup& cgroup) {
  return std::min(limit_in(cgroup.limit), limit_in(cgroup.high));
}

std::uint64_t MemoryLimit::left_in(const Cgroup& cgroup) {
  const std::uint64_t limit = limit_of(cgroup);
  if (limit == unlimited) return unlimited;
  const std::uint64_t used = value_of(cgroup.usage).value_or(0);
  const std::uint64_t droppable = entry_of(cgroup.statistics, cgroup.droppable).value_or(0);
  return difference(difference(limit, difference(used, droppable)), floor_of(limit));
}

std::uint64_t MemoryLimit::headroom() const {
  std::uint64_t least = unlimited;
  if (const auto available = kib_entry_of(meminfo_, "MemAvailable:")) {
    const std::uint64_t all = kib_entry_of(meminfo_, "MemTotal:").value_or(*available);
    least = difference(*available, floor_of(all));
  }
  for (const Cgroup& cgroup : cgroups_) least = std::min(least, left_in(cgroup));
  return least;
}

std::uint64_t MemoryLimit::total() const {
  std::uint64_t least = kib_entry_of(meminfo_, "MemTotal:").value_or(unlimited);
  for (const Cgroup& cgroup : cgroups_) least = std::min(least, limit_of(cgroup));
  return least;
}

std::uint64_t floor_of(std::uint64_t total) noexcept {
  constexpr std::uint64_t least = std::uint64_t{32} << 20U;
  constexpr std::uint64_t most = std::uint64_t{4} << 30U;
  return std::min(std::clamp(total / 16, least, most), total / 2);
}

std::uint64_t file_size_limit() noexcept {
  return resource_limit(RLIMIT_FSIZE);
}

std::uint64_t address_space_left(const SystemFolders& folders) {
  const std::uint64_t limit = resource_limit(RLIMIT_AS);
  if (limit == unlimited) return unlimited;
  return difference(limit, kib_entry_of(folders.proc / "self" / "status", "VmSize:").value_or(0));
}

std::uint64_t free_space(int fd) noexcept {
  struct statvfs info {};
  if (::fstatvfs(fd, &info) != 0 || info.f_blocks == 0) return unlimited;
  return std::uint64_t{info.f_bavail} * info.f_frsize;
}

}  // namespace proxystore::inline v0::detail
