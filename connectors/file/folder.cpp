// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "folder.hpp"

#include <cerrno>
#include <mutex>
#include <set>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include "deferred_object.hpp"
#include "detail/atomic_file.hpp"
#include "detail/folders.hpp"
#include "detail/system.hpp"
#include "proxystore/error.hpp"
#include "shared_name.hpp"

namespace proxystore::inline v0::file {

namespace {

/// Whether a file of this name is the store's: `<uuid>`, `<uuid>.ready`, `<uuid>.leases` or
/// `<uuid>.turn`, or one of them with `.tmp-...`.
bool is_of_an_object(const std::string& name) {
  constexpr std::size_t uuid_length = 36;
  if (!Key::parse(name.substr(0, uuid_length))) return false;
  const std::string rest = name.substr(std::min(name.size(), uuid_length));
  const std::string suffix = rest.substr(0, rest.find(".tmp-"));
  return suffix.empty() || suffix == Folder::marker_suffix || suffix == Folder::lease_suffix ||
         suffix == Folder::turn_suffix;
}

bool unlink_file(const fs::path& name, const Key& key) {
  if (::unlink(name.c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  detail::throw_system_error(errno, "cannot remove " + name.string(),
                             {.connector = "file", .operation = "evict", .key = key});
}

bool is_there(const fs::path& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

/// What is in @p folder; nothing if it cannot be listed.
std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    entries.push_back(at->path());
  }
  return entries;
}

/// Whether @p visit wants more.
bool visit_objects_in(const fs::path& folder, const std::function<bool(const Key&)>& visit) {
  constexpr std::size_t uuid_length = 36;
  std::error_code failed;
  fs::directory_iterator at(folder, failed);
  for (; !failed && at != fs::directory_iterator(); at.increment(failed)) {
    const std::string name = at->path().filename().string();
    auto key = Key::parse(name.substr(0, uuid_length));
    if (!key || name != key->to_string() + std::string(Folder::marker_suffix)) continue;
    std::error_code is_gone;
    key->size = fs::file_size(folder / key->to_string(), is_gone);
    if (!is_gone && !visit(*key)) return false;
  }
  if (failed) {
    detail::throw_system_error(failed.value(), "cannot list " + folder.string(),
                               {.connector = "file", .operation = "list"});
  }
  return true;
}

void add_objects_in(const fs::path& folder, std::vector<fs::path>& files) {
  for (auto& path : entries_of(folder)) {
    if (is_of_an_object(path.filename().string())) files.push_back(std::move(path));
  }
}

}  // namespace

/// Names of the sub-folders whose names this process has on the medium.
struct Folder::SyncedFolders {
  std::mutex mutex;
  std::set<std::string> names;
};

Folder::Folder(const fs::path& path, int fanout, OpenMode mode, detail::Sync sync)
    : path_(detail::absolute_path(path)),
      fanout_(fanout),
      sync_(sync),
      synced_(std::make_shared<SyncedFolders>()) {
  const ErrorContext context{.connector = "file", .operation = "open"};
  std::error_code failed;
  if (mode == OpenMode::create) detail::make_folders(path_, sync, context);
  if (!fs::is_directory(path_, failed)) {
    throw ConnectorError("the store's folder " + path_.string() +
                             (fs::exists(path_, failed) ? " is not a folder"
                                                        : " does not exist on this node, or the "
                                                          "store was closed and cleared"),
                         context);
  }
  medium_ = detail::Medium::of(path_);
}

fs::path Folder::data_file(const Key& key) const {
  const std::string name = key.to_string();
  fs::path folder = path_;
  if (fanout_ > 0) folder /= name.substr(0, static_cast<std::size_t>(fanout_));
  return folder / name;
}

fs::path Folder::marker_of(const fs::path& data_file) {
  fs::path marker = data_file;
  marker += marker_suffix;
  return marker;
}

void Folder::make_parent(const fs::path& data_file) const {
  if (fanout_ == 0) return;
  std::error_code failed;
  const bool is_new = fs::create_directory(data_file.parent_path(), failed);
  if (failed) {
    detail::throw_system_error(failed.value(),
                               "cannot make the folder " + data_file.parent_path().string(),
                               {.connector = "file", .operation = "put"});
  }
  if (sync_ == detail::Sync::no) return;
  const std::string name = data_file.parent_path().filename().string();
  {
    const std::lock_guard lock(synced_->mutex);
    if (!is_new && synced_->names.contains(name)) return;
  }
  detail::sync_folder(data_file.parent_path(), {.connector = "file", .operation = "put"});
  const std::lock_guard lock(synced_->mutex);
  synced_->names.insert(name);
}

std::vector<fs::path> Folder::fanout_folders() const {
  std::vector<fs::path> folders;
  if (fanout_ == 0) return folders;
  for (const auto& path : entries_of(path_)) {
    const std::string name = path.filename().string();
    std::error_code ignored;
    if (name.size() == static_cast<std::size_t>(fanout_) &&
        name.find_first_not_of("0123456789abcdef") == std::string::npos &&
        fs::symlink_status(path, ignored).type() == fs::file_type::directory) {
      folders.push_back(path);
    }
  }
  return folders;
}

bool Folder::remove_object(const Key& key) const {
  const ErrorContext context{.connector = "file", .operation = "evict", .key = key};
  const auto path = data_file(key);
  const auto marker = marker_of(path);
  if (key.is_versioned()) finish_setting(path, context);
  const bool was_there =
      medium_.may_hide_files ? detail::remove_once(marker) : unlink_file(marker, key);
  (void)unlink_file(path, key);
  // One that was being set meanwhile has a marker again, and it may be one without data.
  if (key.is_versioned() && !is_there(path)) (void)unlink_file(marker, key);
  SharedText(fs::path(path) += lease_suffix, context).remove();
  return was_there;
}

void Folder::for_each_object(const std::function<bool(const Key&)>& visit) const {
  if (fanout_ == 0) {
    (void)visit_objects_in(path_, visit);
    return;
  }
  for (const auto& folder : fanout_folders()) {
    if (!visit_objects_in(folder, visit)) return;
  }
}

std::vector<fs::path> Folder::object_files() const {
  std::vector<fs::path> files;
  add_objects_in(path_, files);
  for (const auto& folder : fanout_folders()) add_objects_in(folder, files);
  return files;
}

void Folder::remove_empty_folders() const {
  std::error_code ignored;
  for (const auto& folder : fanout_folders()) fs::remove(folder, ignored);
}

}  // namespace proxystore::inline v0::file
