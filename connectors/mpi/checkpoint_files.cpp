// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// A checkpoint is written to `<path>.partial`, whose lock its writer holds as long as it lives: a
// folder of that name without a holder was left by a job that died. When it is complete the two
// names are exchanged in one step, where the file system can, and else by two renames; the older
// checkpoint goes after that. So there is a complete one at any time, under its own name or, for
// the moment between two renames, under `<path>.old`. A job that dies in that moment leaves the
// latter alone: then it is what restore() reads, and it goes only when another has the name.
#include "checkpoint_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "detail/atomic_file.hpp"
#include "detail/folders.hpp"
#include "detail/medium.hpp"
#include "detail/process_identity.hpp"

namespace proxystore::inline v0::partition {

namespace {

namespace fs = std::filesystem;

constexpr const char* summary_file = "checkpoint.h5";
constexpr const char* summary_name = "summary";
constexpr const char* state_name = "state";
constexpr const char* contents_name = "contents";
constexpr const char* mark_file = "mark";

fs::path beside(fs::path path, const char* suffix) {
  return path += suffix;
}

/// Without a slash at the end, which would make "beside" be within. A link stands for the folder
/// that it leads to, so that it stays, and so does what is beside that folder.
fs::path normal(const fs::path& path) {
  std::error_code failed;
  fs::path whole = fs::weakly_canonical(fs::absolute(path), failed);
  if (failed) whole = detail::absolute_path(path);
  return whole.has_filename() ? whole : whole.parent_path();
}

bool is_checkpoint(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path / summary_file, ignored);
}

detail::UniqueFd lock_folder(const fs::path& folder, const ErrorContext& context) {
  detail::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) detail::throw_system_error(errno, "cannot open " + folder.string(), context);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw BusyError("another job is saving to " + folder.string(), context);
  }
  return fd;  // file systems without locks have no jobs that would hold one
}

template <class T>
void add_value(detail::ArchiveWriter& file, const std::string& name, const T& value) {
  file.add(name, Bytes::copy_of(proxystore::serialize(value).parts()).span());
}

}  // namespace

Key SavedObject::key() const {
  Key key;
  static_assert(sizeof id == sizeof key.id);
  std::memcpy(key.id.data(), id.data(), sizeof id);
  key.size = size;
  return key;
}

std::string SavedObject::name() const {
  return key().to_string() + (copy == 0 ? "" : "-" + std::to_string(copy));
}

fs::path rank_file(const fs::path& folder, std::uint32_t rank) {
  return folder / ("rank-" + std::to_string(rank) + ".h5");
}

void write_contents(detail::ArchiveWriter& file, const Contents& contents) {
  add_value(file, contents_name, contents);
}

Contents read_contents(detail::ArchiveReader& file, const fs::path& path) {
  const auto bytes = file.get(contents_name);
  if (!bytes) throw IntegrityError(path.string() + " lists no objects: it is no rank's file");
  return proxystore::deserialize<Contents>(*bytes);
}

void write_summary(const fs::path& folder, const Summary& summary, ByteSpan state,
                   const ErrorContext& context) {
  const auto file = detail::create_archive(folder / summary_file, context);
  add_value(*file, summary_name, summary);
  add_value(*file, state_name, Bytes::wrap(state, nullptr));
  file->finish();
}

ReadSummary read_summary(const fs::path& folder, const ErrorContext& context) {
  fs::path found = normal(folder);
  if (!is_checkpoint(found) && is_checkpoint(beside(found, ".old"))) found = beside(found, ".old");
  const auto file = detail::open_archive(found / summary_file, context);
  if (!file) {
    throw ArgumentError(
        "there is no checkpoint at " + found.string() + ": it would have a file " + summary_file,
        context);
  }
  const auto summary = file->get(summary_name);
  const auto state = file->get(state_name);
  if (!summary || !state) {
    throw IntegrityError((found / summary_file).string() + " is no checkpoint's", context);
  }
  return {.folder = found,
          .summary = proxystore::deserialize<Summary>(*summary),
          .state = proxystore::deserialize<Bytes>(*state)};
}

DraftFolder::DraftFolder(fs::path path, const ErrorContext& context)
    : path_(normal(path)),
      draft_(beside(path_, ".partial")),
      mark_(detail::process_identity() + " " + Key::random().to_string()),
      context_(context) {
  std::error_code error;
  const auto status = fs::symlink_status(path_, error);
  if (fs::exists(status) && !is_checkpoint(path_) &&
      !(fs::is_directory(status) && fs::is_empty(path_, error))) {
    throw ArgumentError(path_.string() +
                            " is there already, and is no checkpoint: name another "
                            "folder, or remove it",
                        context);
  }
  if (::mkdir(draft_.c_str(), 0777) != 0 && errno != EEXIST) {
    detail::throw_system_error(errno, "cannot make the folder " + draft_.string(), context);
  }
  lock_ = lock_folder(draft_, context);
  for (const auto& left : fs::directory_iterator(draft_)) fs::remove_all(left.path(), error);
  const ByteSpan mark = std::as_bytes(std::span(mark_));
  detail::write_file_atomically(draft_ / mark_file, std::span(&mark, 1), context);
}

DraftFolder::~DraftFolder() {
  if (is_published_) return;
  std::error_code ignored;
  fs::remove_all(draft_, ignored);
}

void DraftFolder::publish() {
  std::error_code error;
  fs::remove(draft_ / mark_file, error);
  detail::sync_folder(draft_ / summary_file, context_);  // what is in it, before it has the name
  const fs::path old = beside(path_, ".old");
  const bool is_old_in_draft = give_name(old, error);
  if (error) {
    detail::throw_system_error(
        error.value(), "cannot rename " + draft_.string() + " to " + path_.string(), context_);
  }
  is_published_ = true;
  detail::sync_folder(path_, context_);
  std::error_code ignored;
  if (is_old_in_draft) fs::remove_all(draft_, ignored);
  fs::remove_all(old, ignored);
}

/// Renames the draft; an older checkpoint goes to @p old, or to the draft's name: whether it did.
bool DraftFolder::give_name(const fs::path& old, std::error_code& error) {
  if (!is_checkpoint(path_)) {  // nothing is there, or an empty folder: `old` may be the only one
    fs::rename(draft_, path_, error);
    return false;
  }
  if (::renameat2(AT_FDCWD, draft_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) == 0) {
    error.clear();
    return true;
  }
  fs::remove_all(old, error);  // an older one yet than that in its place
  fs::rename(path_, old, error);
  if (error) return false;
  fs::rename(draft_, path_, error);
  std::error_code ignored;  // the checkpoint can be read under either name
  if (error) fs::rename(old, path_, ignored);
  return false;
}

void require_same_folder(const fs::path& draft, const std::string& mark,
                         const ErrorContext& context) {
  const auto medium = detail::Medium::of(draft.parent_path());
  const auto found = detail::poll_folder(
      medium, draft.parent_path(), medium.visibility_timeout(), std::chrono::milliseconds(100),
      [&]() -> std::optional<bool> {
        const detail::UniqueFd fd(::open((draft / mark_file).c_str(), O_RDONLY | O_CLOEXEC));
        if (!fd) return std::nullopt;
        std::string text(mark.size(), '\0');
        const ssize_t size = ::pread(fd.get(), text.data(), text.size(), 0);
        if (size < 0 || static_cast<std::size_t>(size) != text.size()) return std::nullopt;
        return text == mark;
      });
  if (found.value_or(false)) return;
  throw ConnectorError("this rank does not see the folder that rank 0 made: " +
                           draft.parent_path().string() + " is not one folder for all ranks",
                       context);
}

}  // namespace proxystore::inline v0::partition
