// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "messages.hpp"

#include <type_traits>
#include <utility>

#include "detail/wire.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::partition {

namespace {

using detail::WireReader;
using detail::WireWriter;

void write(WireWriter& out, const Key& key) {
  out.raw(key.id);
  out.varint(key.flags);
  out.raw(key.locator);
}
void write(WireWriter& out, SlotName name) {
  out.u64(name.pack());
}
void write(WireWriter& out, const std::vector<std::uint64_t>& numbers) {
  out.varint(numbers.size());
  for (const std::uint64_t number : numbers) out.varint(number);
}
void write(WireWriter& out, const GetRequest& get) {
  write(out, get.key);
  out.varint(get.range.offset);
  out.varint(get.range.length);
  out.varint(get.room);
  out.varint(get.tag);
  out.u8(get.box ? 1 : 0);
  if (!get.box) return;
  write(out, get.box->offset);
  write(out, get.box->shape);
  write(out, get.box->stride);
  out.text(get.dtype);
}
void write(WireWriter& out, const ExistsRequest& exists) {
  write(out, exists.key);
}
void write(WireWriter& out, const EvictRequest& evict) {
  write(out, evict.key);
}
void write(WireWriter& out, const PutObjects& put) {
  out.varint(put.keys.size());
  for (const Key& key : put.keys) {
    write(out, key);
    out.varint(key.size);
    out.u64(key.checksum);
  }
  out.varint(put.tag);
  out.blob(put.data.span());
}
void write(WireWriter& out, const SetRequest& set) {
  write(out, set.key);
  write(out, set.target);
  out.u8(set.only_first ? 1 : 0);
}
void write(WireWriter& out, const WaitRequest& wait) {
  write(out, wait.key);
  out.varint(static_cast<std::uint64_t>(wait.timeout.count()));
}
void write(WireWriter& out, const LeaseRequest& lease) {
  write(out, lease.key);
  out.u8(static_cast<std::uint8_t>(lease.verb));
  out.u8(static_cast<std::uint8_t>(lease.mode));
  out.u64(lease.token);
  out.varint(static_cast<std::uint64_t>(lease.ttl.count()));
}
void write(WireWriter&, NoAnswer) {}
void write(WireWriter&, YesAnswer) {}
void write(WireWriter&, ReadyAnswer) {}
void write(WireWriter& out, const BytesAnswer& bytes) {
  out.varint(bytes.size);
  out.u8(bytes.has_checksum ? 1 : 0);
  out.u64(bytes.checksum);
  out.u8(bytes.is_inline ? 1 : 0);
  out.blob(bytes.data.span());
}
void write(WireWriter& out, SizeAnswer size) {
  out.varint(size.size);
}
void write(WireWriter& out, ElsewhereAnswer elsewhere) {
  write(out, elsewhere.name);
}
void write(WireWriter& out, const PlacedAnswer& placed) {
  out.varint(placed.places.size());
  for (const Locator& place : placed.places) out.raw(std::as_bytes(std::span(&place, 1)));
}
void write(WireWriter& out, const ErrorAnswer& error) {
  out.u8(static_cast<std::uint8_t>(error.what));
  out.text(error.text);
}

/// Reads the parts of messages; `data` is what inline bytes share.
class Reader {
 public:
  explicit Reader(const Bytes& data) : data_(data), in_(data.span(), "mpi store message") {}

  std::uint8_t u8() { return in_.u8(); }
  std::uint64_t u64() { return in_.u64(); }

  void read(Key& key) {
    copy_to(key.id);
    key.flags = static_cast<std::uint32_t>(in_.varint());
    copy_to(key.locator);
  }
  void read(std::vector<std::uint64_t>& numbers) {
    const std::uint64_t count = in_.varint();
    if (count > in_.remaining()) throw MessageError("mpi store message: too many numbers");
    numbers.resize(count);
    for (std::uint64_t& number : numbers) number = in_.varint();
  }
  void read(GetRequest& get) {
    read(get.key);
    get.range.offset = in_.varint();
    get.range.length = in_.varint();
    get.room = in_.varint();
    get.tag = static_cast<std::uint16_t>(in_.varint());
    if (in_.u8() == 0) return;
    Box& box = get.box.emplace();
    read(box.offset);
    read(box.shape);
    read(box.stride);
    get.dtype = in_.text();
  }
  void read(ExistsRequest& exists) { read(exists.key); }
  void read(EvictRequest& evict) { read(evict.key); }
  void read(PutObjects& put) {
    const std::uint64_t count = in_.varint();
    if (count > in_.remaining()) throw MessageError("mpi store message: too many objects");
    put.keys.resize(count);
    for (Key& key : put.keys) {
      read(key);
      key.size = in_.varint();
      key.checksum = in_.u64();
    }
    put.tag = static_cast<std::uint16_t>(in_.varint());
    put.data = blob();
  }
  void read(SetRequest& set) {
    read(set.key);
    set.target = SlotName::unpack(in_.u64());
    set.only_first = in_.u8() != 0;
  }
  void read(WaitRequest& wait) {
    read(wait.key);
    wait.timeout = time();
  }
  void read(LeaseRequest& lease) {
    read(lease.key);
    lease.verb = one_of(LeaseRequest::Verb::retire);
    lease.mode = one_of(LeaseMode::exclusive);
    lease.token = in_.u64();
    lease.ttl = time();
  }
  void read(NoAnswer&) {}
  void read(YesAnswer&) {}
  void read(ReadyAnswer&) {}
  void read(BytesAnswer& bytes) {
    bytes.size = in_.varint();
    bytes.has_checksum = in_.u8() != 0;
    bytes.checksum = in_.u64();
    bytes.is_inline = in_.u8() != 0;
    bytes.data = blob();
  }
  void read(SizeAnswer& size) { size.size = in_.varint(); }
  void read(ElsewhereAnswer& elsewhere) { elsewhere.name = SlotName::unpack(in_.u64()); }
  void read(PlacedAnswer& placed) {
    const std::uint64_t count = in_.varint();
    if (count > in_.remaining()) throw MessageError("mpi store message: too many places");
    placed.places.resize(count);
    for (Locator& place : placed.places) copy_to(std::as_writable_bytes(std::span(&place, 1)));
  }
  void read(ErrorAnswer& error) {
    error.what = static_cast<ErrorAnswer::What>(in_.u8());
    error.text = std::string(blob().text());
  }

  void finish() const {
    if (in_.remaining() != 0) throw MessageError("mpi store message: bytes are left over");
  }

 private:
  std::chrono::milliseconds time() {
    constexpr std::uint64_t most = std::uint64_t{1} << 40U;
    return std::chrono::milliseconds(std::min(in_.varint(), most));
  }
  template <class Enum>
  Enum one_of(Enum last) {
    const std::uint8_t value = in_.u8();
    if (value > static_cast<std::uint8_t>(last)) {
      throw MessageError("mpi store message: unknown choice " + std::to_string(value));
    }
    return static_cast<Enum>(value);
  }
  void copy_to(std::span<std::byte> target) {
    const ByteSpan bytes = in_.raw(target.size());
    std::memcpy(target.data(), bytes.data(), target.size());
  }
  Bytes blob() {
    const std::uint64_t size = in_.varint();
    const std::size_t at = data_.size() - in_.remaining();
    (void)in_.raw(size);
    return data_.slice(at, size);
  }

  const Bytes& data_;
  WireReader in_;
};

/// The alternative of @p Variant with number @p index, read.
template <class Variant, std::size_t I = 0>
Variant read_alternative(std::size_t index, Reader& in) {
  if constexpr (I == std::variant_size_v<Variant>) {
    throw MessageError("mpi store message: unknown kind " + std::to_string(index));
  } else {
    if (index != I) return read_alternative<Variant, I + 1>(index, in);
    std::variant_alternative_t<I, Variant> value{};
    in.read(value);
    return value;
  }
}

constexpr std::uint8_t answer_bit = 0x80;

}  // namespace

std::vector<std::byte> encode(const Message& message) {
  WireWriter out;
  out.u64(message.call);
  const auto write_one = [&](const auto& content, std::uint8_t bit) {
    out.u8(static_cast<std::uint8_t>(content.index() | bit));
    std::visit([&](const auto& alternative) { write(out, alternative); }, content);
  };
  if (const auto* request = std::get_if<Request>(&message.content)) {
    write_one(*request, 0);
  } else {
    write_one(std::get<Answer>(message.content), answer_bit);
  }
  return std::move(out).take();
}

Message decode(const Bytes& bytes) {
  Reader in(bytes);
  Message message;
  message.call = in.u64();
  const std::uint8_t kind = in.u8();
  if ((kind & answer_bit) == 0) {
    message.content = read_alternative<Request>(kind, in);
  } else {
    message.content = read_alternative<Answer>(kind & ~unsigned{answer_bit}, in);
  }
  in.finish();
  return message;
}

}  // namespace proxystore::inline v0::partition
