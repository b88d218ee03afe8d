// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// What close removes, and above all what it does not.
#include <future>

#include "support.hpp"

namespace proxystore::testing {
namespace {

TEST(FileClear, case12_a_folder_made_here_goes_with_all_objects) {
  const TemporaryFolder parent;
  const fs::path folder = parent / "store";
  const auto store = open_store(folder);
  (void)put(*store, "mine");
  (void)put(*attach(store->config()), "of one who attached");
  write_file(folder / (Key::random().to_string() + ".tmp-1-1"), "half");
  write_file(folder / (Key::random().to_string() + ".ready"), "");
  store->close();
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_TRUE(fs::exists(parent.path()));
}

TEST(FileClear, a_folder_made_here_stays_for_foreign_files) {
  const TemporaryFolder parent;
  const fs::path folder = parent / "store";
  const auto store = open_store(folder);
  (void)put(*store, "mine");
  write_file(folder / "notes.txt", "keep");
  write_file(folder / (Key::random().to_string() + ".bak"), "keep");
  fs::create_directory(folder / "subfolder");
  write_file(folder / "subfolder" / Key::random().to_string(), "keep");
  store->close();
  EXPECT_EQ(names_in(folder).size(), 3U);
  EXPECT_EQ(names_in(folder / "subfolder").size(), 1U);
}

TEST(FileClear, other_peoples_folders_are_not_taken_for_fanout) {
  const TemporaryFolder parent;
  const TemporaryFolder elsewhere;
  const fs::path folder = parent / "store";
  const std::string name = Key::random().to_string();
  write_file(elsewhere / name, "keep");
  for (const int fanout : {0, 1}) {
    const auto store = open_store(FileOptions{.store_dir = folder, .fanout = fanout});
    const char digit = put(*store, "mine").to_string().front() == 'f' ? 'e' : 'f';
    const fs::path unused = folder / std::string(1, digit);
    fs::create_directories(folder / "ab" / "cd");
    write_file(folder / "ab" / name, "keep");
    write_file(folder / "ab" / "cd" / name, "keep");
    fs::create_directory_symlink(elsewhere.path(), folder / "link");
    fs::create_directory_symlink(elsewhere.path(), unused);
    store->close();
    EXPECT_THAT(names_in(folder), ElementsAre("ab", unused.filename().string(), "link"));
    EXPECT_TRUE(fs::exists(folder / "ab" / name));
    EXPECT_TRUE(fs::exists(folder / "ab" / "cd" / name));
    EXPECT_TRUE(fs::exists(elsewhere / name));
    fs::remove_all(folder);
  }
}

TEST(FileClear, in_a_folder_that_existed_only_its_own_objects_go) {
  const TemporaryFolder folder;
  const auto other = open_store(FileOptions{.store_dir = folder.path(), .clear = false});
  const Key kept = put(*other, "of another");
  const Key kept_deferred = other->new_key();
  set(*other, kept_deferred, "of another, deferred");
  write_file(folder / "notes.txt", "keep");
  const auto store = open_store(folder.path());
  (void)put(*store, "mine");
  set(*store, store->new_key(), "mine, deferred");
  store->evict(put(*store, "mine, evicted"));
  store->close();
  EXPECT_EQ(names_in(folder.path()).size(), 5U);
  EXPECT_EQ(get(*other, kept), "of another");
  EXPECT_EQ(get(*other, kept_deferred), "of another, deferred");
}

TEST(FileClear, a_folder_that_existed_stays_though_it_is_empty) {
  const TemporaryFolder parent;
  const fs::path folder = parent / "existed";
  fs::create_directory(folder);
  const auto store = open_store(folder);
  (void)put(*store, "mine");
  store->close();
  EXPECT_THAT(names_in(folder), IsEmpty());
}

TEST(FileClear, a_trailing_slash_changes_nothing) {
  const TemporaryFolder parent;
  const auto store = open_store((parent / "store").string() + "/");
  (void)put(*attach(store->config()), "of one who attached");
  store->close();
  EXPECT_FALSE(fs::exists(parent / "store"));
}

TEST(FileClear, fanout_folders_go_too) {
  const TemporaryFolder parent;
  const auto store = open_store(FileOptions{.store_dir = parent / "store", .fanout = 2});
  for (int i = 0; i < 50; ++i) (void)put(*store, "x");
  store->close();
  EXPECT_FALSE(fs::exists(parent / "store"));
}

TEST(FileClear, case13_close_can_override_the_option) {
  const TemporaryFolder parent;
  const auto kept = open_store(parent / "kept");
  const Key key = put(*kept, "x");
  kept->close({.clear = false});
  EXPECT_EQ(get(*open_store(FileOptions{.store_dir = parent / "kept"}), key), "x");
  const auto cleared = open_store(FileOptions{.store_dir = parent / "cleared", .clear = false});
  (void)put(*cleared, "x");
  cleared->close({.clear = true});
  EXPECT_THAT(names_in(parent / "cleared"),
              IsEmpty());  // that it clears came too late for the folder
}

TEST(FileClear, option_off_keeps_everything) {
  const TemporaryFolder parent;
  const auto store = open_store(FileOptions{.store_dir = parent / "store", .clear = false});
  (void)put(*store, "x");
  store->close();
  EXPECT_EQ(names_in(parent / "store").size(), 2U);
}

TEST(FileClear, without_close_nothing_is_removed) {
  const TemporaryFolder parent;
  (void)put(*open_store(parent / "store"), "x");
  EXPECT_EQ(names_in(parent / "store").size(), 2U);
}

/// They are one creator, whichever made the folder: the last one clears.
TEST(FileClear, case14_two_on_one_folder_both_close) {
  const TemporaryFolder parent;
  for (const bool made_it_ends_first : {true, false}) {
    const auto maker = open_store(parent / "store");
    const auto other = open_store(parent / "store");
    const Key of_maker = put(*maker, "x");
    const Key of_other = put(*other, "y");
    (made_it_ends_first ? maker : other)->close();
    const auto reader = attach(maker->config());
    EXPECT_EQ(get(*reader, of_maker), "x");
    EXPECT_EQ(get(*reader, of_other), "y");
    (made_it_ends_first ? other : maker)->close();
    EXPECT_FALSE(fs::exists(parent / "store"));
  }
}

TEST(FileClear, what_another_process_creates_stays_until_that_ends) {
  const TemporaryFolder parent;
  const Pipe to_child;
  const Pipe from_child;
  ChildProcess child([&] {
    const auto store = open_store(parent / "store");
    from_child.send(put(*store, "of the child"));
    (void)to_child.receive<bool>();
    store->close();
  });
  const Key key = from_child.receive<Key>();
  const auto store = open_store(parent / "store");
  (void)put(*store, "mine");
  store->close();
  EXPECT_EQ(get(*attach(store->config()), key), "of the child");
  to_child.send(true);
  EXPECT_EQ(child.wait(), 0);
  EXPECT_FALSE(fs::exists(parent / "store"));
}

TEST(FileClear, a_creator_that_was_killed_keeps_nobody_from_clearing) {
  const TemporaryFolder parent;
  const auto store = open_store(parent / "store");
  const Pipe ready;
  ChildProcess child([&] {
    const auto other = open_store(parent / "store");
    ready.send(put(*other, "of the child"));
    ::raise(SIGKILL);
  });
  (void)ready.receive<Key>();
  EXPECT_NE(child.wait(), 0);
  store->close();
  EXPECT_FALSE(fs::exists(parent / "store"));
}

TEST(FileClear, a_forked_child_clears_nothing_of_its_parent) {
  const TemporaryFolder parent;
  const auto store = open_store(parent / "store");
  const Key key = put(*store, "x");
  ChildProcess child([&] { store->close(); });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(get(*store, key), "x");
  const auto other = open_store(parent / "store");
  other->close();
  EXPECT_EQ(get(*store, key), "x") << "the child gave up its parent's claim";
}

/// Who begins while another ends finds a folder, and keeps it.
TEST(FileClear, one_creates_while_others_end) {
  const TemporaryFolder parent;
  std::vector<std::future<void>> programs;
  for (int i = 0; i < 4; ++i) {
    programs.push_back(std::async(std::launch::async, [&] {
      for (int round = 0; round < 100; ++round) {
        const auto store = open_store(parent / "store");
        const Key key = put(*store, "x");
        EXPECT_EQ(get(*store, key), "x");
        store->close();
      }
    }));
  }
  for (auto& program : programs) EXPECT_NO_THROW(program.get());
}

TEST(FileClear, a_close_that_threw_can_be_repeated) {
  const TemporaryFolder folder;  // which existed
  const auto store = open_store(folder.path());
  std::vector<Key> keys;
  for (int i = 0; i < 10; ++i) keys.push_back(put(*store, "x"));
  const fs::path obstacle = data_file(folder.path(), keys[5]);
  fs::remove(obstacle);
  fs::create_directories(obstacle / "not empty");
  EXPECT_THROW(store->close(), ConnectorError);
  EXPECT_THROW(store->close(), ConnectorError);
  fs::remove_all(obstacle);
  EXPECT_NO_THROW(store->close());
  EXPECT_THAT(names_in(folder.path()), IsEmpty());
}

TEST(FileClear, a_store_that_was_not_closed_has_no_claim) {
  const TemporaryFolder parent;
  const auto store = open_store(parent / "store");
  (void)open_store(parent / "store");
  store->close();
  EXPECT_FALSE(fs::exists(parent / "store"));
}

TEST(FileClear, two_on_one_folder_close_at_once) {
  const TemporaryFolder parent;
  for (int round = 0; round < 20; ++round) {
    const auto first = open_store(parent / "store");
    const auto second = open_store(parent / "store");
    for (int i = 0; i < 10; ++i) {
      (void)put(*first, "x");
      (void)put(*second, "y");
    }
    auto closing = std::async(std::launch::async, [&] { first->close(); });
    EXPECT_NO_THROW(second->close());
    EXPECT_NO_THROW(closing.get());
    EXPECT_FALSE(fs::exists(parent / "store"));
  }
}

TEST(FileClear, one_who_attached_clears_nothing) {
  const TemporaryFolder parent;
  const auto store = open_store(parent / "store");
  const Key key = put(*store, "x");
  auto config = store->config();
  EXPECT_EQ(config.options.at("clear"), ConfigValue(false));
  config.options["clear"] = true;  // a hostile sender may write it
  const auto attached = attach(config);
  const Key other = put(*attached, "y");
  attached->close();
  EXPECT_EQ(get(*store, key), "x");
  EXPECT_EQ(get(*store, other), "y");
}

TEST(FileClear, one_who_attached_makes_no_folder) {
  const TemporaryFolder parent;
  const ConnectorConfig config = FileOptions{.store_dir = parent / "missing"};
  EXPECT_THAT([&] { (void)attach(config); },
              ThrowsMessage<ConnectorError>(
                  AllOf(HasSubstr((parent / "missing").string()), HasSubstr("does not exist"))));
  EXPECT_FALSE(fs::exists(parent / "missing"));
}

/// Either a put ends before close, and its object is cleared, or it fails.
TEST(FileClear, a_put_during_close_leaves_nothing) {
  const TemporaryFolder folder;
  for (int round = 0; round < 20; ++round) {
    write_file(folder / "keeps the folder", "");
    const auto store = open_store(folder.path());
    std::vector<std::future<void>> writers;
    for (int i = 0; i < 4; ++i) {
      writers.push_back(std::async(std::launch::async, [&] {
        while (true) (void)put(*store, "x");
      }));
    }
    (void)put(*store, "y");
    store->close();
    for (auto& writer : writers) EXPECT_THROW(writer.get(), StoreClosedError);
    ASSERT_THAT(names_in(folder.path()), ElementsAre("keeps the folder"));
  }
}

}  // namespace
}  // namespace proxystore::testing
