// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Processes that die at any moment, and processes that write at once. open(2) to create, rename(2)
// and unlink(2), the steps that readers see, are replaced here by ones that can end the process,
// and writev(2) by one that can write a part, as a signal or a full quota makes it do.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "proxystore/stream/file_queue.hpp"
#include "support.hpp"

namespace {

/// Steps that the process has left; it dies at the next one. Negative: as many as it likes.
int steps_left = -1;

/// Most bytes that a call writes; 0: all. Every second call is interrupted as well.
std::size_t most_written = 0;

/// Names of what was synced, as long as it is given.
std::vector<std::string>* synced = nullptr;

void take_step() {
  if (steps_left == 0) ::raise(SIGKILL);
  if (steps_left > 0) --steps_left;
}

}  // namespace

extern "C" int open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    take_step();
    std::va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
extern "C" ssize_t writev(int fd, const iovec* parts, int count) {
  if (most_written == 0) return ::syscall(SYS_writev, fd, parts, count);
  static bool is_interrupted = false;
  is_interrupted = !is_interrupted;
  if (is_interrupted) {
    errno = EINTR;
    return -1;
  }
  const iovec part{.iov_base = parts->iov_base, .iov_len = std::min(parts->iov_len, most_written)};
  return ::syscall(SYS_writev, fd, &part, 1);
}
extern "C" int fsync(int fd) {
  if (synced != nullptr) {
    synced->push_back(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)));
  }
  return static_cast<int>(::syscall(SYS_fsync, fd));
}
extern "C" int rename(const char* from, const char* to) noexcept {
  take_step();
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
extern "C" int unlink(const char* path) noexcept {
  take_step();
  return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

namespace proxystore::testing {
namespace {

constexpr int most_steps = 40;

/// Runs @p body in processes that die before their first step, their second, and so on, until one
/// lives; after each, runs @p check. Returns how many died.
int die_at_every_step(const std::function<void()>& body, const std::function<void()>& check) {
  for (int steps = 0; steps < most_steps; ++steps) {
    ChildProcess child([&] {
      steps_left = steps;
      body();
    });
    const bool has_died = child.wait() != 0;
    check();
    if (!has_died) return steps;
  }
  ADD_FAILURE() << "no process came to its end";
  return most_steps;
}

/// Keys of the objects that a folder shows, without what put knew of them.
std::vector<Key> visible_in(const fs::path& folder) {
  std::vector<Key> keys;
  for (const auto& name : names_in(folder)) {
    if (name.ends_with(".ready")) keys.push_back(Key::parse(name.substr(0, 36)).value());
  }
  return keys;
}

TEST(FileCrash, a_put_shows_all_or_nothing) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const int deaths =
      die_at_every_step([&] { (void)put(*attach(store->config()), std::string(10'000, 'x')); },
                        [&] {
                          for (const Key& key : visible_in(folder.path())) {
                            EXPECT_EQ(get(*store, key), std::string(10'000, 'x'));
                          }
                        });
  EXPECT_GE(deaths, 3) << "two files are made, and one renamed";
}

TEST(FileCrash, a_first_set_shows_all_or_nothing) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const Key key = store->new_key();
  die_at_every_step([&] { set(*attach(store->config()), key, "text"); },
                    [&] { EXPECT_EQ(get(*store, key), store->exists(key) ? "text" : "(absent)"); });
  EXPECT_EQ(get(*store, key), "text");
}

TEST(FileCrash, a_later_set_shows_the_old_version_or_the_new) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const Key key = store->new_key();
  const int deaths = die_at_every_step(
      [&] {
        const int free_steps = std::exchange(steps_left, -1);
        const auto setter = attach(store->config());
        set(*setter, key, "the old version");
        steps_left = free_steps;
        set(*setter, key, "new");
      },
      [&] {
        EXPECT_THAT(get(*store, key), ::testing::AnyOf("the old version", "new"));
        std::vector<std::byte> target(100);
        EXPECT_TRUE(store->get_into(key, target).has_value());
      });
  EXPECT_GE(deaths, 4) << "data and marker are made and renamed";
  EXPECT_EQ(get(*store, key), "new");
  set(*store, key, "newer");
  EXPECT_EQ(get(*store, key), "newer");
}

TEST(FileCrash, set_after_set_may_die_at_any_step) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const Key key = store->new_key();
  set(*store, key, "0");
  for (int version = 1; version < 12; ++version) {
    ChildProcess child([&] {
      steps_left = version % 6;
      set(*attach(store->config()), key, std::to_string(version));
    });
    (void)child.wait();
    EXPECT_NE(get(*store, key), "(absent)") << version;
  }
}

TEST(FileCrash, a_first_set_may_die_and_another_is_taken_or_refused) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  for (int steps = 0; steps < most_steps; ++steps) {
    const Key key = store->new_key();
    ChildProcess child([&] {
      steps_left = steps;
      set(*attach(store->config()), key, "theirs", {.only_first = true});
    });
    (void)child.wait();
    const std::string before = get(*store, key);
    try {
      set(*store, key, "ours", {.only_first = true});
      EXPECT_EQ(before, "(absent)");
      EXPECT_EQ(get(*store, key), "ours");
    } catch (const AlreadySetError&) {
      EXPECT_EQ(get(*store, key), "theirs");
    }
  }
}

TEST(FileCrash, what_a_dead_setter_left_does_not_come_back_after_an_evict) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  for (int steps = 0; steps < most_steps; ++steps) {
    const Key key = store->new_key();
    ChildProcess child([&] {
      steps_left = steps;
      set(*attach(store->config()), key, "theirs");
    });
    (void)child.wait();
    store->evict(key);
    EXPECT_EQ(get(*store, key), "(absent)");
    set(*store, key, "ours", {.only_first = true});
    EXPECT_EQ(get(*store, key), "ours");
  }
}

TEST(FileCrash, leases_of_processes_that_died_taking_them_end) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const Key key = put(*store, "text");
  die_at_every_step(
      [&] {
        const auto other = attach(store->config());
        const auto lease = other->lease(key, LeaseMode::exclusive, milliseconds(50));
        if (lease) other->unlease(*lease);
      },
      [&] {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        auto lease = store->lease(key, LeaseMode::exclusive, patience);
        while (!lease && std::chrono::steady_clock::now() < deadline) {
          std::this_thread::sleep_for(milliseconds(1));
          lease = store->lease(key, LeaseMode::exclusive, patience);
        }
        ASSERT_TRUE(lease.has_value());
        store->unlease(*lease);
      });
}

TEST(FileCrash, a_queue_keeps_whole_messages_when_producers_and_consumers_die) {
  const TemporaryFolder folder;
  FileQueue queue(folder / "queue");
  const auto text = [](const std::optional<Bytes>& message) {
    return message ? std::string(message->text()) : "(over)";
  };
  die_at_every_step(
      [&] { (void)FileQueue(folder / "queue").push(Bytes::copy_of(bytes_of("theirs"))); },
      [&] {
        for (; queue.size() > 0;) EXPECT_EQ(text(queue.pop(patience)), "theirs");
        (void)queue.push(Bytes::copy_of(bytes_of("ours")));
        EXPECT_EQ(text(queue.pop(patience)), "ours");
      });
  (void)queue.push(Bytes::copy_of(bytes_of("for the next")));
  die_at_every_step([&] { (void)FileQueue(folder / "queue").pop(patience); },
                    [&] {
                      (void)queue.push(Bytes::copy_of(bytes_of("first")));
                      (void)queue.push(Bytes::copy_of(bytes_of("second")));
                      std::string last;
                      while (queue.size() > 0) last = text(queue.pop(patience));
                      EXPECT_EQ(last, "second");
                      (void)queue.push(Bytes::copy_of(bytes_of("for the next")));
                    });
}

TEST(FileCrash, an_evict_shows_all_or_nothing) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const Key key = put(*store, "text");
  die_at_every_step([&] { attach(store->config())->evict(key); },
                    [&] {
                      EXPECT_EQ(get(*store, key), store->exists(key) ? "text" : "(absent)");
                      // Python looks at the marker only, and then opens the data.
                      EXPECT_LE(fs::exists(marker_file(folder.path(), key)),
                                fs::exists(data_file(folder.path(), key)));
                    });
  EXPECT_THAT(objects_in(folder.path()), IsEmpty());
}

TEST(FileCrash, what_dead_processes_leave_is_cleared_with_the_rest) {
  const TemporaryFolder parent;
  const auto store = open_store(parent / "store");
  die_at_every_step([&] { (void)put(*attach(store->config()), "x"); }, [] {});
  store->close();
  EXPECT_FALSE(fs::exists(parent / "store"));
}

/// Objects of one character each, so that a part of one can be told from all of one.
TEST(FileCrash, a_killed_process_leaves_whole_objects) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const std::size_t size = 300'000;
  for (int round = 0; round < 10; ++round) {
    const Pipe pipe;
    ChildProcess child([&] {
      const auto writer = attach(store->config());
      while (true) {
        (void)put(*writer, std::string(size, static_cast<char>('a' + round)));
        pipe.send(round);
      }
    });
    for (int i = 0; i < 3; ++i) (void)pipe.receive<int>();
    child.kill();
    const auto keys = visible_in(folder.path());
    EXPECT_GE(keys.size(), 3U);
    for (const Key& key : keys) {
      const std::string text = get(*store, key);
      ASSERT_EQ(text.size(), size);
      ASSERT_EQ(static_cast<std::size_t>(std::count(text.begin(), text.end(), text[0])), size);
      store->evict(key);
    }
  }
}

TEST(FileSync, has_the_names_of_new_folders_on_the_medium) {
  const TemporaryFolder folder;
  std::vector<std::string> names;
  synced = &names;
  const FileOptions options{.store_dir = folder / "new" / "store", .fsync = true, .fanout = 2};
  const auto store = open_store(options);
  EXPECT_THAT(names, ::testing::IsSupersetOf({folder.path().string(), (folder / "new").string()}));
  names.clear();
  const Key key = put(*store, "text");
  EXPECT_THAT(names, ::testing::Contains(options.store_dir.string()));
  names.clear();
  // Another process may find the folder before its name is on the medium.
  set(*attach(store->config()), key, "text");
  EXPECT_THAT(names, ::testing::Contains(options.store_dir.string()));
  synced = nullptr;
}

TEST(FileShortWrite, is_continued_where_it_ended) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const std::string text = "parts of several sizes, written a few bytes at a time";
  const std::vector<ByteSpan> parts = {
      bytes_of(text).first(1), {}, bytes_of(text).subspan(1, 20), bytes_of(text).subspan(21)};
  for (const std::size_t most : {1U, 7U, 20U}) {
    most_written = most;
    const Key key = store->put(parts, {});
    most_written = 0;
    EXPECT_EQ(get(*store, key), text);
  }
}

TEST(FileProcesses, two_set_one_key_and_readers_see_no_mixture) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const Key key = store->new_key();
  const std::string ours(20'000, 'a');
  const std::string theirs(50'000, 'b');
  set(*store, key, ours);
  const Pipe pipe;
  ChildProcess child([&] {
    const auto other = attach(store->config());
    pipe.send(1);
    for (int i = 0; i < 200; ++i) {
      set(*other, key, theirs);
      const std::string seen = get(*other, key);
      require(seen == ours || seen == theirs, "the child sees one version");
    }
  });
  (void)pipe.receive<int>();
  for (int i = 0; i < 200; ++i) {
    set(*store, key, ours);
    const std::string seen = get(*store, key);
    ASSERT_TRUE(seen == ours || seen == theirs);
  }
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(objects_in(folder.path()).size(), 2U);
}

TEST(FileProcesses, a_killed_setter_leaves_no_lock) {
  const TemporaryFolder folder;
  const auto store = open_store(folder.path());
  const Key key = store->new_key();
  for (int round = 0; round < 10; ++round) {
    const Pipe pipe;
    ChildProcess child([&] {
      const auto other = attach(store->config());
      for (int i = 0;; ++i) {
        set(*other, key, std::string(static_cast<std::size_t>(1'000 + i % 7), 'b'));
        if (i == 3) pipe.send(1);
      }
    });
    (void)pipe.receive<int>();
    child.kill();
    EXPECT_NE(get(*store, key), "(absent)");
    set(*store, key, "mine");
    EXPECT_EQ(get(*store, key), "mine");
  }
}

}  // namespace
}  // namespace proxystore::testing
