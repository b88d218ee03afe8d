// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// One file for each object, in the layout of Python's FileConnector: the object in `<uuid>`, and an
// empty file `<uuid>.ready` that says it is complete.
//
// put     1. write all bytes under a temporary name and rename it to `<uuid>`
//         2. create `<uuid>.ready`
// get     1. look for `<uuid>.ready`   2. open `<uuid>`
// evict   1. remove `<uuid>.ready`     2. remove `<uuid>`
//
// A reader that sees the marker finds a complete file: the marker is created after the rename and
// removed before the data. If the data are gone when it opens them, an evict came between, and the
// object is absent. Readers that opened or mapped the file keep it: unlinking removes the name
// only.
//
// list    the names that have a marker, and a file
//
// A deferred key may be set several times, by several processes at once: deferred_object.cpp tells
// how. Its marker holds the size and checksum of the data, for the key cannot. A reader whose
// marker does not name the data it opened next was overtaken by a setter, and reads both again.
//
// No step needs a lock: a name of `put` is random, and has one writer; of several who evict, one
// removes the marker.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_set>

#include <sys/stat.h>
#include <unistd.h>

#include "deferred_object.hpp"
#include "detail/atomic_file.hpp"
#include "detail/connector_errors.hpp"
#include "detail/deadline.hpp"
#include "detail/folder_claim.hpp"
#include "detail/folders.hpp"
#include "detail/lease_table.hpp"
#include "detail/options_reader.hpp"
#include "detail/system.hpp"
#include "folder.hpp"
#include "leases.hpp"
#include "object_file.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

namespace file {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t map_threshold = 64 * 1024;  // below this a copy costs less than a mapping
constexpr milliseconds retry_timeout{1'000};      // for a reader that setters keep overtaking
constexpr milliseconds longest_wait_pause{50};

class FileConnector final : public Connector {
 public:
  FileConnector(FileOptions options, OpenMode mode)
      : options_(std::move(options)),
        claim_(claim_for(options_, mode)),
        folder_(options_.store_dir, options_.fanout, mode, sync()) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "file"; }

  [[nodiscard]] Capabilities capabilities() const noexcept override {
    if (!wants_map(SIZE_MAX)) {
      return {Capability::stores,     Capability::deferrable, Capability::lease,
              Capability::persistent, Capability::shared,     Capability::list};
    }
    return {Capability::stores,    Capability::deferrable, Capability::lease,
            Capability::zero_copy, Capability::persistent, Capability::shared,
            Capability::list};
  }

  [[nodiscard]] ConnectorConfig config() const override {
    FileOptions handed_out = options_;
    handed_out.store_dir = folder_.path();
    handed_out.clear = false;
    return handed_out;
  }

  [[nodiscard]] Key put(std::span<const ByteSpan> parts, const PutOptions&) override {
    require_open("put");
    Key key = Key::random();
    key.size = joined_size(parts);
    const auto path = folder_.data_file(key);
    folder_.make_parent(path);
    try {
      detail::Xxh3Stream hash;
      detail::AtomicFile(path, parts, context("put", key), sync(),
                         options_.checksum ? &hash : nullptr)
          .publish();
      if (options_.checksum) {
        key.checksum = hash.digest();
        key.flags |= Key::has_checksum;
      }
      detail::create_empty_file(Folder::marker_of(path), context("put", key), sync());
    } catch (...) {  // either may have its name already, and have failed to sync it
      ::unlink(Folder::marker_of(path).c_str());
      ::unlink(path.c_str());
      throw;
    }
    remember(key, "put");
    return key;
  }

  [[nodiscard]] std::optional<Bytes> get(const Key& key) override {
    require_open("get");
    return look(key, [&](const ObjectFile& file) -> Bytes {
      Bytes object = wants_map(file.size()) ? file.map() : file.copy(0, file.size());
      verify(key, object.span(), kind(), where(key));
      return object;
    });
  }

  [[nodiscard]] std::optional<std::size_t> get_into(const Key& key,
                                                    std::span<std::byte> target) override {
    require_open("get_into");
    return look(key, [&](const ObjectFile& file) -> std::size_t {
      if (file.size() > target.size()) {
        throw ArgumentError("object " + key.to_string() + " has " + std::to_string(file.size()) +
                                " bytes, the target has room for " + std::to_string(target.size()),
                            context("get_into", key));
      }
      file.read(0, target.first(file.size()));
      verify(key, target.first(file.size()), kind(), where(key));
      return file.size();
    });
  }

  [[nodiscard]] std::optional<Bytes> get_range(const Key& key, std::size_t offset,
                                               std::size_t length) override {
    require_open("get_range");
    return look(key, [&](const ObjectFile& file) -> Bytes {
      const std::size_t from = std::min(offset, file.size());
      return file.copy(from, std::min(length, file.size() - from));
    });
  }

  [[nodiscard]] bool exists(const Key& key) override {
    require_open("exists");
    const auto path = folder_.data_file(key);
    return look_patiently(key, path, [&] { return has_object(path, key); }).has_value();
  }

  /// Objects appear by rename, of which no medium tells us: this polls.
  [[nodiscard]] bool wait(const Key& key, milliseconds timeout) override {
    const auto path = folder_.data_file(key);
    return detail::poll_folder(folder_.medium(), path.parent_path(), timeout, longest_wait_pause,
                               [&] {
                                 require_open("wait");
                                 return has_object(path, key);
                               })
        .has_value();
  }

  bool evict(const Key& key) override {
    require_open("evict");
    const bool was_there = folder_.remove_object(key);
    const std::lock_guard lock(mutex_);
    put_here_.erase(key);
    return was_there;
  }

  void list(const std::function<bool(const Key&)>& visit) override {
    require_open("list");
    folder_.for_each_object(visit);
  }

  [[nodiscard]] Key new_key() override {
    require_open("new_key");
    Key key = Key::random();
    key.flags |= Key::versioned;
    return key;
  }

  void set(const Key& key, std::span<const ByteSpan> parts, const PutOptions& options) override {
    require_open("set");
    const auto where = context("set", key);
    const auto path = folder_.data_file(key);
    folder_.make_parent(path);
    if (folder_.medium().may_hide_files) detail::revalidate(path.parent_path());
    if (!set_object(path, parts, options.only_first, sync(), where)) {
      detail::throw_already_set(kind(), key);
    }
    remember(key, "set");
  }

  [[nodiscard]] std::optional<Lease> lease(const Key& key, LeaseMode mode,
                                           milliseconds ttl) override {
    require_open("lease");
    const Lease lease{.key = key, .mode = mode, .token = detail::LeaseTable::new_token()};
    if (!leases_->take(key, mode, lease.token, ttl)) return std::nullopt;
    return lease;
  }
  [[nodiscard]] bool renew(const Lease& lease, milliseconds ttl) override {
    require_open("renew");
    return leases_->renew(lease.key, lease.token, ttl);
  }
  void unlease(const Lease& lease) override {
    require_open("unlease");
    leases_->give_back(lease.key, lease.token);
  }
  void retire(const Key& key) override {
    require_open("retire");
    leases_->retire(key);
  }

  [[nodiscard]] bool clears_on_close() const noexcept override { return claim_ && !closed_; }

  /// A call after one that threw removes the rest.
  void close(const CloseOptions& options) override {
    std::unordered_set<Key> rest;
    {
      const std::lock_guard lock(mutex_);
      if (!closed_.exchange(true)) is_cleared_ = options.clear.value_or(claim_.has_value());
      if (is_cleared_) rest.swap(put_here_);
    }
    try {
      for (auto key = rest.begin(); key != rest.end(); key = rest.erase(key)) {
        (void)folder_.remove_object(*key);
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      put_here_.merge(rest);
      throw;
    }
    if (!claim_) return;
    std::vector<fs::path> objects;
    const bool is_last = claim_->release([&] { objects = folder_.object_files(); });
    removes_folder_ = is_last && is_cleared_;
    if (removes_folder_) claim_->remove(objects);
    remove_empty_folders();
  }

 private:
  static std::optional<detail::FolderClaim> claim_for(const FileOptions& options, OpenMode mode) {
    if (mode != OpenMode::create || !options.clear) return std::nullopt;
    return std::optional<detail::FolderClaim>(
        std::in_place, detail::absolute_path(options.store_dir),
        options.fsync ? detail::Sync::yes : detail::Sync::no,
        ErrorContext{.connector = "file", .operation = "open"});
  }

  void require_open(std::string_view verb) const {
    if (closed_) detail::throw_closed(kind(), verb);
  }
  [[nodiscard]] static ErrorContext context(std::string_view operation, const Key& key) {
    return {.connector = "file", .operation = std::string(operation), .key = key};
  }
  [[nodiscard]] detail::Sync sync() const {
    return options_.fsync ? detail::Sync::yes : detail::Sync::no;
  }
  [[nodiscard]] std::string where(const Key& key) const { return folder_.data_file(key).string(); }

  [[nodiscard]] bool wants_map(std::size_t size) const {
    if (options_.read != FileOptions::Read::automatic) {
      return options_.read == FileOptions::Read::map;
    }
    return size >= map_threshold && folder_.medium().maps_coherently;
  }

  [[nodiscard]] static bool is_there(const fs::path& file, const Key& key) {
    struct stat info {};
    if (::stat(file.c_str(), &info) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR || errno == ESTALE) return false;
    detail::throw_system_error(errno, "cannot look for " + file.string(), context("exists", key));
  }
  [[nodiscard]] static std::optional<bool> has_object(const fs::path& data_file, const Key& key) {
    if (is_there(Folder::marker_of(data_file), key) && is_there(data_file, key)) return true;
    return std::nullopt;
  }

  /// Does so after the last creator of a folder that a store made has cleared it.
  void remove_empty_folders() const {
    if (!removes_folder_) return;
    folder_.remove_empty_folders();
    claim_->remove_folder();
  }

  /// Keeps in mind that the object of @p key was put here. A verb that close() overtook removes
  /// what close() would have removed.
  void remember(const Key& key, std::string_view verb) {
    const std::lock_guard lock(mutex_);
    if (is_cleared_) {
      (void)folder_.remove_object(key);
      remove_empty_folders();
      detail::throw_closed(kind(), verb);
    }
    // In a folder that a store made all go, whoever put them.
    if (!claim_ || !claim_->is_of_made_folder()) put_here_.insert(key);
  }

  /// What @p try_once returns, tried again while the medium may still hide the object.
  template <class TryOnce>
  auto look_patiently(const Key& key, const fs::path& path, const TryOnce& try_once)
      -> decltype(try_once()) {
    if (key.is_versioned()) return try_once();  // it may well not be there yet
    const auto timeout =
        options_.visibility_timeout.value_or(folder_.medium().visibility_timeout());
    return detail::poll_folder(folder_.medium(), path.parent_path(), timeout, milliseconds(500),
                               try_once);
  }

  /// What @p read returns for the object's file; nothing if there is no object.
  template <class ReadFile>
  auto look(const Key& key, const ReadFile& read)
      -> std::optional<decltype(read(std::declval<const ObjectFile&>()))> {
    const auto path = folder_.data_file(key);
    if (key.is_versioned()) return look_versioned(key, path, read);
    return look_patiently(
        key, path, [&]() -> std::optional<decltype(read(std::declval<const ObjectFile&>()))> {
          if (!is_there(Folder::marker_of(path), key)) return std::nullopt;
          const auto file = ObjectFile::open(path, key);
          if (!file) return std::nullopt;
          return read(*file);
        });
  }

  /// As look(), for an object whose marker tells its size and checksum.
  template <class ReadFile>
  auto look_versioned(const Key& key, const fs::path& path, const ReadFile& read)
      -> std::optional<decltype(read(std::declval<const ObjectFile&>()))> {
    const auto deadline =
        detail::deadline_after(std::max(folder_.medium().visibility_timeout(), retry_timeout));
    while (true) {
      const auto versions = read_versions(Folder::marker_of(path), key);
      if (!versions) return std::nullopt;
      const auto file = ObjectFile::open(path, key);
      if (!file) return std::nullopt;
      if (versions->empty() || is_one_of(*versions, *file)) return read(*file);
      if (Clock::now() > deadline) {
        throw IntegrityError("object " + key.to_string() + " in " + path.string() +
                                 " is damaged: size or checksum differ from what was set",
                             context("get", key));
      }
      std::this_thread::sleep_for(milliseconds(1));
    }
  }

  const FileOptions options_;
  std::optional<detail::FolderClaim> claim_;  // of one that clears
  const Folder folder_;
  const std::shared_ptr<Leases> leases_ = std::make_shared<Leases>(folder_);
  std::atomic<bool> closed_{false};
  std::mutex mutex_;
  std::unordered_set<Key> put_here_;
  std::atomic<bool> is_cleared_{false};
  std::atomic<bool> removes_folder_{false};
};

const std::vector<std::string> read_names = {"auto", "map", "copy"};

FileOptions parse(const ConfigTable& table) {
  constexpr std::int64_t one_day_ms = 86'400'000;
  FileOptions options;
  detail::OptionsReader reader("file", table);
  std::string store_dir;
  std::int64_t fanout = 0;
  std::int64_t buffering = -1;  // Python's; here all writes are large
  std::int64_t visibility_ms = -1;
  std::size_t read = 0;
  reader.read("store_dir", store_dir);
  reader.read("clear", options.clear);
  reader.read("buffering", buffering, -1, INT32_MAX);
  reader.read("fsync", options.fsync);
  reader.read("checksum", options.checksum);
  reader.read("fanout", fanout, 0, 2);
  reader.read_choice("read", read, read_names);
  reader.read("visibility_timeout_ms", visibility_ms, 0, one_day_ms);
  reader.finish();
  if (store_dir.empty()) reader.fail("store_dir", "is missing: name the folder for the objects");
  options.store_dir = store_dir;
  options.fanout = static_cast<int>(fanout);
  options.read = static_cast<FileOptions::Read>(read);
  if (visibility_ms >= 0) options.visibility_timeout = milliseconds(visibility_ms);
  return options;
}

/// Which folder, in which layout.
ConfigTable identity(const ConfigTable& table) {
  const FileOptions options = parse(table);
  return {{"store_dir", detail::absolute_path(options.store_dir).string()},
          {"fanout", options.fanout}};
}

}  // namespace file

FileOptions::operator ConnectorConfig() const {
  const FileOptions defaults;
  ConfigTable options{{"store_dir", store_dir.string()}, {"clear", clear}};
  if (fsync != defaults.fsync) options["fsync"] = fsync;
  if (checksum != defaults.checksum) options["checksum"] = checksum;
  if (fanout != defaults.fanout) options["fanout"] = fanout;
  if (read != defaults.read) options["read"] = file::read_names[static_cast<std::size_t>(read)];
  if (visibility_timeout) {
    options["visibility_timeout_ms"] = static_cast<std::int64_t>(visibility_timeout->count());
  }
  return {.kind = "file", .options = std::move(options)};
}

namespace detail {

void register_file(ConnectorRegistry& registry) {
  registry.add({.name = "file",
                .aliases = {"proxystore.connectors.file.FileConnector"},
                .make =
                    [](const ConfigTable& options, OpenMode mode) {
                      return std::make_shared<file::FileConnector>(file::parse(options), mode);
                    },
                .identity = file::identity});
}

}  // namespace detail
}  // namespace proxystore::inline v0
