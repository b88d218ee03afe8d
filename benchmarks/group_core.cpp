// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// What the core costs, beside what a program would do by hand.
#include <array>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <proxystore/proxystore.hpp>

#include "measure.hpp"

namespace ps = proxystore;

namespace bench {

namespace {

using Field = std::vector<double>;

constexpr double microsecond = 1e-6;
constexpr std::size_t kibibyte = std::size_t{1} << 10U;
constexpr std::size_t mebibyte = std::size_t{1} << 20U;

Field field_of(std::size_t bytes) {
  return Field(bytes / sizeof(double), 1.5);
}

/// A folder that goes away with it.
class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() /
              ("proxystore-bench-" + ps::Key::random().to_string())) {
    std::filesystem::create_directories(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::shared_ptr<ps::Store> file_store(const Folder& folder) {
  return ps::Store::create("bench", ps::FileOptions{.store_dir = folder.path()}, {.cache_size = 0});
}

void add(Session& session, Row row, const Medians& medians) {
  row.ours = medians.ours;
  row.reference = medians.reference;
  session.add(std::move(row));
}

void wire(Session& session) {
  say("proxies on the wire");
  const Folder folder;
  const auto store = file_store(folder);
  const auto proxy = store->proxy(field_of(8 * kibibyte));
  const auto bytes = ps::to_bytes(proxy);
  std::array<char, 128> from{1};
  std::array<char, 128> to{};
  auto copy = together(session, [&] {
    keep(from);
    std::memcpy(to.data(), from.data(), to.size());
    keep(to);
  });
  auto write = together(session, [&] { keep(ps::to_bytes(proxy)); });
  auto read = together(session, [&] { keep(ps::from_bytes<Field>(bytes)); });
  const auto written = in_turns(session, write, copy);
  const auto is_read = in_turns(session, read, copy);
  add(session, {.name = "proxy to the wire vs memcpy of 128 bytes"}, written);
  add(session, {.name = "proxy from the wire vs memcpy of 128 bytes"}, is_read);
  session.add({.name = "proxy to the wire and back vs 1 us",
               .ours = written.ours + is_read.ours,
               .reference = microsecond,
               .budget = 1.0});
  const std::size_t names = store->name().size() + folder.path().string().size();
  session.add({.name = "bytes of a proxy vs 160 and the names in it",
               .ours = static_cast<double>(bytes.size()),
               .reference = static_cast<double>(160 + names),
               .budget = 1.0,
               .unit = Unit::bytes});
}

void cached(Session& session) {
  say("objects that are there already");
  const auto store = ps::Store::create("bench", ps::LocalOptions{});
  const auto key = store->put(field_of(8 * kibibyte));
  keep(store->get<Field>(key));
  std::mutex mutex;
  std::unordered_map<ps::Key, std::shared_ptr<const Field>> table;
  table[key] = std::make_shared<const Field>(1000);
  auto get = together(session, [&] { keep(store->get<Field>(key)); });
  auto look_up = together(session, [&] {
    const std::lock_guard lock(mutex);
    keep(std::shared_ptr<const Field>(table.at(key)));
  });
  add(session, {.name = "get of a cached object vs look-up under a mutex", .budget = 2.0},
      in_turns(session, get, look_up));

  const ps::Proxy<Field> proxy([] { return Field(1000); });
  proxy.resolve();
  const auto object = std::make_unique<const Field>(1000);
  auto dereference = together(session, [&] { keep(*proxy->data()); });
  auto follow = together(session, [&] {
    keep(object);
    keep(*object->data());
  });
  add(session, {.name = "dereference of a resolved proxy vs a pointer"},
      in_turns(session, dereference, follow));
}

/// What a store adds to its connector must not depend on the size: nothing is copied.
void overhead(Session& session) {
  say("the store without a connector's work");
  const auto store = ps::Store::create("bench", ps::NullOptions{});
  const Field small = field_of(kibibyte);
  const Field large = field_of(16 * mebibyte);
  const auto compare = [&](const std::string& what, auto work) {
    add(session, {.name = what + " vs of 1 KiB", .size = 16 * mebibyte},
        in_turns(session, together(session, [&, work] { work(large); }),
                 together(session, [&, work] { work(small); })));
  };
  compare("put into null", [&](const Field& field) { keep(store->put(field)); });
  compare("proxy into null", [&](const Field& field) { keep(store->proxy(field)); });
  compare("serialize", [](const Field& field) { keep(ps::serialize(field)); });
}

void require(bool is_done, const char* what) {
  if (!is_done) throw std::runtime_error(std::string(what) + " failed");
}

/// As the store does it: under another name, then renamed, then marked as complete.
void write_by_hand(const std::string& name, const Field& field) {
  const std::string temporary = name + ".tmp";
  const std::size_t size = field.size() * sizeof(double);
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666);
  require(::write(fd, field.data(), size) == static_cast<ssize_t>(size), "write");
  ::close(fd);
  require(::rename(temporary.c_str(), name.c_str()) == 0, "rename");
  ::close(::open((name + ".ready").c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666));
}

void read_by_hand(const std::string& name, std::size_t size) {
  const int fd = ::open(name.c_str(), O_RDONLY);
  void* memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  require(memory != MAP_FAILED, "mmap");
  const ps::ByteSpan part(static_cast<const std::byte*>(memory), size);
  keep(ps::checksum_of(std::span(&part, 1)));
  ::munmap(memory, size);
  ::close(fd);
}

void files(Session& session) {
  const Folder store_folder;
  const Folder folder;
  const auto store = file_store(store_folder);
  const std::string name = (folder.path() / "object").string();
  const auto remove = [&] {
    ::unlink((name + ".ready").c_str());
    ::unlink(name.c_str());
  };
  for (const std::size_t size : {kibibyte, mebibyte, 16 * mebibyte}) {
    say("files of " + std::to_string(size) + " bytes");
    const Field field = field_of(size);
    auto put = one_by_one(
        session, [&] { return store->put(field); }, [&](const ps::Key& key) { store->evict(key); });
    auto write = one_by_one(
        session, [&] { return (write_by_hand(name, field), 0); }, [&](int) { remove(); });
    add(session, {.name = "file put vs write, rename, mark", .size = size, .budget = 1.2},
        in_turns(session, put, write));

    const auto key = store->put(ps::Bytes::own(std::vector<std::byte>(size)));
    write_by_hand(name, field);
    auto get = together(session, [&] { keep(store->get<ps::Bytes>(key)); });
    auto read = together(session, [&] { read_by_hand(name, size); });
    add(session, {.name = "file get vs mmap, checksum", .size = size, .budget = 1.2},
        in_turns(session, get, read));
    remove();
  }
}

const Registration registration({.name = "core", .run = [](Session& session) {
                                   wire(session);
                                   cached(session);
                                   overhead(session);
                                   files(session);
                                 }});

}  // namespace

}  // namespace bench
