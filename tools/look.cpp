// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "look.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "proxystore/error.hpp"
#include "proxystore/serialize.hpp"

namespace tool {

namespace ps = proxystore;
using Kind = ps::ObjectInfo::Kind;

namespace {

constexpr std::size_t start_size = 16;  // has the frame and a type's fingerprint

std::string hex(std::uint64_t number) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number));
  return text.data();
}

constexpr std::size_t frame_size = 3;

std::string_view letters_of(ps::ByteSpan start) {
  return {reinterpret_cast<const char*>(start.data()), std::min(start.size(), frame_size)};
}

/// That of the type of an object that cereal has written, after the frame and a version.
std::optional<std::uint64_t> fingerprint_of(ps::ByteSpan start) {
  std::uint64_t fingerprint = 0;
  constexpr std::size_t from = frame_size + 1;
  if (letters_of(start) != ps::detail::cereal_frame || start.size() < from + sizeof fingerprint) {
    return std::nullopt;
  }
  std::memcpy(&fingerprint, start.data() + from, sizeof fingerprint);
  return fingerprint;
}

/// What is no text, bytes or array, by its beginning.
void name_other(Look& look, ps::ByteSpan start) {
  const std::string_view letters = letters_of(start);
  if (const auto fingerprint = fingerprint_of(start)) {
    look.kind = "object";
    look.note = "C++ type " + hex(*fingerprint);
  } else if (letters == "PK\n" || letters == "CP\n") {
    look.kind = "pickle";
    look.note = letters == "PK\n" ? "an object of Python" : "an object of Python, by cloudpickle";
  } else if (letters == ps::detail::array_frame) {
    look.kind = "damaged";
    look.note = "an array whose header cannot be read";
  } else {
    look.kind = "unknown";
    look.note = "no form that ProxyStore writes by itself";
  }
}

bool lists_parts(ps::ByteSpan start) {
  return fingerprint_of(start) == ps::type_fingerprint<ps::detail::ArrayParts>();
}

void look_at_parts(Look& look, ps::Connector& connector, const ps::Key& key) {
  const auto parts = parts_of(connector, key);
  if (!parts) return;
  look.kind = "array";
  look.info = {.kind = Kind::array, .dtype = parts->dtype, .shape = parts->shape};
  look.note =
      "in " + std::to_string(parts->parts.size()) + " parts, which are objects of their own";
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
      if (!look.size && effort == Effort::little) {  // of a connector that would read all of it
        look.kind = "object";
        break;
      }
      const auto start = connector.get_range(key, 0, start_size);
      if (!start) return std::nullopt;
      name_other(look, start->span());
      if (lists_parts(start->span())) look_at_parts(look, connector, key);
      break;
    }
  }
  if (!look.size && effort == Effort::all) look.size = measure(connector, key);
  return look;
}

std::optional<ps::detail::ArrayParts> parts_of(ps::Connector& connector, const ps::Key& key) {
  try {
    const auto info = connector.describe(key);
    if (!info || info->kind != Kind::opaque) return std::nullopt;
  } catch (const ps::SerializationError&) {
    return std::nullopt;  // an object of Python, or a damaged one
  }
  const auto start = connector.get_range(key, 0, start_size);
  if (!start || !lists_parts(start->span())) return std::nullopt;
  const auto object = connector.get(key);
  if (!object) return std::nullopt;
  return ps::deserialize<ps::detail::ArrayParts>(*object);
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
           (look.info.order == ps::ObjectInfo::Order::fortran ? " in Fortran order" : "") +
           (look.note.empty() ? "" : ", " + look.note);
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
