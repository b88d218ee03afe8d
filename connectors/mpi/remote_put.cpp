// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// A put to another rank is a request with the bytes of many objects, packed into one buffer; it has
// succeeded when that rank answers with their places. A batch is cut into several requests, so that
// neither side needs room for all of it at a time, and these are under way together.
#include "remote_put.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <variant>

#include "detail/hash.hpp"
#include "messages.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::partition {

namespace {

constexpr std::size_t most_keys_at_once = 1024;
constexpr std::size_t most_bytes_at_once = std::size_t{256} << 20U;

struct Part {
  std::shared_ptr<Call> call;
  std::span<const std::size_t> indices;
};

std::size_t how_many_at_once(std::span<const std::size_t> indices, const std::vector<Key>& keys) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < std::min(indices.size(), most_keys_at_once)) {
    bytes += keys[indices[count]].size;
    if (count > 0 && bytes > most_bytes_at_once) break;
    ++count;
  }
  return count;
}

PutObjects pack(Runtime& runtime, std::span<const PutRequest> requests,
                std::span<const std::size_t> indices, const std::vector<Key>& keys) {
  PutObjects put;
  std::size_t total = 0;
  for (const std::size_t index : indices) total += keys[index].size;
  const auto buffer = runtime.exchange().pool().take(total);
  std::span<std::byte> rest = buffer.span();
  for (const std::size_t index : indices) {
    Key key = keys[index];
    const auto object = rest.first(key.size);
    join(requests[index].parts, object);
    rest = rest.subspan(key.size);
    if (runtime.settings().checksum) {
      key.checksum = detail::xxh3(ByteSpan(object));
      key.flags |= Key::has_checksum;
    }
    put.keys.push_back(key);
  }
  put.data = buffer.freeze();
  return put;
}

void complete(const Answer& answer, std::span<const std::size_t> indices, std::vector<Key>& keys) {
  const auto* placed = std::get_if<PlacedAnswer>(&answer);
  if (placed == nullptr || placed->places.size() != indices.size()) {
    throw ConnectorError("a rank answered a put with something else",
                         {.connector = "mpi", .operation = "put", .key = keys[indices.front()]});
  }
  for (std::size_t i = 0; i < indices.size(); ++i) placed->places[i].write_to(keys[indices[i]]);
}

}  // namespace

void put_elsewhere(Runtime& runtime, std::span<const PutRequest> requests,
                   const IndicesByOwner& elsewhere, std::vector<Key>& keys) {
  std::vector<Part> under_way;
  for (const auto& [owner, indices] : elsewhere) {
    for (std::span<const std::size_t> rest = indices; !rest.empty();) {
      const auto part = rest.first(how_many_at_once(rest, keys));
      const Key& first = keys[part.front()];
      under_way.push_back({runtime.exchange().start(static_cast<int>(owner), first,
                                                    pack(runtime, requests, part, keys)),
                           part});
      rest = rest.subspan(part.size());
    }
  }
  std::exception_ptr error;
  for (const Part& part : under_way) {  // all of them: what was put must be known, to be evicted
    try {
      complete(runtime.exchange().finish(part.call), part.indices, keys);
    } catch (...) {
      if (!error) error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace proxystore::inline v0::partition
