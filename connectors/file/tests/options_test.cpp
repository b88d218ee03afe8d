// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Options that cannot be used, and folders that cannot.
#include "support.hpp"

namespace proxystore::testing {
namespace {

/// Opens a store with these options besides a good folder.
auto opening(const TemporaryFolder& folder, ConfigTable options) {
  options.try_emplace("store_dir", (folder / "store").string());
  return [options] { (void)open_store({.kind = "file", .options = options}); };
}

TEST(FileOptions, an_unknown_one_is_refused_with_those_known) {
  const TemporaryFolder folder;
  EXPECT_THAT(opening(folder, {{"fan_out", 1}}),
              ThrowsMessage<ConfigError>(AllOf(
                  HasSubstr("'fan_out' is unknown"), HasSubstr("'store_dir'"), HasSubstr("'clear'"),
                  HasSubstr("'fsync'"), HasSubstr("'checksum'"), HasSubstr("'fanout'"),
                  HasSubstr("'read'"), HasSubstr("'visibility_timeout_ms'"))));
  EXPECT_FALSE(fs::exists(folder / "store"));
}

TEST(FileOptions, a_wrong_type_is_refused_with_the_right_one) {
  const TemporaryFolder folder;
  const auto refuses = [&](const char* name, ConfigValue value, const char* wanted,
                           const char* given) {
    EXPECT_THAT(
        opening(folder, {{name, std::move(value)}}),
        ThrowsMessage<ConfigError>(AllOf(HasSubstr(name), HasSubstr(wanted), HasSubstr(given))));
  };
  refuses("store_dir", 7, "a string", "integer");
  refuses("clear", "yes", "a boolean", "string");
  refuses("fsync", 1, "a boolean", "integer");
  refuses("checksum", "xxh3", "a boolean", "string");
  refuses("fanout", true, "an integer", "boolean");
  refuses("fanout", 1.0, "an integer", "float");
  refuses("read", ConfigArray{}, "a string", "array");
  refuses("visibility_timeout_ms", "10s", "an integer", "string");
}

TEST(FileOptions, a_value_out_of_range_is_refused_with_the_range) {
  const TemporaryFolder folder;
  EXPECT_THAT(opening(folder, {{"fanout", 3}}),
              ThrowsMessage<ConfigError>(HasSubstr("is 3; it takes 0 to 2")));
  EXPECT_THAT(opening(folder, {{"fanout", -1}}),
              ThrowsMessage<ConfigError>(HasSubstr("is -1; it takes 0 to 2")));
  EXPECT_THAT(opening(folder, {{"visibility_timeout_ms", -5}}),
              ThrowsMessage<ConfigError>(HasSubstr("it takes 0 to")));
  EXPECT_THAT(opening(folder, {{"read", "mmap"}}),
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("'mmap'"), HasSubstr("'auto'"),
                                               HasSubstr("'map'"), HasSubstr("'copy'"))));
}

TEST(FileOptions, the_folder_is_the_one_that_the_system_sees) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "elsewhere/inner");
  fs::create_directory_symlink(folder / "elsewhere/inner", folder / "link");
  const auto store = open_store(folder.path() / "link/../store");
  const Key key = put(*store, "x");
  EXPECT_TRUE(fs::exists(data_file(folder / "elsewhere/store", key)));
  EXPECT_FALSE(fs::exists(folder / "store"));

  const auto identity = [](const fs::path& path) {
    return ConnectorRegistry::global().identity(FileOptions{.store_dir = path}).options;
  };
  EXPECT_NE(identity(folder / "link/../store"), identity(folder / "store"));
  EXPECT_EQ(identity(folder / "elsewhere/../store/./"), identity(folder / "store"));
  EXPECT_EQ(identity(folder / "new/../store"), identity(folder / "store"));
  EXPECT_NE(identity(folder / "link"), identity(folder / "elsewhere/inner"))
      << "nodes may have different links";
}

TEST(FileOptions, the_folder_must_be_named) {
  EXPECT_THAT([] { (void)open_store({.kind = "file"}); },
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("store_dir"), HasSubstr("missing"))));
  EXPECT_THAT([] { (void)open_store(fs::path()); },
              ThrowsMessage<ConfigError>(HasSubstr("store_dir")));
}

TEST(FileOptions, the_folder_must_be_one) {
  const TemporaryFolder folder;
  const fs::path file = folder / "file";
  write_file(file, "x");
  for (const auto mode : {OpenMode::create, OpenMode::attach}) {
    EXPECT_THAT([&] { (void)open_store(FileOptions{.store_dir = file}, mode); },
                ThrowsMessage<ConnectorError>(HasSubstr(file.string())));
    EXPECT_THAT([&] { (void)open_store(FileOptions{.store_dir = file / "below"}, mode); },
                ThrowsMessage<ConnectorError>(HasSubstr(file.string())));
  }
  EXPECT_EQ(read_file(file), "x");
}

TEST(FileOptions, parents_are_made) {
  const TemporaryFolder folder;
  const auto store = open_store(folder / "a/b/c");
  EXPECT_EQ(get(*store, put(*store, "x")), "x");
  store->close();
  EXPECT_THAT(names_in(folder / "a/b"), IsEmpty());
}

TEST(FileOptions, all_of_them_come_back_from_the_configuration) {
  const TemporaryFolder folder;
  const FileOptions options{.store_dir = folder / "store",
                            .clear = false,
                            .fsync = true,
                            .checksum = false,
                            .fanout = 2,
                            .read = FileOptions::Read::copy,
                            .visibility_timeout = milliseconds(7)};
  const ConnectorConfig config = options;
  const auto store = open_store(config);
  EXPECT_EQ(store->config(), config);
  EXPECT_EQ(config.options.at("visibility_timeout_ms"), ConfigValue(7));
  EXPECT_EQ(config.options.at("read"), ConfigValue("copy"));
}

TEST(FileOptions, a_folder_that_vanishes_is_a_named_error) {
  const TemporaryFolder folder;
  const auto store = open_store(folder / "store");
  const Key key = put(*store, "x");
  fs::remove_all(folder / "store");
  EXPECT_FALSE(store->get(key).has_value());
  EXPECT_THAT([&] { (void)put(*store, "y"); },
              ThrowsMessage<ConnectorError>(HasSubstr((folder / "store").string())));
  EXPECT_NO_THROW(store->close());
}

}  // namespace
}  // namespace proxystore::testing
