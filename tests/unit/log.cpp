// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/log.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "counting_connector.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/store.hpp"
#include "support.hpp"
#include "watchdog.hpp"

namespace proxystore {
namespace {

using namespace proxystore::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Output {
  int status;
  std::string out, err;
};

/// What a program that uses the library prints, with PROXYSTORE_LOG_LEVEL set to @p level, and with
/// @p argument.
Output run_child(const std::string& level, const std::string& argument = {}) {
  const TemporaryFolder folder;
  const std::string out = (folder / "out").string(), err = (folder / "err").string();
  const std::string set =
      level.empty() ? "unset PROXYSTORE_LOG_LEVEL; " : "PROXYSTORE_LOG_LEVEL=" + level + " ";
  const std::string command =
      set + "'" LOG_CHILD "' " + argument + " >'" + out + "' 2>'" + err + "'";
  const int status = std::system(command.c_str());  // NOLINT(cert-env33-c)
  return {status, read_text(out), read_text(err)};
}

TEST(Log, is_silent_by_default_while_all_is_well) {
  const auto output = run_child("");
  EXPECT_EQ(output.status, 0);
  EXPECT_EQ(output.out, "done\n");
  EXPECT_THAT(output.err, IsEmpty());
}

TEST(Log, goes_to_standard_error_from_the_level_in_the_environment_on) {
  const auto debug = run_child("debug");
  EXPECT_EQ(debug.out, "done\n");
  EXPECT_THAT(debug.err, AllOf(HasSubstr("opened store 'child'"), HasSubstr("PUT"),
                               HasSubstr("EVICT"), HasSubstr("proxystore"), HasSubstr("[debug]")));
  const auto info = run_child("info");
  EXPECT_THAT(info.err, AllOf(HasSubstr("opened store 'child'"), Not(HasSubstr("PUT"))));
  EXPECT_THAT(run_child("error").err, IsEmpty());
  EXPECT_THAT(run_child("off").err, IsEmpty());
}

TEST(Log, tells_by_default_of_errors_that_nobody_can_catch) {
  const TemporaryFolder folder;
  const auto output = run_child("", (folder / "store").string());
  EXPECT_EQ(output.out, "done\n");
  EXPECT_THAT(output.err,
              AllOf(HasSubstr("[error]"), HasSubstr("clearing a store (file)"),
                    HasSubstr("cannot remove"), HasSubstr((folder / "store").string())));
  EXPECT_THAT(run_child("off", (folder / "other").string()).err, IsEmpty());
}

TEST(Log, tells_of_a_level_that_does_not_exist) {
  EXPECT_THAT(run_child("loud").err,
              AllOf(HasSubstr("[warning]"), HasSubstr("'loud'"), HasSubstr("trace, debug")));
  EXPECT_THAT(run_child("''").err, IsEmpty());
}

class LogHandler : public ::testing::Test {
 protected:
  void SetUp() override {
    set_log_handler([this](LogLevel level, std::string_view message) {
      messages.emplace_back(level, std::string(message));
    });
  }
  void TearDown() override {
    set_log_handler({});
    set_log_level(LogLevel::warning);
  }

  std::vector<std::pair<LogLevel, std::string>> messages;
};

TEST_F(LogHandler, gets_the_messages_of_its_level_as_they_are) {
  set_log_level(LogLevel::info);
  const auto store = Store::create("handled", LocalOptions{});
  (void)store->put(5);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].first, LogLevel::info);
  EXPECT_EQ(messages[0].second, "opened store 'handled' (local)");
  set_log_level(LogLevel::debug);
  (void)store->put(5);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[1].first, LogLevel::debug);
  set_log_level(LogLevel::off);
  (void)store->put(5);
  EXPECT_EQ(messages.size(), 2U);
}

TEST_F(LogHandler, gets_nothing_after_it_was_taken_away) {
  set_log_level(LogLevel::info);
  ::testing::internal::CaptureStderr();
  set_log_handler({});
  (void)Store::create("unhandled", LocalOptions{});
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("opened store 'unhandled'"));
  EXPECT_THAT(messages, IsEmpty());
}

TEST_F(LogHandler, may_hold_text_with_braces) {
  set_log_level(LogLevel::info);
  (void)Store::create("{} {0} %s", LocalOptions{});
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_THAT(messages[0].second, HasSubstr("{} {0} %s"));
}

TEST(LogHandlers, of_one_thread_hold_no_other_up) {
  const Watchdog watchdog;
  Gate gate;
  gate.close();
  set_log_level(LogLevel::info);
  set_log_handler([&](LogLevel, std::string_view message) {
    if (message.find("slow") != std::string_view::npos) gate.pass();
  });
  {
    std::jthread slow([] { (void)Store::create(unique_name("slow"), LocalOptions{}); });
    gate.await_arrivals(1);
    (void)Store::create(unique_name("fast"), LocalOptions{});  // logs, too
    gate.open();
  }
  set_log_handler({});
  set_log_level(LogLevel::off);
}

}  // namespace
}  // namespace proxystore
