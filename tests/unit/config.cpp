// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/config.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxystore/error.hpp"
#include "support.hpp"

namespace proxystore {
namespace {

using proxystore::testing::for_each_bit_flip;
using proxystore::testing::for_each_truncation;
using proxystore::testing::read_text;
using proxystore::testing::TemporaryFolder;
using proxystore::testing::thrown_by;
using proxystore::testing::write_text;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

StoreConfig rich_config() {
  return {.name = "rich \"store\"",
          .connector = {.kind = "multi",
                        .options = {{"flag", true},
                                    {"off", false},
                                    {"small", -5},
                                    {"least", std::numeric_limits<std::int64_t>::min()},
                                    {"most", std::numeric_limits<std::int64_t>::max()},
                                    {"tenth", 0.1},
                                    {"huge", 1e300},
                                    {"whole", 2.0},
                                    {"text", "line\nand \\ \"quote\" \t h\u00e9llo"},
                                    {"empty", ""},
                                    {"a.b c", "a key that needs quotes"},
                                    {"list", ConfigArray{1, "two", 3.5, ConfigArray{}, true}},
                                    {"nothing", ConfigTable{}},
                                    {"table", ConfigTable{{"inner", ConfigTable{{"deep", 1}}}}},
                                    {"tables", ConfigArray{ConfigTable{{"a", 1}},
                                                           ConfigTable{{"b", ConfigArray{2}}}}}}},
          .serializer = "packed",
          .deserializer = "unpacked",
          .cache_size = 3,
          .metrics = true,
          .populate_target = false,
          .auto_register = true,
          .cache_bytes = 1U << 30U,
          .populate_limit = 17};
}

std::string error_of(std::string_view toml) {
  return thrown_by<ConfigError>([&] { (void)StoreConfig::from_toml_text(toml, "s.toml"); }).what();
}

// -- TOML that is accepted

TEST(ConfigToml, minimal_file_has_the_defaults) {
  const auto config = StoreConfig::from_toml_text("name = 'a'\n[connector]\nkind = 'local'\n");
  EXPECT_EQ(config, (StoreConfig{.name = "a", .connector = {.kind = "local"}}));
  EXPECT_EQ(config.cache_size, 16U);
  EXPECT_FALSE(config.metrics);
  EXPECT_TRUE(config.populate_target);
  EXPECT_FALSE(config.auto_register);
  EXPECT_FALSE(config.serializer);
}

TEST(ConfigToml, reads_what_python_writes_for_a_hand_made_configuration) {
  const auto config = StoreConfig::from_toml_text(R"(name = "example"
cache_size = 16
metrics = false
populate_target = true
auto_register = false

[connector]
kind = "file"

[connector.options]
store_dir = "/tmp/proxystore-cache"
)");
  const StoreConfig wanted{
      .name = "example",
      .connector = {.kind = "file", .options = {{"store_dir", "/tmp/proxystore-cache"}}}};
  EXPECT_EQ(config, wanted);
}

TEST(ConfigToml, reads_what_python_writes_for_a_live_file_store) {
  const auto config = StoreConfig::from_toml_text(R"(name = "example"

[connector]
kind = "proxystore.connectors.file.FileConnector"

[connector.options]
store_dir = "/tmp/proxystore-cache"
clear = true
buffering = -1
)");
  EXPECT_EQ(config.connector.kind, "proxystore.connectors.file.FileConnector");
  const ConfigTable wanted{
      {"store_dir", "/tmp/proxystore-cache"}, {"clear", true}, {"buffering", -1}};
  EXPECT_EQ(config.connector.options, wanted);
}

TEST(ConfigToml, reads_what_python_writes_for_redis) {
  const auto config = StoreConfig::from_toml_text(R"(name = "r"
[connector]
kind = "redis"                      # or proxystore.connectors.redis.RedisConnector

[connector.options]
hostname = "localhost"
port = 6379
clear = false
)");
  const ConfigTable wanted{{"hostname", "localhost"}, {"port", 6379}, {"clear", false}};
  EXPECT_EQ(config.connector.options, wanted);
}

constexpr std::string_view multi_sample = R"(name = "m"
[connector]
kind = "proxystore.connectors.multi.MultiConnector"

[connector.options]
small = [
    "proxystore.connectors.file.FileConnector",
    { store_dir = "/tmp/a", clear = true, buffering = -1 },
    { priority = 1, host_pattern = "node.*", min_size_bytes = 0, max_size_bytes = 9223372036854775807, subset_tags = [], superset_tags = [] },
]
)";

TEST(ConfigToml, reads_what_python_writes_for_multi_and_writes_it_back_equal) {
  const auto config = StoreConfig::from_toml_text(multi_sample);
  const ConfigTable wanted{
      {"small",
       ConfigArray{"proxystore.connectors.file.FileConnector",
                   ConfigTable{{"store_dir", "/tmp/a"}, {"clear", true}, {"buffering", -1}},
                   ConfigTable{{"priority", 1},
                               {"host_pattern", "node.*"},
                               {"min_size_bytes", 0},
                               {"max_size_bytes", std::numeric_limits<std::int64_t>::max()},
                               {"subset_tags", ConfigArray{}},
                               {"superset_tags", ConfigArray{}}}}}};
  EXPECT_EQ(config.connector.options, wanted);
  EXPECT_EQ(StoreConfig::from_toml_text(config.to_toml()), config);
}

TEST(ConfigToml, case118_reads_an_inline_table_of_options) {
  const auto config = StoreConfig::from_toml_text(
      "name = 'a'\nconnector = { kind = 'file', options = { store_dir = '/x', fanout = 1 } }\n");
  const ConfigTable wanted{{"store_dir", "/x"}, {"fanout", 1}};
  EXPECT_EQ(config.connector.options, wanted);
}

TEST(ConfigToml, reads_all_members) {
  const auto config = StoreConfig::from_toml_text(R"(name = "a"
serializer = "s"
deserializer = "d"
cache_size = 0
metrics = true
populate_target = false
auto_register = true
cache_bytes = 100
populate_limit = 0x10
[connector]
kind = "file"
options.store_dir = "/x"
)");
  const StoreConfig wanted{.name = "a",
                           .connector = {.kind = "file", .options = {{"store_dir", "/x"}}},
                           .serializer = "s",
                           .deserializer = "d",
                           .cache_size = 0,
                           .metrics = true,
                           .populate_target = false,
                           .auto_register = true,
                           .cache_bytes = 100,
                           .populate_limit = 16};
  EXPECT_EQ(config, wanted);
}

// -- TOML that is written

TEST(ConfigToml, writes_the_fields_of_python_and_of_ours_those_off_their_default) {
  const StoreConfig config{.name = "example",
                           .connector = {.kind = "file", .options = {{"store_dir", "/x"}}}};
  EXPECT_EQ(config.to_toml(), R"(name = 'example'
cache_size = 16
metrics = false
populate_target = true
auto_register = false

[connector]
kind = 'file'

[connector.options]
store_dir = '/x'
)");
}

TEST(ConfigToml, case119_and_239_round_trip_gives_an_equal_configuration) {
  const StoreConfig plain{.name = "a", .connector = {.kind = "local"}};
  for (const auto& config : {plain, rich_config()}) {
    const std::string text = config.to_toml();
    EXPECT_EQ(StoreConfig::from_toml_text(text), config) << text;
  }
}

TEST(ConfigToml, infinite_numbers_survive) {
  StoreConfig config{.name = "a", .connector = {.kind = "k"}};
  config.connector.options["inf"] = std::numeric_limits<double>::infinity();
  config.connector.options["minus"] = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(StoreConfig::from_toml_text(config.to_toml()), config);
  config.connector.options["nan"] = std::nan("");
  const auto read = StoreConfig::from_toml_text(config.to_toml());
  EXPECT_TRUE(std::isnan(*read.connector.options.at("nan").get_if<double>()));
}

TEST(ConfigToml, a_size_that_toml_cannot_hold_is_refused_when_it_is_written) {
  StoreConfig config{.name = "a", .connector = {.kind = "k"}, .cache_size = SIZE_MAX};
  const auto error = thrown_by<ConfigError>([&] { (void)config.to_toml(); });
  EXPECT_THAT(error.what(), HasSubstr("cache_size"));
}

TEST(ConfigToml, write_makes_parent_folders_and_replaces_an_older_file) {
  const TemporaryFolder folder;
  const auto path = folder / "a/b/store.toml";
  rich_config().write_toml(path);
  EXPECT_EQ(StoreConfig::from_toml(path), rich_config());
  const StoreConfig other{.name = "other", .connector = {.kind = "local"}};
  other.write_toml(path);
  EXPECT_EQ(StoreConfig::from_toml(path), other);
  EXPECT_EQ(read_text(path), other.to_toml());
  const auto entries = std::distance(std::filesystem::directory_iterator(path.parent_path()), {});
  EXPECT_EQ(entries, 1) << "temporary files were left behind";
}

TEST(ConfigToml, what_is_not_utf8_is_not_written) {
  const TemporaryFolder folder;
  const auto error_of_options = [&](const ConfigTable& options) {
    const StoreConfig config{.name = "a", .connector = {.kind = "file", .options = options}};
    const auto error = thrown_by<ConfigError>([&] { config.write_toml(folder / "s.toml"); });
    EXPECT_FALSE(std::filesystem::exists(folder / "s.toml"));
    return std::string(error.what());
  };
  EXPECT_THAT(error_of_options({{"store_dir", "/data/caf\xe9"}}),
              AllOf(HasSubstr("'store_dir'"), HasSubstr("UTF-8"), HasSubstr("/data/caf?")));
  EXPECT_THAT(error_of_options({{"parts", ConfigArray{ConfigTable{{"inner", "\xff"}}}}}),
              HasSubstr("'inner'"));
  EXPECT_THAT(error_of_options({{"na\xe9me", 1}}), HasSubstr("name of an option"));
  const StoreConfig named{.name = "caf\xe9", .connector = {.kind = "local"}};
  EXPECT_THAT(thrown_by<ConfigError>([&] { (void)named.to_toml(); }).what(), HasSubstr("'name'"));
  const StoreConfig fine{.name = "caf\xc3\xa9",
                         .connector = {.kind = "file", .options = {{"store_dir", "/\xc3\xa9"}}}};
  EXPECT_EQ(StoreConfig::from_toml_text(fine.to_toml()), fine);
}

TEST(ConfigToml, write_below_a_file_is_an_access_error) {
  const TemporaryFolder folder;
  write_text(folder / "file", "");
  const StoreConfig config{.name = "a", .connector = {.kind = "local"}};
  const auto error = thrown_by<AccessError>([&] { config.write_toml(folder / "file/s.toml"); });
  EXPECT_THAT(error.what(), HasSubstr((folder / "file").string()));
}

// -- TOML that is refused: file, line, what, and what would be accepted

TEST(ConfigToml, unknown_entry_is_refused_with_line_and_known_ones) {
  EXPECT_THAT(error_of("name = 'a'\ncache_sise = 3\n[connector]\nkind = 'local'\n"),
              AllOf(StartsWith("s.toml:2: "), HasSubstr("'cache_sise'"), HasSubstr("'cache_size'"),
                    HasSubstr("'populate_target'"), HasSubstr("'auto_register'"),
                    HasSubstr("'serializer'"), HasSubstr("'deserializer'")));
}

TEST(ConfigToml, unknown_entry_of_the_connector_is_refused_with_line_and_known_ones) {
  EXPECT_THAT(error_of("name = 'a'\n[connector]\nkind = 'local'\noption = {}\n"),
              AllOf(StartsWith("s.toml:4: "), HasSubstr("'option'"), HasSubstr("'kind'"),
                    HasSubstr("'options'")));
}

TEST(ConfigToml, wrong_types_are_refused_with_line_and_the_type_wanted) {
  const std::string tail = "\n[connector]\nkind = 'local'\n";
  EXPECT_THAT(error_of("name = 'a'\ncache_size = '16'" + tail),
              AllOf(StartsWith("s.toml:2: "), HasSubstr("'cache_size'"), HasSubstr("a string"),
                    HasSubstr("an integer")));
  EXPECT_THAT(error_of("name = 'a'\ncache_size = 1.0" + tail), HasSubstr("a float"));
  EXPECT_THAT(error_of("name = 'a'\nmetrics = 1" + tail),
              AllOf(StartsWith("s.toml:2: "), HasSubstr("'metrics'"), HasSubstr("a boolean")));
  EXPECT_THAT(error_of("name = 3" + tail), AllOf(StartsWith("s.toml:1: "), HasSubstr("a string")));
  EXPECT_THAT(error_of("name = 'a'\nserializer = false" + tail), HasSubstr("a string"));
  EXPECT_THAT(error_of("name = 'a'\nconnector = 'file'"), HasSubstr("a table"));
  EXPECT_THAT(error_of("name = 'a'\n[connector]\nkind = ['x']"), HasSubstr("an array"));
  EXPECT_THAT(error_of("name = 'a'\n[connector]\nkind = 'x'\noptions = []"), HasSubstr("a table"));
}

TEST(ConfigToml, case55_and_192_negative_sizes_are_refused) {
  for (const std::string name : {"cache_size", "cache_bytes", "populate_limit"}) {
    EXPECT_THAT(error_of("name = 'a'\n" + name + " = -1\n[connector]\nkind = 'local'\n"),
                AllOf(StartsWith("s.toml:2: "), HasSubstr(name), HasSubstr("negative")));
  }
}

TEST(ConfigToml, dates_in_options_are_refused) {
  for (const std::string date : {"2024-01-02", "2024-01-02T03:04:05Z", "03:04:05"}) {
    EXPECT_THAT(error_of("name='a'\n[connector]\nkind='x'\n[connector.options]\nd = " + date),
                AllOf(StartsWith("s.toml:5: "), HasSubstr("dates")));
  }
  EXPECT_THAT(error_of("name = 2024-01-02\n[connector]\nkind='x'"), HasSubstr("a date"));
}

TEST(ConfigToml, text_that_is_not_toml_is_refused_with_its_line) {
  EXPECT_THAT(error_of("name = 'a'\nwhat is this\n"),
              AllOf(StartsWith("s.toml:2: "), HasSubstr("TOML")));
  EXPECT_THAT(error_of("name = 'a'\nname = 'b'\n"), HasSubstr("TOML"));
  EXPECT_THAT(error_of("name = 'a"), HasSubstr("TOML"));
  EXPECT_THAT(error_of(std::string("\x89PNG\r\n\0\xff", 8)), HasSubstr("TOML"));
  EXPECT_THAT(error_of("a = " + std::string(100000, '[')), HasSubstr("TOML"));
}

TEST(ConfigToml, missing_name_connector_or_kind_is_refused) {
  EXPECT_THAT(error_of(""), HasSubstr("'name'"));
  EXPECT_THAT(error_of("[connector]\nkind = 'local'"), HasSubstr("'name'"));
  EXPECT_THAT(error_of("name = 'a'"), HasSubstr("[connector]"));
  EXPECT_THAT(error_of("name = 'a'\n[connector]\n"), HasSubstr("'kind'"));
}

TEST(ConfigToml, missing_file_is_refused_with_path_and_reason) {
  const TemporaryFolder folder;
  const auto path = folder / "none.toml";
  const auto error = thrown_by<ConfigError>([&] { (void)StoreConfig::from_toml(path); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr(path.string()), HasSubstr("No such file")));
}

TEST(ConfigToml, a_folder_in_place_of_a_file_is_refused_with_its_path) {
  const TemporaryFolder folder;
  const auto error = thrown_by<ConfigError>([&] { (void)StoreConfig::from_toml(folder.path()); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr(folder.path().string()), HasSubstr("directory")));
}

TEST(ConfigToml, an_empty_file_is_refused_for_what_it_lacks) {
  const TemporaryFolder folder;
  write_text(folder / "empty.toml", "");
  const auto error =
      thrown_by<ConfigError>([&] { (void)StoreConfig::from_toml(folder / "empty.toml"); });
  EXPECT_THAT(error.what(), HasSubstr("needs 'name'"));
}

TEST(ConfigToml, errors_of_a_file_name_its_path) {
  const TemporaryFolder folder;
  write_text(folder / "bad.toml", "name = 'a'\n\nnonsense = 1\n[connector]\nkind='local'");
  const auto error =
      thrown_by<ConfigError>([&] { (void)StoreConfig::from_toml(folder / "bad.toml"); });
  EXPECT_THAT(error.what(), StartsWith((folder / "bad.toml").string() + ":3: "));
}

// -- The compact form

TEST(ConfigCompact, round_trip_gives_an_equal_configuration) {
  const StoreConfig plain{.name = "a", .connector = {.kind = "local"}};
  for (const auto& config : {StoreConfig{}, plain, rich_config()}) {
    EXPECT_EQ(StoreConfig::from_compact(config.to_compact().span()), config);
  }
}

TEST(ConfigCompact, equal_configurations_have_equal_bytes) {
  auto again = rich_config();
  EXPECT_EQ(rich_config().to_compact(), again.to_compact());
  again.connector.options["extra"] = 1;
  EXPECT_NE(rich_config().to_compact(), again.to_compact());
  again.connector.options.erase("extra");
  EXPECT_EQ(rich_config().to_compact(), again.to_compact());
}

TEST(ConfigCompact, every_member_makes_a_difference) {
  const StoreConfig base{.name = "a", .connector = {.kind = "local"}};
  std::vector<StoreConfig> others(10, base);
  others[0].name = "b";
  others[1].connector.kind = "file";
  others[2].connector.options["x"] = 1;
  others[3].serializer = "";
  others[4].deserializer = "";
  others[5].cache_size = 17;
  others[6].metrics = true;
  others[7].populate_target = false;
  others[8].auto_register = true;
  others[9].cache_bytes = 1;
  for (const auto& other : others) {
    EXPECT_NE(other.to_compact(), base.to_compact());
    EXPECT_EQ(StoreConfig::from_compact(other.to_compact().span()), other);
  }
}

TEST(ConfigCompact, is_small) {
  const StoreConfig config{
      .name = "tiles",
      .connector = {.kind = "file", .options = {{"store_dir", "/scratch/run"}, {"clear", false}}}};
  EXPECT_LE(config.to_compact().size(), 60U);
}

TEST(ConfigCompact, every_truncation_is_a_message_error) {
  for_each_truncation(rich_config().to_compact(), [](const Bytes& cut) {
    EXPECT_THROW((void)StoreConfig::from_compact(cut.span()), MessageError) << cut.size();
  });
}

TEST(ConfigCompact, every_bit_flip_is_a_message_error_or_a_configuration) {
  int refused = 0;
  for_each_bit_flip(rich_config().to_compact(), [&](const Bytes& damaged) {
    refused += proxystore::testing::succeeds_or_throws<MessageError>(
                   [&] { (void)StoreConfig::from_compact(damaged.span()).to_compact(); })
                   ? 0
                   : 1;
  });
  EXPECT_GT(refused, 0);
}

TEST(ConfigCompact, bytes_after_the_end_are_a_message_error) {
  auto bytes = std::string(rich_config().to_compact().text()) + '\0';
  EXPECT_THROW((void)StoreConfig::from_compact(Bytes::own(bytes).span()), MessageError);
}

TEST(ConfigCompact, unknown_flags_are_a_message_error) {
  for (const unsigned flag : {0x40U, 0x80U}) {
    std::string bytes(StoreConfig{.name = "a"}.to_compact().text());
    bytes[1] = static_cast<char>(static_cast<unsigned>(bytes[1]) | flag);
    EXPECT_THROW((void)StoreConfig::from_compact(Bytes::own(bytes).span()), MessageError);
  }
}

/// A configuration whose options are @p options, written by hand.
Bytes compact_with_options(const std::string& options) {
  return Bytes::own(std::string("\x01\x00\x01"
                                "a\x01"
                                "k",
                                6) +
                    options + '\x10');
}

TEST(ConfigCompact, hand_written_bytes_are_what_they_should_be) {
  const auto config =
      StoreConfig::from_compact(compact_with_options(std::string("\x01\x01x\x01\x02", 5)).span());
  const ConfigTable wanted{{"x", 1}};
  EXPECT_EQ(config.name, "a");
  EXPECT_EQ(config.connector.kind, "k");
  EXPECT_EQ(config.connector.options, wanted);
}

TEST(ConfigCompact, a_nesting_bomb_is_a_message_error) {
  std::string arrays = "\x01\x01x";
  for (int i = 0; i < 1'000'000; ++i) arrays += "\x04\x01";
  const auto error = thrown_by<MessageError>(
      [&] { (void)StoreConfig::from_compact(compact_with_options(arrays).span()); });
  EXPECT_THAT(error.what(), HasSubstr("nested"));
  std::string tables;
  for (int i = 0; i < 1'000'000; ++i) tables += "\x01\x01x\x05";
  EXPECT_THROW((void)StoreConfig::from_compact(compact_with_options(tables).span()), MessageError);
}

TEST(ConfigCompact, sixteen_levels_are_accepted) {
  StoreConfig config{.name = "a", .connector = {.kind = "k"}};
  ConfigValue value = 1;
  for (int i = 0; i < 16; ++i) value = ConfigArray{value};
  config.connector.options["x"] = value;
  EXPECT_EQ(StoreConfig::from_compact(config.to_compact().span()), config);
}

TEST(ConfigCompact, huge_counts_are_refused_before_memory_is_taken) {
  const std::string huge = "\xff\xff\xff\xff\xff\xff\xff\xff\x7f";  // about 2^63
  for (const std::string& options : {huge, "\x01" + huge, "\x01\x01x\x03" + huge,
                                     "\x01\x01x\x04" + huge, "\x01\x01x\x05" + huge}) {
    EXPECT_THROW((void)StoreConfig::from_compact(compact_with_options(options).span()),
                 MessageError);
  }
}

TEST(ConfigCompact, an_option_that_comes_twice_is_a_message_error) {
  const std::string twice("\x02\x01x\x01\x02\x01x\x01\x04", 9);
  EXPECT_THROW((void)StoreConfig::from_compact(compact_with_options(twice).span()), MessageError);
}

TEST(ConfigCompact, another_format_is_a_message_error_that_names_it) {
  std::string bytes(rich_config().to_compact().text());
  bytes[0] = 9;
  const auto error =
      thrown_by<MessageError>([&] { (void)StoreConfig::from_compact(Bytes::own(bytes).span()); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr("format 9"), HasSubstr("format 1")));
}

// -- Values

TEST(ConfigValue, tells_its_type) {
  EXPECT_EQ(ConfigValue(true).type_name(), "boolean");
  EXPECT_EQ(ConfigValue(1).type_name(), "integer");
  EXPECT_EQ(ConfigValue(1.0).type_name(), "float");
  EXPECT_EQ(ConfigValue("x").type_name(), "string");
  EXPECT_EQ(ConfigValue(ConfigArray{}).type_name(), "array");
  EXPECT_EQ(ConfigValue(ConfigTable{}).type_name(), "table");
}

TEST(ConfigValue, values_of_different_types_differ) {
  EXPECT_NE(ConfigValue(1), ConfigValue(1.0));
  EXPECT_NE(ConfigValue(1), ConfigValue(true));
  EXPECT_NE(ConfigValue("1"), ConfigValue(1));
  EXPECT_EQ(ConfigValue("x"), ConfigValue(std::string("x")));
}

TEST(StoreConfig, options_that_lie_too_deep_are_refused) {
  const auto nested = [](int levels) {
    std::string keys = "[connector.options]\na";
    for (int i = 1; i < levels; ++i) keys += ".a";
    return "name = \"n\"\n[connector]\nkind = \"local\"\n" + keys + " = 1\n";
  };
  const StoreConfig deep = StoreConfig::from_toml_text(nested(17));
  EXPECT_EQ(StoreConfig::from_compact(deep.to_compact().span()), deep);
  for (const int levels : {18, 900, 5000, 1'000'000}) {
    const auto error =
        thrown_by<ConfigError>([&] { (void)StoreConfig::from_toml_text(nested(levels)); });
    EXPECT_THAT(error.what(), ::testing::ContainsRegex("16 levels|1000 parts")) << levels;
  }
  ConfigTable options;
  for (int i = 0; i < 20; ++i) options = ConfigTable{{"a", options}};
  const StoreConfig made{.name = "n", .connector = {.kind = "local", .options = options}};
  EXPECT_THROW((void)made.to_compact(), ConfigError);
}

}  // namespace
}  // namespace proxystore
