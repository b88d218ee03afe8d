// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "counting_connector.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"
#include "support.hpp"

namespace proxystore {
namespace {

using namespace std::string_literals;
using namespace proxystore::testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Registry : public ::testing::Test {
 protected:
  void TearDown() override {
    set_store_policy({});
    unregister_store(name);
  }

  [[nodiscard]] std::shared_ptr<Store> local() const { return Store::create(name, LocalOptions{}); }
  [[nodiscard]] StoreConfig local_config() const {
    return {.name = name, .connector = LocalOptions{}};
  }
  [[nodiscard]] StoreConfig file_config(const fs::path& path) const {
    return {.name = name, .connector = FileOptions{.store_dir = path}};
  }

  const std::string name = unique_name();
  const TemporaryFolder folder;
};

TEST_F(Registry, case106_finds_a_registered_store_by_name_until_it_is_unregistered) {
  EXPECT_EQ(get_store(name), nullptr);
  const auto store = local();
  register_store(store);
  EXPECT_EQ(get_store(name), store);
  unregister_store(name);
  EXPECT_EQ(get_store(name), nullptr);
  unregister_store(name);  // harmless
  unregister_store("never registered");
  EXPECT_FALSE(store->is_closed());
}

TEST_F(Registry, refuses_a_second_store_of_a_name_unless_told_to_replace) {
  const auto first = local(), second = local();
  register_store(first);
  const auto error = thrown_by<StoreExistsError>([&] { register_store(second); });
  EXPECT_THAT(error.what(), HasSubstr(name));
  EXPECT_EQ(get_store(name), first);
  register_store(second, {.exist_ok = true});
  EXPECT_EQ(get_store(name), second);
  EXPECT_THROW(register_store(nullptr), ArgumentError);
}

TEST_F(Registry, case109_unregisters_a_store_but_no_other_of_its_name) {
  const auto registered = local(), other = local();
  register_store(registered);
  unregister_store(*other);
  EXPECT_EQ(get_store(name), registered);
  unregister_store(*registered);
  EXPECT_EQ(get_store(name), nullptr);
}

TEST_F(Registry, forgets_a_store_that_was_closed) {
  const auto store = local();
  register_store(store);
  store->close();
  EXPECT_EQ(get_store(name), nullptr);
}

TEST_F(Registry, case107_get_or_create_makes_and_registers_a_store_and_then_gives_the_same) {
  const auto made = get_or_create_store(local_config());
  EXPECT_EQ(made->name(), name);
  EXPECT_EQ(get_store(name), made);
  EXPECT_EQ(get_or_create_store(local_config()), made);
  EXPECT_EQ(get_or_create_store(made->config()), made);
}

TEST_F(Registry, case108_get_or_create_registers_nothing_if_told_so) {
  const auto made = get_or_create_store(local_config(), {.register_new = false});
  ASSERT_TRUE(made);
  EXPECT_EQ(get_store(name), nullptr);
}

TEST_F(Registry, get_or_create_makes_no_folder_and_clears_nothing) {
  EXPECT_THROW((void)get_or_create_store(file_config(folder / "none")), ConnectorError);
  EXPECT_FALSE(fs::exists(folder / "none"));
  const auto owner = Store::create(unique_name(), FileOptions{.store_dir = folder / "objects"});
  const Key key = owner->put(5);
  auto made = get_or_create_store(file_config(folder / "objects"));
  const Key other = made->put(6);
  made->close();
  EXPECT_TRUE(owner->exists(key));
  EXPECT_TRUE(owner->exists(other));
}

TEST_F(Registry, one_name_with_other_options_is_a_conflict) {
  fs::create_directory(folder / "a");
  fs::create_directory(folder / "b");
  const auto made = get_or_create_store(file_config(folder / "a"));
  const auto error =
      thrown_by<StoreConflictError>([&] { (void)get_or_create_store(file_config(folder / "b")); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr(name), HasSubstr("other connector options")));
  EXPECT_THROW((void)get_or_create_store(local_config()), StoreConflictError);
  EXPECT_EQ(get_or_create_store(file_config(folder / "a")), made);
}

TEST_F(Registry, one_store_spelled_in_other_ways_is_no_conflict) {
  fs::create_directory(folder / "a");
  const auto made = get_or_create_store(file_config(folder / "a"));
  const std::string path = (folder / "a").string();
  for (const std::string& spelling : {path + "/", path + "/.", path + "/../a", path + "//"}) {
    EXPECT_EQ(get_or_create_store(file_config(spelling)), made) << spelling;
  }
  auto config = file_config(folder / "a");
  config.connector.kind = "proxystore.connectors.file.FileConnector";
  config.connector.options["buffering"] = 4096;
  config.connector.options["clear"] = true;
  config.cache_size = 99;
  config.metrics = true;
  EXPECT_EQ(get_or_create_store(config), made);
}

TEST_F(Registry, proxies_of_a_taken_name_with_other_options_do_not_ask_the_wrong_store) {
  fs::create_directory(folder / "a");
  const StoreFactory<int> factory(Key::random(), file_config(folder / "a"));
  const auto store = local();
  register_store(store);
  const Proxy<int> proxy(factory);
  const auto error = thrown_by<ProxyResolveError>([&] { proxy.resolve(); });
  EXPECT_THROW(std::rethrow_exception(error.cause()), StoreConflictError);
}

TEST_F(Registry, case110_gives_the_store_of_a_proxy) {
  const auto store = local();
  const auto proxy = store->proxy("text"s);
  EXPECT_EQ(get_store(proxy), store);
  EXPECT_EQ(get_store(name), nullptr) << "asking for a proxy's living store registers nothing";
  register_store(store);
  EXPECT_EQ(get_store(from_bytes<std::string>(to_bytes(proxy))), store);
  EXPECT_THROW((void)get_store(Proxy<int>([] { return 5; })), ProxyStoreFactoryError);
  EXPECT_THROW((void)get_store(Proxy<int>()), ProxyStoreFactoryError);
}

TEST_F(Registry, threads_that_get_or_create_get_one_store) {
  fs::create_directory(folder / "a");
  std::vector<std::shared_ptr<Store>> stores(8);
  {
    std::vector<std::jthread> threads;
    for (auto& store : stores) {
      threads.emplace_back([&] { store = get_or_create_store(file_config(folder / "a")); });
    }
  }
  for (const auto& store : stores) {
    EXPECT_EQ(store, stores[0]);
    EXPECT_FALSE(store->is_closed());
  }
  EXPECT_EQ(get_store(name), stores[0]);
}

TEST_F(Registry, get_or_create_keeps_the_configuration_as_it_is) {
  StoreConfig config = Store::create(name, LocalOptions{})->config();
  config.auto_register = true;
  config.metrics = true;
  for (const bool registers : {false, true}) {
    const auto made = get_or_create_store(config, {.register_new = registers});
    EXPECT_EQ(made->config(), config);
    EXPECT_EQ(get_store(name), registers ? made : nullptr);
  }
}

/// As proxies of many datasets do.
TEST_F(Registry, keeps_few_of_the_stores_that_it_opened_and_nobody_holds) {
  constexpr std::size_t many = 1000;
  const auto config = Store::create(name, LocalOptions{})->config();
  std::vector<std::weak_ptr<Store>> opened;
  std::vector<std::shared_ptr<Store>> held;
  const auto open = [&](std::size_t number) {
    StoreConfig one = config;
    one.name = name + " " + std::to_string(number);
    return get_or_create_store(one);
  };
  for (std::size_t i = 0; i < many; ++i) {
    opened.push_back(open(i));
    if (i % 100 == 0) held.push_back(open(i));
    EXPECT_EQ(open(0), held[0]) << "what is used stays";
  }
  const auto alive = std::ranges::count_if(opened, [](const auto& one) { return !one.expired(); });
  EXPECT_LE(alive, 100);
  for (const auto& store : held) {
    EXPECT_FALSE(store->is_closed());
    EXPECT_EQ(get_store(store->name()), store);
    unregister_store(*store);
  }
  EXPECT_NE(get_store(name + " " + std::to_string(many - 1)), nullptr) << "the last one is here";
  EXPECT_EQ(get_store(name + " 1"), nullptr);
  EXPECT_NE(open(1), nullptr) << "and can be opened again";
  for (std::size_t i = 0; i < many; ++i) unregister_store(name + " " + std::to_string(i));
}

TEST_F(Registry, keeps_all_stores_that_were_registered_by_hand) {
  constexpr std::size_t many = 2000;
  for (std::size_t i = 0; i < many; ++i) {
    register_store(Store::create(name + std::to_string(i), LocalOptions{}));
  }
  for (std::size_t i = 0; i < many; ++i) {
    ASSERT_NE(get_store(name + std::to_string(i)), nullptr);
    unregister_store(name + std::to_string(i));
  }
}

// -- Scoped registration

TEST_F(Registry, case111_scope_registers_several_stores_and_unregisters_them) {
  const auto a = Store::create(unique_name(), LocalOptions{});
  const auto b = Store::create(unique_name(), LocalOptions{});
  {
    const StoreRegistration registration({a, b});
    EXPECT_EQ(get_store(a->name()), a);
    EXPECT_EQ(get_store(b->name()), b);
  }
  EXPECT_EQ(get_store(a->name()), nullptr);
  EXPECT_EQ(get_store(b->name()), nullptr);
  EXPECT_FALSE(a->is_closed());
}

TEST_F(Registry, scope_that_is_left_by_an_exception_unregisters) {
  const auto store = local();
  EXPECT_THROW(
      {
        const StoreRegistration registration(store);
        throw std::runtime_error("left");
      },
      std::runtime_error);
  EXPECT_EQ(get_store(name), nullptr);
}

TEST_F(Registry, scope_with_a_taken_name_registers_none_unless_told_to_replace) {
  const auto taken = local(), same_name = local();
  const auto other = Store::create(unique_name(), LocalOptions{});
  register_store(taken);
  EXPECT_THROW(StoreRegistration({other, same_name}), StoreExistsError);
  EXPECT_EQ(get_store(other->name()), nullptr);
  EXPECT_EQ(get_store(name), taken);
  {
    const StoreRegistration registration(same_name, {.exist_ok = true});
    EXPECT_EQ(get_store(name), same_name);
  }
  EXPECT_EQ(get_store(name), nullptr);
}

// -- Policy

TEST_F(Registry, policy_refuses_stores_that_proxies_name) {
  fs::create_directory(folder / "a");
  set_store_policy([](const StoreConfig& config) {
    if (config.connector.kind == "file") throw std::runtime_error("no files from strangers");
  });
  const auto error =
      thrown_by<StoreRefusedError>([&] { (void)get_or_create_store(file_config(folder / "a")); });
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr(name), HasSubstr("(file)"), HasSubstr("no files from strangers")));
  EXPECT_EQ(get_store(name), nullptr);
  const Proxy<int> proxy(StoreFactory<int>(Key::random(), file_config(folder / "a")));
  const auto resolve_error = thrown_by<ProxyResolveError>([&] { proxy.resolve(); });
  EXPECT_THROW(std::rethrow_exception(resolve_error.cause()), StoreRefusedError);
  EXPECT_TRUE(get_or_create_store(local_config()));
}

TEST_F(Registry, policy_is_not_asked_for_stores_that_are_here) {
  set_store_policy([](const StoreConfig&) { throw std::runtime_error("never"); });
  const auto store = local();  // made by the application itself
  register_store(store);
  EXPECT_EQ(get_or_create_store(store->config()), store);
  set_store_policy({});
  unregister_store(name);
  EXPECT_TRUE(get_or_create_store(local_config()));
}

// -- The end

/// Tells which stores close, in their order.
class TellingConnector final : public Connector {
 public:
  TellingConnector(std::string name, std::vector<std::string>& closed)
      : name_(std::move(name)), closed_(closed) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "telling"; }
  [[nodiscard]] Capabilities capabilities() const noexcept override { return {}; }
  [[nodiscard]] ConnectorConfig config() const override { return {.kind = "telling"}; }
  [[nodiscard]] Key put(std::span<const ByteSpan>, const PutOptions&) override { return {}; }
  [[nodiscard]] std::optional<Bytes> get(const Key&) override { return std::nullopt; }
  [[nodiscard]] bool exists(const Key&) override { return false; }
  bool evict(const Key&) override { return false; }
  void close(const CloseOptions&) override {
    closed_.push_back(name_);
    if (name_ == "fails") throw ConnectorError("cannot close");
  }

 private:
  std::string name_;
  std::vector<std::string>& closed_;
};

TEST_F(Registry, closes_registered_stores_the_latest_first_whatever_one_throws) {
  close_registered_stores();  // what other tests left
  std::vector<std::string> closed;
  for (const std::string store_name : {"first", "fails", "last"}) {
    register_store(
        Store::create(store_name, std::make_shared<TellingConnector>(store_name, closed)));
  }
  close_registered_stores();
  EXPECT_THAT(closed, ElementsAre("last", "fails", "first"));
  EXPECT_EQ(get_store("first"), nullptr);
  close_registered_stores();  // nothing is left
  EXPECT_EQ(closed.size(), 3U);
}

}  // namespace
}  // namespace proxystore
