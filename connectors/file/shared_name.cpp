// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Changes to shared state without locks. Locks of files are granted by one node for itself on many
// mounts, with success as the answer (NFS `nolock`, Lustre `localflock`, most of FUSE), and a
// holder that is stopped too long goes on as if it held them. What is used here is what every
// shared file system promises: rename(2), unlink(2), rmdir(2) are decided by the server, at one
// moment, and one of several callers that rename or remove the same name succeeds.
//
// SharedName. The name is that of the only file in a folder. It changes in one of three ways:
//
//     none to b     rename a fresh folder that has the file `b` to the folder. The server does so
//     only
//                   if that is absent or empty.
//     a to b        rename the file `a` to `b`
//     a to none     unlink the file `a`, and rmdir the folder
//
// Each is conditional on the present name: the server refuses it otherwise. Names are random and
// used once, so a process that was stopped for any time between its look and its change finds that
// name gone, and changes nothing. There is no moment in which a process that dies leaves anything
// to be undone. What a client has cached cannot mislead it for good: a stale listing gives an old
// name, and that is refused. An empty folder is taken for "none" only after rmdir(2) said so.
//
// SharedText. The name is a random one, and the text stands in a file that has it in its name. The
// file is written before the name is changed, and never changed then; so whoever reads the name and
// the file reads one version, or finds the file gone, and looks again. Whoever changes the name
// removes the file of the old version.
//
// Lost answers. A client whose request was done, but whose answer was lost, asks again (NFS 3,
// and 4.0 after a server's restart), and is told ENOENT. For names that one process knows alone
// this means "done". For a change of the name from `a` to `b` it means "done" if the name is `b`.
// If it is another one, `b` may have come and gone. Then the file of the text tells: one that was
// never the version is still there for its writer to remove, and one that was has been removed, by
// whoever replaced it, or at the latest by the one after that: each change first removes the file
// of the version before the one that it replaces.
#include "shared_name.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "detail/atomic_file.hpp"
#include "detail/pause.hpp"
#include "detail/system.hpp"
#include "object_file.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::file {

namespace {

constexpr std::size_t longest_text = 1U << 20U;

/// The last name in @p folder; nothing if it is empty or absent.
std::string any_name_in(const fs::path& folder, const ErrorContext& context) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), ::closedir);
  if (!open) {
    if (errno == ENOENT || errno == ESTALE) return {};
    detail::throw_system_error(errno, "cannot list " + folder.string(), context);
  }
  std::string last;
  while (const dirent* entry = ::readdir(open.get())) {
    const std::string name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != "..") last = name;
  }
  return last;
}

}  // namespace

void Patience::pause() {
  constexpr std::chrono::microseconds longest{10'000};
  if (Clock::now() > end_) throw TimeoutError(what_, context_);
  detail::pause(pause_);
  // Not in step with others who try.
  const auto percent = static_cast<std::int64_t>(std::hash<Key>{}(Key::random()) % 100);
  pause_ = std::min(pause_ + pause_ * percent / 100, longest);
}

// -- SharedName

std::string SharedName::read() const {
  Patience patience("what " + folder_.string() + " holds stays hidden", context_);
  while (true) {
    std::string name = any_name_in(folder_, context_);
    if (!name.empty()) return name;
    // A listing can miss a file that is renamed meanwhile, or be of a folder that was replaced.
    if (::rmdir(folder_.c_str()) == 0 || (errno != ENOTEMPTY && errno != EEXIST)) return {};
    patience.pause();
  }
}

bool SharedName::create(const std::string& name) const {
  const std::string fresh = detail::temporary_name(folder_.string());
  const std::string file = fresh + "/" + name;
  const auto clean_up = [&] {
    const int error = errno;
    ::unlink(file.c_str());
    ::rmdir(fresh.c_str());
    errno = error;
  };
  // EEXIST: the name is ours alone, so this is the answer to a request that was sent twice.
  if (::mkdir(fresh.c_str(), 0777) != 0 && errno != EEXIST) {
    detail::throw_system_error(errno, "cannot make the folder " + fresh, context_);
  }
  if (!detail::UniqueFd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666))) {
    clean_up();
    detail::throw_system_error(errno, "cannot create " + file, context_);
  }
  for (int tries = 0; tries < 2; ++tries) {
    if (::rename(fresh.c_str(), folder_.c_str()) == 0 || errno == ENOENT) return true;
    if (errno != EEXIST && errno != ENOTEMPTY) {
      clean_up();
      detail::throw_system_error(errno, "cannot rename to " + folder_.string(), context_);
    }
    ::rmdir(folder_.c_str());  // not every file system replaces an empty folder
  }
  clean_up();
  return false;
}

bool SharedName::change(const std::string& from, const std::string& to) const {
  if (from.empty()) return to.empty() || create(to);
  const fs::path old = folder_ / from;
  if (to.empty()) {
    const bool is_done = ::unlink(old.c_str()) == 0;
    if (!is_done && errno != ENOENT && errno != ESTALE && errno != ENOTDIR) {
      detail::throw_system_error(errno, "cannot remove " + old.string(), context_);
    }
    if (is_done) ::rmdir(folder_.c_str());
    return is_done;
  }
  if (::rename(old.c_str(), (folder_ / to).c_str()) == 0) return true;
  if (errno != ENOENT && errno != ESTALE && errno != ENOTDIR) {
    detail::throw_system_error(errno, "cannot rename " + old.string(), context_);
  }
  return read() == to;
}

// -- SharedText

std::string SharedText::file_of(const std::string& name) const {
  return path_.string() + ".tmp-" + name;
}

SharedText::Version SharedText::read() const {
  Patience patience("the text of " + path_.string() + " is not there, or changes all the time",
                    context_);
  while (true) {
    Version version{.name = name_.read()};
    if (version.name.empty()) return version;
    const fs::path path = file_of(version.name);
    const auto file = ObjectFile::open(path, Key{});
    if (!file) {
      patience.pause();
      continue;
    }
    if (file->size() > longest_text) {
      throw IntegrityError("the file " + path.string() + " is damaged", context_);
    }
    const Bytes bytes = file->copy(0, file->size());
    const std::string_view text = bytes.text();
    const std::size_t end = text.find('\n');
    if (!text.starts_with("after ") || end == std::string_view::npos) {
      throw IntegrityError("the file " + path.string() + " is damaged", context_);
    }
    version.before = text.substr(6, end - 6);
    version.text = text.substr(end + 1);
    return version;
  }
}

bool SharedText::replace(const Version& old, std::string_view text) const {
  const auto remove_file = [&](const std::string& name) {
    if (!name.empty()) ::unlink(file_of(name).c_str());
  };
  remove_file(old.before);
  if (text.empty()) {
    const bool is_done = name_.change(old.name, {});
    if (is_done) remove_file(old.name);
    return is_done;
  }
  const std::string head = "after " + old.name + "\n";
  const std::array<ByteSpan, 2> parts{std::as_bytes(std::span(head)),
                                      std::as_bytes(std::span(text))};
  detail::AtomicFile file(path_, parts, context_);
  const std::string name = file.random_part();
  const bool is_done = name_.change(old.name, name);
  file.keep();  // others may know it now
  if (!is_done) return was_replaced_by(name);
  remove_file(old.name);
  return true;
}

bool SharedText::was_replaced_by(const std::string& name) const {
  const Version now = read();
  return now.name == name || now.before == name || !detail::remove_once(file_of(name));
}

void SharedText::remove() const {
  while (true) {
    const Version version{.name = name_.read()};
    if (version.name.empty()) return;
    if (replace(version, {})) return;
  }
}

}  // namespace proxystore::inline v0::file
