// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// What a child process can do that was forked and goes on without exec; docs/threads.md.
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "conformance/child_process.hpp"
#include "counting_connector.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/future.hpp"
#include "proxystore/lifetimes.hpp"
#include "proxystore/owned_proxy.hpp"
#include "proxystore/serialize/archive.hpp"
#include "proxystore/store_registry.hpp"
#include "support.hpp"

namespace proxystore {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace proxystore::testing;

/// In a child no test assertion is heard: an exception is.
void require(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error(what);
}

template <class T>
T sent(const T& value) {
  return deserialize<T>(Bytes::copy_of(serialize(value).parts()));
}

/// A store that clears, in a process whose threads of the library run.
class Fork : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto proxy = store->proxy("warm"s, {.populate_target = false});
    proxy.resolve_async();
    ASSERT_EQ(*proxy, "warm");
    const LeaseLifetime lease(store, 1h);  // starts the clock
  }

  /// Whether the object goes before long.
  static bool goes(Store& store, const Key& key) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (store.exists(key)) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }

  TemporaryFolder folder;
  std::shared_ptr<Store> store = Store::create(
      unique_name(), FileOptions{.store_dir = (folder / "store").string(), .clear = true});
  StoreRegistration registration{store};
};

TEST_F(Fork, child_fetches_in_the_background) {
  const auto text = store->proxy("text"s, {.populate_target = false});
  ChildProcess child([&] {
    text.resolve_async();
    require(*text == "text", "an object of the parent's");
    std::vector<Future<int>> futures;
    for (int i = 0; i < 40; ++i) {
      futures.push_back(store->future<int>());
      futures.back().proxy().resolve_async();
    }
    for (const auto& future : futures) future.set_result(7);
    for (const auto& future : futures) require(*future.proxy().share() == 7, "a future");
    const auto taken = store->future<int>({.evict = true});
    taken.proxy().resolve_async();
    taken.set_result(8);
    require(goes(*store, taken.key()), "a future that a thread of the child fetches");
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(*text, "text");
}

TEST_F(Fork, child_takes_over_what_the_parent_was_fetching) {
  const auto connector = std::make_shared<CountingConnector>();
  const auto slow = Store::create(unique_name(), connector);
  connector->gate.close();
  std::vector<Proxy<std::string>> proxies;
  for (int i = 0; i < 10; ++i) {  // some are fetched, and some wait for a thread
    proxies.push_back(slow->proxy("slow"s, {.populate_target = false}));
    proxies.back().resolve_async();
  }
  connector->gate.await_arrivals(1);
  ChildProcess child([&] {
    connector->gate.open();
    for (const auto& proxy : proxies) require(*proxy == "slow", "what it fetches by itself");
  });
  EXPECT_EQ(child.wait(), 0);
  connector->gate.open();
  for (const auto& proxy : proxies) EXPECT_EQ(*proxy, "slow");
}

TEST_F(Fork, child_takes_over_what_a_thread_of_the_program_was_resolving) {
  Gate gate;
  gate.close();
  const Proxy<int> proxy([&] {
    gate.pass();
    return 5;
  });
  std::jthread resolving([&] { proxy.resolve(); });
  gate.await_arrivals(1);
  ChildProcess child([&] {
    gate.open();
    require(*proxy == 5, "what it resolves by itself");
  });
  EXPECT_EQ(child.wait(), 0);
  gate.open();
}

TEST_F(Fork, leases_of_the_child_end_and_are_renewed_there) {
  ChildProcess child([&] {
    LeaseLifetime lifetime(store, 50ms);
    require(goes(*store, store->put("text"s, {.lifetime = &lifetime})), "the end of a lifetime");
    OwnedProxy<std::string> owner = store->owned_proxy("owned"s);
    auto borrowed = owner.borrow({.lease = 2s});
    const auto moved = sent(borrowed);
    std::this_thread::sleep_for(3s);
    require(*moved == "owned", "a lease that is renewed");
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST_F(Fork, lifetime_of_the_parent_takes_objects_of_the_child) {
  LeaseLifetime lease(store, 1h);
  ContextLifetime scope(store);
  const Key of_parent = store->put("parent's"s, {.lifetime = &lease});
  const Key of_parent_too = store->put("parent's"s, {.lifetime = &scope});
  ChildProcess child([&] {
    const Key by_lease = store->put("child's"s, {.lifetime = &lease});
    const Key by_scope = store->put("child's"s, {.lifetime = &scope});
    lease.extend(LeaseLifetime::Clock::now() + 50ms);
    require(goes(*store, by_lease), "the end of the lease in the child");
    scope.close();
    require(!store->exists(by_scope), "the end of the scope in the child");
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_TRUE(store->exists(of_parent) && store->exists(of_parent_too));
}

TEST_F(Fork, child_ends_nothing_that_the_parent_has_to_end) {
  const Key key = store->put("text"s);
  std::optional<OwnedProxy<std::string>> owner = store->owned_proxy("owned"s);
  const Key owned = owner->key();
  auto borrowed = owner->borrow({.lease = 1h});
  std::optional<RefProxy<std::string>> moved = sent(borrowed);
  LeaseLifetime lease(store, 1h);
  const Key leased = store->put("leased"s, {.lifetime = &lease});
  {
    ChildProcess child([&] {
      moved.reset();
      owner.reset();
      std::exit(0);  // with exit handlers, in which stores are closed and lifetimes end
    });
    EXPECT_EQ(child.wait(), 0);
  }
  EXPECT_EQ(*store->get<std::string>(key), "text");
  EXPECT_TRUE(store->exists(leased));
  EXPECT_EQ(**moved, "owned");
  EXPECT_THROW((void)owner->mut_borrow(), MutableBorrowError) << "its lease was given back";
  moved.reset();
  owner.reset();
  EXPECT_FALSE(store->exists(owned));
}

TEST_F(Fork, child_is_refused_what_the_parent_owns) {
  OwnedProxy<std::string> owner = store->owned_proxy("owned"s);
  const auto borrowed = owner.borrow();
  ChildProcess child([&] {
    require(!owner.valid() && !borrowed.valid(), "they are the parent's");
    (void)thrown_by<ReferenceInvalidError>([&] { (void)*owner; });
    (void)thrown_by<ReferenceInvalidError>([&] { (void)owner.borrow(); });
    (void)thrown_by<ReferenceInvalidError>([&] { (void)*borrowed; });
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(*owner, "owned");
  EXPECT_EQ(*borrowed, "owned");
}

}  // namespace
}  // namespace proxystore
