// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// put, get, and the forms of get that read into the caller's memory or a part of an object.
#include <algorithm>
#include <array>
#include <cstring>

#include "proxystore/error.hpp"
#include "suite.hpp"

namespace proxystore::testing {
namespace {

class PutGet : public StoringConnectorTest {
 protected:
  void expect_round_trip(const Bytes& object) {
    const Key key = put(object);
    const auto found = connector().get(key);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->size(), object.size());
    EXPECT_TRUE(*found == object) << "of " << object.size() << " bytes";
    EXPECT_TRUE(key.size == object.size() || key.size == Key::unknown_size);
    EXPECT_FALSE(key.is_versioned());
  }
};
PROXYSTORE_FOR_ALL_CONNECTORS(PutGet);

TEST_P(PutGet, case2_sizes_around_every_boundary) {
  for (const std::size_t size :
       {0U, 1U, 7U, 63U, 64U, 65U, 4095U, 4096U, 4097U, 65535U, 65536U, 65537U}) {
    expect_round_trip(pattern(size, static_cast<unsigned>(size)));
  }
}

TEST_P(PutGet, large_object) {
  expect_round_trip(pattern(GetParam().largest_value));
}

TEST_P(PutGet, every_value_of_a_byte) {
  MutableBytes all(256);
  for (std::size_t i = 0; i < 256; ++i) all.data()[i] = static_cast<std::byte>(i);
  expect_round_trip(std::move(all).freeze());
}

TEST_P(PutGet, parts_are_concatenated) {
  const Bytes whole = pattern(10'000);
  const std::vector<ByteSpan> parts = {whole.span().first(1), whole.span().subspan(1, 63),
                                       whole.span().subspan(64, 9'000),
                                       whole.span().subspan(9'064)};
  const Key key = connector().put(parts, {});
  EXPECT_TRUE(connector().get(key) == whole);
}

TEST_P(PutGet, empty_parts_add_nothing) {
  const Bytes whole = pattern(100);
  const std::vector<ByteSpan> parts = {{}, whole.span().first(40),   {},
                                       {}, whole.span().subspan(40), {}};
  EXPECT_TRUE(connector().get(connector().put(parts, {})) == whole);
}

TEST_P(PutGet, no_parts_are_an_empty_object) {
  const Key key = connector().put({}, {});
  const auto found = connector().get(key);
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->empty());
  EXPECT_TRUE(connector().exists(key));
}

TEST_P(PutGet, more_parts_than_one_system_call_takes) {
  constexpr std::size_t count = 5'000;  // IOV_MAX is 1024
  const Bytes whole = pattern(3 * count);
  std::vector<ByteSpan> parts;
  for (std::size_t i = 0; i < count; ++i) parts.push_back(whole.span().subspan(3 * i, 3));
  EXPECT_TRUE(connector().get(connector().put(parts, {})) == whole);
}

TEST_P(PutGet, caller_may_reuse_its_memory) {
  std::vector<std::byte> memory(200'000, std::byte{1});
  const ByteSpan part(memory);
  const Key key = connector().put(std::span(&part, 1), {});
  std::fill(memory.begin(), memory.end(), std::byte{2});
  const auto found = connector().get(key);
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(
      std::all_of(found->begin(), found->end(), [](std::byte one) { return one == std::byte{1}; }));
}

TEST_P(PutGet, equal_objects_have_different_keys) {
  const Bytes object = pattern(10);
  const Key first = put(object);
  const Key second = put(object);
  EXPECT_NE(first, second);
  connector().evict(first);
  EXPECT_TRUE(connector().get(second) == object);
}

TEST_P(PutGet, a_key_that_crossed_the_wire_finds_the_object) {
  const Bytes object = pattern(5'000);
  const Key key = put(object);
  std::array<char, sizeof(Key)> wire{};
  std::memcpy(wire.data(), &key, sizeof key);
  Key copy;
  std::memcpy(&copy, wire.data(), sizeof copy);
  EXPECT_TRUE(connector().get(copy) == object);
}

TEST_P(PutGet, options_do_not_change_the_bytes) {
  const Bytes object = pattern(64);
  const ByteSpan part = object.span();
  PutOptions options;
  options.info = {.kind = ObjectInfo::Kind::opaque, .name = "field", .units = "K"};
  EXPECT_TRUE(connector().get(connector().put(std::span(&part, 1), options)) == object);
}

class GetInto : public StoringConnectorTest {};
PROXYSTORE_FOR_ALL_CONNECTORS(GetInto);

TEST_P(GetInto, fills_a_target_of_the_same_size) {
  for (const std::size_t size : {0U, 1U, 4'096U, 200'000U}) {
    const Bytes object = pattern(size);
    std::vector<std::byte> target(size);
    EXPECT_EQ(connector().get_into(put(object), target), size);
    EXPECT_TRUE(Bytes::own(std::move(target)) == object);
  }
}

TEST_P(GetInto, leaves_the_rest_of_a_larger_target) {
  const Bytes object = pattern(100);
  std::vector<std::byte> target(128, std::byte{0xEE});
  EXPECT_EQ(connector().get_into(put(object), target), 100U);
  EXPECT_EQ(std::memcmp(target.data(), object.data(), 100), 0);
  EXPECT_EQ(std::count(target.begin() + 100, target.end(), std::byte{0xEE}), 28);
}

TEST_P(GetInto, refuses_a_smaller_target) {
  const Key key = put(pattern(100));
  std::vector<std::byte> target(99);
  EXPECT_THROW((void)connector().get_into(key, target), ArgumentError);
  EXPECT_THROW((void)connector().get_into(key, {}), ArgumentError);
  EXPECT_TRUE(connector().exists(key));
}

TEST_P(GetInto, absent_object_is_nothing) {
  std::vector<std::byte> target(10);
  EXPECT_EQ(connector().get_into(Key::random(), target), std::nullopt);
}

class GetRange : public StoringConnectorTest {};
PROXYSTORE_FOR_ALL_CONNECTORS(GetRange);

TEST_P(GetRange, gives_the_part_asked_for) {
  for (const std::size_t size : {1'000U, 200'000U}) {
    const Bytes object = pattern(size);
    const Key key = put(object);
    for (const auto& [offset, length] : std::vector<std::pair<std::size_t, std::size_t>>{
             {0, size}, {0, 1}, {1, 1}, {size - 1, 1}, {17, 900}, {500, 0}}) {
      const auto range = connector().get_range(key, offset, length);
      ASSERT_TRUE(range.has_value());
      EXPECT_TRUE(*range == object.slice(offset, length)) << offset << " + " << length;
    }
  }
}

TEST_P(GetRange, is_cut_at_the_end) {
  const Bytes object = pattern(100);
  const Key key = put(object);
  EXPECT_TRUE(connector().get_range(key, 90, 11) == object.slice(90));
  EXPECT_TRUE(connector().get_range(key, 1, SIZE_MAX) == object.slice(1));
  EXPECT_TRUE(connector().get_range(key, 100, 1) == Bytes());
  EXPECT_TRUE(connector().get_range(key, SIZE_MAX, SIZE_MAX) == Bytes());
}

TEST_P(GetRange, absent_object_is_nothing) {
  EXPECT_FALSE(connector().get_range(Key::random(), 0, 1).has_value());
}

}  // namespace
}  // namespace proxystore::testing
