// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Proxies of functions: laziness, sharing, errors, comparison, conversion. Their form in messages
// is tested in proxy_wire.cpp, proxies of stores in store_proxy.cpp.
#include "proxystore/proxy.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <ranges>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "counting_connector.hpp"
#include "proxystore/store_factory.hpp"
#include "proxystore/store_registry.hpp"
#include "support.hpp"

namespace proxystore {
namespace {

using namespace std::string_literals;
using proxystore::testing::Gate;
using proxystore::testing::thrown_by;
using ::testing::AllOf;
using ::testing::HasSubstr;

static_assert(std::is_nothrow_move_constructible_v<Proxy<int>>);
static_assert(std::is_nothrow_move_assignable_v<Proxy<int>>);
static_assert(std::is_nothrow_default_constructible_v<Proxy<int>>);
static_assert(std::is_copy_constructible_v<Proxy<std::unique_ptr<int>>>);
static_assert(sizeof(Proxy<std::string>) == sizeof(std::shared_ptr<int>));
static_assert(std::regular<Proxy<int>>);

static_assert(Proxiable<int> && Proxiable<std::string> && Proxiable<std::optional<int>>);
static_assert(!Proxiable<bool> && !Proxiable<std::nullptr_t> && !Proxiable<std::nullopt_t>);
static_assert(!Proxiable<std::monostate> && !Proxiable<int*> && !Proxiable<int[3]>);
static_assert(!Proxiable<const int> && !Proxiable<volatile int> && !Proxiable<int&>);
static_assert(!Proxiable<Proxy<int>> && !Proxiable<void> && !Proxiable<int()>);

// Classes convert implicitly, numbers do not; nothing converts to bool.
static_assert(std::is_convertible_v<Proxy<std::string>&, const std::string&>);
static_assert(!std::is_convertible_v<Proxy<int>&, int>);
static_assert(std::is_constructible_v<int, Proxy<int>&>);
static_assert(std::is_convertible_v<Proxy<std::string>, const std::string&>);
static_assert(!std::is_convertible_v<Proxy<int>, int>);
static_assert(!std::is_constructible_v<bool, Proxy<std::string>&>);
static_assert(!std::is_constructible_v<Proxy<int>, int>);
static_assert(!std::is_constructible_v<Proxy<int>, std::string (*)()>);

// What a temporary gives is an rvalue, of which nobody makes a view or a reference_wrapper.
template <class T>
concept MayBeViewed = std::ranges::viewable_range<T>;
template <class T>
concept MayBeWrapped = requires(T object) {
  std::cref(std::forward<T>(object));
};
using Numbers = std::vector<int>;
static_assert(std::is_same_v<decltype(*std::declval<const Proxy<int>&>()), const int&>);
static_assert(std::is_same_v<decltype(*std::declval<Proxy<int>>()), const int&&>);
static_assert(MayBeViewed<decltype(*std::declval<const Proxy<Numbers>&>())>);
static_assert(!MayBeViewed<decltype(*std::declval<Proxy<Numbers>>())>);
static_assert(MayBeWrapped<decltype(*std::declval<const Proxy<Numbers>&>())>);
static_assert(!MayBeWrapped<decltype(*std::declval<Proxy<Numbers>>())>);

/// A proxy of @p value whose function counts its calls.
template <class T>
Proxy<T> counted(T value, const std::shared_ptr<std::atomic<int>>& calls) {
  return Proxy<T>([value = std::move(value), calls] {
    ++*calls;
    return value;
  });
}

std::shared_ptr<std::atomic<int>> counter() {
  return std::make_shared<std::atomic<int>>(0);
}

Proxy<int> unresolvable() {
  return Proxy<int>([]() -> int { throw std::runtime_error("this must not be called"); });
}

Proxy<int> of_store(const Key& key) {
  return Proxy<int>(
      StoreFactory<int>(key, {.name = "nowhere", .connector = {.kind = "no such kind"}}));
}

TEST(Proxy, calls_its_function_at_the_first_use_and_once) {
  const auto calls = counter();
  const auto proxy = counted("text"s, calls);
  EXPECT_FALSE(proxy.resolved());
  EXPECT_EQ(*calls, 0);
  EXPECT_EQ(*proxy, "text");
  EXPECT_TRUE(proxy.resolved());
  EXPECT_EQ(proxy->size(), 4U);
  EXPECT_EQ(*calls, 1);
}

TEST(Proxy, case220_is_resolved_by_every_way_to_its_object) {
  const auto fresh = [] { return Proxy<std::string>([] { return "text"s; }); };
  const auto check = [&](const auto& use) {
    const auto proxy = fresh();
    use(proxy);
    EXPECT_TRUE(proxy.resolved());
  };
  check([](const auto& p) { EXPECT_EQ(*p, "text"); });
  check([](const auto& p) { EXPECT_EQ(p->size(), 4U); });
  check([](const auto& p) { EXPECT_EQ(p.copy(), "text"); });
  check([](const auto& p) { EXPECT_EQ(*p.share(), "text"); });
  check([](const auto& p) { EXPECT_EQ(*extract(p), "text"); });
  check([](const auto& p) { p.resolve(); });
  check([](const auto& p) { resolve(p); });
  check([](const auto& p) {
    const std::string& text = p;
    EXPECT_EQ(text, "text");
  });
}

TEST(Proxy, copies_share_one_fetch_and_one_object) {
  const auto calls = counter();
  const auto proxy = counted("text"s, calls);
  const auto copy = proxy;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(*copy, "text");
  EXPECT_TRUE(proxy.resolved());
  EXPECT_EQ(&*proxy, &*copy);
  EXPECT_EQ(*calls, 1);
}

TEST(Proxy, case234_threads_call_its_function_once) {
  const auto calls = counter();
  Gate gate;
  gate.close();
  const Proxy<std::string> proxy([&] {
    ++*calls;
    gate.pass();
    return "text"s;
  });
  {
    std::atomic<int> started{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, copy = proxy] {
        ++started;
        EXPECT_EQ(*copy, "text");
      });
    }
    gate.await_arrivals(1);
    while (started < 8) std::this_thread::yield();
    gate.open();
  }
  EXPECT_EQ(*calls, 1);
}

TEST(Proxy, case224_that_failed_tries_again) {
  int calls = 0;
  const Proxy<int> proxy([&] {
    if (++calls < 3) throw std::runtime_error("not yet");
    return 5;
  });
  EXPECT_THROW(proxy.resolve(), ProxyResolveError);
  EXPECT_FALSE(proxy.resolved());
  EXPECT_THROW(proxy.resolve(), ProxyResolveError);
  EXPECT_EQ(*proxy, 5);
  EXPECT_EQ(calls, 3);
}

TEST(Proxy, that_failed_in_many_threads_lets_each_try) {
  const auto calls = counter();
  const Proxy<int> proxy([&]() -> int {
    ++*calls;
    throw std::runtime_error("never");
  });
  std::atomic<int> failed{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        try {
          proxy.resolve();
        } catch (const ProxyResolveError&) {
          ++failed;
        }
      });
    }
  }
  EXPECT_EQ(failed, 4);
  EXPECT_EQ(*calls, 4);
}

TEST(Proxy, failure_keeps_its_cause) {
  const Proxy<int> proxy([]() -> int { throw CapacityError("the disk is full"); });
  const auto error = thrown_by<ProxyResolveError>([&] { proxy.resolve(); });
  EXPECT_THAT(error.what(), HasSubstr("the disk is full"));
  ASSERT_TRUE(error.cause());
  EXPECT_THROW(std::rethrow_exception(error.cause()), CapacityError);
  EXPECT_EQ(error.context().operation, "resolve");
}

TEST(Proxy, failure_of_another_kind_than_exception_is_kept_too) {
  const Proxy<int> proxy([]() -> int { throw 42; });  // NOLINT(*-throw-by-value*)
  const auto error = thrown_by<ProxyResolveError>([&] { proxy.resolve(); });
  EXPECT_THROW(std::rethrow_exception(error.cause()), int);
  EXPECT_THROW(proxy.resolve(), ProxyResolveError);  // and no lock was left
}

TEST(Proxy, that_asks_for_itself_is_an_error_and_no_deadlock) {
  Proxy<int> proxy;
  int calls = 0;
  proxy = Proxy<int>([&] { return ++calls == 1 ? *proxy + 1 : 7; });
  const auto error = thrown_by<ProxyResolveError>([&] { proxy.resolve(); });
  EXPECT_THAT(error.what(), HasSubstr("own object"));
  EXPECT_EQ(*proxy, 7);
  proxy = {};  // the function refers to the proxy, so this ends a cycle of ownership
}

TEST(Proxy, that_is_a_temporary_may_be_used_in_its_expression) {
  struct Object {
    explicit Object(int* n) : lives(n) { ++*lives; }
    Object(const Object& other) : lives(other.lives) { ++*lives; }
    Object& operator=(const Object&) = delete;
    ~Object() { --*lives; }
    int* lives;
  };
  int lives = 0;
  const auto make = [&] { return Proxy<Object>([&] { return std::make_shared<Object>(&lives); }); };
  const auto look = [](const Object& object) { return *object.lives; };
  EXPECT_EQ(look(make()), 1) << "one object, and no copy of it";
  EXPECT_EQ(look(*make()), 1);
  EXPECT_EQ(*make()->lives, 1);
  EXPECT_EQ(lives, 0) << "it goes with the expression";
  {
    const Object copy = *make();
    const Object other = make();
    EXPECT_EQ(lives, 2) << "a copy stays";
  }
  EXPECT_EQ(lives, 0);
}

TEST(Proxy, may_be_used_by_the_function_of_another) {
  const Proxy<int> inner([] { return 20; });
  const Proxy<int> outer([inner] { return *inner + 1; });
  EXPECT_EQ(*outer, 21);
  EXPECT_TRUE(inner.resolved());
}

TEST(Proxy, case226_is_not_valid_by_default_and_using_it_is_an_error) {
  const Proxy<int> proxy;
  EXPECT_FALSE(proxy.valid());
  EXPECT_TRUE(unresolvable().valid());
  EXPECT_FALSE(proxy.resolved());
  const auto error = thrown_by<ProxyResolveError>([&] { (void)*proxy; });
  EXPECT_THAT(error.what(), HasSubstr("empty"));
  EXPECT_THROW(proxy.resolve(), ProxyResolveError);
  EXPECT_THROW((void)proxy.share(), ProxyResolveError);
  EXPECT_THROW((void)proxy.key(), ProxyResolveError);
  EXPECT_THROW((void)to_bytes(proxy), ProxyStoreFactoryError);
  EXPECT_THROW((void)get_store(proxy), ProxyStoreFactoryError);
}

TEST(Proxy, that_was_moved_from_is_not_valid) {
  Proxy<int> proxy([] { return 5; });
  const Proxy<int> moved = std::move(proxy);
  EXPECT_FALSE(proxy.valid());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(*moved, 5);
  EXPECT_THROW((void)*proxy, ProxyResolveError);
}

TEST(Proxy, case127_of_a_function_has_no_key_store_or_wire_form) {
  const auto proxy = unresolvable();
  EXPECT_THROW((void)proxy.key(), ProxyStoreFactoryError);
  EXPECT_THROW((void)get_key(proxy), ProxyStoreFactoryError);
  EXPECT_THROW((void)proxy.size_bytes(), ProxyStoreFactoryError);
  EXPECT_THROW((void)to_bytes(proxy), ProxyStoreFactoryError);
  EXPECT_THROW((void)get_store(proxy), ProxyStoreFactoryError);
  EXPECT_EQ(proxy.store_name(), "");
  EXPECT_FALSE(proxy.resolved());
  EXPECT_THROW(resolve_async(proxy), ProxyStoreFactoryError);
  EXPECT_FALSE(proxy.resolved());
}

TEST(Proxy, compares_and_hashes_by_key_without_resolving) {
  const Key key = Key::random();
  const auto a = of_store(key), same = of_store(key), other = of_store(Key::random());
  EXPECT_EQ(a, same);
  EXPECT_NE(a, other);
  EXPECT_EQ(a <=> same, std::strong_ordering::equal);
  EXPECT_EQ(a < other, a.key() < other.key());
  EXPECT_EQ(std::hash<Proxy<int>>{}(a), std::hash<Proxy<int>>{}(same));
  EXPECT_FALSE(a.resolved());
}

TEST(Proxy, of_functions_compare_by_identity) {
  const auto a = unresolvable(), b = unresolvable();
  const auto copy = a;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(a, copy);
  EXPECT_EQ(std::hash<Proxy<int>>{}(a), std::hash<Proxy<int>>{}(copy));
  EXPECT_NE(a, b);
  EXPECT_NE(a < b, b < a);
  EXPECT_NE(a, Proxy<int>());
  EXPECT_EQ(Proxy<int>(), Proxy<int>());
  EXPECT_LT(a, of_store(Key::random()));
}

TEST(Proxy, is_a_key_of_ordered_and_unordered_containers) {
  const auto a = of_store(Key::random()), b = of_store(Key::random()), c = unresolvable();
  const std::unordered_set<Proxy<int>> set{a, b, c, a, {}};
  EXPECT_EQ(set.size(), 4U);
  EXPECT_TRUE(set.contains(b));
  std::unordered_map<Proxy<int>, int> map{{a, 1}, {b, 2}};
  EXPECT_EQ(map.at(of_store(a.key())), 1);
  const std::set<Proxy<int>> ordered{a, b, c, b};
  EXPECT_EQ(ordered.size(), 3U);
}

TEST(Proxy, prints_key_store_and_state_without_resolving) {
  const auto print = [](const auto& proxy) {
    std::ostringstream out;
    out << proxy;
    return out.str();
  };
  const auto of_key = of_store(Key::random());
  EXPECT_THAT(print(of_key), AllOf(HasSubstr(of_key.key().to_string()), HasSubstr("nowhere"),
                                   HasSubstr("unresolved")));
  EXPECT_FALSE(of_key.resolved());
  const Proxy<int> of_function([] { return 5; });
  EXPECT_THAT(print(of_function), AllOf(HasSubstr("function"), HasSubstr("unresolved")));
  of_function.resolve();
  EXPECT_THAT(print(of_function), ::testing::Not(HasSubstr("unresolved")));
  EXPECT_THAT(print(Proxy<int>()), HasSubstr("empty"));
}

TEST(Proxy, case231_converts_where_its_object_is_wanted) {
  const Proxy<std::string> text([] { return "text"s; });
  const auto length = [](const std::string& s) { return s.size(); };
  EXPECT_EQ(length(text), 4U);
  const std::string& reference = text;
  EXPECT_EQ(&reference, &*text);
  const std::string copy = text;
  EXPECT_EQ(copy, "text");
  const Proxy<int> five([] { return 5; });
  EXPECT_EQ(static_cast<int>(five), 5);
  EXPECT_EQ(*five + 1, 6);
}

TEST(Proxy, copy_of_a_temporary_proxy_is_safe) {
  EXPECT_EQ(Proxy<std::string>([] { return "text"s; }).copy(), "text");
  EXPECT_EQ(*Proxy<std::string>([] { return "text"s; }).share(), "text");
}

TEST(Proxy, functions_may_return_shared_objects) {
  const auto object = std::make_shared<std::string>("text");
  const Proxy<std::string> of_const([&] { return std::shared_ptr<const std::string>(object); });
  const Proxy<std::string> of_mutable([&] { return object; });
  EXPECT_EQ(&*of_const, object.get());
  EXPECT_EQ(&*of_mutable, object.get());
  EXPECT_EQ(of_const.share(), object);
}

TEST(Proxy, function_that_returns_null_is_an_error) {
  const Proxy<std::string> proxy([] { return std::shared_ptr<const std::string>(); });
  const auto error = thrown_by<ProxyResolveError>([&] { proxy.resolve(); });
  EXPECT_THAT(error.what(), HasSubstr("null"));
  EXPECT_FALSE(proxy.resolved());
}

TEST(Proxy, shared_object_outlives_the_proxy) {
  std::shared_ptr<const std::string> object;
  {
    const Proxy<std::string> proxy([] { return "text"s; });
    object = proxy.share();
  }
  EXPECT_EQ(*object, "text");
}

TEST(Proxy, case229_frees_function_and_object_with_its_last_copy) {
  const auto token = std::make_shared<int>(5);
  Proxy<std::shared_ptr<int>> proxy([token] { return token; });
  proxy.resolve();
  EXPECT_GT(token.use_count(), 1);
  auto copy = proxy;
  proxy = {};
  EXPECT_GT(token.use_count(), 1);
  copy = {};
  EXPECT_EQ(token.use_count(), 1);
}

TEST(Proxy, case227_and_228_preset_with_an_object_is_resolved_at_birth) {
  const StoreFactory<int> factory(Key::random(), {.name = "x", .connector = {.kind = "none"}});
  const Proxy<int> proxy(factory, std::make_shared<const int>(5));
  EXPECT_TRUE(proxy.resolved());
  EXPECT_TRUE(is_resolved(proxy));
  EXPECT_EQ(*proxy, 5);
}

TEST(Proxy, size_is_told_if_the_key_knows_it) {
  Key key = Key::random();
  EXPECT_FALSE(of_store(key).size_bytes());
  key.size = 1000;
  EXPECT_EQ(of_store(key).size_bytes(), 1000U);
  EXPECT_EQ(of_store(key).key().size, 1000U);
  EXPECT_EQ(of_store(key).store_name(), "nowhere");
}

TEST(Proxy, of_an_object_that_cannot_be_copied_is_used_in_place) {
  const Proxy<std::unique_ptr<int>> proxy([] { return std::make_unique<int>(5); });
  EXPECT_EQ(**proxy, 5);
}

struct Tile {
  int row = 0;
  Proxy<std::vector<double>> heights;
};

TEST(Proxy, is_a_member_of_structs_and_of_objects_behind_proxies) {
  const auto calls = counter();
  const Tile tile{.row = 3, .heights = counted(std::vector<double>{1, 2}, calls)};
  const Proxy<Tile> outer([tile] { return tile; });
  EXPECT_EQ(outer->row, 3);
  EXPECT_EQ(*calls, 0) << "the inner proxy was resolved with the outer one";
  EXPECT_EQ(outer->heights->size(), 2U);
  EXPECT_EQ(*calls, 1);
  EXPECT_TRUE(tile.heights.resolved()) << "copies share the fetch";
}

}  // namespace
}  // namespace proxystore
