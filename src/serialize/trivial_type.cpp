// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/serialize/trivial_type.hpp"

#include <algorithm>

#include "detail/structured_dtype.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::detail {

namespace {

/// Adds what @p layout says of its padding and booleans, for an element at @p offset.
void add_parts(Layout& to, const Layout& layout, std::size_t offset) {
  for (const Layout::Gap& gap : layout.padding) {
    to.padding.push_back({offset + gap.offset, gap.size});
  }
  for (const std::size_t boolean : layout.booleans) to.booleans.push_back(offset + boolean);
}

}  // namespace

Layout layout_with(std::string name, std::size_t size, std::vector<Field> fields) {
  std::ranges::stable_sort(fields, {}, &Field::offset);
  Layout layout{.name = std::move(name), .size = size};
  StructuredDtype dtype;
  std::size_t at = 0;
  const auto pad_to = [&](std::size_t offset) {
    if (offset == at) return;
    dtype.fields.push_back({.name = {}, .dtype = "|V" + std::to_string(offset - at)});
    layout.padding.push_back({at, offset - at});
  };
  for (const Field& field : fields) {
    if (field.offset < at) {
      throw ArgumentError("fields of '" + layout.name + "' overlap at '" + field.name + "'");
    }
    pad_to(field.offset);
    dtype.fields.push_back(
        {.name = field.name, .dtype = field.element.dtype, .shape = field.shape});
    at = field.offset;
    std::size_t count = 1;
    for (const std::size_t extent : field.shape) count *= extent;
    for (; count > 0; --count, at += field.element.size) add_parts(layout, field.element, at);
  }
  pad_to(size);
  layout.dtype = dtype.to_string();
  constexpr std::size_t longest = 60'000;  // of the header of an .npy image
  if (layout.dtype.size() > longest) {
    throw ArgumentError("the fields of '" + layout.name +
                        "' have names of more than 60000 letters");
  }
  return layout;
}

Bytes without_padding(const Layout& layout, ByteSpan elements) {
  MutableBytes copy(elements.size());
  if (!elements.empty()) std::memcpy(copy.data(), elements.data(), elements.size());
  for (std::size_t at = 0; at < elements.size(); at += layout.size) {
    for (const Layout::Gap& gap : layout.padding) {
      std::memset(copy.data() + at + gap.offset, 0, gap.size);
    }
  }
  return std::move(copy).freeze();
}

void require_booleans(const Layout& layout, ByteSpan elements) {
  for (const std::size_t boolean : layout.booleans) {
    for (std::size_t at = boolean; at < elements.size(); at += layout.size) {
      if (std::to_integer<unsigned>(elements[at]) > 1) {
        throw SerializationError("a boolean of '" + layout.name + "' is neither 0 nor 1");
      }
    }
  }
}

}  // namespace proxystore::inline v0::detail
