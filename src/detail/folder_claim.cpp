// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// A claim is an empty file in the store's folder, in a folder of their own:
//
//     .proxystore/<made|given>.<boot>.<pid namespace>.<pid>.<start of the process>.<uuid>
//
// `made` says that a store made the folder. A folder that was there is `given`: of that, each
// creator removes what it put itself, and never the folder.
//
// claim    1. make a folder with a `made` claim in it under a temporary name, and rename it to the
//             store's name, unless there is one
//          2. if there is one, look whether it has a `made` claim, and add one of the same kind; if
//             it is gone by now, go on at 1
// release  1. remove the own claim      2. list the objects
//          3. if the folder was made, and has no other claim, remove what was listed, and then the
//             folder, if it is empty
//
// No creator loses what it put while it has its claim: it claims before it puts, so whoever lists
// its object in step 2 finds its claim in step 3. The last one clears everything: of those that
// release, the one that removes its claim last finds none, and lists after all others. No folder
// goes from under a creator: one with a claim in it is not empty, and if it is removed before the
// claim is made, the claim fails and step 1 makes the folder anew. As the rename gives the folder
// its name and its first claim at once, nobody takes a made folder for one that was given. Only
// creating, renaming and removing names decides, which is atomic on every file system, between
// nodes too; and a node that changed a folder does not answer from its older copy of it.
//
// A process that dies leaves its claim. On the node where it ran the others see that it is dead,
// by its number and the time when it began, and do not count it. A claim of another node, or from
// before the last boot, counts for ever: then objects and folder stay until somebody removes them.
#include "detail/folder_claim.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "detail/folders.hpp"
#include "detail/system.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::detail {

namespace fs = std::filesystem;

namespace {

constexpr int most_tries = 1000;  // each has lost a race against a folder that went
constexpr const char* made = "made";
constexpr const char* given = "given";
constexpr const char* claims_folder = ".proxystore";

/// When the process began, in ticks since the boot; 0 if that is not known, or there is none.
std::uint64_t start_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name_end = text.rfind(')');  // of the program, which may have any characters
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  constexpr int fields_before = 19;
  std::string skipped;
  for (int i = 0; i < fields_before; ++i) fields >> skipped;
  std::uint64_t start = 0;
  fields >> start;
  return start;
}

/// What process numbers of one kernel and one namespace have in common.
std::string number_space() {
  std::string boot;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
  std::erase(boot, '-');
  std::error_code failed;
  std::string space = fs::read_symlink("/proc/self/ns/pid", failed).string();
  std::erase_if(space, [](char one) { return one < '0' || one > '9'; });
  return boot + "." + space;
}

std::string new_claim(const char* kind) {
  const pid_t own = ::getpid();
  return std::string(kind) + "." + number_space() + "." + std::to_string(own) + "." +
         std::to_string(start_of(own)) + "." + Key::random().to_string();
}

/// Whether the claim @p name counts: its process lives, or may live.
bool is_alive(const std::string& name) {
  std::vector<std::string> parts;
  std::istringstream text(name);
  for (std::string part; std::getline(text, part, '.');) parts.push_back(part);
  if (parts.size() != 6 || parts[1].empty() || parts[1] + "." + parts[2] != number_space()) {
    return true;
  }
  const auto pid = static_cast<pid_t>(std::strtol(parts[3].c_str(), nullptr, 10));
  const std::uint64_t start = std::strtoull(parts[4].c_str(), nullptr, 10);
  if (pid <= 0 || start == 0) return true;
  if (::kill(pid, 0) != 0) return errno != ESRCH;
  const std::uint64_t found = start_of(pid);
  return found == 0 || found == start;
}

/// Renames a folder to @p to, unless that is there. 0, or the errno.
int rename_new(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;  // this file system can only replace
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

fs::path without_slash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

FolderClaim::FolderClaim(const fs::path& folder, Sync sync, ErrorContext context)
    : folder_(without_slash(folder)),
      claims_(folder_ / claims_folder),
      sync_(sync),
      context_(std::move(context)),
      owner_(::getpid()) {
  for (int i = 0; i < most_tries; ++i) {
    std::error_code failed;
    if (!(fs::is_directory(folder_, failed) ? join_folder() : make_folder())) continue;
    if (sync_ == Sync::yes) sync_folder(folder_, context_);
    return;
  }
  throw ConnectorError("the store's folder " + folder_.string() +
                           " comes and goes; others make and remove it all the time",
                       context_);
}

FolderClaim::~FolderClaim() {
  give_up();
}

/// Whether it was made; not if there is one by now.
bool FolderClaim::make_folder() {
  const auto fail = [&](int code) {
    throw_system_error(code, "cannot make the store's folder " + folder_.string(), context_);
  };
  make_folders(folder_.parent_path(), sync_, context_);
  std::error_code failed;
  const fs::path temporary = temporary_name(folder_.string());
  fs::create_directories(temporary / claims_folder, failed);
  if (failed) fail(failed.value());
  const std::string name = new_claim(made);
  int code = 0;
  try {
    create_empty_file(temporary / claims_folder / name, context_);
    code = rename_new(temporary, folder_);
  } catch (...) {
    fs::remove_all(temporary, failed);
    throw;
  }
  if (code == 0) {
    name_ = name;
    is_made_ = true;
    return true;
  }
  fs::remove_all(temporary, failed);
  const bool is_there = fs::is_directory(folder_, failed);
  if (!is_there && code != EEXIST && code != ENOTEMPTY) fail(code);
  if (!is_there && fs::exists(fs::symlink_status(folder_, failed))) fail(ENOTDIR);
  return false;
}

/// Whether it was joined; not if it is gone by now.
bool FolderClaim::join_folder() {
  int code = ::mkdir(claims_.c_str(), 0777) == 0 || errno == EEXIST ? 0 : errno;
  if (code == 0) {
    is_made_ = has_others(true);
    const std::string name = new_claim(is_made_ ? made : given);
    const UniqueFd file(
        ::open((claims_ / name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file) {
      name_ = name;
      return true;
    }
    code = errno;
  }
  switch (code) {
    case ENOENT:
    case ENOTDIR:
    case ESTALE:
      return false;
    case EACCES:
    case EPERM:
    case EROFS:  // who cannot write here puts nothing, and has nothing to clear
      is_made_ = false;
      return true;
    default:
      throw_system_error(code, "cannot write to " + folder_.string(), context_);
  }
}

void FolderClaim::give_up() noexcept {
  if (name_.empty() || ::getpid() != owner_) return;
  ::unlink((claims_ / name_).c_str());
  ::rmdir(claims_.c_str());  // fails, as it should, while there are others
}

bool FolderClaim::has_others(bool made_only) const {
  const std::string wanted = made_only ? std::string(made) + "." : "";
  std::error_code failed;
  fs::directory_iterator at(claims_, failed);
  for (; !failed && at != fs::directory_iterator(); at.increment(failed)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with(wanted) || name == name_) continue;
    if (is_alive(name)) return true;
    ::unlink(at->path().c_str());
  }
  // What cannot be listed may be claimed; what is gone is not.
  return !made_only && failed && failed != std::errc::no_such_file_or_directory;
}

bool FolderClaim::release(const std::function<void()>& list_objects) {
  if (::getpid() != owner_) return false;
  give_up();
  list_objects();
  return is_made_ && !has_others(false);
}

void FolderClaim::remove(const std::vector<fs::path>& files) const {
  for (const fs::path& file : files) {
    std::error_code failed;
    fs::remove_all(file, failed);
    if (failed) throw_system_error(failed.value(), "cannot remove " + file.string(), context_);
  }
}

void FolderClaim::remove_folder() const noexcept {
  ::rmdir(claims_.c_str());  // of those that were dead
  ::rmdir(folder_.c_str());  // fails, as it should, unless it is empty
}

}  // namespace proxystore::inline v0::detail
