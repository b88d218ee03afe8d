// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "folder_info.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "detail/medium.hpp"

namespace tool {

namespace {

namespace fs = std::filesystem;

/// A line of /proc/self/mountinfo.
struct Mount {
  std::string at{};
  std::string type{};
  std::string source{};
  std::string options{};
};

/// The mount of the device @p device that was made last.
Mount mount_of(dev_t device) {
  const std::string number =
      std::to_string(::major(device)) + ":" + std::to_string(::minor(device));
  std::ifstream file("/proc/self/mountinfo");
  Mount found;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string ignored, its_number, its_options;
    Mount mount;
    words >> ignored >> ignored >> its_number >> ignored >> mount.at >> its_options;
    while (words >> ignored && ignored != "-") {
    }
    words >> mount.type >> mount.source >> mount.options;
    mount.options = its_options + "," + mount.options;
    if (words && its_number == number) found = mount;
  }
  return found;
}

bool has_option(const Mount& mount, const std::string& option) {
  return ("," + mount.options + ",").find("," + option + ",") != std::string::npos;
}

/// Whether fcntl() locks exclude other nodes.
std::string locks_of(const proxystore::detail::Medium& medium, const Mount& mount) {
  if (medium.is_of_one_node) return "there are no other nodes";
  if (mount.type == "lustre") {
    if (has_option(mount, "flock")) return "yes";
    return has_option(mount, "localflock") ? "no, it is mounted with localflock"
                                           : "there are none, it is mounted without flock";
  }
  if (mount.type.starts_with("nfs")) {
    for (const char* option : {"nolock", "local_lock=all", "local_lock=posix"}) {
      if (has_option(mount, option)) return std::string("no, it is mounted with ") + option;
    }
    return "yes";
  }
  return medium.name == "GPFS" || medium.name == "CephFS" ? "yes" : "not known";
}

}  // namespace

Json describe_folder(const std::string& path) {
  struct stat info {};
  std::error_code error;
  if (!fs::is_directory(path, error) || ::stat(path.c_str(), &info) != 0) {
    throw std::runtime_error("there is no folder " + path);
  }
  const auto medium = proxystore::detail::Medium::of(path);
  const Mount mount = mount_of(info.st_dev);
  return {{"path", fs::absolute(path).string()},
          {"file_system", medium.name},
          {"mount",
           {{"at", mount.at},
            {"type", mount.type},
            {"source", mount.source},
            {"options", mount.options}}},
          {"is_of_one_node", medium.is_of_one_node},
          {"locks_exclude_other_nodes", locks_of(medium, mount)},
          {"visibility_timeout_ms", medium.visibility_timeout().count()},
          {"maps_files", medium.maps_coherently}};
}

std::string folder_text(const Json& folder) {
  const auto text = [&](const char* name) { return printable(folder[name].get<std::string>()); };
  const Json& mount = folder["mount"];
  Lines lines{{"folder", text("path")}, {"file system", text("file_system")}};
  if (!mount["type"].get<std::string>().empty()) {
    lines.emplace_back("mount", printable(mount["type"].get<std::string>() + " at " +
                                          mount["at"].get<std::string>() + " from " +
                                          mount["source"].get<std::string>() + ", " +
                                          mount["options"].get<std::string>()));
  }
  lines.emplace_back("locks exclude other nodes",
                     text("locks_exclude_other_nodes") + " (stores need no locks)");
  lines.emplace_back("visibility_timeout_ms",
                     std::to_string(folder["visibility_timeout_ms"].get<std::int64_t>()) +
                         ", unless the store's options say otherwise");
  lines.emplace_back("large objects are",
                     folder["maps_files"].get<bool>() ? "mapped" : "copied to memory");
  return to_columns(lines);
}

}  // namespace tool
