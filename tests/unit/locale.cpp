// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// A program may set any locale, and what is written for other programs does not change by it: with
// commas in numbers, groups of digits, and letters that have other small ones.
#include <cctype>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <locale>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/temporary_folder.hpp"
#include "proxystore/config.hpp"
#include "proxystore/connector_registry.hpp"
#include "proxystore/key.hpp"
#include "proxystore/metrics_summary.hpp"

namespace proxystore {
namespace {

using ::testing::HasSubstr;

/// A locale of the C library and of C++ that writes numbers as Germans do and letters as Turks do.
/// It is made here, since a system may have neither.
class LocaleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ofstream source(folder_ / "source");
    for (const std::string part :
         {"IDENTIFICATION", "CTYPE", "COLLATE", "MONETARY", "NUMERIC", "TIME", "MESSAGES", "PAPER",
          "NAME", "ADDRESS", "TELEPHONE", "MEASUREMENT"}) {
      const char* from = part == "CTYPE" ? "tr_TR" : part == "COLLATE" ? "POSIX" : "de_DE";
      source << "LC_" << part << "\ncopy \"" << from << "\"\nEND LC_" << part << "\n";
    }
    source.close();
    const std::string name = "odd.UTF-8";
    const std::string command = "localedef -f UTF-8 -i " + (folder_ / "source").string() + " " +
                                (folder_ / name).string() + " >/dev/null 2>&1";
    if (std::system(command.c_str()) != 0) GTEST_SKIP() << "localedef makes no locale";
    ::setenv("LOCPATH", folder_.path().c_str(), 1);
    std::locale::global(std::locale(name));  // of the C library, too, since it has a name
    char text[16] = "";
    std::snprintf(text, sizeof text, "%.1f", 1.5);
    ASSERT_STREQ(text, "1,5") << "the locale is in force";
    ASSERT_NE(std::tolower('I'), 'i');
    ASSERT_EQ((std::ostringstream() << 1234567).str(), "1.234.567");
  }
  void TearDown() override {
    std::locale::global(std::locale::classic());
    std::setlocale(LC_ALL, "C");
    ::unsetenv("LOCPATH");
  }

  testing::TemporaryFolder folder_;
};

TEST_F(LocaleTest, metrics_are_what_they_are_elsewhere) {
  MetricsSummary summary{.recorders = 1234567};
  summary.times["get"].add(10.3);
  summary.times["get"].add(1e-7);
  summary.sizes["put"].add(1234567.5);
  summary.counters["hits"] = 1234567;
  const std::string json = summary.to_json();
  EXPECT_THAT(json, HasSubstr("\"recorders\": 1234567,"));
  EXPECT_THAT(json, HasSubstr("\"max\": 10.3,"));
  EXPECT_THAT(json, HasSubstr("\"min\": 1e-07,"));
  EXPECT_THAT(json, HasSubstr("\"mean\": 1234567.5,"));
  EXPECT_THAT(json, HasSubstr("\"hits\": 1234567"));
  EXPECT_THAT(summary.to_csv(), HasSubstr("size,put,1,1234567.5,1234567.5,"));
  EXPECT_THAT(summary.to_text(), HasSubstr(" 10.3"));
  EXPECT_THAT(summary.to_text(), HasSubstr("1.235e+06"));
}

TEST_F(LocaleTest, toml_is_what_it_is_elsewhere) {
  const StoreConfig config{
      .name = "n",
      .connector = {.kind = "multi",
                    .options = {{"a", ConfigArray{"file", ConfigTable{{"weight", 1234.5}}}},
                                {"b", std::int64_t{1234567}}}},
      .cache_size = 1234567};
  const std::string text = config.to_toml();
  EXPECT_THAT(text, HasSubstr("1234.5"));
  EXPECT_THAT(text, HasSubstr("cache_size = 1234567\n"));
  EXPECT_EQ(StoreConfig::from_toml_text(text), config);
}

TEST_F(LocaleTest, kinds_of_connectors_are_found_in_capital_letters) {
  EXPECT_EQ(ConnectorRegistry::global()
                .identity({.kind = "FILE", .options = {{"store_dir", "/tmp/x"}}})
                .kind,
            "file");
}

TEST_F(LocaleTest, keys_are_what_they_are_elsewhere) {
  const Key key = Key::random();
  EXPECT_EQ(Key::parse(key.to_string()), key);
}

}  // namespace
}  // namespace proxystore
