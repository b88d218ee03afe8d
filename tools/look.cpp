// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "look.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "proxystore/error.hpp"
#include "proxystore/serialize/codec.hpp"

namespace tool {

namespace ps = proxystore;
using Kind = ps::ObjectInfo::Kind;

namespace {

std::string hex(std::uint64_t number) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number));
  return text.data();
}

/// What is no text, bytes or array, by its beginning.
void name_other(Look& look, ps::ByteSpan start) {
  constexpr std::size_t frame = 3;
  const std::string_view letters(reinterpret_cast<const char*>(start.data()),
                                 std::min(start.size(), frame));
  std::uint64_t fingerprint = 0;
  if (letters == ps::detail::cereal_frame && start.size() >= frame + sizeof fingerprint) {
    std::memcpy(&fingerprint, start.data() + frame, sizeof fingerprint);
    look.kind = "object";
    look.note = "C++ type " + hex(fingerprint);
  } else if (letters == "PK\n" || letters == "CP\n") {
    look.kind = "pickle";
    look.note = letters == "PK\n" ? "an object of Python" : "an object of Python, by cloudpickle";
  } else {
    look.kind = "unknown";
    look.note = "no form that ProxyStore writes by itself";
  }
}

/// Bytes of an array with its header, as the stored form has it.
std::optional<std::uint64_t> array_size(const ps::ObjectInfo& info) {
  try {
    const auto header = ps::detail::npy_header(info.dtype, info.shape,
                                               info.order == ps::ObjectInfo::Order::fortran);
    std::uint64_t bytes = ps::detail::element_size(info.dtype);
    for (const std::uint64_t extent : info.shape) {
      if (extent != 0 && bytes > (std::uint64_t{1} << 62U) / extent) return std::nullopt;
      bytes *= extent;
    }
    return bytes + (info.header_bytes != 0 ? info.header_bytes : header.size());
  } catch (const ps::SerializationError&) {
    return std::nullopt;
  }
}

/// Without fetching the object where a part of it can be asked for: by halving.
std::optional<std::uint64_t> measure(ps::Connector& connector, const ps::Key& key) {
  if (connector.kind() != "redis") {
    const auto object = connector.get(key);
    return object ? std::optional<std::uint64_t>(object->size()) : std::nullopt;
  }
  const auto reaches = [&](std::uint64_t size) {
    const auto last = connector.get_range(key, size - 1, 1);
    return last && !last->empty();
  };
  std::uint64_t above = 1;  // it has fewer bytes than that
  while (above < (std::uint64_t{1} << 48U) && reaches(above)) above *= 2;
  std::uint64_t most = above / 2;  // it has so many
  while (above - most > 1) {
    const std::uint64_t middle = most + (above - most) / 2;
    (reaches(middle) ? most : above) = middle;
  }
  return most;
}

}  // namespace

std::optional<Look> look_at(ps::Connector& connector, const ps::Key& key, Effort effort) {
  Look look;
  if (key.size != ps::Key::unknown_size) look.size = key.size;
  try {
    auto info = connector.describe(key);
    if (!info) return std::nullopt;
    look.info = std::move(*info);
  } catch (const ps::IntegrityError&) {
    throw;
  } catch (const ps::SerializationError&) {
    look.info.kind = Kind::opaque;  // told by its beginning, below
  }
  switch (look.info.kind) {
    case Kind::text:
      look.kind = "text";
      break;
    case Kind::bytes:
      look.kind = "bytes";
      break;
    case Kind::array:
      look.kind = "array";
      if (!look.size) look.size = array_size(look.info);
      break;
    case Kind::opaque: {
      constexpr std::size_t enough = 16;
      if (!look.size && effort == Effort::little) {  // of a connector that would read all of it
        look.kind = "object";
        break;
      }
      const auto start = connector.get_range(key, 0, enough);
      if (!start) return std::nullopt;
      name_other(look, start->span());
      break;
    }
  }
  if (!look.size && effort == Effort::all) look.size = measure(connector, key);
  return look;
}

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return text + (shape.size() == 1 ? ",)" : ")");
}

std::string kind_text(const Look& look) {
  if (look.kind == "array") {
    return "array " + printable(look.info.dtype) + " " + shape_text(look.info.shape) +
           (look.info.order == ps::ObjectInfo::Order::fortran ? " in Fortran order" : "");
  }
  return look.kind + (look.note.empty() ? "" : " (" + look.note + ")");
}

void add_to(Json& json, const Look& look) {
  json["size"] = look.size ? Json(*look.size) : Json();
  json["kind"] = look.kind;
  if (look.kind == "array") {
    json["dtype"] = look.info.dtype;
    json["shape"] = look.info.shape;
    json["order"] = look.info.order == ps::ObjectInfo::Order::fortran ? "F" : "C";
  }
  if (!look.info.name.empty()) json["name"] = look.info.name;
  if (!look.info.units.empty()) json["units"] = look.info.units;
  if (!look.info.attributes.empty()) json["attributes"] = look.info.attributes;
  if (!look.note.empty()) json["note"] = look.note;
}

}  // namespace tool
