// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Objects as datasets of HDF5 files in a folder. The object of a key is the dataset `<uuid>` in the
// file `<uuid>.h5`.
//
// put        1. write the dataset to a new file under a temporary name, and close it
//            2. rename the file to `<uuid>.h5`
// put_batch  1. write all datasets to one new file under a temporary name, and close it
//            2. link the file to the name of each object    3. remove the temporary name
// set        as put, over the older file
// get        open `<uuid>.h5`, and read its dataset
// evict      remove the name `<uuid>.h5`
//
// A file that its writer has open cannot be opened by others, nor would they see a consistent one:
// so it gets its names when it was closed, and is never opened for writing again. A reader that
// finds the name finds a complete file, and keeps that version while it reads, whatever becomes of
// the name. unlink(2) tells one of several who evict that it did it, and the file system counts the
// names of a batch: its file goes with the last of its objects. docs/decisions/0006 says why these
// are links.
#include <atomic>
#include <cerrno>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "collective_object.hpp"
#include "dataset.hpp"
#include "detail/connector_errors.hpp"
#include "detail/folder_claim.hpp"
#include "detail/folders.hpp"
#include "detail/medium.hpp"
#include "detail/system.hpp"
#include "element_type.hpp"
#include "library.hpp"
#include "object_file.hpp"
#include "options.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/connectors/hdf5.hpp"
#include "proxystore/detail/collective_writer.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

namespace hdf5 {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr std::string_view suffix = ".h5";
/// ext4 gives a file 65000 names at most.
constexpr std::size_t most_in_a_file = 10'000;

class Hdf5Connector final : public Connector, public detail::CollectiveWriter {
 public:
  Hdf5Connector(Hdf5Options options, OpenMode mode)
      : options_(std::move(options)), folder_(detail::absolute_path(options_.store_dir)) {
    const ErrorContext context{.connector = "hdf5", .operation = "open"};
    const auto sync = options_.fsync ? detail::Sync::yes : detail::Sync::no;
    std::error_code failed;
    if (mode == OpenMode::create && options_.clear) {
      claim_.emplace(folder_, sync, context);
    } else if (mode == OpenMode::create) {
      detail::make_folders(folder_, sync, context);
    }
    if (!fs::is_directory(folder_, failed)) {
      throw ConnectorError(
          "the store's folder " + folder_.string() +
              " is not there, or is no folder; or the store was closed and cleared",
          context);
    }
    medium_ = detail::Medium::of(folder_);
  }

  [[nodiscard]] std::string_view kind() const noexcept override { return "hdf5"; }

  [[nodiscard]] Capabilities capabilities() const noexcept override {
    return {Capability::stores, Capability::deferrable, Capability::persistent, Capability::shared,
            Capability::list};
  }

  [[nodiscard]] ConnectorConfig config() const override {
    Hdf5Options handed_out = options_;
    handed_out.store_dir = folder_;
    handed_out.clear = false;
    return handed_out;
  }

  [[nodiscard]] Key put(std::span<const ByteSpan> parts, const PutOptions& options) override {
    require_open("put");
    Key key = make_key(parts);
    const auto file = write(key, parts, options.info, context("put", key));
    file->sync_data();
    file->rename_to(path_of(key));
    try {
      file->sync_names();
    } catch (...) {  // the object has its name already
      ::unlink(path_of(key).c_str());
      throw;
    }
    remember(std::span(&key, 1), "put");
    return key;
  }

  [[nodiscard]] std::vector<Key> put_batch(std::span<const PutRequest> requests) override {
    require_open("put_batch");
    std::vector<Key> keys;
    try {
      for (std::size_t at = 0; at < requests.size(); at += most_in_a_file) {
        put_some(requests.subspan(at, std::min(most_in_a_file, requests.size() - at)), keys);
      }
      remember(keys, "put_batch");
    } catch (...) {
      for (const Key& key : keys) ::unlink(path_of(key).c_str());
      throw;
    }
    return keys;
  }

  [[nodiscard]] std::optional<Bytes> get(const Key& key) override {
    require_open("get");
    const auto where = context("get", key);
    const auto path = path_of(key);
    auto stored = look_patiently(key, [&] { return read(key, path, where); });
    if (!stored) return std::nullopt;
    Key expected = key;
    if (stored->checksum && (key.flags & Key::has_checksum) == 0) {
      expected.checksum = *stored->checksum;  // which is not in the keys of what can be set
      expected.flags |= Key::has_checksum;
    }
    verify(expected, stored->object.span(), kind(), path.string(), stored->actual_checksum);
    return std::move(stored->object);
  }

  [[nodiscard]] std::optional<ObjectInfo> describe(const Key& key) override {
    require_open("describe");
    const auto where = context("describe", key);
    return look_patiently(key, [&]() -> std::optional<ObjectInfo> {
      const Session session;
      const auto open = open_file(path_of(key), where);
      if (!open) return std::nullopt;
      return describe_object(open->file, key.to_string(), where);
    });
  }

  [[nodiscard]] std::vector<std::optional<ArrayBox>> get_boxes(
      std::span<const BoxRequest> requests) override {
    require_open("get_boxes");
    std::vector<std::optional<ArrayBox>> boxes;
    for (const BoxRequest& request : requests) {
      const auto where = context("get_boxes", request.key);
      boxes.push_back(look_patiently(request.key, [&]() -> std::optional<ArrayBox> {
        const Session session;
        const auto open = open_file(path_of(request.key), where);
        if (!open) return std::nullopt;
        return read_box(open->file, request.key.to_string(), open->held, request.box, request.dtype,
                        where);
      }));
    }
    return boxes;
  }

  [[nodiscard]] bool exists(const Key& key) override {
    require_open("exists");
    return look_patiently(key, [&] { return find(key); }).has_value();
  }

  /// Objects appear by rename, of which no medium tells us: this polls.
  [[nodiscard]] bool wait(const Key& key, milliseconds timeout) override {
    constexpr milliseconds longest_pause{50};
    return detail::poll_folder(medium_, folder_, timeout, longest_pause,
                               [&] {
                                 require_open("wait");
                                 return find(key);
                               })
        .has_value();
  }

  bool evict(const Key& key) override {
    require_open("evict");
    const bool was_there = remove(key);
    const std::lock_guard lock(mutex_);
    put_here_.erase(key);
    return was_there;
  }

  void list(const std::function<bool(const Key&)>& visit) override {
    require_open("list");
    std::error_code failed;
    fs::directory_iterator at(folder_, failed);
    for (; !failed && at != fs::directory_iterator(); at.increment(failed)) {
      const fs::path& file = at->path();
      std::error_code ignored;  // gone meanwhile
      const bool is_object = at->symlink_status(ignored).type() == fs::file_type::regular;
      const auto key = is_object ? Key::parse(file.stem().string()) : std::nullopt;
      if (key && file.filename() == key->to_string() + std::string(suffix) && !visit(*key)) return;
    }
    if (failed) {
      detail::throw_system_error(failed.value(), "cannot list " + folder_.string(),
                                 {.connector = "hdf5", .operation = "list"});
    }
  }

  [[nodiscard]] Key new_key() override {
    require_open("new_key");
    Key key = Key::random();
    key.flags |= Key::versioned;
    return key;
  }

  void set(const Key& key, std::span<const ByteSpan> parts, const PutOptions& options) override {
    require_open("set");
    Key written = key;
    const auto file = write(written, parts, options.info, context("set", key));
    file->sync_data();
    if (!options.only_first) {
      file->rename_to(path_of(key));
    } else if (!file->link_to(path_of(key))) {
      detail::throw_already_set(kind(), key);
    }
    file->sync_names();
    remember(std::span(&key, 1), "set");
  }

  /// Types that HDF5 lacks become opaque, and so cannot be one dataset of many blocks.
  [[nodiscard]] bool can_write(const ObjectInfo& info) const override {
    if (!writes_collectively() || info.shape.size() > H5S_MAX_RANK) return false;
    const Session session;
    return bool(type_of(info.dtype));
  }

  [[nodiscard]] std::unique_ptr<detail::CollectiveObject> start(
      detail::CollectivePut put) override {
    require_open("put_distributed");
    const auto path = path_of(put.key);
    if (put.is_root) remember(std::span(&put.key, 1), "put_distributed");
    return start_collective(path, options_, std::move(put));
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
      for (auto key = rest.begin(); key != rest.end(); key = rest.erase(key)) (void)remove(*key);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      put_here_.merge(rest);
      throw;
    }
    if (!claim_) return;
    std::vector<fs::path> objects;
    const bool is_last = claim_->release([&] { objects = object_files(); });
    removes_folder_ = is_last && is_cleared_;
    if (!removes_folder_) return;
    claim_->remove(objects);
    claim_->remove_folder();
  }

 private:
  void require_open(std::string_view verb) const {
    if (closed_) detail::throw_closed(kind(), verb);
  }
  [[nodiscard]] static ErrorContext context(std::string_view operation, const Key& key) {
    return {.connector = "hdf5", .operation = std::string(operation), .key = key};
  }
  [[nodiscard]] fs::path path_of(const Key& key) const {
    return folder_ / (key.to_string() + std::string(suffix));
  }

  [[nodiscard]] Key make_key(std::span<const ByteSpan> parts) const {
    Key key = Key::random();
    key.size = joined_size(parts);
    return key;
  }

  /// Writes the object of @p key, and completes that, unless what is set may change.
  void write_one(const PendingFile& file, Key& key, std::span<const ByteSpan> parts,
                 const ObjectInfo& info, const ErrorContext& where) const {
    const auto checksum = write_object(file.file(), key.to_string(), parts, info, options_, where);
    if (!checksum || key.is_versioned()) return;
    key.checksum = *checksum;
    key.flags |= Key::has_checksum;
  }

  /// A file of one object that waits for its name.
  [[nodiscard]] std::unique_ptr<PendingFile> write(Key& key, std::span<const ByteSpan> parts,
                                                   const ObjectInfo& info,
                                                   const ErrorContext& where) const {
    const Session session;
    auto file = std::make_unique<PendingFile>(path_of(key), options_, where);
    write_one(*file, key, parts, info, where);
    file->finish();
    return file;
  }

  /// A file of many objects, whose keys are @p keys.
  [[nodiscard]] std::unique_ptr<PendingFile> write_all(std::span<const PutRequest> requests,
                                                       std::span<Key> keys,
                                                       const ErrorContext& where) const {
    const Session session;
    auto file = std::make_unique<PendingFile>(path_of(keys.front()), options_, where);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      write_one(*file, keys[i], requests[i].parts, requests[i].options.info, where);
    }
    file->finish();
    return file;
  }

  /// Adds to @p keys those that have names by now.
  void put_some(std::span<const PutRequest> requests, std::vector<Key>& keys) const {
    std::vector<Key> made;
    for (const PutRequest& request : requests) made.push_back(make_key(request.parts));
    const auto file = write_all(requests, made, context("put_batch", made.front()));
    file->sync_data();
    for (const Key& key : made) {
      keys.push_back(key);
      (void)file->link_to(path_of(key));
    }
    file->sync_names();
  }

  [[nodiscard]] static std::optional<StoredObject> read(const Key& key, const fs::path& path,
                                                        const ErrorContext& where) {
    const Session session;
    const auto open = open_file(path, where);
    if (!open) return std::nullopt;
    Expected expected{.has_checksum = (key.flags & Key::has_checksum) != 0};
    if (key.size != Key::unknown_size) expected.size = key.size;
    auto stored = read_object(open->file, key.to_string(), open->held, expected, where);
    if (!stored) {
      throw IntegrityError(path.string() + " does not have the dataset of its name", where);
    }
    return stored;
  }

  [[nodiscard]] std::optional<bool> find(const Key& key) const {
    struct stat info {};
    const auto path = path_of(key);
    if (::lstat(path.c_str(), &info) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR || errno == ESTALE) return std::nullopt;
    detail::throw_system_error(errno, "cannot look for " + path.string(), context("exists", key));
  }

  /// What @p try_once returns, tried again while the medium may still hide the object.
  template <class TryOnce>
  auto look_patiently(const Key& key, const TryOnce& try_once) const -> decltype(try_once()) {
    if (key.is_versioned()) return try_once();  // it may well not be there yet
    const auto timeout = options_.visibility_timeout.value_or(medium_.visibility_timeout());
    return detail::poll_folder(medium_, folder_, timeout, milliseconds(500), try_once);
  }

  [[nodiscard]] bool remove(const Key& key) const {
    const auto path = path_of(key);
    if (::unlink(path.c_str()) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    detail::throw_system_error(errno, "cannot remove " + path.string(), context("evict", key));
  }

  /// The files of all objects, whoever put them, and of half-written ones.
  [[nodiscard]] std::vector<fs::path> object_files() const {
    std::error_code failed;
    std::vector<fs::path> files;
    for (fs::directory_iterator at(folder_, failed), end; !failed && at != end;
         at.increment(failed)) {
      const std::string name = at->path().filename().string();
      const std::size_t dot = name.find('.');
      const std::string rest = dot == std::string::npos ? "" : name.substr(dot);
      const bool is_ours = rest == suffix || rest.starts_with(std::string(suffix) + ".tmp-");
      if (is_ours && Key::parse(name.substr(0, dot))) files.push_back(at->path());
    }
    return files;
  }

  /// Keeps in mind what was put here. A verb that close() overtook removes what close() would have
  /// removed.
  void remember(std::span<const Key> keys, std::string_view verb) {
    const std::lock_guard lock(mutex_);
    if (is_cleared_) {
      for (const Key& key : keys) (void)remove(key);
      if (removes_folder_) claim_->remove_folder();
      detail::throw_closed(kind(), verb);
    }
    // In a folder that a store made all go, whoever put them.
    if (!claim_ || !claim_->is_of_made_folder()) put_here_.insert(keys.begin(), keys.end());
  }

  const Hdf5Options options_;
  const fs::path folder_;
  std::optional<detail::FolderClaim> claim_;  // of one that clears
  detail::Medium medium_;
  std::atomic<bool> closed_{false};
  std::mutex mutex_;
  std::unordered_set<Key> put_here_;
  std::atomic<bool> is_cleared_{false};
  std::atomic<bool> removes_folder_{false};
};

/// Which folder.
ConfigTable identity(const ConfigTable& table) {
  return {{"store_dir", detail::absolute_path(parse(table).store_dir).string()}};
}

}  // namespace hdf5

namespace detail {

void register_hdf5(ConnectorRegistry& registry) {
  registry.add({.name = "hdf5",
                .aliases = {},
                .make =
                    [](const ConfigTable& options, OpenMode mode) {
                      return std::make_shared<hdf5::Hdf5Connector>(hdf5::parse(options), mode);
                    },
                .identity = hdf5::identity});
}

}  // namespace detail
}  // namespace proxystore::inline v0
