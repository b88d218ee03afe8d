// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Which files hold an object, so that Python reads them and its files are read here.
#include <unistd.h>

#include "support.hpp"

namespace proxystore::testing {
namespace {

constexpr const char* python_id = "6f1c3c1e-0d0a-4c44-9b8a-3f1f6c1d2e3f";

TEST(FileLayout, an_object_is_two_files_as_in_python) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const Key key = put(*store, "BS\nhello");
  EXPECT_THAT(objects_in(folder.path()), ElementsAre(key.to_string(), key.to_string() + ".ready"));
  EXPECT_EQ(read_file(data_file(folder.path(), key)), "BS\nhello");
  EXPECT_EQ(fs::file_size(marker_file(folder.path(), key)), 0U);
}

TEST(FileLayout, evict_removes_both_files) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  store->evict(put(*store, "x"));
  EXPECT_THAT(objects_in(folder.path()), IsEmpty());
}

TEST(FileLayout, reads_what_python_wrote) {
  const TemporaryFolder folder;
  const std::string text = "BS\nwritten by Python";
  write_file(folder / python_id, text);
  write_file(folder / (std::string(python_id) + ".ready"), "");
  const auto store = open_store(FileOptions{.store_dir = folder.path(), .clear = false});
  const Key key = Key::parse(python_id).value();
  EXPECT_TRUE(store->exists(key));
  EXPECT_EQ(get(*store, key), text);
  EXPECT_EQ(store->get_range(key, 3, 7)->text(), "written");
  std::vector<std::byte> target(text.size());
  EXPECT_EQ(store->get_into(key, target), text.size());
  store->evict(key);
  EXPECT_THAT(names_in(folder.path()), IsEmpty());
}

TEST(FileLayout, reads_a_key_that_python_sets_later) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const Key key = store->new_key();
  write_file(data_file(folder.path(), key), "BS\nset by Python");
  EXPECT_FALSE(store->exists(key));
  write_file(marker_file(folder.path(), key), "");
  EXPECT_TRUE(store->wait(key, milliseconds(0)));
  EXPECT_EQ(get(*store, key), "BS\nset by Python");
}

TEST(FileLayout, a_deferred_object_has_the_same_names) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const Key key = store->new_key();
  set(*store, key, "BS\nfirst");
  set(*store, key, "BS\nsecond");
  EXPECT_THAT(objects_in(folder.path()), ElementsAre(key.to_string(), key.to_string() + ".ready"));
  EXPECT_EQ(read_file(data_file(folder.path(), key)), "BS\nsecond");
}

TEST(FileLayout, fanout_is_by_the_first_digits) {
  for (const int digits : {1, 2}) {
    const TemporaryFolder folder;
    const auto store = open_store(FileOptions{.store_dir = folder.path(), .fanout = digits});
    const Key key = put(*store, "x");
    const std::string name = key.to_string();
    EXPECT_TRUE(
        fs::exists(folder.path() / name.substr(0, static_cast<std::size_t>(digits)) / name));
    EXPECT_EQ(get(*attach(store->config()), key), "x");
  }
}

TEST(FileLayout, python_options_are_accepted) {
  const TemporaryFolder folder;
  const auto store =
      open_store({.kind = "proxystore.connectors.file.FileConnector",
                  .options = {{"store_dir", folder.path().string()}, {"buffering", -1}}});
  EXPECT_EQ(store->kind(), "file");
}

TEST(FileLayout, case15_a_relative_folder_survives_a_change_of_directory) {
  const TemporaryFolder folder;
  ChildProcess child([&] {
    require(::chdir(folder.path().c_str()) == 0, "chdir to the test's folder");
    const auto store = open_store("store");
    const Key before = put(*store, "before");
    require(::chdir("/") == 0, "chdir to /");
    require(get(*store, before) == "before", "get after chdir");
    const Key after = put(*store, "after");
    require(fs::exists(data_file(folder / "store", after)), "put after chdir");
    require(get(*attach(store->config()), after) == "after", "the configuration is absolute");
    store->close();
    require(!fs::exists(folder / "store"), "close after chdir");
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(FileLayout, identity_ignores_how_the_folder_is_written) {
  const auto identity = [](const std::string& path) {
    return ConnectorRegistry::global().identity(FileOptions{.store_dir = path});
  };
  EXPECT_EQ(identity("/a/b"), identity("/a/b/"));
  EXPECT_EQ(identity("/a/b"), identity("/a/./c/../b"));
  EXPECT_EQ(identity("here"), identity(fs::current_path() / "here"));
  EXPECT_NE(identity("/a/b"), identity("/a/c"));
  const auto& registry = ConnectorRegistry::global();
  EXPECT_EQ(registry.identity(FileOptions{.store_dir = "/a", .clear = false, .checksum = false}),
            registry.identity(FileOptions{.store_dir = "/a"}));
  EXPECT_NE(registry.identity(FileOptions{.store_dir = "/a", .fanout = 1}),
            registry.identity(FileOptions{.store_dir = "/a"}));
}

TEST(FileLayout, fsync_stores_the_same) {
  const TemporaryFolder folder;
  const auto store =
      open_store(FileOptions{.store_dir = folder.path(), .fsync = true, .fanout = 1});
  EXPECT_EQ(get(*store, put(*store, "synced")), "synced");
  const Key key = store->new_key();
  set(*store, key, "synced too");
  EXPECT_EQ(get(*store, key), "synced too");
}

TEST(FileLayout, reading_maps_or_copies_as_asked) {
  const TemporaryFolder folder;
  const auto memory_of = [&](FileOptions::Read read, std::size_t size) {
    const auto store =
        open_store(FileOptions{.store_dir = folder.path(), .clear = false, .read = read});
    return store->get(put(*store, std::string(size, 'x')))->memory();
  };
  using Read = FileOptions::Read;
  EXPECT_EQ(memory_of(Read::map, 10), Bytes::Memory::mapped);
  EXPECT_EQ(memory_of(Read::copy, 1U << 20U), Bytes::Memory::heap);
  EXPECT_EQ(memory_of(Read::automatic, 10), Bytes::Memory::heap);
}

}  // namespace
}  // namespace proxystore::testing
