// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// A batch of events, all numbers little-endian, lengths as LEB128:
//
//     u8      format, 1
//     text    topic
//     u64     producer
//     varint  sequence
//     varint  number of events, and for each: u8 kind (0 object, 1 key, 2 end of stream); for the
//             first two varint number of metadata, text name and text value of each, blob
#include "proxystore/stream/events.hpp"

#include "detail/wire.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

namespace {

constexpr std::uint8_t format_version = 1;
enum Kind : std::uint8_t { object_kind, key_kind, end_kind };

void write_metadata(detail::WireWriter& out, const StreamMetadata& metadata) {
  out.varint(metadata.size());
  for (const auto& [name, value] : metadata) {
    out.text(name);
    out.text(value);
  }
}

struct EventWriter {
  detail::WireWriter& out;

  void operator()(const NewObjectEvent& event) const {
    out.u8(object_kind);
    write_metadata(out, event.metadata);
    out.blob(event.object.span());
  }
  void operator()(const NewObjectKeyEvent& event) const {
    out.u8(key_kind);
    write_metadata(out, event.metadata);
    out.blob(event.proxy.span());
  }
  void operator()(const EndOfStreamEvent&) const { out.u8(end_kind); }
};

class EventReader {
 public:
  explicit EventReader(const Bytes& bytes) : bytes_(bytes), in_(bytes.span(), "stream event") {}

  EventBatch read() {
    if (const auto version = in_.u8(); version != format_version) {
      in_.fail("format " + std::to_string(version) + "; this library reads format 1");
    }
    EventBatch batch;
    batch.topic = in_.text();
    batch.producer = in_.u64();
    batch.sequence = in_.varint();
    const std::uint64_t count = in_.varint();
    if (count > in_.remaining()) in_.fail(std::to_string(count) + " events are announced");
    for (std::uint64_t i = 0; i < count; ++i) batch.events.push_back(read_event());
    if (in_.remaining() > 0) in_.fail("bytes are left over");
    return batch;
  }

 private:
  StreamEvent read_event() {
    switch (const auto kind = in_.u8()) {
      case object_kind: {
        auto metadata = read_metadata();
        return NewObjectEvent{.metadata = std::move(metadata), .object = blob()};
      }
      case key_kind: {
        auto metadata = read_metadata();
        return NewObjectKeyEvent{.metadata = std::move(metadata), .proxy = blob()};
      }
      case end_kind:
        return EndOfStreamEvent{};
      default:
        in_.fail("unknown kind of event " + std::to_string(kind));
    }
  }

  StreamMetadata read_metadata() {
    const std::uint64_t count = in_.varint();
    if (count > in_.remaining()) in_.fail(std::to_string(count) + " metadata are announced");
    StreamMetadata metadata;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::string name = in_.text();
      metadata[std::move(name)] = in_.text();
    }
    return metadata;
  }

  Bytes blob() {
    const ByteSpan part = in_.blob();
    return bytes_.slice(bytes_.size() - in_.remaining() - part.size(), part.size());
  }

  const Bytes& bytes_;
  detail::WireReader in_;
};

}  // namespace

Bytes event_to_bytes(const EventBatch& batch) {
  detail::WireWriter out;
  out.u8(format_version);
  out.text(batch.topic);
  out.u64(batch.producer);
  out.varint(batch.sequence);
  out.varint(batch.events.size());
  for (const StreamEvent& event : batch.events) std::visit(EventWriter{out}, event);
  return Bytes::own(std::move(out).take());
}

EventBatch bytes_to_event(const Bytes& bytes) {
  return EventReader(bytes).read();
}

}  // namespace proxystore::inline v0
