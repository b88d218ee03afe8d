// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Waits end when they should, and hold nobody else up.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "counting_connector.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/future.hpp"
#include "proxystore/lifetimes.hpp"
#include "proxystore/owned_proxy.hpp"
#include "proxystore/serialize/archive.hpp"
#include "proxystore/store_registry.hpp"
#include "support.hpp"
#include "watchdog.hpp"

namespace proxystore::testing {

/// An object whose deserializer needs others.
struct Needy {
  static inline std::function<void(int)> on_load;
  int number = 0;

  template <class Archive>
  void save(Archive& archive) const {
    archive(number);
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(number);
    if (on_load) on_load(number);
  }
};

/// An object that uses its store when it goes.
struct Last {
  static inline std::function<void()> on_end;
  int number = 0;

  Last() = default;
  Last(const Last&) = default;
  Last& operator=(const Last&) = default;
  explicit Last(int n) : number(n) {}
  ~Last() {
    if (on_end) std::exchange(on_end, nullptr)();
  }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(number);
  }
};

}  // namespace proxystore::testing

PROXYSTORE_TYPE_NAME(proxystore::testing::Needy, "test.needy/1");
PROXYSTORE_TYPE_NAME(proxystore::testing::Last, "test.last/1");

namespace proxystore {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace proxystore::testing;
using ::testing::HasSubstr;

// -- Deadlines

/// A connector without a wait() of its own, whose object is there from the third look on.
class LateConnector final : public Connector {
 public:
  std::atomic<int> looks{0};

  [[nodiscard]] std::string_view kind() const noexcept override { return "late"; }
  [[nodiscard]] Capabilities capabilities() const noexcept override { return {}; }
  [[nodiscard]] ConnectorConfig config() const override { return {.kind = "late"}; }
  [[nodiscard]] Key put(std::span<const ByteSpan>, const PutOptions&) override { return {}; }
  [[nodiscard]] std::optional<Bytes> get(const Key&) override { return std::nullopt; }
  [[nodiscard]] bool exists(const Key&) override { return ++looks >= 3; }
  bool evict(const Key&) override { return false; }
  void close(const CloseOptions&) override {}
};

TEST(Waits, of_the_longest_time_out_do_not_end_before_the_object_is_there) {
  LateConnector connector;
  EXPECT_TRUE(connector.wait(Key::random(), std::chrono::milliseconds::max()));
  EXPECT_EQ(connector.looks, 3);
}

TEST(Waits, of_a_negative_time_out_look_once) {
  LateConnector connector;
  EXPECT_FALSE(connector.wait(Key::random(), std::chrono::milliseconds::min()));
  EXPECT_EQ(connector.looks, 1);
}

TEST(Waits, of_an_object_that_exists_and_cannot_be_had_end) {
  const Watchdog watchdog;
  const auto store = Store::create(unique_name(), std::make_shared<LateConnector>());
  const StoreRegistration registration{store};
  const StoreFactory<int> factory(Key::random(), store->config(),
                                  {.polling = Polling{.timeout = 50ms}});
  EXPECT_THROW((void)factory.resolve(), ProxyResolveMissingKeyError);
}

// -- Fetches in the background

/// More than there are threads for any kind of work.
constexpr int many = 40;

/// Each test once with a connector that waits, and once with one that must be polled.
class Outstanding : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    const std::string name = unique_name();
    if (GetParam()) {
      store = Store::create(name, LocalOptions{});
    } else {
      store = Store::create(
          name, FileOptions{.store_dir = (folder / "store").string(), .clear = true}, {});
    }
    for (int i = 0; i < many; ++i) {
      futures.push_back(store->future<int>({.polling = {.timeout = 100s}}));
      futures.back().proxy().resolve_async();
    }
  }

  TemporaryFolder folder;
  std::shared_ptr<Store> store;
  std::vector<Future<int>> futures;
};
INSTANTIATE_TEST_SUITE_P(All, Outstanding, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "waiting" : "polling"; });

TEST_P(Outstanding, futures_hold_no_other_fetch_up) {
  const Watchdog watchdog;
  const auto input = store->proxy("input"s, {.populate_target = false});
  input.resolve_async();
  EXPECT_EQ(*input, "input");
  for (const auto& future : futures) future.set_result(7);
  for (const auto& future : futures) EXPECT_EQ(*future.proxy().share(), 7);
}

TEST_P(Outstanding, futures_are_fetched_before_anybody_asks) {
  const Watchdog watchdog;
  const auto future = store->future<int>({.evict = true, .polling = {.timeout = 100s}});
  const auto proxy = future.proxy();
  proxy.resolve_async();
  future.set_result(7);
  while (store->exists(future.key())) std::this_thread::sleep_for(1ms);  // until it was fetched
  EXPECT_EQ(*proxy, 7);
}

TEST_P(Outstanding, futures_let_leases_be_renewed) {
  const Watchdog watchdog;
  OwnedProxy<std::string> owner = store->owned_proxy("text"s);
  auto borrowed = owner.borrow({.lease = 3s});
  const auto moved =
      deserialize<RefProxy<std::string>>(Bytes::copy_of(serialize(borrowed).parts()));
  std::this_thread::sleep_for(5s);
  EXPECT_EQ(*moved, "text");
  EXPECT_THROW((void)owner.mut_borrow(), MutableBorrowError);
}

TEST_P(Outstanding, futures_do_not_keep_the_program_from_ending) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        ::alarm(20);
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

/// All threads for fetches stand at the gate of a connector.
class FullPool : public ::testing::Test {
 protected:
  void SetUp() override {
    slow->gate.close();
    for (int i = 0; i < many; ++i) {
      held.push_back(slow_store->proxy("slow"s, {.populate_target = false}));
      held.back().resolve_async();
    }
    slow->gate.await_arrivals(1);
  }
  void TearDown() override { slow->gate.open(); }

  std::shared_ptr<CountingConnector> slow = std::make_shared<CountingConnector>();
  std::shared_ptr<Store> slow_store = Store::create(unique_name(), slow);
  std::shared_ptr<CountingConnector> fast = std::make_shared<CountingConnector>();
  std::shared_ptr<Store> store = Store::create(unique_name(), fast);
  std::vector<Proxy<std::string>> held;
};

TEST_F(FullPool, whoever_needs_an_object_fetches_it_himself) {
  const Watchdog watchdog;
  const auto proxy = store->proxy("text"s, {.populate_target = false});
  proxy.resolve_async();
  EXPECT_EQ(*proxy, "text");
  EXPECT_EQ(fast->gets, 1);
  EXPECT_EQ(fast->got_by.load(), std::this_thread::get_id());
  slow->gate.open();
  for (const auto& one : held) EXPECT_EQ(*one, "slow");
  EXPECT_EQ(slow->gets, many) << "each was fetched once, by whom it may be";
}

TEST_F(FullPool, lets_leases_be_renewed) {
  const Watchdog watchdog;
  const auto local = Store::create(unique_name(), LocalOptions{});
  OwnedProxy<std::string> owner = local->owned_proxy("text"s);
  auto borrowed = owner.borrow({.lease = 3s});
  const auto moved =
      deserialize<RefProxy<std::string>>(Bytes::copy_of(serialize(borrowed).parts()));
  std::this_thread::sleep_for(5s);
  EXPECT_EQ(*moved, "text");
}

// -- Objects that need each other

/// Lets two threads go on when both have come, once.
class Meeting {
 public:
  void come() {
    ++here_;
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (here_ < 2 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  }

 private:
  std::atomic<int> here_{0};
};

/// What @p first and @p second throw in threads of their own; the texts of both.
std::string errors_of(const std::function<void()>& first, const std::function<void()>& second) {
  std::string texts[2];
  // Both threads may hold one exception. It ends after them, since thread sanitizers do not see
  // that its count orders who reads it last and who destroys it.
  std::exception_ptr kept[2];
  const auto run = [&](const std::function<void()>& body, int i) {
    try {
      body();
    } catch (const Error& error) {
      texts[i] = error.what();
      kept[i] = std::current_exception();
    }
  };
  {
    std::jthread a([&] { run(first, 0); });
    std::jthread b([&] { run(second, 1); });
  }
  return texts[0] + "\n" + texts[1];
}

TEST(Circle, proxies_that_need_each_other_are_an_error_that_names_both) {
  const Watchdog watchdog;
  const auto store = Store::create(unique_name(), LocalOptions{});
  Meeting meeting;
  Proxy<int> one, other;
  const auto that_needs = [&](const Proxy<int>& needed) {
    return [&, met = std::make_shared<std::atomic<bool>>(false)](const Bytes& bytes) {
      if (!met->exchange(true)) meeting.come();
      return deserialize<int>(bytes) + *needed;
    };
  };
  one = store->proxy_from_key<int>(store->put(1), {.deserializer = that_needs(other)});
  other = store->proxy_from_key<int>(store->put(2), {.deserializer = that_needs(one)});
  const std::string errors = errors_of([&] { one.resolve(); }, [&] { other.resolve(); });
  EXPECT_THAT(errors, HasSubstr("need each other"));
  EXPECT_THAT(errors, HasSubstr(one.key().to_string()));
  EXPECT_THAT(errors, HasSubstr(other.key().to_string()));
  EXPECT_FALSE(one.resolved() || other.resolved());
}

TEST(Circle, of_gets_is_an_error_that_names_both) {
  const Watchdog watchdog;
  const auto store = Store::create(unique_name(), LocalOptions{});
  const Key keys[] = {store->put(Needy{0}), store->put(Needy{1})};
  Meeting meeting;
  std::atomic<int> loads{0};
  Needy::on_load = [&](int number) {
    if (++loads <= 2) meeting.come();
    (void)store->get<Needy>(keys[1 - number]);
  };
  const std::string errors = errors_of([&] { (void)store->get<Needy>(keys[0]); },
                                       [&] { (void)store->get<Needy>(keys[1]); });
  Needy::on_load = nullptr;
  EXPECT_THAT(errors, HasSubstr("need each other"));
  EXPECT_THAT(errors, HasSubstr(keys[0].to_string()));
  EXPECT_THAT(errors, HasSubstr(keys[1].to_string()));
}

TEST(Circle, of_one_object_is_an_error) {
  const Watchdog watchdog;
  const auto store = Store::create(unique_name(), LocalOptions{});
  const Key key = store->put(Needy{0});
  Needy::on_load = [&](int) { (void)store->get<Needy>(key); };
  const auto error = thrown_by<Error>([&] { (void)store->get<Needy>(key); });
  Needy::on_load = nullptr;
  EXPECT_THAT(error.what(), HasSubstr(key.to_string()));
}

// -- Destructors

/// The cache is the last to hold an object, whose end uses the store.
class Ends : public ::testing::Test {
 protected:
  void SetUp() override {
    (void)store->get<Last>(key);
    Last::on_end = [this] {
      EXPECT_EQ(*store->get<int>(number), 5);
      store->evict(number);
      ++ended;
    };
  }
  void TearDown() override { Last::on_end = nullptr; }

  std::shared_ptr<Store> store =
      Store::create(unique_name(), std::make_shared<CountingConnector>(), {.cache_size = 1});
  const Key key = store->put(Last(1)), number = store->put(5), text = store->put("text"s);
  int ended = 0;
  const Watchdog watchdog;
};

TEST_F(Ends, of_an_evicted_object_uses_its_store) {
  store->evict(key);
  EXPECT_EQ(ended, 1);
}

TEST_F(Ends, of_a_displaced_object_uses_its_store) {
  EXPECT_EQ(*store->get<std::string>(text), "text");
  EXPECT_EQ(ended, 1);
}

TEST_F(Ends, of_an_object_displaced_by_a_batch_uses_its_store) {
  const Key keys[] = {text};
  EXPECT_EQ(*store->get_batch<std::string>(keys).front(), "text");
  EXPECT_EQ(ended, 1);
}

TEST_F(Ends, of_an_object_in_a_lifetime_uses_the_lifetime) {
  ContextLifetime lifetime(store);
  const Key keys[] = {key};
  lifetime.add_keys(keys);
  Last::on_end = [&] {
    ++ended;
    const Key late[] = {number};
    EXPECT_THROW(lifetime.add_keys(late), LifetimeEndedError);
    lifetime.close();
  };
  lifetime.close();
  EXPECT_EQ(ended, 1);
  EXPECT_TRUE(lifetime.done());
}

}  // namespace
}  // namespace proxystore
