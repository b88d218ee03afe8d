// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/bytes.hpp"

#include <array>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

namespace proxystore {
namespace {

static_assert(std::is_nothrow_move_constructible_v<Bytes>);
static_assert(std::is_nothrow_move_assignable_v<Bytes>);
static_assert(std::is_nothrow_move_constructible_v<MutableBytes>);

bool is_aligned(const std::byte* memory) {
  return reinterpret_cast<std::uintptr_t>(memory) % MutableBytes::alignment == 0;
}

TEST(Bytes, are_empty_by_default) {
  const Bytes bytes;
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(bytes.size(), 0U);
  EXPECT_EQ(bytes.text(), "");
  EXPECT_EQ(bytes, Bytes::copy_of(""));
}

TEST(Bytes, copy_of_takes_a_copy_in_aligned_memory) {
  std::string source = "some text";
  const Bytes bytes = Bytes::copy_of(source);
  source[0] = 'S';
  EXPECT_EQ(bytes.text(), "some text");
  EXPECT_TRUE(is_aligned(bytes.data()));
}

TEST(Bytes, copy_of_parts_concatenates_them) {
  const std::string a = "one", b, c = "three";
  const std::vector<ByteSpan> parts = {
      std::as_bytes(std::span(a)), std::as_bytes(std::span(b)), {}, std::as_bytes(std::span(c))};
  EXPECT_EQ(Bytes::copy_of(std::span<const ByteSpan>(parts)).text(), "onethree");
}

TEST(Bytes, parts_are_joined_into_memory_that_is_there) {
  const std::string one = "one";
  const std::string three = "three";
  const std::array parts{std::as_bytes(std::span(one)), ByteSpan{},
                         std::as_bytes(std::span(three))};
  EXPECT_EQ(joined_size(parts), 8U);
  EXPECT_EQ(joined_size({}), 0U);
  std::string target = "123456789";
  join(parts, std::as_writable_bytes(std::span(target)));
  EXPECT_EQ(target, "onethree9");
}

TEST(Bytes, own_takes_memory_over_without_a_copy) {
  std::string text(100, 'x');
  const char* before = text.data();
  EXPECT_EQ(Bytes::own(std::move(text)).text().data(), before);
  std::vector<std::byte> block(100);
  const std::byte* block_before = block.data();
  EXPECT_EQ(Bytes::own(std::move(block)).data(), block_before);
}

TEST(Bytes, own_keeps_short_strings_valid) {
  const Bytes bytes = Bytes::own(std::string("ab"));  // within the string object itself
  const Bytes copy = bytes;
  EXPECT_EQ(copy.text(), "ab");
}

TEST(Bytes, wrap_keeps_its_owner_until_the_last_copy_and_slice_go) {
  auto owner = std::make_shared<const std::string>("abcdef");
  const std::weak_ptr<const std::string> watch = owner;
  const ByteSpan view = std::as_bytes(std::span(*owner));
  Bytes bytes = Bytes::wrap(view, std::move(owner), Bytes::Memory::mapped);
  Bytes part = bytes.slice(2, 3);
  bytes = {};
  EXPECT_FALSE(watch.expired());
  EXPECT_EQ(part.text(), "cde");
  EXPECT_EQ(part.memory(), Bytes::Memory::mapped);
  part = {};
  EXPECT_TRUE(watch.expired());
}

TEST(Bytes, slice_is_cut_to_what_is_there) {
  const Bytes bytes = Bytes::copy_of("abc");
  EXPECT_EQ(bytes.slice(1).text(), "bc");
  EXPECT_EQ(bytes.slice(1, 100).text(), "bc");
  EXPECT_EQ(bytes.slice(3).size(), 0U);
  EXPECT_EQ(bytes.slice(100, SIZE_MAX).size(), 0U);
  EXPECT_EQ(bytes.slice(SIZE_MAX, SIZE_MAX).size(), 0U);
}

TEST(Bytes, compare_by_content) {
  EXPECT_EQ(Bytes::copy_of("abc"), Bytes::own(std::string("abc")));
  EXPECT_NE(Bytes::copy_of("abc"), Bytes::copy_of("abd"));
  EXPECT_NE(Bytes::copy_of("abc"), Bytes::copy_of("ab"));
}

TEST(MutableBytes, freeze_hands_the_same_memory_over) {
  MutableBytes buffer(5);
  EXPECT_TRUE(is_aligned(buffer.data()));
  std::memcpy(buffer.data(), "hello", 5);
  const std::byte* before = buffer.data();
  const Bytes bytes = std::move(buffer).freeze();
  EXPECT_EQ(bytes.data(), before);
  EXPECT_EQ(bytes.text(), "hello");
  EXPECT_EQ(buffer.size(), 0U);  // NOLINT(bugprone-use-after-move): it is empty then
  EXPECT_TRUE(buffer.span().empty());
}

TEST(MutableBytes, of_size_zero_freezes_to_nothing) {
  EXPECT_TRUE(MutableBytes(0).freeze().empty());
  EXPECT_TRUE(MutableBytes().freeze().empty());
}

}  // namespace
}  // namespace proxystore
