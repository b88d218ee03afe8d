// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// Proxies as bytes: round trips, hostile messages, and proxies inside other objects.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxystore/connectors/file.hpp"
#include "proxystore/connectors/local.hpp"
#include "proxystore/proxy_info.hpp"
#include "proxystore/store.hpp"
#include "proxystore/store_registry.hpp"
#include "support.hpp"

namespace proxystore::testing {

struct Tile {
  int row = 0;
  Proxy<std::string> text;
  std::vector<Proxy<std::vector<double>>> layers;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(row, text, layers);
  }
};

}  // namespace proxystore::testing

PROXYSTORE_TYPE_NAME(proxystore::testing::Tile, "tile/1");

namespace proxystore {
namespace {

using namespace std::string_literals;
using namespace proxystore::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// A factory of a store that nobody can open: reading its proxies must not try.
template <class T>
Proxy<T> example(const FactoryArgs<T>& args = {}, Key key = Key::random()) {
  return Proxy<T>(StoreFactory<T>(
      key,
      {.name = "nowhere",
       .connector = {.kind = "no such kind", .options = {{"path", "/x"}, {"flag", true}}},
       .metrics = true},
      args));
}

Key full_key() {
  Key key = Key::random();
  key.size = 123456789;
  key.checksum = 0x0123456789abcdefULL;
  key.flags = Key::has_checksum | Key::versioned | 7U;
  for (std::size_t i = 0; i < 20; ++i) key.locator[i] = std::byte(i + 1);
  return key;
}

std::string wire_text(const Bytes& wire) {
  return std::string(wire.text());
}

template <class T>
StoreConfig config_of(const Proxy<T>& proxy) {
  const auto& factory = detail::ProxyAccess::state(proxy)->factory();
  return dynamic_cast<const detail::StoreProxyFactory&>(factory).config();
}

TEST(ProxyWire, case221_round_trip_keeps_everything_and_opens_nothing) {
  const auto proxy = example<int>({.evict = true, .deserializer = "named"}, full_key());
  const auto read = from_bytes<int>(to_bytes(proxy));
  EXPECT_EQ(read, proxy);
  EXPECT_FALSE(read.resolved());
  EXPECT_EQ(read.key().size, proxy.key().size);
  EXPECT_EQ(read.key().checksum, proxy.key().checksum);
  EXPECT_EQ(read.key().flags, proxy.key().flags);
  EXPECT_EQ(read.key().locator, proxy.key().locator);
  EXPECT_EQ(read.store_name(), "nowhere");
  EXPECT_EQ(config_of(read), config_of(proxy));
  EXPECT_EQ(to_bytes(read), to_bytes(proxy));
}

TEST(ProxyWire, unknown_size_stays_unknown) {
  const auto proxy = example<int>();
  EXPECT_EQ(from_bytes<int>(to_bytes(proxy)).key().size, Key::unknown_size);
}

TEST(ProxyWire, case223_does_not_carry_the_object) {
  const auto store = Store::create(unique_name(), LocalOptions{});
  const auto proxy = store->proxy(std::string(100'000, 'x'));
  ASSERT_TRUE(proxy.resolved());
  const auto wire = to_bytes(proxy);
  EXPECT_LT(wire.size(), 250U);
  const auto read = from_bytes<std::string>(wire);
  EXPECT_FALSE(read.resolved());
  EXPECT_EQ(*read, std::string(100'000, 'x'));
}

TEST(ProxyWire, of_a_file_store_takes_at_most_160_bytes_beside_name_and_path) {
  const TemporaryFolder folder;
  const std::string name = unique_name();
  const auto store = Store::create(name, FileOptions{.store_dir = folder.path()});
  const auto wire = to_bytes(store->proxy(std::vector<double>(1000)));
  EXPECT_LE(wire.size(), 160 + name.size() + folder.path().string().size());
  RecordProperty("wire_bytes", static_cast<int>(wire.size()));
  RecordProperty("name_and_path_bytes",
                 static_cast<int>(name.size() + folder.path().string().size()));
}

TEST(ProxyWire, read_as_another_type_is_an_error_that_names_it) {
  const auto wire = to_bytes(example<int>());
  const auto error = thrown_by<SerializationError>([&] { (void)from_bytes<std::string>(wire); });
  EXPECT_THAT(error.what(), HasSubstr("string"));
  EXPECT_THROW((void)from_bytes<unsigned>(wire), SerializationError);
  EXPECT_NO_THROW((void)from_bytes<std::int32_t>(wire));
}

TEST(ProxyWire, every_truncation_is_a_message_error) {
  // A deserializer's name at the end, so that no shorter message is complete.
  const auto wire = to_bytes(example<int>({.evict = true, .deserializer = "named"}, full_key()));
  for_each_truncation(wire, [](const Bytes& cut) {
    EXPECT_THROW((void)from_bytes<int>(cut), MessageError) << cut.size();
  });
}

TEST(ProxyWire, every_bit_flip_is_an_error_or_a_proxy) {
  for (const auto& wire :
       {to_bytes(example<int>()), to_bytes(example<int>({.deserializer = "named"}, full_key()))}) {
    int refused = 0;
    for_each_bit_flip(wire, [&](const Bytes& damaged) {
      const bool is_read = succeeds_or_throws<SerializationError>([&] {
        const auto proxy = from_bytes<int>(damaged);
        (void)to_bytes(proxy);
        (void)std::hash<Proxy<int>>{}(proxy);
      });
      if (!is_read) ++refused;
    });
    EXPECT_GT(refused, 0);
  }
}

TEST(ProxyWire, a_damaged_configuration_is_always_noticed) {
  const auto proxy = example<int>();
  const auto wire = to_bytes(proxy);
  const auto config = wire_text(config_of(proxy).to_compact());
  const std::size_t start = wire_text(wire).find(config);
  ASSERT_NE(start, std::string::npos);
  for (std::size_t at = start; at < start + config.size(); ++at) {
    auto damaged = wire_text(wire);
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_THROW((void)from_bytes<int>(Bytes::own(damaged)), MessageError) << at;
  }
}

TEST(ProxyWire, unknown_optional_sections_are_skipped) {
  const auto proxy = example<int>();
  for (const int tag : {128, 200, 255}) {
    const auto wire = wire_text(to_bytes(proxy)) + static_cast<char>(tag) +
                      "\x05"
                      "hello"s +
                      "\x80" + '\0';
    EXPECT_EQ(from_bytes<int>(Bytes::own(wire)), proxy) << tag;
  }
}

TEST(ProxyWire, unknown_critical_sections_are_refused_by_number) {
  for (const int tag : {0, 3, 127}) {
    const auto wire = wire_text(to_bytes(example<int>())) + static_cast<char>(tag) + '\0';
    const auto error = thrown_by<MessageError>([&] { (void)from_bytes<int>(Bytes::own(wire)); });
    EXPECT_THAT(error.what(), HasSubstr("section " + std::to_string(tag)));
  }
}

TEST(ProxyWire, is_described_without_its_type) {
  const Key key = full_key();
  const auto wire = to_bytes(example<std::string>(
      {.evict = true, .deserializer = "mine", .polling = Polling{.backoff_factor = 3}}, key));
  const auto info = describe_proxy(wire.span());
  EXPECT_EQ(info.key, key);
  EXPECT_EQ(info.key.size, key.size);
  EXPECT_EQ(info.key.checksum, key.checksum);
  EXPECT_EQ(info.key.flags, key.flags);
  EXPECT_EQ(info.store.name, "nowhere");
  EXPECT_EQ(info.store.connector.kind, "no such kind");
  EXPECT_EQ(info.type_fingerprint, type_fingerprint<std::string>());
  EXPECT_TRUE(info.evict);
  EXPECT_EQ(info.deserializer, "mine");
  ASSERT_TRUE(info.polling.has_value());
  EXPECT_EQ(info.polling->backoff_factor, 3);
  EXPECT_FALSE(info.box.has_value());
  EXPECT_TRUE(info.unknown.empty());
  EXPECT_FALSE(describe_proxy(to_bytes(example<int>()).span()).evict);
  const Box box{.offset = {1, 2}, .shape = {3, 4}, .stride = {1, 5}};
  const auto part = to_bytes(example<Array<double, 2>>({.box = box}));
  EXPECT_EQ(describe_proxy(part.span()).box, box);
}

TEST(ProxyWire, description_tells_of_sections_of_later_versions) {
  const auto wire = wire_text(to_bytes(example<int>())) + "\xc8\x03" + "abc" + "\x63" + '\0';
  const auto info = describe_proxy(Bytes::own(wire).span());
  ASSERT_EQ(info.unknown.size(), 2U);
  EXPECT_EQ(info.unknown[0].tag, 200);
  EXPECT_EQ(info.unknown[0].size, 3U);
  EXPECT_FALSE(info.unknown[0].is_critical);
  EXPECT_EQ(info.unknown[1].tag, 99);
  EXPECT_TRUE(info.unknown[1].is_critical);
}

TEST(ProxyWire, description_of_a_part_is_refused) {
  const auto wire = to_bytes(example<int>());
  for (std::size_t size = 0; size < wire.size(); ++size) {
    EXPECT_THROW((void)describe_proxy(wire.span().first(size)), MessageError) << size;
  }
}

TEST(ProxyWire, a_section_longer_than_the_message_is_refused) {
  const auto wire = wire_text(to_bytes(example<int>())) + "\x80\xff\xff\xff\xff\xff\x7f";
  EXPECT_THROW((void)from_bytes<int>(Bytes::own(wire)), MessageError);
}

TEST(ProxyWire, unknown_flags_and_formats_are_refused) {
  auto wire = wire_text(to_bytes(example<int>()));
  wire[1] = static_cast<char>(wire[1] | 0x20);
  EXPECT_THROW((void)from_bytes<int>(Bytes::own(wire)), MessageError);
  wire = wire_text(to_bytes(example<int>()));
  wire[0] = 2;
  const auto error = thrown_by<MessageError>([&] { (void)from_bytes<int>(Bytes::own(wire)); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr("format 2"), HasSubstr("format 1")));
  EXPECT_THROW((void)from_bytes<int>(Bytes{}), MessageError);
  EXPECT_THROW((void)from_bytes<int>(Bytes::own(std::string(1000, '\xff'))), MessageError);
  EXPECT_THROW((void)from_bytes<int>(Bytes::own(std::string(1000, '\0'))), MessageError);
}

TEST(ProxyWire, configurations_with_one_fingerprint_are_not_taken_for_each_other) {
  // XXH3 multiplies pairs of words, each xored with a constant. A word that equals its constant
  // makes the product 0 whatever the other word is: 8 bytes of the name then do not matter. This is
  // so for the second pair of a message of 64 bytes; the name begins at its byte 3.
  const std::string constant = "\xcb\x79\xe6\x4e\xcc\xc0\xe5\x78";
  const auto config = [&](const std::string& word) {
    return StoreConfig{.name = std::string(13, 'n') + constant + word + std::string(25, 'n'),
                       .connector = {.kind = "kind"}};
  };
  const StoreConfig one = config("trusted!"), other = config("hostile!");
  ASSERT_EQ(one.to_compact().size(), 64U);
  ASSERT_EQ(detail::TravelConfig(one).fingerprint(), detail::TravelConfig(other).fingerprint());
  const auto read = [](const StoreConfig& sent) {
    const Proxy<int> proxy(StoreFactory<int>(Key::random(), sent));
    return config_of(from_bytes<int>(to_bytes(proxy)));
  };
  EXPECT_EQ(read(other), other);
  EXPECT_EQ(read(one), one);
  EXPECT_EQ(read(other), other);
}

TEST(ProxyWire, a_configuration_seen_before_is_shared) {
  const auto wire = to_bytes(example<int>());
  const auto a = from_bytes<int>(wire), b = from_bytes<int>(wire);
  const auto config = [](const auto& proxy) {
    const auto& factory = detail::ProxyAccess::state(proxy)->factory();
    return &dynamic_cast<const detail::StoreProxyFactory&>(factory).config();
  };
  EXPECT_EQ(config(a), config(b));
}

TEST(ProxyWire, of_many_stores_is_read) {
  for (int i = 0; i < 3000; ++i) {
    const StoreConfig config{.name = "store-" + std::to_string(i), .connector = {.kind = "kind"}};
    const Proxy<int> proxy(StoreFactory<int>(Key::random(), config));
    ASSERT_EQ(from_bytes<int>(to_bytes(proxy)).store_name(), config.name);
  }
}

TEST(ProxyWire, deserializers_travel_by_name) {
  register_serializer<std::string>(
      "wire.upside_down",
      [](const std::string& text) { return Bytes::own(std::string(text.rbegin(), text.rend())); },
      [](const Bytes& object) {
        const auto text = object.text();
        return std::string(text.rbegin(), text.rend());
      });
  const auto store = Store::create(unique_name(), LocalOptions{});
  const auto proxy = store->proxy("text"s, {.populate_target = false,
                                            .serializer = "wire.upside_down",
                                            .deserializer = "wire.upside_down"});
  EXPECT_EQ(store->connector().get(proxy.key())->text(), "txet");
  const auto read = from_bytes<std::string>(to_bytes(proxy));
  EXPECT_EQ(*read, "text");
}

TEST(ProxyWire, a_deserializer_that_is_unknown_here_is_an_error_when_the_proxy_is_used) {
  const auto store = Store::create(unique_name(), LocalOptions{});
  const Key key = store->put(5);
  const auto proxy = store->proxy_from_key<int>(key, {.deserializer = "wire.nobody"});
  const auto read = from_bytes<int>(to_bytes(proxy));
  const auto error = thrown_by<ProxyResolveError>([&] { read.resolve(); });
  EXPECT_THAT(error.what(), HasSubstr("'wire.nobody'"));
}

TEST(ProxyWire, a_deserializer_that_is_a_function_does_not_travel) {
  const auto store = Store::create(unique_name(), LocalOptions{});
  const Key key = store->put(5);
  const auto proxy =
      store->proxy_from_key<int>(key, {.deserializer = [](const Bytes&) { return 6; }});
  EXPECT_EQ(*proxy, 6);
  const auto error = thrown_by<ProxyStoreFactoryError>([&] { (void)to_bytes(proxy); });
  EXPECT_THAT(error.what(), HasSubstr("register"));
}

// -- Inside other objects

TEST(ProxyInObjects, structs_and_containers_of_proxies_round_trip_unresolved) {
  Tile tile{.row = 4, .text = example<std::string>(), .layers = {}};
  for (int i = 0; i < 3; ++i) tile.layers.push_back(example<std::vector<double>>());
  const auto object = serialize(tile);
  const auto copy = deserialize<Tile>(Bytes::copy_of(object.parts()));
  EXPECT_EQ(copy.row, 4);
  EXPECT_EQ(copy.text, tile.text);
  EXPECT_EQ(copy.layers, tile.layers);
  EXPECT_FALSE(copy.text.resolved());
  const std::map<std::string, std::pair<int, Proxy<int>>> map{{"a", {1, example<int>()}}};
  EXPECT_EQ((deserialize<std::map<std::string, std::pair<int, Proxy<int>>>>(
                Bytes::copy_of(serialize(map).parts()))),
            map);
}

TEST(ProxyInObjects, empty_proxies_stay_empty) {
  const std::vector<Proxy<int>> proxies{{}, example<int>(), {}};
  const auto copy =
      deserialize<std::vector<Proxy<int>>>(Bytes::copy_of(serialize(proxies).parts()));
  EXPECT_EQ(copy, proxies);
  EXPECT_FALSE(copy[0].valid());
}

TEST(ProxyInObjects, a_proxied_object_holds_proxies_that_are_fetched_on_their_own) {
  const auto store = Store::create(unique_name(), LocalOptions{}, {.metrics = true});
  Tile tile{.row = 1, .text = store->proxy("inner"s, {.populate_target = false}), .layers = {}};
  tile.layers.push_back(store->proxy(std::vector<double>{1, 2}, {.populate_target = false}));
  const auto outer = store->proxy(tile, {.populate_target = false});
  const auto read = from_bytes<Tile>(to_bytes(outer));
  EXPECT_EQ(read->row, 1);
  EXPECT_FALSE(read->text.resolved());
  EXPECT_EQ(*read->text, "inner");
  EXPECT_EQ(read->layers.at(0)->at(1), 2);
  EXPECT_FALSE(tile.text.resolved()) << "what was read shares nothing with what was written";
}

TEST(ProxyInObjects, of_a_function_cannot_be_stored) {
  const std::vector<Proxy<int>> proxies{Proxy<int>([] { return 5; })};
  EXPECT_THROW((void)serialize(proxies), ProxyStoreFactoryError);
}

TEST(ProxyInObjects, every_truncation_and_bit_flip_is_an_error_or_a_value) {
  const std::vector<Proxy<int>> proxies{example<int>(), {}};
  const auto object = Bytes::copy_of(serialize(proxies).parts());
  for_each_truncation(object, [](const Bytes& cut) {
    EXPECT_THROW((void)deserialize<std::vector<Proxy<int>>>(cut), SerializationError);
  });
  for_each_bit_flip(object, [](const Bytes& damaged) {
    (void)succeeds_or_throws<SerializationError>(
        [&] { (void)deserialize<std::vector<Proxy<int>>>(damaged); });
  });
}

}  // namespace
}  // namespace proxystore
