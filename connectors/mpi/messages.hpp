// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What ranks on different nodes say to each other: requests, and one or two answers to each.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "layout.hpp"
#include "proxystore/box.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::partition {

/// Objects up to this size travel inside a message; larger ones in transfers of their own.
constexpr std::size_t most_inline = std::size_t{32} << 10U;

/// Bytes of an object, cut at its end.
struct Range {
  std::uint64_t offset = 0;
  std::uint64_t length = UINT64_MAX;
};

struct GetRequest {
  Key key;  ///< Only id, flags and locator travel
  Range range{};
  std::uint64_t room = 0;  ///< Bytes for which receives are posted; 0: the size is not known
  std::uint16_t tag = 0;   ///< Of those
  /// Only these elements of an array, one after the other in C order, instead of the range.
  std::optional<Box> box{};
  std::string dtype{};  ///< Of the elements of a box
};
struct ExistsRequest {
  Key key;
};
struct EvictRequest {
  Key key;
};
/// Objects to be kept by the rank that is asked. Their bytes follow in the message, or in transfers
/// once the rank answered that it is ready.
struct PutObjects {
  std::vector<Key> keys{};  ///< With sizes and checksums
  std::uint16_t tag = 0;    ///< Of the transfers; 0: the bytes are in `data`
  Bytes data{};
};
struct SetRequest {
  Key key;
  SlotName target{};
  bool only_first = false;
};
struct WaitRequest {
  Key key;
  std::chrono::milliseconds timeout{0};
};
/// What a connector's lease verbs ask the object's owner for.
struct LeaseRequest {
  enum class Verb : std::uint8_t { take, renew, give_back, retire };
  Key key;
  Verb verb = Verb::take;
  LeaseMode mode = LeaseMode::shared;
  std::uint64_t token = 0;
  std::chrono::milliseconds ttl{0};
};
using Request = std::variant<GetRequest, ExistsRequest, EvictRequest, PutObjects, SetRequest,
                             WaitRequest, LeaseRequest>;

/// No such object; nothing to evict; not set, for the key is gone; not leased.
struct NoAnswer {};
/// It exists; it was evicted; it was set; it is leased.
struct YesAnswer {};
/// The bytes themselves, or `size` of them in the transfers that were asked for.
struct BytesAnswer {
  std::uint64_t size = 0;
  bool has_checksum = false;
  std::uint64_t checksum = 0;
  bool is_inline = false;
  Bytes data{};
};
/// The object has this size: ask again with room for it.
struct SizeAnswer {
  std::uint64_t size = 0;
};
/// Another rank has the object.
struct ElsewhereAnswer {
  SlotName name{};
};
/// There is room for the objects of a put: send them.
struct ReadyAnswer {};
/// Where the objects of a put are.
struct PlacedAnswer {
  std::vector<Locator> places{};
};
/// What went wrong, for the caller to throw.
struct ErrorAnswer {
  enum class What : std::uint8_t { other, capacity, integrity, already_set };
  What what = What::other;
  std::string text{};
};
using Answer = std::variant<NoAnswer, YesAnswer, BytesAnswer, SizeAnswer, ElsewhereAnswer,
                            ReadyAnswer, PlacedAnswer, ErrorAnswer>;

/// A request or an answer, and the number by which the asking rank knows it.
struct Message {
  std::uint64_t call = 0;
  std::variant<Request, Answer> content{};
};

[[nodiscard]] std::vector<std::byte> encode(const Message& message);
/// Inline data view @p bytes. @throws MessageError for anything that encode() did not write
[[nodiscard]] Message decode(const Bytes& bytes);

}  // namespace proxystore::inline v0::partition
