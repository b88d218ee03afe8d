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
// A deferred key may be set several times. Its marker then holds the size and checksum of the data,
// for the key cannot. set prepares both files under temporary names, takes the folder's lock
// against other setters, and renames data and marker. A reader that meets the time between the
// renames sees data and marker that do not agree, and reads both again.
#include <atomic>
#include <cerrno>
#include <charconv>
#include <mutex>
#include <thread>
#include <unordered_set>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "detail/atomic_file.hpp"
#include "detail/options_reader.hpp"
#include "detail/system.hpp"
#include "folder.hpp"
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
constexpr milliseconds network_visibility_timeout{10'000};
constexpr milliseconds set_timeout{10'000};  // for the folder's lock, and between two renames

/// What the marker of a deferred object tells: "v1 <size> <checksum>".
struct Version {
  std::uint64_t size = 0;
  std::uint64_t checksum = 0;

  [[nodiscard]] std::string text() const {
    return "v1 " + std::to_string(size) + " " + std::to_string(checksum) + "\n";
  }
  static std::optional<Version> parse(std::string_view text) {
    Version version;
    if (!text.starts_with("v1 ")) return std::nullopt;
    const char* end = text.data() + text.size();
    const auto [after, error] = std::from_chars(text.data() + 3, end, version.size);
    if (error != std::errc{} || after == end) return std::nullopt;
    if (std::from_chars(after + 1, end, version.checksum).ec != std::errc{}) return std::nullopt;
    return version;
  }
};

/// Holds the lock of a folder against other setters, of any process and node.
class FolderLock {
 public:
  FolderLock(const std::string& folder, const ErrorContext& context)
      : fd_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (!fd_) detail::throw_system_error(errno, "cannot open the folder " + folder, context);
    const auto deadline = Clock::now() + set_timeout;
    while (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == ENOSYS || errno == EOPNOTSUPP || errno == ENOLCK)
        return;  // a medium without locks
      if (errno != EWOULDBLOCK && errno != EINTR) {
        detail::throw_system_error(errno, "cannot lock the folder " + folder, context);
      }
      if (Clock::now() > deadline) {
        throw TimeoutError("the folder " + folder + " stayed locked by another process", context);
      }
      std::this_thread::sleep_for(milliseconds(1));
    }
  }

 private:
  detail::UniqueFd fd_;  // closing it releases the lock
};

class FileConnector final : public Connector {
 public:
  FileConnector(FileOptions options, OpenMode mode)
      : options_(std::move(options)),
        folder_(options_.store_dir, options_.fanout, mode),
        clears_(options_.clear && mode == OpenMode::create) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "file"; }

  [[nodiscard]] Capabilities capabilities() const noexcept override {
    return {Capability::stores, Capability::deferrable, Capability::zero_copy,
            Capability::persistent, Capability::shared};
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
    key.size = 0;
    for (const auto& part : parts) key.size += part.size();
    if (options_.checksum) {
      key.checksum = checksum_of(parts);
      key.flags |= Key::has_checksum;
    }
    const auto path = folder_.data_file(key);
    folder_.make_parent(path);
    detail::write_file_atomically(path, parts, context("put", key), sync());
    try {
      detail::create_empty_file(Folder::marker_of(path), context("put", key), sync());
    } catch (...) {
      ::unlink(path.c_str());
      throw;
    }
    remember(key);
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
    return look_patiently(key, path,
                          [&]() -> std::optional<bool> {
                            if (has_marker(path)) return true;
                            return std::nullopt;
                          })
        .value_or(false);
  }

  void evict(const Key& key) override {
    require_open("evict");
    remove(key);
    const std::lock_guard lock(mutex_);
    put_here_.erase(key);
  }

  [[nodiscard]] Key new_key() override {
    require_open("new_key");
    Key key = Key::random();
    key.flags |= Key::versioned;
    return key;
  }

  void set(const Key& key, std::span<const ByteSpan> parts, const PutOptions&) override {
    require_open("set");
    const auto where = context("set", key);
    const auto path = folder_.data_file(key);
    folder_.make_parent(path);
    Version version{.checksum = checksum_of(parts)};
    for (const auto& part : parts) version.size += part.size();
    const std::string text = version.text();
    const ByteSpan marker_bytes = std::as_bytes(std::span(text.data(), text.size()));
    detail::AtomicFile data(path, parts, where, sync());
    detail::AtomicFile marker(Folder::marker_of(path), std::span(&marker_bytes, 1), where, sync());
    {
      const FolderLock lock(path.parent_path().string(), where);
      data.publish();
      marker.publish();
    }
    remember(key);
  }

  void close(const CloseOptions& options) override {
    if (closed_.exchange(true)) return;
    if (!options.clear.value_or(clears_)) return;
    if (folder_.was_made_here()) {
      folder_.remove_all_objects();
    } else {
      for (const auto& key : put_here_) remove(key);
    }
    folder_.remove_if_empty();
  }

 private:
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

  [[nodiscard]] static bool has_marker(const fs::path& data_file) {
    return ::access(Folder::marker_of(data_file).c_str(), F_OK) == 0;
  }

  void remember(const Key& key) {
    if (folder_.was_made_here()) return;  // then all objects are cleared, whoever put them
    const std::lock_guard lock(mutex_);
    put_here_.insert(key);
  }

  void remove(const Key& key) const {
    const auto path = folder_.data_file(key);
    for (const auto& name : {Folder::marker_of(path), path}) {
      if (::unlink(name.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
        detail::throw_system_error(errno, "cannot remove " + name.string(), context("evict", key));
      }
    }
  }

  /// What @p try_once returns, tried again while the medium may still hide the object.
  template <class TryOnce>
  auto look_patiently(const Key& key, const fs::path& path, const TryOnce& try_once)
      -> decltype(try_once()) {
    if (auto found = try_once()) return found;
    const auto patience = options_.visibility_timeout.value_or(
        folder_.medium().may_hide_files ? network_visibility_timeout : milliseconds(0));
    if (key.is_versioned()) return std::nullopt;  // it may well not be there yet
    milliseconds pause{1};
    const auto deadline = Clock::now() + patience;
    while (Clock::now() < deadline) {
      std::this_thread::sleep_for(pause);
      folder_.revalidate(path);
      if (auto found = try_once()) return found;
      pause = std::min(2 * pause, milliseconds(500));
    }
    return std::nullopt;
  }

  /// What @p read returns for the object's file; nothing if there is no object.
  template <class ReadFile>
  auto look(const Key& key, const ReadFile& read)
      -> std::optional<decltype(read(std::declval<const ObjectFile&>()))> {
    const auto path = folder_.data_file(key);
    if (key.is_versioned()) return look_versioned(key, path, read);
    return look_patiently(
        key, path, [&]() -> std::optional<decltype(read(std::declval<const ObjectFile&>()))> {
          if (!has_marker(path)) return std::nullopt;
          const auto file = ObjectFile::open(path, key);
          if (!file) return std::nullopt;
          return read(*file);
        });
  }

  /// As look(), for an object whose marker tells its size and checksum.
  template <class ReadFile>
  auto look_versioned(const Key& key, const fs::path& path, const ReadFile& read)
      -> std::optional<decltype(read(std::declval<const ObjectFile&>()))> {
    const auto deadline = Clock::now() + set_timeout;
    while (true) {
      const auto marker = ObjectFile::open(Folder::marker_of(path), key);
      if (!marker) return std::nullopt;
      const auto version = Version::parse(marker->copy(0, marker->size()).text());
      const auto file = ObjectFile::open(path, key);
      if (!file) return std::nullopt;
      const bool agrees = !version || (file->size() == version->size &&
                                       matches(file->copy(0, file->size()), *version));
      if (agrees) return read(*file);  // a marker without a version is Python's
      if (Clock::now() > deadline) {
        throw IntegrityError("object " + key.to_string() + " in " + path.string() +
                                 " is damaged: size or checksum differ from what was set",
                             context("get", key));
      }
      std::this_thread::sleep_for(milliseconds(1));
    }
  }

  static bool matches(const Bytes& object, const Version& version) {
    const ByteSpan part = object.span();
    return checksum_of(std::span(&part, 1)) == version.checksum;
  }

  const FileOptions options_;
  const Folder folder_;
  const bool clears_;
  std::atomic<bool> closed_{false};
  std::mutex mutex_;
  std::unordered_set<Key> put_here_;
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
  auto path = fs::absolute(options.store_dir).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // "/a/b/" is "/a/b"
  return {{"store_dir", path.string()}, {"fanout", options.fanout}};
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
