// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/connector.hpp"

#include <algorithm>
#include <cstring>

#include "detail/array_box.hpp"
#include "detail/deadline.hpp"
#include "detail/hash.hpp"
#include "detail/pause.hpp"
#include "proxystore/detail/collective_writer.hpp"
#include "proxystore/error.hpp"
#include "proxystore/serialize/codec.hpp"

namespace proxystore::inline v0 {

Connector::~Connector() = default;
ObjectBuilder::~ObjectBuilder() = default;
detail::CollectiveObject::~CollectiveObject() = default;
detail::CollectiveWriter::~CollectiveWriter() = default;

namespace {

/// For connectors whose memory is elsewhere.
class CopyingBuilder final : public ObjectBuilder {
 public:
  CopyingBuilder(Connector& connector, std::size_t size, PutOptions options)
      : connector_(connector), options_(std::move(options)), memory_(size) {}

  std::span<std::byte> memory() noexcept override { return memory_.span(); }
  Key publish() override {
    const ByteSpan part = memory_.span();
    return connector_.put(std::span(&part, 1), options_);
  }

 private:
  Connector& connector_;
  const PutOptions options_;
  MutableBytes memory_;
};

}  // namespace

std::unique_ptr<ObjectBuilder> Connector::create(std::size_t size, const PutOptions& options) {
  return std::make_unique<CopyingBuilder>(*this, size, options);
}

void Connector::unsupported(std::string_view verb, std::string_view capability) const {
  throw UnsupportedError("the " + std::string(kind()) + " connector has no " + std::string(verb) +
                             "(): it lacks the capability '" + std::string(capability) + "'",
                         {.connector = std::string(kind()), .operation = std::string(verb)});
}

bool Connector::allows_background(const Key&) const noexcept {
  return true;
}

std::optional<std::size_t> Connector::get_into(const Key& key, std::span<std::byte> target) {
  const auto object = get(key);
  if (!object) return std::nullopt;
  if (object->size() > target.size()) {
    throw ArgumentError("object " + key.to_string() + " has " + std::to_string(object->size()) +
                            " bytes, the target has room for " + std::to_string(target.size()),
                        {.connector = std::string(kind()), .operation = "get_into", .key = key});
  }
  if (!object->empty()) std::memcpy(target.data(), object->data(), object->size());
  return object->size();
}

std::optional<Bytes> Connector::get_range(const Key& key, std::size_t offset, std::size_t length) {
  const auto object = get(key);
  if (!object) return std::nullopt;
  return object->slice(offset, length);
}

namespace {

/// The beginning of an object that has its frame and header; all of a smaller one.
std::optional<Bytes> beginning_of(Connector& connector, const Key& key) {
  constexpr std::size_t usual = 512;
  constexpr std::size_t longest = std::size_t{128} << 10U;  // numpy writes no header above 64 KiB
  auto start = connector.get_range(key, 0, usual);
  if (!start || start->size() < usual || detail::frame_of(start->span()) != detail::array_frame) {
    return start;
  }
  try {
    (void)detail::parse_npy_header(start->span());
    return start;
  } catch (const SerializationError&) {  // it may go on
    return connector.get_range(key, 0, longest);
  }
}

/// One box of what does not change meanwhile.
std::optional<ArrayBox> get_box(Connector& connector, const BoxRequest& request) {
  const auto start = beginning_of(connector, request.key);
  if (!start) return std::nullopt;
  if (detail::frame_of(start->span()) != detail::array_frame) {
    detail::throw_wrong_frame(start->span(), "an array");
  }
  const auto header = detail::parse_npy_header(start->span());
  auto place = detail::place_of(header, request.box, request.dtype);
  auto memory = connector.get_range(request.key, header.size + place.offset, place.length);
  if (!memory) return std::nullopt;
  if (memory->size() != place.length) {
    throw IntegrityError(
        "the object has fewer bytes than its header tells",
        {.connector = std::string(connector.kind()), .operation = "get_boxes", .key = request.key});
  }
  return ArrayBox{.memory = std::move(*memory), .steps = std::move(place.steps)};
}

}  // namespace

std::optional<ObjectInfo> Connector::describe(const Key& key) {
  const auto start = beginning_of(*this, key);
  if (!start) return std::nullopt;
  return detail::info_of(start->span());
}

std::vector<std::optional<ArrayBox>> Connector::get_boxes(std::span<const BoxRequest> requests) {
  std::vector<std::optional<ArrayBox>> boxes;
  boxes.reserve(requests.size());
  for (const BoxRequest& request : requests) {
    if (!request.key.is_versioned()) {
      boxes.push_back(get_box(*this, request));
    } else if (const auto object = get(request.key)) {  // in one piece: it may change
      boxes.emplace_back(detail::box_of(*object, request.box, request.dtype));
    } else {
      boxes.emplace_back();
    }
  }
  return boxes;
}

std::vector<Key> Connector::put_batch(std::span<const PutRequest> requests) {
  std::vector<Key> keys;
  keys.reserve(requests.size());
  try {
    for (const auto& request : requests) keys.push_back(put(request.parts, request.options));
  } catch (...) {
    for (const auto& key : keys) {
      try {
        (void)evict(key);
      } catch (const Error&) {  // the first error is the one to report
      }
    }
    throw;
  }
  return keys;
}

std::vector<std::optional<Bytes>> Connector::get_batch(std::span<const Key> keys) {
  std::vector<std::optional<Bytes>> objects;
  objects.reserve(keys.size());
  for (const auto& key : keys) objects.push_back(get(key));
  return objects;
}

std::vector<bool> Connector::exists_batch(std::span<const Key> keys) {
  std::vector<bool> found;
  found.reserve(keys.size());
  for (const auto& key : keys) found.push_back(exists(key));
  return found;
}

void Connector::evict_batch(std::span<const Key> keys) {
  for (const auto& key : keys) (void)evict(key);
}

void Connector::list(const std::function<bool(const Key&)>&) {
  unsupported("list", "list");
}

Key Connector::new_key() {
  unsupported("new_key", "deferrable");
}

void Connector::set(const Key&, std::span<const ByteSpan>, const PutOptions&) {
  unsupported("set", "deferrable");
}

bool Connector::wait(const Key& key, std::chrono::milliseconds timeout) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds longest_pause{50};
  const auto deadline = detail::deadline_after(timeout);
  std::chrono::microseconds pause{100};
  while (!exists(key)) {
    const auto left = deadline - Clock::now();
    if (left <= Clock::duration::zero()) return false;
    detail::pause(std::min<Clock::duration>(pause, left));
    pause = std::min<std::chrono::microseconds>(pause * 2, longest_pause);
  }
  return true;
}

std::optional<Lease> Connector::lease(const Key&, LeaseMode, std::chrono::milliseconds) {
  unsupported("lease", "lease");
}

bool Connector::renew(const Lease&, std::chrono::milliseconds) {
  unsupported("renew", "lease");
}

void Connector::unlease(const Lease&) {
  unsupported("unlease", "lease");
}

void Connector::retire(const Key& key) {
  (void)evict(key);
}

bool Connector::clears_on_close() const noexcept {
  return false;
}

std::uint64_t checksum_of(std::span<const ByteSpan> parts) {
  return detail::xxh3(parts);
}

void verify(const Key& key, ByteSpan object, std::string_view connector, std::string_view where,
            std::optional<std::uint64_t> checksum) {
  const auto damaged = [&](const std::string& why) {
    throw IntegrityError(
        "object " + key.to_string() + " in " + std::string(where) + " is damaged: " + why,
        {.connector = std::string(connector), .operation = "get", .key = key});
  };
  if (key.size != Key::unknown_size && key.size != object.size()) {
    damaged("it has " + std::to_string(object.size()) + " bytes, " + std::to_string(key.size) +
            " were stored");
  }
  if ((key.flags & Key::has_checksum) == 0) return;
  if ((checksum ? *checksum : detail::xxh3(object)) != key.checksum) {
    damaged("its checksum differs from the one taken when it was stored");
  }
}

}  // namespace proxystore::inline v0
