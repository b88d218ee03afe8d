// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Files and folders that the system refuses.
#include <csignal>

#include <grp.h>
#include <sys/resource.h>
#include <unistd.h>

#include "proxystore/stream/file_queue.hpp"
#include "support.hpp"

namespace proxystore::testing {
namespace {

/// Runs @p body in a process that permissions apply to, and expects it to succeed.
void as_nobody(const std::function<void()>& body) {
  ChildProcess child([&] {
    constexpr id_t nobody = 65534;
    if (::geteuid() == 0) {  // root writes through permissions
      require(::setgroups(0, nullptr) == 0, "dropping groups");
      require(::setresgid(nobody, nobody, nobody) == 0, "dropping the group");
      require(::setresuid(nobody, nobody, nobody) == 0, "dropping the user");
    }
    body();
  });
  EXPECT_EQ(child.wait(), 0);
}

/// For child processes: throws unless @p body throws an Error whose text holds @p where.
template <class Error>
void require_throws(const std::function<void()>& body, const std::string& where) {
  try {
    body();
  } catch (const Error& error) {
    require(std::string(error.what()).find(where) != std::string::npos,
            "'" + std::string(error.what()) + "' names " + where);
    return;
  }
  throw std::runtime_error("nothing was thrown");
}

void permit(const fs::path& path, unsigned mode) {
  fs::permissions(path, static_cast<fs::perms>(mode));
}

TEST(FilePermissions, a_limit_on_file_sizes_is_the_same_error) {
  const TemporaryFolder folder;
  permit(folder.path(), 0777);
  as_nobody([&] {
    const rlimit limit{.rlim_cur = 64 * 1024, .rlim_max = 64 * 1024};
    require(::setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
    const auto store = open_store(FileOptions{.store_dir = folder.path(), .clear = false});
    require_throws<CapacityError>([&] { (void)put(*store, std::string(100'000, 'x')); },
                                  folder.path().string());
    require_throws<CapacityError>([&] { set(*store, store->new_key(), std::string(100'000, 'x')); },
                                  folder.path().string());
    FileQueue queue(folder / "queue");
    require_throws<CapacityError>(
        [&] { (void)queue.push(Bytes::copy_of(bytes_of(std::string(100'000, 'x')))); },
        folder.path().string());
    FileQueue::remove(folder / "queue");
  });
  EXPECT_THAT(names_in(folder.path()), IsEmpty());
}

TEST(FilePermissions, a_folder_that_may_not_be_written) {
  const TemporaryFolder folder;
  const Key key = put(*open_store(folder.path()), "x");
  permit(folder.path(), 0555);
  as_nobody([&] {
    const auto store = open_store(folder.path());
    require(get(*store, key) == "x", "reading is allowed");
    const std::string where = folder.path().string();
    require_throws<AccessError>([&] { (void)put(*store, "y"); }, where);
    require_throws<AccessError>([&] { set(*store, store->new_key(), "y"); }, where);
    require_throws<AccessError>([&] { store->evict(key); }, where);
    require_throws<AccessError>([&] { (void)open_store(folder / "below"); }, where);
    store->close();
  });
  permit(folder.path(), 0755);
  EXPECT_EQ(names_in(folder.path()).size(), 2U);
}

TEST(FilePermissions, a_file_that_may_not_be_read) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const Key key = put(*store, "x");
  permit(data_file(folder.path(), key), 0);
  as_nobody([&] {
    const auto reader = attach(store->config());
    require_throws<AccessError>([&] { (void)reader->get(key); }, key.to_string());
    require_throws<AccessError>([&] { (void)reader->get_range(key, 0, 1); }, key.to_string());
  });
}

/// Not "absent": the caller would believe that the object was never there.
TEST(FilePermissions, a_folder_that_may_not_be_entered) {
  const TemporaryFolder folder;
  const auto store = open_store(folder / "store");
  const Key key = put(*store, "x");
  permit(folder / "store", 0600);
  as_nobody([&] {
    const auto reader = attach(store->config());
    require_throws<AccessError>([&] { (void)reader->exists(key); }, key.to_string());
    require_throws<AccessError>([&] { (void)reader->get(key); }, key.to_string());
  });
  permit(folder / "store", 0700);
}

/// fsync of a folder needs it open for reading; here it can be written but not read.
TEST(FilePermissions, a_put_that_cannot_be_synced_leaves_nothing) {
  const TemporaryFolder folder;
  permit(folder.path(), 0333);
  as_nobody([&] {
    const auto store =
        open_store(FileOptions{.store_dir = folder.path(), .clear = false, .fsync = true});
    require_throws<AccessError>([&] { (void)put(*store, "x"); }, folder.path().string());
  });
  permit(folder.path(), 0777);
  EXPECT_THAT(names_in(folder.path()), IsEmpty());
}

}  // namespace
}  // namespace proxystore::testing
