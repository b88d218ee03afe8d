// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/structured_dtype.hpp"

#include <charconv>

#include "proxystore/error.hpp"
#include "proxystore/serialize/codec.hpp"

namespace proxystore::inline v0::detail {

namespace {

constexpr int deepest = 8;
constexpr std::size_t largest = std::size_t{1} << 31U;  // bytes of an element

[[noreturn]] void fail(const std::string& why) {
  throw SerializationError("a structured dtype cannot be read: " + why);
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\n')) text.remove_prefix(1);
}

bool accept(std::string_view& text, char wanted) {
  skip_blanks(text);
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

void expect(std::string_view& text, char wanted) {
  if (!accept(text, wanted)) fail(std::string("'") + wanted + "' is missing");
}

std::string quoted(std::string_view& text) {
  const char quote = accept(text, '"') ? '"' : '\'';
  if (quote == '\'') expect(text, quote);
  const std::size_t end = text.find(quote);
  const std::string_view found = text.substr(0, end);
  if (end == std::string_view::npos || found.find_first_of("\\\n'") != std::string_view::npos) {
    fail("a name does not end, or has other letters than are accepted");
  }
  text.remove_prefix(end + 1);
  return std::string(found);
}

std::size_t number(std::string_view& text) {
  skip_blanks(text);
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) fail("a number is missing");
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::size_t size_of(std::string_view dtype) {
  if (!dtype.starts_with("|V")) return element_size(dtype);
  dtype.remove_prefix(2);
  const std::size_t size = number(dtype);
  if (!dtype.empty()) fail("'V' is followed by more than a number");
  return size;
}

/// `('x', '<f8')`, `('v', '<f8', (3,))`
StructuredDtype::Field take_field(std::string_view& text, int depth) {
  StructuredDtype::Field field;
  expect(text, '(');
  field.name = quoted(text);
  expect(text, ',');
  skip_blanks(text);
  if (text.starts_with('[')) {
    const StructuredDtype inner = take_structured(text, depth + 1);
    field.dtype = inner.to_string();
    field.size = inner.size;
  } else {
    field.dtype = quoted(text);
    field.size = size_of(field.dtype);
  }
  if (accept(text, ',')) {
    expect(text, '(');
    while (!accept(text, ')')) {
      field.shape.push_back(number(text));
      const std::size_t extent = field.shape.back();
      if (extent != 0 && field.size > largest / extent) fail("an element is larger than 2 GiB");
      field.size *= extent;
      if (field.shape.size() > 32) fail("more than 32 dimensions");
      if (!accept(text, ',')) {
        expect(text, ')');
        break;
      }
    }
  }
  expect(text, ')');
  return field;
}

}  // namespace

std::string StructuredDtype::to_string() const {
  std::string text = "[";
  for (const Field& field : fields) {
    if (text.size() > 1) text += ", ";
    text += "('" + field.name + "', ";
    text += field.dtype.starts_with('[') ? field.dtype : "'" + field.dtype + "'";
    if (!field.shape.empty()) {
      text += ", (";
      for (std::size_t i = 0; i < field.shape.size(); ++i) {
        text += (i > 0 ? ", " : "") + std::to_string(field.shape[i]);
      }
      text += field.shape.size() == 1 ? ",)" : ")";
    }
    text += ')';
  }
  return text + "]";
}

StructuredDtype take_structured(std::string_view& text, int depth) {
  if (depth > deepest) fail("structs lie in each other more than 8 deep");
  StructuredDtype dtype;
  expect(text, '[');
  while (!accept(text, ']')) {
    dtype.fields.push_back(take_field(text, depth));
    dtype.fields.back().offset = dtype.size;
    dtype.size += dtype.fields.back().size;
    if (dtype.size > largest) fail("its elements are larger than 2 GiB");
    if (!accept(text, ',')) {
      expect(text, ']');
      break;
    }
  }
  if (dtype.size == 0) fail("its elements have no bytes");
  return dtype;
}

StructuredDtype parse_structured(std::string_view text) {
  StructuredDtype dtype = take_structured(text);
  if (!text.empty()) fail("more follows");
  return dtype;
}

}  // namespace proxystore::inline v0::detail
