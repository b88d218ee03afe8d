// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Files that are damaged, missing, late, or not files.
#include <future>

#include <sys/stat.h>

#include "support.hpp"

namespace proxystore::testing {
namespace {

class FileDamage : public ::testing::TestWithParam<FileOptions::Read> {
 protected:
  [[nodiscard]] std::shared_ptr<Connector> open(bool checksum = true) const {
    return open_store(FileOptions{
        .store_dir = folder.path(), .clear = false, .checksum = checksum, .read = GetParam()});
  }
  void expect_damaged(Connector& store, const Key& key) const {
    const auto says_where = ThrowsMessage<IntegrityError>(
        AllOf(HasSubstr(data_file(folder.path(), key).string()), HasSubstr("damaged")));
    EXPECT_THAT([&] { (void)store.get(key); }, says_where);
    std::vector<std::byte> target(1'000'000);
    EXPECT_THAT([&] { (void)store.get_into(key, target); }, says_where);
  }
  static void expect_absent(Connector& store, const Key& key) {
    EXPECT_FALSE(store.exists(key));
    EXPECT_FALSE(store.get(key).has_value());
    EXPECT_FALSE(store.get_range(key, 0, 1).has_value());
    std::vector<std::byte> target(1'000);
    EXPECT_FALSE(store.get_into(key, target).has_value());
  }
  void flip_a_bit(const Key& key) const {
    std::string text = read_file(data_file(folder.path(), key));
    text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 4);
    write_file(data_file(folder.path(), key), text);
  }

  TemporaryFolder folder;
};
INSTANTIATE_TEST_SUITE_P(Reads, FileDamage,
                         ::testing::Values(FileOptions::Read::map, FileOptions::Read::copy),
                         [](const auto& value) {
                           return value.param == FileOptions::Read::map ? "map" : "copy";
                         });

TEST_P(FileDamage, truncated) {
  for (const bool checksum : {true, false}) {
    const auto store = open(checksum);
    for (const std::size_t left : {0U, 1U, 99'999U}) {
      const Key key = put(*store, std::string(100'000, 'x'));
      fs::resize_file(data_file(folder.path(), key), left);
      expect_damaged(*store, key);
    }
  }
}

TEST_P(FileDamage, longer_than_the_key_says) {
  const auto store = open(false);
  const Key key = put(*store, "text");
  write_file(data_file(folder.path(), key), "text and more");
  expect_damaged(*store, key);
}

TEST_P(FileDamage, a_flipped_bit_is_found_by_the_checksum) {
  const auto store = open();
  const Key key = put(*store, std::string(100'000, 'x'));
  flip_a_bit(key);
  expect_damaged(*store, key);
  EXPECT_TRUE(store->get_range(key, 0, 10).has_value());  // parts are not verified
}

TEST_P(FileDamage, a_flipped_bit_passes_without_checksum) {
  const auto store = open(false);
  const Key key = put(*store, std::string(100, 'x'));
  EXPECT_EQ(key.flags & Key::has_checksum, 0U);
  flip_a_bit(key);
  EXPECT_NE(get(*store, key), std::string(100, 'x'));
  EXPECT_EQ(get(*store, key).size(), 100U);
}

TEST_P(FileDamage, the_reader_verifies_though_it_takes_no_checksums_itself) {
  const Key key = put(*open(true), std::string(100, 'x'));
  flip_a_bit(key);
  expect_damaged(*open(false), key);
}

TEST_P(FileDamage, a_deferred_object_is_verified_too) {
  const auto store = open();
  const Key key = store->new_key();
  set(*store, key, std::string(100'000, 'x'));
  flip_a_bit(key);
  expect_damaged(*store, key);
}

TEST_P(FileDamage, the_error_names_the_object_to_programs) {
  const auto store = open();
  const Key key = put(*store, "text");
  flip_a_bit(key);
  try {
    (void)store->get(key);
    FAIL() << "damage was not noticed";
  } catch (const IntegrityError& error) {
    EXPECT_EQ(error.context().connector, "file");
    EXPECT_EQ(error.context().operation, "get");
    EXPECT_EQ(error.context().key, key);
  }
}

TEST_P(FileDamage, missing_marker_is_absent) {
  const auto store = open();
  const Key key = put(*store, "x");
  fs::remove(marker_file(folder.path(), key));
  expect_absent(*store, key);
  store->evict(key);
  EXPECT_THAT(names_in(folder.path()), IsEmpty());
}

TEST_P(FileDamage, marker_without_data_is_absent) {
  const auto store = open();
  const Key deferred = store->new_key();
  set(*store, deferred, "y");
  for (const Key& key : {put(*store, "x"), deferred}) {
    fs::remove(data_file(folder.path(), key));
    expect_absent(*store, key);
    EXPECT_FALSE(store->wait(key, milliseconds(0)));
    store->evict(key);
  }
  EXPECT_THAT(names_in(folder.path()), IsEmpty());
}

TEST_P(FileDamage, a_marker_that_nobody_wrote) {
  const auto store = open();
  const Key key = store->new_key();
  set(*store, key, "text");
  for (const std::string marker :
       {"v1", "v1 ", "v1 4", "v1 4 x", "v1 99999999999999999999 1", "v9", "\xFF\xFE"}) {
    write_file(marker_file(folder.path(), key), marker);
    // It tells nothing about the object, as Python's empty one.
    EXPECT_EQ(get(*store, key), "text") << marker;
  }
}

TEST_P(FileDamage, a_directory_in_the_place_of_the_data) {
  const auto store = open();
  const Key key = put(*store, "x");
  fs::remove(data_file(folder.path(), key));
  fs::create_directory(data_file(folder.path(), key));
  EXPECT_THAT([&] { (void)store->get(key); },
              ThrowsMessage<ConnectorError>(
                  AllOf(HasSubstr(key.to_string()), HasSubstr("not a regular file"))));
}

TEST_P(FileDamage, a_pipe_in_the_place_of_the_data_blocks_nobody) {
  const auto store = open();
  const Key key = put(*store, "x");
  fs::remove(data_file(folder.path(), key));
  ASSERT_EQ(::mkfifo(data_file(folder.path(), key).c_str(), 0600), 0);
  EXPECT_THAT([&] { (void)store->get(key); },
              ThrowsMessage<ConnectorError>(HasSubstr("not a regular file")));
}

TEST_P(FileDamage, no_key_names_a_path) {
  const auto store = open();
  write_file(folder.path().parent_path() / "proxystore-no-object", "x");
  Key key;
  std::memcpy(key.id.data(), "../../../../etc/", 16);
  key.locator.fill(std::byte{'/'});
  expect_absent(*store, key);
  fs::remove(folder.path().parent_path() / "proxystore-no-object");
}

TEST(FileVisibility, a_late_object_is_found_within_the_timeout) {
  const TemporaryFolder folder;
  const auto store =
      open_store(FileOptions{.store_dir = folder.path(), .visibility_timeout = patience});
  const Key key = put(*store, "late");
  const fs::path marker = marker_file(folder.path(), key);
  const auto late = [&](const auto& look) {
    fs::rename(marker, folder / "hidden");
    auto appearing = std::async(std::launch::async, [&] {
      std::this_thread::sleep_for(milliseconds(200));
      fs::rename(folder / "hidden", marker);
    });
    return look();
  };
  EXPECT_TRUE(late([&] { return store->exists(key); }));
  EXPECT_EQ(late([&] { return get(*store, key); }), "late");
  EXPECT_TRUE(late([&] { return store->get_range(key, 0, 1).has_value(); }));
  std::vector<std::byte> target(4);
  EXPECT_TRUE(late([&] { return store->get_into(key, target).has_value(); }));
}

TEST(FileVisibility, without_timeout_a_late_object_is_absent) {
  const TemporaryFolder folder;
  const auto store =
      open_store(FileOptions{.store_dir = folder.path(), .visibility_timeout = milliseconds(0)});
  const Key key = put(*store, "late");
  fs::remove(marker_file(folder.path(), key));
  EXPECT_FALSE(store->exists(key));
  EXPECT_FALSE(store->get(key).has_value());
}

/// These would take a day.
TEST(FileVisibility, the_timeout_is_for_keys_of_put_only_and_not_for_wait) {
  const TemporaryFolder folder;
  const auto store = open_store(
      FileOptions{.store_dir = folder.path(), .visibility_timeout = std::chrono::hours(24)});
  EXPECT_FALSE(store->exists(store->new_key()));
  EXPECT_FALSE(store->get(store->new_key()).has_value());
  EXPECT_FALSE(store->wait(Key::random(), milliseconds(10)));
}

}  // namespace
}  // namespace proxystore::testing
