// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
//
// Messages that are damaged: each is refused, or is a message.
#include "messages.hpp"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "contents.hpp"
#include "proxystore/error.hpp"

namespace proxystore::partition {
namespace {

using testing::contents;

Key some_key(std::uint64_t seed) {
  Key key = Key::random();
  key.size = 100 * seed;
  key.flags = Key::versioned | Key::has_checksum;
  key.checksum = 0x1234'5678'9abc'def0;
  Locator{.epoch = 7, .rank = 3, .slot = 1000, .generation = 5}.write_to(key);
  return key;
}

/// One of each kind.
std::vector<Message> all_messages() {
  const Bytes data = Bytes::own(contents(300, 1));
  const auto request = [](Request content) { return Message{.call = 5, .content = content}; };
  const auto answer = [](Answer content) {
    return Message{.call = UINT64_MAX, .content = std::move(content)};
  };
  return {
      request(GetRequest{.key = some_key(1), .range = {.offset = 8}, .room = 1U << 20U, .tag = 9}),
      request(ExistsRequest{some_key(2)}),
      request(EvictRequest{some_key(3)}),
      request(LeaseRequest{.key = some_key(9),
                           .verb = LeaseRequest::Verb::renew,
                           .mode = LeaseMode::exclusive,
                           .token = 17,
                           .ttl = std::chrono::milliseconds(250)}),
      request(PutObjects{.keys = {some_key(1), some_key(2)}, .data = data}),
      request(PutObjects{.keys = {some_key(1000)}, .tag = 77}),
      request(PutObjects{}),
      request(SetRequest{.key = some_key(4), .target = {.rank = 2, .slot = 9}}),
      request(WaitRequest{.key = some_key(5), .timeout = std::chrono::milliseconds(1000)}),
      answer(NoAnswer{}),
      answer(YesAnswer{}),
      answer(BytesAnswer{
          .size = 300, .has_checksum = true, .checksum = 1, .is_inline = true, .data = data}),
      answer(BytesAnswer{.size = std::uint64_t{1} << 40U}),
      answer(SizeAnswer{UINT64_MAX}),
      answer(ElsewhereAnswer{{.rank = 1, .slot = 2}}),
      answer(ReadyAnswer{}),
      answer(PlacedAnswer{{Locator{1, 2, 3, 4}, Locator{5, 6, 7, 8}}}),
      answer(ErrorAnswer{.what = ErrorAnswer::What::capacity, .text = "full"}),
  };
}

/// Bytes that decode() made room for.
std::size_t bytes_of(const Message& message) {
  if (const auto* request = std::get_if<Request>(&message.content)) {
    const auto* put = std::get_if<PutObjects>(request);
    return put == nullptr ? 0 : put->keys.capacity() * sizeof(Key);
  }
  const auto& answer = std::get<Answer>(message.content);
  if (const auto* placed = std::get_if<PlacedAnswer>(&answer)) {
    return placed->places.capacity() * sizeof(Locator);
  }
  const auto* error = std::get_if<ErrorAnswer>(&answer);
  return error == nullptr ? 0 : error->text.size();
}

/// Whether it was read; if so it must be small, and be read again from what it is written as.
bool is_read(const std::vector<std::byte>& bytes) {
  Message message;
  try {
    message = decode(Bytes::copy_of(ByteSpan(bytes)));
  } catch (const MessageError&) {
    return false;
  }
  EXPECT_LE(bytes_of(message), 2 * bytes.size() + 64);
  const auto again = encode(message);
  EXPECT_EQ(encode(decode(Bytes::copy_of(ByteSpan(again)))), again);
  return true;
}

TEST(Messages, AreReadAsTheyWereWritten) {
  for (const Message& message : all_messages()) {
    const auto bytes = encode(message);
    const Message read = decode(Bytes::copy_of(ByteSpan(bytes)));
    EXPECT_EQ(read.call, message.call);
    EXPECT_EQ(read.content.index(), message.content.index());
    EXPECT_EQ(encode(read), bytes);
  }
}

TEST(Messages, TruncatedOnesAreRefused) {
  for (const Message& message : all_messages()) {
    auto bytes = encode(message);
    while (!bytes.empty()) {
      bytes.pop_back();
      EXPECT_FALSE(is_read(bytes)) << bytes.size() << " bytes";
    }
  }
}

TEST(Messages, LongerOnesAreRefused) {
  for (const Message& message : all_messages()) {
    auto bytes = encode(message);
    bytes.push_back(std::byte{0});
    EXPECT_FALSE(is_read(bytes));
  }
}

TEST(Messages, EveryBitCanFlip) {
  for (const Message& message : all_messages()) {
    auto bytes = encode(message);
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      const std::byte mask{static_cast<unsigned char>(1U << (bit % 8))};
      bytes[bit / 8] ^= mask;
      (void)is_read(bytes);
      bytes[bit / 8] ^= mask;
    }
  }
}

TEST(Messages, EveryByteCanBeAnything) {
  for (const Message& message : all_messages()) {
    auto bytes = encode(message);
    for (std::byte& byte : bytes) {
      const std::byte right = byte;
      for (const std::byte wrong :
           {std::byte{0x00}, std::byte{0x7f}, std::byte{0x80}, std::byte{0xff}}) {
        byte = wrong;
        (void)is_read(bytes);
      }
      byte = right;
    }
  }
}

TEST(Messages, RandomBytesAreNoMessages) {
  std::mt19937_64 random(1);
  std::size_t read = 0;
  for (int i = 0; i < 100000; ++i) {
    std::vector<std::byte> bytes(random() % 200);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    if (bytes.size() > 8 && i % 2 == 0) {  // with a kind that there is
      bytes[8] = static_cast<std::byte>((random() % 8) | (random() % 2 == 0 ? 0x80U : 0U));
    }
    read += is_read(bytes) ? 1U : 0U;
  }
  EXPECT_LT(read, 50000U);
}

// A count that the message cannot hold makes no room for itself.
TEST(Messages, CountsAreNotTrusted) {
  for (const std::size_t kind : {std::size_t{3}, std::size_t{0x80 | 6}}) {
    std::vector<std::byte> bytes(9 + 1 + 100, std::byte{0});
    bytes[8] = static_cast<std::byte>(kind);
    for (const std::byte count : {std::byte{100}, std::byte{90}, std::byte{50}, std::byte{8}}) {
      bytes[9] = count;
      EXPECT_FALSE(is_read(bytes)) << static_cast<int>(count);
    }
    std::vector<std::byte> huge(9, std::byte{0});
    huge[8] = static_cast<std::byte>(kind);
    for (int i = 0; i < 9; ++i) huge.push_back(std::byte{0xff});
    huge.push_back(std::byte{0x01});
    EXPECT_FALSE(is_read(huge));
  }
}

}  // namespace
}  // namespace proxystore::partition
