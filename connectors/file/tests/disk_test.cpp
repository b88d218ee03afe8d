// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Disks that are full or read-only. Every test here needs a file system of its own.
#include "conformance/tmpfs.hpp"
#include "detail/medium.hpp"
#include "support.hpp"

namespace proxystore::testing {
namespace {

#define PROXYSTORE_NEEDS_MOUNT() \
  if (!Tmpfs::obstacle().empty()) GTEST_SKIP() << Tmpfs::obstacle()

TEST(FileFullDisk, a_failed_put_leaves_nothing) {
  PROXYSTORE_NEEDS_MOUNT();
  for (const int fanout : {0, 2}) {
    const Tmpfs disk("1m");
    const auto store = open_store(
        FileOptions{.store_dir = disk.path() / "store", .clear = false, .fanout = fanout});
    const Key kept = put(*store, std::string(200'000, 'x'));
    const auto count = [&] {
      std::size_t files = 0;
      for (const auto& entry : fs::recursive_directory_iterator(disk.path() / "store")) {
        files += entry.is_regular_file() ? 1 : 0;
      }
      return files;
    };
    EXPECT_THAT([&] { (void)put(*store, std::string(2'000'000, 'y')); },
                ThrowsMessage<CapacityError>(AllOf(HasSubstr((disk.path() / "store").string()),
                                                   HasSubstr("No space left"))));
    EXPECT_EQ(count(), 2U);
    EXPECT_EQ(get(*store, kept), std::string(200'000, 'x'));
    EXPECT_EQ(get(*store, put(*store, std::string(400'000, 'z'))).size(), 400'000U);
  }
}

TEST(FileFullDisk, a_failed_set_keeps_the_old_version) {
  PROXYSTORE_NEEDS_MOUNT();
  const Tmpfs disk("1m");
  const auto store = open_store(FileOptions{.store_dir = disk.path(), .clear = false});
  const Key key = store->new_key();
  set(*store, key, std::string(200'000, 'x'));
  EXPECT_THROW(set(*store, key, std::string(2'000'000, 'y')), CapacityError);
  EXPECT_EQ(get(*store, key), std::string(200'000, 'x'));
  const Key other = store->new_key();
  EXPECT_THROW(set(*store, other, std::string(2'000'000, 'y')), CapacityError);
  EXPECT_FALSE(store->exists(other));
  EXPECT_EQ(names_in(disk.path()).size(), 2U);
}

/// The last blocks and inodes go to one file after the other: each step of a put is the one that
/// fails, in its turn.
TEST(FileFullDisk, any_step_may_be_the_one_without_room) {
  PROXYSTORE_NEEDS_MOUNT();
  const Tmpfs disk("1m,nr_inodes=12");
  const auto store = open_store(FileOptions{.store_dir = disk.path() / "store", .clear = false});
  for (int free_inodes = 0; free_inodes < 12; ++free_inodes) {
    const std::string filler = (disk.path() / ("filler" + std::to_string(free_inodes))).string();
    const auto before = names_in(disk.path() / "store");
    try {
      const Key key = put(*store, "x");
      EXPECT_EQ(get(*store, key), "x");
      store->evict(key);
    } catch (const CapacityError&) {
    }
    EXPECT_EQ(names_in(disk.path() / "store"), before);
    write_file(filler, "");
  }
  EXPECT_THROW(put(*store, "x"), CapacityError);
}

TEST(FileMedium, is_known_to_hide_no_files_or_to_do_so) {
  PROXYSTORE_NEEDS_MOUNT();
  const TemporaryFolder folder;
  ASSERT_EQ(::mount("none", folder.path().c_str(), "ramfs", 0, ""), 0);
  EXPECT_EQ(detail::Medium::of(folder.path()).visibility_timeout(), milliseconds(0));
  EXPECT_EQ(detail::Medium::of(folder.path()).name, "ramfs");
  ::umount2(folder.path().c_str(), MNT_DETACH);
  EXPECT_GT(detail::Medium::of(folder / "nothing").visibility_timeout(), milliseconds(0));
  for (const unsigned overlay_9p_ceph_beegfs :
       {0x794C7630U, 0x01021997U, 0x00C36400U, 0x19830326U}) {
    EXPECT_FALSE(detail::Medium::by_number(overlay_9p_ceph_beegfs).may_hide_files);
  }
  for (const unsigned nfs_fuse_unknown : {0x6969U, 0x65735546U, 0x12345678U}) {
    EXPECT_TRUE(detail::Medium::by_number(nfs_fuse_unknown).may_hide_files);
  }
}

TEST(FileReadOnly, a_read_only_disk_can_be_read) {
  PROXYSTORE_NEEDS_MOUNT();
  const Tmpfs disk("1m");
  const auto store = open_store(disk.path());
  const Key key = put(*store, "x");
  const Key deferred = store->new_key();
  set(*store, deferred, "first");
  disk.make_read_only();
  const auto refused =
      ThrowsMessage<AccessError>(AllOf(HasSubstr(disk.path().string()), HasSubstr("Read-only")));
  EXPECT_THAT([&] { (void)put(*store, "y"); }, refused);
  EXPECT_THAT([&] { set(*store, deferred, "second"); }, refused);
  EXPECT_THAT([&] { store->evict(key); }, refused);
  EXPECT_THAT([&] { (void)open_store(disk.path() / "new"); }, refused);
  EXPECT_EQ(get(*store, key), "x");
  EXPECT_EQ(get(*store, deferred), "first");
  EXPECT_EQ(get(*attach(store->config()), key), "x");
}

}  // namespace
}  // namespace proxystore::testing
