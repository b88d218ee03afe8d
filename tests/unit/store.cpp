// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Objects in and out of a store, its cache, its metrics. What threads do at once is tested in
// single_flight.cpp, proxies in store_proxy.cpp.
#include "proxystore/store.hpp"

#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conformance/child_process.hpp"
#include "counting_connector.hpp"
#include "proxystore/connectors/file.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/owned_proxy.hpp"
#include "proxystore/store_registry.hpp"
#include "support.hpp"

namespace proxystore::testing {
struct Opaque {
  int value = 0;
};
}  // namespace proxystore::testing

PROXYSTORE_CUSTOM_TYPE(proxystore::testing::Opaque, "opaque/1");

namespace proxystore {
namespace {

using namespace std::string_literals;
using namespace proxystore::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

struct Counted {
  std::shared_ptr<CountingConnector> connector = std::make_shared<CountingConnector>();
  std::shared_ptr<Store> store;

  explicit Counted(const StoreOptions& options = {})
      : store(Store::create(unique_name(), connector, options)) {}
};

template <class T>
void expect_stored_and_evicted(const T& value) {
  Counted counted;
  Store& store = *counted.store;
  const Key key = store.put(value);
  EXPECT_TRUE(store.exists(key));
  EXPECT_FALSE(store.is_cached(key)) << "put fills the cache";
  const auto found = store.get<T>(key);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, value);
  EXPECT_TRUE(store.is_cached(key));
  store.evict(key);
  EXPECT_FALSE(store.exists(key));
  EXPECT_FALSE(store.is_cached(key));
  EXPECT_EQ(store.get<T>(key), nullptr);
  EXPECT_EQ(*found, value) << "evicting took away what was handed out";
}

TEST(Store, case57_keeps_objects_until_they_are_evicted) {
  expect_stored_and_evicted("text"s);
  expect_stored_and_evicted(std::vector<int>{1, 2, 3});
  expect_stored_and_evicted(std::map<std::string, double>{{"a", 1.5}});
  expect_stored_and_evicted(std::optional<int>{});
  expect_stored_and_evicted(42);
}

TEST(Store, case59_missing_object_is_null_or_the_default) {
  Counted counted;
  Store& store = *counted.store;
  const Key key = Key::random();
  EXPECT_EQ(store.get<int>(key), nullptr);
  const auto fallback = std::make_shared<const int>(7);
  EXPECT_EQ(store.get<int>(key, {.default_value = fallback}), fallback);
  EXPECT_FALSE(store.is_cached(key)) << "the default was cached";
  EXPECT_FALSE(store.exists(key));
  store.evict(key);
  const Key present = store.put(5);
  EXPECT_EQ(*store.get<int>(present, {.default_value = fallback}), 5);
}

TEST(Store, needs_a_name_and_a_connector) {
  EXPECT_THROW((void)Store::create("", LocalOptions{}), ArgumentError);
  EXPECT_THROW((void)Store::create("x", std::shared_ptr<Connector>()), ArgumentError);
}

TEST(Store, unknown_kind_of_connector_is_refused_by_name) {
  const auto error =
      thrown_by<UnknownConnectorError>([] { (void)Store::create("x", {.kind = "nonsense"}); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr("'nonsense'"), HasSubstr("'local'")));
}

// -- Configuration

TEST(Store, case117_from_config_of_a_store_is_the_same_store) {
  const TemporaryFolder folder;
  const auto store = Store::create(unique_name(), FileOptions{.store_dir = folder.path()},
                                   {.cache_size = 3, .metrics = true, .populate_target = false});
  const auto again = Store::from_config(store->config(), OpenMode::attach);
  EXPECT_EQ(again->name(), store->name());
  EXPECT_EQ(again->config(), store->config());
  EXPECT_EQ(*again->get<int>(store->put(5)), 5);
}

TEST(Store, options_are_in_its_configuration) {
  const auto connector = std::make_shared<CountingConnector>();
  const auto store = Store::create("named", connector,
                                   {.serializer = "s",
                                    .deserializer = "d",
                                    .cache_size = 1,
                                    .metrics = true,
                                    .populate_target = false,
                                    .cache_bytes = 2,
                                    .populate_limit = 3});
  const StoreConfig wanted{.name = "named",
                           .connector = {.kind = "counting"},
                           .serializer = "s",
                           .deserializer = "d",
                           .cache_size = 1,
                           .metrics = true,
                           .populate_target = false,
                           .auto_register = false,
                           .cache_bytes = 2,
                           .populate_limit = 3};
  EXPECT_EQ(store->config(), wanted);
  EXPECT_EQ(store->serializer(), "s");
  EXPECT_EQ(store->deserializer(), "d");
}

TEST(Store, is_made_from_a_toml_file) {
  const TemporaryFolder folder;
  const std::string name = unique_name();
  write_text(folder / "s.toml", "name = '" + name + "'\nmetrics = true\n[connector]\n" +
                                    "kind = 'file'\noptions.store_dir = '" +
                                    (folder / "objects").string() + "'\n");
  const auto store = Store::from_toml(folder / "s.toml");
  EXPECT_EQ(store->name(), name);
  EXPECT_TRUE(store->metrics());
  EXPECT_TRUE(fs::is_directory(folder / "objects"));
  EXPECT_EQ(*store->get<int>(store->put(5)), 5);
}

TEST(Store, case56_that_registers_itself_is_found_by_name_until_it_closes) {
  const std::string name = unique_name();
  const auto store = Store::create(name, LocalOptions{}, {.auto_register = true});
  EXPECT_EQ(get_store(name), store);
  EXPECT_THROW((void)Store::create(name, LocalOptions{}, {.auto_register = true}),
               StoreExistsError);
  EXPECT_EQ(get_store(name), store);
  store->close();
  EXPECT_EQ(get_store(name), nullptr);
}

TEST(Store, that_only_the_registry_holds_can_be_closed) {
  const std::string name = unique_name();
  auto store = Store::create(name, LocalOptions{}, {.auto_register = true});
  Store& reference = *store;
  store.reset();
  reference.close();
  EXPECT_EQ(get_store(name), nullptr);
}

// -- The cache

TEST(StoreCache, case60_of_size_zero_keeps_nothing) {
  Counted counted({.cache_size = 0});
  const Key key = counted.store->put(5);
  (void)counted.store->get<int>(key);
  EXPECT_FALSE(counted.store->is_cached(key));
  (void)counted.store->get<int>(key);
  EXPECT_EQ(counted.connector->gets, 2);
}

TEST(StoreCache, case61_of_size_one_keeps_the_latest) {
  Counted counted({.cache_size = 1});
  Store& store = *counted.store;
  const Key a = store.put(1), b = store.put(2);
  EXPECT_FALSE(store.is_cached(a));
  EXPECT_EQ(*store.get<int>(a), 1);
  EXPECT_TRUE(store.is_cached(a));
  EXPECT_EQ(*store.get<int>(a), 1);
  EXPECT_EQ(counted.connector->gets, 1);
  EXPECT_EQ(*store.get<int>(b), 2);
  EXPECT_FALSE(store.is_cached(a));
  EXPECT_TRUE(store.is_cached(b));
  EXPECT_TRUE(store.exists(a));
  EXPECT_TRUE(store.exists(b));
}

TEST(StoreCache, gives_the_identical_object) {
  Counted counted;
  const Key key = counted.store->put("text"s);
  const auto a = counted.store->get<std::string>(key), b = counted.store->get<std::string>(key);
  EXPECT_EQ(a, b);
  EXPECT_EQ(counted.store->get_batch<std::string>(std::vector{key}).at(0), a);
  EXPECT_EQ(counted.connector->gets, 1);
}

TEST(StoreCache, of_one_key_as_two_types_gives_each_its_own) {
  Counted counted;
  const Key key = counted.store->put(Bytes::copy_of("text"));
  EXPECT_EQ(counted.store->get<Bytes>(key)->text(), "text");
  EXPECT_EQ(counted.store->get<std::vector<std::byte>>(key)->size(), 4U);
  EXPECT_THROW((void)counted.store->get<std::string>(key), SerializationError);
  counted.store->evict(key);
  EXPECT_FALSE(counted.store->is_cached(key));
}

TEST(StoreCache, limit_in_bytes_holds_for_keys_that_know_their_size_and_those_that_do_not) {
  Counted counted({.cache_bytes = 3000});
  Store& store = *counted.store;
  std::vector<Key> keys;
  for (int i = 0; i < 4; ++i) keys.push_back(store.put(std::string(1000, 'x')));
  for (const Key& key : keys) (void)store.get<std::string>(key);
  EXPECT_EQ(store.cache().size(), 2U);
  for (Key key : keys) {
    store.evict(key);
    key = store.put(std::string(1000, 'x'));
    key.size = Key::unknown_size;
    (void)store.get<std::string>(key);
  }
  EXPECT_EQ(store.cache().size(), 2U);
  EXPECT_EQ(store.cache().bytes(), 2 * (1000U + 3U));
}

TEST(StoreCache, never_keeps_the_memory_of_the_store_alive) {
  Counted counted;
  const Key key = counted.store->put(Bytes::copy_of("text"));
  auto held = counted.store->get<Bytes>(key);
  EXPECT_TRUE(counted.store->is_cached(key));
  EXPECT_EQ(counted.store->get<Bytes>(key), held);
  held.reset();
  EXPECT_FALSE(counted.store->is_cached(key));
}

TEST(StoreCache, results_of_functions_are_not_kept) {
  Counted counted;
  const Key key = counted.store->put(5);
  const auto add = [](int n) {
    return GetArgs<int>{
        .deserializer = [n](const Bytes& object) { return deserialize<int>(object) + n; }};
  };
  EXPECT_EQ(*counted.store->get<int>(key, add(1)), 6);
  EXPECT_EQ(*counted.store->get<int>(key, add(2)), 7);
  EXPECT_FALSE(counted.store->is_cached(key));
}

TEST(StoreCache, objects_that_may_change_are_not_kept) {
  Counted counted;
  Key key = counted.store->put(5);
  key.flags |= Key::versioned;
  EXPECT_EQ(*counted.store->get<int>(key), 5);
  EXPECT_EQ(*counted.store->get_batch<int>(std::vector{key}).at(0), 5);
  EXPECT_FALSE(counted.store->is_cached(key));
}

// -- Serializers

TEST(StoreSerializers, case62_of_a_call_are_used) {
  Counted counted;
  const Key key = counted.store->put(
      5, {.serializer = [](const int& n) { return Bytes::own("n=" + std::to_string(n)); }});
  EXPECT_EQ(counted.connector->get(key)->text(), "n=5");
  const auto read = [](const Bytes& object) {
    return std::stoi(std::string(object.text().substr(2)));
  };
  EXPECT_EQ(*counted.store->get<int>(key, {.deserializer = read}), 5);
  EXPECT_THROW((void)counted.store->get<int>(key), SerializationError);
}

TEST(StoreSerializers, of_the_store_are_used_by_name_unless_a_call_has_its_own) {
  register_serializer<int>(
      "store.tagged", [](const int& n) { return Bytes::own("t" + std::to_string(n)); },
      [](const Bytes& object) { return std::stoi(std::string(object.text().substr(1))); });
  Counted counted({.serializer = "store.tagged", .deserializer = "store.tagged"});
  const Key key = counted.store->put(5);
  EXPECT_EQ(counted.connector->get(key)->text(), "t5");
  EXPECT_EQ(*counted.store->get<int>(key), 5);
  EXPECT_EQ(*counted.store->get_batch<int>(counted.store->put_batch(std::vector{6})).at(0), 6);
  const Key own =
      counted.store->put(7, {.serializer = [](const int&) { return Bytes::copy_of("own"); }});
  EXPECT_EQ(counted.connector->get(own)->text(), "own");
}

TEST(StoreSerializers, that_are_unknown_are_refused_and_nothing_is_stored) {
  Counted counted;
  const auto error = thrown_by<SerializationError>(
      [&] { (void)counted.store->put(5, {.serializer = "store.nobody"}); });
  EXPECT_THAT(error.what(), HasSubstr("'store.nobody'"));
  EXPECT_EQ(counted.connector->puts, 0);
}

TEST(StoreSerializers, are_needed_for_a_type_without_cereal_functions) {
  Counted counted;
  const auto error = thrown_by<SerializationError>([&] { (void)counted.store->put(Opaque{}); });
  EXPECT_THAT(error.what(), HasSubstr("opaque/1"));
  EXPECT_EQ(counted.connector->puts, 0);
  const Key key = counted.store->put(
      Opaque{}, {.serializer = [](const Opaque&) { return Bytes::copy_of("opaque"); }});
  EXPECT_THROW((void)counted.store->get<Opaque>(key), SerializationError);
  const auto read = [](const Bytes& object) {
    return Opaque{.value = static_cast<int>(object.size())};
  };
  EXPECT_EQ(counted.store->get<Opaque>(key, {.deserializer = read})->value, 6);
}

TEST(StoreSerializers, case64_failure_to_read_names_key_store_and_deserializer) {
  Counted counted;
  const Key key = counted.store->put(5);
  const auto fail = [](const Bytes&) -> int { throw std::runtime_error("no idea"); };
  const auto error = thrown_by<SerializationError>(
      [&] { (void)counted.store->get<int>(key, {.deserializer = fail}); });
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("Failed to deserialize object"), HasSubstr(key.to_string()),
                    HasSubstr(counted.store->name()), HasSubstr("no idea")));
  EXPECT_EQ(error.context().key, key);
  EXPECT_EQ(error.context().connector, "counting");
}

TEST(StoreSerializers, meaning_of_the_bytes_is_told_to_the_connector) {
  Counted counted;
  (void)counted.store->put(std::vector<float>(3));
  EXPECT_EQ(counted.connector->last_options.info.dtype, "<f4");
  EXPECT_EQ(counted.connector->last_options.info.shape, std::vector<std::uint64_t>{3});
  PutOptions options;
  options.info.name = "temperature";
  options.info.units = "K";
  options.subset_tags = {"fast"};
  (void)counted.store->put(std::vector<float>(3), {.options = options});
  EXPECT_EQ(counted.connector->last_options.info.name, "temperature");
  EXPECT_EQ(counted.connector->last_options.info.units, "K");
  EXPECT_EQ(counted.connector->last_options.info.dtype, "<f4");
  EXPECT_EQ(counted.connector->last_options.subset_tags, std::vector{"fast"s});
}

// -- Batches

TEST(StoreBatch, case65_put_stores_all_in_one_exchange_and_in_order) {
  Counted counted;
  const auto keys = counted.store->put_batch(std::vector{1, 2, 3});
  ASSERT_EQ(keys.size(), 3U);
  EXPECT_EQ(counted.connector->put_batches, 1);
  EXPECT_EQ(counted.connector->puts, 0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(*counted.store->get<int>(keys[static_cast<std::size_t>(i)]), i + 1);
  }
}

TEST(StoreBatch, case66_put_takes_a_serializer) {
  Counted counted;
  const auto keys = counted.store->put_batch(std::vector{1, 2}, {.serializer = [](const int& n) {
                                               return Bytes::own("n" + std::to_string(n));
                                             }});
  EXPECT_EQ(counted.connector->get(keys[1])->text(), "n2");
}

TEST(StoreBatch, put_that_cannot_write_one_stores_none) {
  Counted counted;
  const auto second_fails = [n = 0](const int&) mutable {
    if (++n == 2) throw std::runtime_error("no");
    return Bytes{};
  };
  EXPECT_THROW((void)counted.store->put_batch(std::vector{1, 2, 3}, {.serializer = second_fails}),
               std::runtime_error);
  EXPECT_EQ(counted.connector->put_batches, 0);
}

TEST(StoreBatch, of_nothing_asks_nobody) {
  Counted counted;
  EXPECT_TRUE(counted.store->put_batch(std::vector<int>{}).empty());
  EXPECT_TRUE(counted.store->get_batch<int>(std::vector<Key>{}).empty());
  EXPECT_TRUE(counted.store->proxy_batch(std::vector<int>{}).empty());
  counted.store->evict_batch({});
  EXPECT_EQ(counted.connector->put_batches, 0);
  EXPECT_EQ(counted.connector->get_batches, 0);
}

TEST(StoreBatch, get_asks_once_for_what_is_not_cached) {
  Counted counted;
  Store& store = *counted.store;
  const auto keys = store.put_batch(std::vector{1, 2, 3});
  const auto second = store.get<int>(keys[1]);
  const auto fallback = std::make_shared<const int>(-1);
  const std::vector<Key> wanted{keys[2], keys[1], Key::random(), keys[0]};
  const auto values = store.get_batch<int>(wanted, {.default_value = fallback});
  ASSERT_EQ(values.size(), 4U);
  EXPECT_EQ(*values[0], 3);
  EXPECT_EQ(values[1], second);
  EXPECT_EQ(values[2], fallback);
  EXPECT_EQ(*values[3], 1);
  EXPECT_EQ(counted.connector->get_batches, 1);
  EXPECT_TRUE(store.is_cached(keys[0]));
  (void)store.get_batch<int>(keys);
  EXPECT_EQ(counted.connector->get_batches, 1);
}

TEST(StoreBatch, get_without_default_gives_null_for_missing_ones) {
  Counted counted;
  EXPECT_EQ(counted.store->get_batch<int>(std::vector{Key::random()}).at(0), nullptr);
}

TEST(StoreBatch, get_of_a_wrong_type_is_an_error_that_names_the_key) {
  Counted counted;
  const auto keys = counted.store->put_batch(std::vector{1});
  const auto error =
      thrown_by<SerializationError>([&] { (void)counted.store->get_batch<std::string>(keys); });
  EXPECT_THAT(error.what(), HasSubstr(keys[0].to_string()));
}

TEST(StoreBatch, evict_takes_all_from_store_and_cache) {
  Counted counted;
  const auto keys = counted.store->put_batch(std::vector{1, 2, 3});
  (void)counted.store->get_batch<int>(keys);
  counted.store->evict_batch(std::span(keys).first(2));
  EXPECT_FALSE(counted.store->exists(keys[0]));
  EXPECT_FALSE(counted.store->is_cached(keys[1]));
  EXPECT_TRUE(counted.store->exists(keys[2]));
}

// -- Closing

TEST(StoreClose, ends_all_verbs_and_leaves_objects_valid) {
  Counted counted;
  Store& store = *counted.store;
  const Key key = store.put("text"s);
  const auto object = store.get<std::string>(key);
  store.close();
  EXPECT_TRUE(store.is_closed());
  EXPECT_TRUE(counted.connector->closed);
  const auto error = thrown_by<StoreClosedError>([&] { (void)store.put(1); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr(store.name()), HasSubstr("put()")));
  EXPECT_EQ(error.context().operation, "put");
  EXPECT_THROW((void)store.get<std::string>(key), StoreClosedError);
  EXPECT_THROW((void)store.exists(key), StoreClosedError);
  EXPECT_THROW(store.evict(key), StoreClosedError);
  EXPECT_THROW((void)store.put_batch(std::vector{1}), StoreClosedError);
  EXPECT_THROW((void)store.get_batch<int>(std::vector{key}), StoreClosedError);
  EXPECT_THROW(store.evict_batch(std::vector{key}), StoreClosedError);
  EXPECT_THROW((void)store.proxy(1), StoreClosedError);
  EXPECT_THROW((void)store.proxy_batch(std::vector{1}), StoreClosedError);
  EXPECT_EQ(*object, "text");
  store.close();  // does nothing
}

TEST(StoreClose, happens_when_the_last_holder_lets_go) {
  Counted counted;
  counted.store.reset();
  EXPECT_TRUE(counted.connector->closed);
}

/// What is left of a folder that a store of another program made, which did @p what with it.
bool is_left_after_program(const std::function<void(std::shared_ptr<Store>&)>& what) {
  const TemporaryFolder folder;
  ChildProcess program([&] {
    auto store = Store::create(unique_name(), FileOptions{.store_dir = folder / "objects"});
    const Key key = store->put(5);
    const StoreConfig config = store->config();
    what(store);
    if (store && store->is_closed()) store.reset();
    if (!store && fs::exists(folder / "objects")) {
      require(get_or_create_store(config)->exists(key), "the object is there to the end");
    }
    std::exit(0);
  });
  EXPECT_EQ(program.wait(), 0);
  return fs::exists(folder / "objects");
}

TEST(StoreClose, of_a_handle_or_a_store_removes_nothing_before_the_end_of_the_program) {
  EXPECT_FALSE(is_left_after_program([](auto& store) { store.reset(); }));
  EXPECT_FALSE(is_left_after_program([](auto& store) { store->close(); }));
  EXPECT_FALSE(is_left_after_program([](auto& store) { register_store(std::move(store)); }));
  for (const bool is_closed : {false, true}) {
    const TemporaryFolder folder;
    auto store = Store::create(unique_name(), FileOptions{.store_dir = folder / "objects"});
    const auto proxy = store->proxy(std::string(5'000'000, 'x'));
    if (is_closed) store->close();
    store.reset();
    EXPECT_EQ(proxy->size(), 5'000'000U);
  }
}

TEST(StoreClose, clears_at_once_or_never_if_told_so) {
  EXPECT_TRUE(is_left_after_program([](auto& store) { store->close({.clear = false}); }));
  const TemporaryFolder folder;
  for (const bool was_closed : {false, true}) {
    const auto store = Store::create(unique_name(), FileOptions{.store_dir = folder / "objects"});
    (void)store->put(5);
    if (was_closed) store->close();
    EXPECT_TRUE(fs::exists(folder / "objects"));
    store->close({.clear = true});
    EXPECT_FALSE(fs::exists(folder / "objects"));
  }
}

TEST(StoreClose, in_a_forked_child_clears_nothing_of_the_parent) {
  const TemporaryFolder folder;
  auto store = Store::create(unique_name(), FileOptions{.store_dir = folder / "objects"});
  const Key key = store->put(5);
  ChildProcess with_it([&] {
    store.reset();
    std::exit(0);
  });
  EXPECT_EQ(with_it.wait(), 0);
  const StoreConfig config = store->config();
  store.reset();  // and is to be cleared at the end of this process
  ChildProcess after_it([&] { std::exit(0); });
  EXPECT_EQ(after_it.wait(), 0);
  EXPECT_TRUE(get_or_create_store(config)->exists(key));
}

/// Whose close() throws a few times.
class FailingConnector final : public CountingConnector {
 public:
  explicit FailingConnector(int failures) : failures_(failures) {}
  void close(const CloseOptions& options) override {
    if (failures_-- > 0) throw ConnectorError("cannot close");
    CountingConnector::close(options);
  }

 private:
  int failures_;
};

TEST(StoreClose, that_threw_can_be_repeated) {
  const auto connector = std::make_shared<FailingConnector>(2);
  const auto store = Store::create(unique_name(), connector);
  EXPECT_THROW(store->close(), ConnectorError);
  EXPECT_TRUE(store->is_closed());
  EXPECT_THROW(store->close(), ConnectorError);
  EXPECT_FALSE(connector->closed);
  store->close();
  EXPECT_TRUE(connector->closed);
}

TEST(StoreCreate, that_is_refused_leaves_the_connector_as_it_came) {
  const Counted first({.auto_register = true});
  const auto connector = std::make_shared<CountingConnector>();
  const std::string name = first.store->name();
  EXPECT_THROW((void)Store::create(name, connector, {.auto_register = true}), StoreExistsError);
  EXPECT_FALSE(connector->closed);
  EXPECT_TRUE(Store::create(unique_name(), connector)->put(5).id != Key().id);
  unregister_store(name);
}

TEST(StoreCreate, that_is_refused_makes_nothing) {
  const Counted first({.auto_register = true});
  const TemporaryFolder folder;
  StoreConfig config{.name = first.store->name(),
                     .connector = FileOptions{.store_dir = folder / "objects"},
                     .auto_register = true};
  EXPECT_THROW((void)Store::from_config(config), StoreExistsError);
  EXPECT_THROW((void)Store::create(config.name, config.connector, {.auto_register = true}),
               StoreExistsError);
  EXPECT_FALSE(fs::exists(folder / "objects"));
  unregister_store(config.name);
}

// -- Metrics

std::map<std::string, std::uint64_t> counts(const Metrics& metrics) {
  std::map<std::string, std::uint64_t> result;
  for (const auto& [name, stats] : metrics.times) result[name] = stats.count;
  return result;
}

TEST(StoreMetrics, are_off_by_default) {
  EXPECT_EQ(Counted().store->metrics(), nullptr);
}

TEST(StoreMetrics, case189_of_one_key_have_pythons_names_and_counts) {
  Counted counted({.metrics = true});
  Store& store = *counted.store;
  const Key key = store.put("text"s);
  EXPECT_TRUE(store.exists(key));
  (void)store.get<std::string>(key);
  (void)store.get<std::string>(key);
  EXPECT_TRUE(store.exists(key));  // cached by now: the connector is not asked
  store.evict(key);
  const auto metrics = store.metrics()->get_metrics(key);
  ASSERT_TRUE(metrics);
  EXPECT_THAT(counts(*metrics),
              UnorderedElementsAre(Pair("store.put", 1), Pair("store.put.serialize", 1),
                                   Pair("store.put.connector", 1), Pair("store.exists", 2),
                                   Pair("store.exists.connector", 1), Pair("store.get", 2),
                                   Pair("store.get.connector", 1), Pair("store.get.deserialize", 1),
                                   Pair("store.evict", 1), Pair("store.evict.connector", 1)));
  EXPECT_THAT(metrics->counters, UnorderedElementsAre(Pair("store.get.cache_hits", 1),
                                                      Pair("store.get.cache_misses", 1)));
  EXPECT_THAT(metrics->attributes, UnorderedElementsAre(Pair("store.put.object_size", 7),
                                                        Pair("store.get.object_size", 7)));
  const auto& times = metrics->times;
  EXPECT_GE(times.at("store.put").last_time_ms, times.at("store.put.connector").last_time_ms);
  EXPECT_LT(times.at("store.put").last_time_ms, 60'000) << "these are not milliseconds";
}

TEST(StoreMetrics, case191_of_a_batch_are_recorded_once_with_the_sum_of_sizes) {
  Counted counted({.metrics = true});
  const auto keys = counted.store->put_batch(std::vector{"a"s, "bcd"s});
  const auto metrics = counted.store->metrics()->get_metrics(keys);
  ASSERT_TRUE(metrics);
  EXPECT_THAT(counts(*metrics),
              UnorderedElementsAre(Pair("store.put_batch", 1), Pair("store.put_batch.serialize", 1),
                                   Pair("store.put_batch.connector", 1)));
  EXPECT_THAT(metrics->attributes, UnorderedElementsAre(Pair("store.put_batch.object_sizes", 10)));
  (void)counted.store->get_batch<std::string>(keys);
  const auto after_get = counted.store->metrics()->get_metrics(keys);
  EXPECT_EQ(after_get->times.at("store.get_batch").count, 1U);
  EXPECT_EQ(after_get->times.at("store.get_batch.connector").count, 1U);
  (void)counted.store->get_batch<std::string>(keys);
  const auto after_hits = counted.store->metrics()->get_metrics(keys);
  EXPECT_EQ(after_hits->times.at("store.get_batch").count, 2U);
  EXPECT_EQ(after_hits->times.at("store.get_batch.connector").count, 1U) << "it was not asked";
  const auto totals = counted.store->metrics()->aggregate_counters();
  EXPECT_EQ(totals.at("store.get.cache_misses"), 2);
  EXPECT_EQ(totals.at("store.get.cache_hits"), 2);
}

TEST(StoreMetrics, of_an_owned_object_are_those_of_a_put_whatever_the_connector) {
  const auto store = Store::create(unique_name(), LocalOptions{}, {.metrics = true});
  ASSERT_TRUE(store->connector().capabilities().has(Capability::deferrable));
  const auto owner = store->owned_proxy("text"s);
  const auto metrics = store->metrics()->get_metrics(owner.key());
  ASSERT_TRUE(metrics);
  EXPECT_THAT(counts(*metrics),
              UnorderedElementsAre(Pair("store.put", 1), Pair("store.put.serialize", 1),
                                   Pair("store.put.connector", 1), Pair("store.proxy", 1)));
  EXPECT_THAT(metrics->attributes, UnorderedElementsAre(Pair("store.put.object_size", 7)));
}

TEST(StoreMetrics, of_proxies_have_pythons_names) {
  Counted counted({.metrics = true});
  const auto proxy = counted.store->proxy("text"s, {.populate_target = false});
  proxy.resolve();
  const auto metrics = counted.store->metrics()->get_metrics(proxy);
  ASSERT_TRUE(metrics);
  EXPECT_EQ(metrics->times.at("store.proxy").count, 1U);
  EXPECT_EQ(metrics->times.at("factory.call").count, 1U);
  EXPECT_EQ(metrics->times.at("factory.resolve").count, 1U);
  EXPECT_LT(metrics->times.at("factory.resolve").last_time_ms, 60'000);
  const auto proxies = counted.store->proxy_batch(std::vector{1, 2});
  EXPECT_EQ(counted.store->metrics()->get_metrics(proxies)->times.at("store.proxy_batch").count,
            1U);
}

}  // namespace
}  // namespace proxystore
