// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Leases between processes, and what they leave behind.
#include "support.hpp"

namespace proxystore::testing {
namespace {

using std::chrono::seconds;

class FileLeases : public ::testing::Test {
 protected:
  [[nodiscard]] fs::path lease_file(const Key& key) const {
    return folder_.path() / (key.to_string() + ".leases");
  }
  [[nodiscard]] bool is_gone_before_long(const Key& key) const {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (connector_->exists(key) || fs::exists(lease_file(key))) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(milliseconds(1));
    }
    return true;
  }

  TemporaryFolder folder_;
  std::shared_ptr<Connector> connector_ = open_store(folder_.path());
};

TEST_F(FileLeases, hold_for_all_processes) {
  const Key key = put(*connector_, "object");
  const auto held = connector_->lease(key, LeaseMode::exclusive, patience);
  ASSERT_TRUE(held.has_value());
  ChildProcess other([&] {
    const auto attached = attach(connector_->config());
    require(!attached->lease(key, LeaseMode::shared, patience), "another process holds it");
    attached->unlease(*held);  // in its place
    require(attached->lease(key, LeaseMode::exclusive, patience).has_value(), "it was given back");
  });
  EXPECT_EQ(other.wait(), 0);
  EXPECT_FALSE(connector_->renew(*held, patience));
  EXPECT_FALSE(connector_->lease(key, LeaseMode::shared, patience)) << "that one has it still";
}

TEST_F(FileLeases, end_with_their_time_if_their_holder_was_killed) {
  const Key key = put(*connector_, "object");
  const Pipe pipe;
  ChildProcess holder([&] {
    const auto attached = attach(connector_->config());
    pipe.send(attached->lease(key, LeaseMode::exclusive, milliseconds(300)).has_value());
    std::this_thread::sleep_for(patience);
  });
  ASSERT_TRUE(pipe.receive<bool>());
  holder.kill();
  connector_->retire(key);
  EXPECT_TRUE(is_gone_before_long(key));
}

TEST_F(FileLeases, leave_no_file_when_nobody_holds_the_object) {
  const Key key = put(*connector_, "object");
  const auto first = connector_->lease(key, LeaseMode::shared, patience);
  const auto second = connector_->lease(key, LeaseMode::shared, patience);
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(fs::exists(lease_file(key)));
  connector_->unlease(*first);
  connector_->unlease(*second);
  EXPECT_FALSE(fs::exists(lease_file(key)));

  ASSERT_TRUE(connector_->lease(key, LeaseMode::shared, patience).has_value());
  EXPECT_TRUE(connector_->evict(key));
  EXPECT_FALSE(fs::exists(lease_file(key)));

  const Key other = put(*connector_, "object");
  ASSERT_TRUE(connector_->lease(other, LeaseMode::shared, patience).has_value());
  connector_->close({.clear = true});
  EXPECT_FALSE(fs::exists(lease_file(other)));
}

TEST_F(FileLeases, of_damaged_files_are_an_error_that_names_the_file) {
  const Key key = put(*connector_, "object");
  ASSERT_TRUE(connector_->lease(key, LeaseMode::shared, patience).has_value());
  for (const std::string text :
       {"", "v1 12 shared 5\n", "after", "after \nv1 12 exclusive", "after \nv1 x shared 5\n",
        "after \nnonsense", "after \nv1 1 shared 5 6\n",
        "after \nv1 99999999999999999999 shared 5\n"}) {
    write_shared_text(lease_file(key), text);
    EXPECT_THAT([&] { (void)connector_->lease(key, LeaseMode::shared, patience); },
                ThrowsMessage<IntegrityError>(HasSubstr(lease_file(key).string())))
        << text;
  }
  EXPECT_EQ(get(*connector_, key), "object") << "reading needs no lease";
}

TEST_F(FileLeases, have_any_length) {
  const Key key = put(*connector_, "object");
  EXPECT_TRUE(connector_->lease(key, LeaseMode::shared, milliseconds::max()).has_value());
  EXPECT_TRUE(connector_->lease(key, LeaseMode::shared, milliseconds(-1)).has_value());
  EXPECT_FALSE(connector_->lease(key, LeaseMode::exclusive, seconds(1)).has_value());
}

}  // namespace
}  // namespace proxystore::testing
