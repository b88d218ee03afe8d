// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/serialize.hpp"

#include <map>
#include <mutex>
#include <typeindex>

#include "detail/hash.hpp"
#include "detail/text.hpp"

namespace proxystore::inline v0 {

namespace {

constexpr std::size_t frame_size = 3;
constexpr std::uint8_t cereal_format_version = 1;

std::string_view as_text(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// What the frames of Python's proxystore that C++ does not read hold.
std::string_view python_only(std::string_view frame) {
  if (frame == "PK\n" || frame == "CP\n") return "a Python object written with pickle";
  if (frame == "PD\n") return "a pandas DataFrame written with pickle";
  if (frame == "PL\n") return "a polars DataFrame";
  return {};
}

}  // namespace

void SerializedObject::append(ByteSpan part) {
  if (part.empty()) return;
  size_ += part.size();
  if (!parts_.empty() && parts_.back().data() + parts_.back().size() == part.data()) {
    parts_.back() = ByteSpan(parts_.back().data(), parts_.back().size() + part.size());
  } else {
    parts_.push_back(part);
  }
}

void SerializedObject::copy(ByteSpan bytes) {
  if (bytes.empty()) return;
  if (bytes.size() > chunk_size_ - chunk_used_) {
    constexpr std::size_t first_chunk = 256;
    chunk_size_ = std::max(bytes.size(), chunk_size_ == 0 ? first_chunk : 2 * chunk_size_);
    chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(chunk_size_));
    chunk_used_ = 0;
  }
  std::byte* place = chunks_.back().get() + chunk_used_;
  std::memcpy(place, bytes.data(), bytes.size());
  chunk_used_ += bytes.size();
  append(ByteSpan(place, bytes.size()));
}

void SerializedObject::refer(ByteSpan bytes) {
  if (bytes.size() < reference_threshold) {
    copy(bytes);
  } else {
    append(bytes);
  }
}

void SerializedObject::share(Bytes bytes) {
  append(bytes.span());
  shared_.push_back(std::move(bytes));
}

namespace detail {

void ByteReader::fail_truncated(std::size_t wanted) const {
  throw SerializationError("the object ends early or is damaged: " + std::to_string(wanted) +
                           " more bytes are needed, " + std::to_string(rest_.size()) + " remain");
}

std::uint64_t fingerprint_of(std::string_view name) noexcept {
  return xxh3(std::as_bytes(std::span(name.data(), name.size())));
}

std::string_view frame_of(ByteSpan object) {
  const std::string_view frame = as_text(object.first(std::min(object.size(), frame_size)));
  for (const auto known : {bytes_frame, text_frame, array_frame, cereal_frame}) {
    if (frame == known) return known;
  }
  if (const auto python = python_only(frame); !python.empty()) {
    throw SerializationError(
        "the object is " + std::string(python) +
        ", which C++ never reads; store bytes, str or a numpy array of numbers");
  }
  throw SerializationError(
      "the object begins with none of the frames 'BS', 'US', 'NP' and 'CB': it was not written by "
      "proxystore, or by a serializer of its own that must be named to read it");
}

void throw_wrong_frame(ByteSpan object, std::string_view wanted) {
  const std::string_view frame = frame_of(object);
  std::string found = "an object of a C++ type";
  if (frame == bytes_frame) found = "bytes";
  if (frame == text_frame) found = "text";
  if (frame == array_frame) {
    const NpyArray array = parse_npy(object);
    found = "an array of dtype '" + array.dtype + "' and " + std::to_string(array.shape.size()) +
            " dimension(s)";
  }
  throw SerializationError("the object holds " + found + ", and was asked for as " +
                           std::string(wanted));
}

void write_cereal_frame(SerializedObject& target, std::uint64_t fingerprint) {
  target.copy(cereal_frame);
  const auto version = std::byte{cereal_format_version};
  target.copy(ByteSpan(&version, 1));
  target.copy(std::as_bytes(std::span(&fingerprint, 1)));
}

ByteSpan read_cereal_frame(ByteSpan object, std::uint64_t fingerprint, std::string_view name) {
  if (frame_of(object) != cereal_frame) throw_wrong_frame(object, name);
  ByteReader rest(object.subspan(frame_size));
  std::uint8_t version = 0;
  std::uint64_t written = 0;
  rest.read(&version, sizeof version);
  if (version != cereal_format_version) {
    throw SerializationError("the object has format " + std::to_string(version) +
                             "; this library reads format 1");
  }
  rest.read(&written, sizeof written);
  if (written != fingerprint) {
    throw SerializationError("the object was written as another type than " + std::string(name) +
                             ", as which it was asked for");
  }
  return rest.take(rest.remaining());
}

void throw_too_deep() {
  throw SerializationError("values lie in each other more than " + std::to_string(deepest_value) +
                           " deep, such as nodes behind pointers; keep them in a std::vector, and "
                           "refer to them by index");
}

void rethrow_as_serialization_error(std::string_view what, std::string_view type) {
  try {
    throw;
  } catch (const std::exception& error) {
    constexpr std::size_t longest = 1000;  // such texts may quote what was read
    throw SerializationError("cannot " + std::string(what) + " an object of type " +
                             std::string(type) + ": " +
                             std::string(error.what()).substr(0, longest));
  }
}

bool is_utf8(std::string_view text) noexcept {
  // RFC 3629: at most 4 bytes, no overlong forms, no surrogates, up to U+10FFFF.
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* end = at + text.size();
  const auto is_tail = [end](const unsigned char* c) { return c < end && (*c & 0xC0U) == 0x80U; };
  while (at < end) {
    if (end - at >= 8) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, at, sizeof eight);
      if ((eight & 0x8080808080808080ULL) == 0) {
        at += 8;
        continue;
      }
    }
    const unsigned char c = *at;
    if (c < 0x80U) {
      at += 1;
    } else if (c >= 0xC2U && c <= 0xDFU) {
      if (!is_tail(at + 1)) return false;
      at += 2;
    } else if (c >= 0xE0U && c <= 0xEFU) {
      if (!is_tail(at + 1) || !is_tail(at + 2)) return false;
      if ((c == 0xE0U && at[1] < 0xA0U) || (c == 0xEDU && at[1] > 0x9FU)) return false;
      at += 3;
    } else if (c >= 0xF0U && c <= 0xF4U) {
      if (!is_tail(at + 1) || !is_tail(at + 2) || !is_tail(at + 3)) return false;
      if ((c == 0xF0U && at[1] < 0x90U) || (c == 0xF4U && at[1] > 0x8FU)) return false;
      at += 4;
    } else {
      return false;
    }
  }
  return true;
}

void Codec<Bytes>::encode(const Bytes& value, SerializedObject& target) {
  target.copy(bytes_frame);
  target.refer(value.span());
  target.info.kind = ObjectInfo::Kind::bytes;
  target.info.header_bytes = frame_size;
}

Bytes Codec<Bytes>::decode(const Bytes& object) {
  if (frame_of(object.span()) != bytes_frame) throw_wrong_frame(object.span(), "bytes");
  return object.slice(frame_size);
}

void Codec<std::vector<std::byte>>::encode(const std::vector<std::byte>& value,
                                           SerializedObject& target) {
  target.copy(bytes_frame);
  target.refer(value);
  target.info.kind = ObjectInfo::Kind::bytes;
  target.info.header_bytes = frame_size;
}

std::vector<std::byte> Codec<std::vector<std::byte>>::decode(const Bytes& object) {
  const Bytes content = Codec<Bytes>::decode(object);
  return {content.begin(), content.end()};
}

void Codec<std::string>::encode(const std::string& value, SerializedObject& target) {
  if (is_utf8(value)) {
    target.copy(text_frame);
    target.info.kind = ObjectInfo::Kind::text;
    target.info.header_bytes = frame_size;
  } else {
    write_cereal_frame(target, type_fingerprint<std::string>());
  }
  target.refer(std::as_bytes(std::span(value.data(), value.size())));
}

std::string Codec<std::string>::decode(const Bytes& object) {
  const std::string_view frame = frame_of(object.span());
  if (frame == text_frame) return std::string(object.slice(frame_size).text());
  if (frame != cereal_frame) throw_wrong_frame(object.span(), "text");
  return std::string(
      as_text(read_cereal_frame(object.span(), type_fingerprint<std::string>(), "string")));
}

namespace {

/// Serializers by name and type. Never destroyed: stores may use them while the program ends.
struct SerializerTable {
  std::mutex mutex;
  std::map<std::pair<std::type_index, std::string>, std::shared_ptr<const void>> all;

  static SerializerTable& global() {
    static auto* table = new SerializerTable;
    return *table;
  }
};

}  // namespace

void add_serializer(const std::string& name, const std::type_info& type,
                    std::shared_ptr<const void> serializer) {
  if (name.empty()) throw SerializationError("a serializer needs a name");
  auto& table = SerializerTable::global();
  const std::lock_guard lock(table.mutex);
  if (!table.all.try_emplace({type, name}, std::move(serializer)).second) {
    throw SerializationError("a serializer '" + name + "' is registered for this type already");
  }
}

std::shared_ptr<const void> find_serializer(std::string_view name, const std::type_info& type) {
  auto& table = SerializerTable::global();
  const std::lock_guard lock(table.mutex);
  const auto found = table.all.find({type, std::string(name)});
  if (found != table.all.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [key, unused] : table.all) {
    if (key.first == std::type_index(type)) known.push_back(key.second);
  }
  throw SerializationError("no serializer '" + std::string(name) +
                           "' is registered for the type asked for; known for it are " +
                           quoted_list(known));
}

}  // namespace detail
}  // namespace proxystore::inline v0
