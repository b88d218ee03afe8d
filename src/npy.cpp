// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// The .npy format of NumPy Enhancement Proposal 1, as much of it as arrays of numbers need. The
// header is a Python dictionary literal; it is read by a parser for just this dictionary.
#include <algorithm>
#include <charconv>
#include <limits>

#include "detail/structured_dtype.hpp"
#include "proxystore/box.hpp"
#include "proxystore/serialize/codec.hpp"

namespace proxystore::inline v0::detail {

namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t data_alignment = 64;
constexpr std::size_t most_dimensions = 32;  // numpy's own limit
constexpr std::size_t npos = std::string_view::npos;
constexpr std::string_view number_kinds = "biufc";

[[noreturn]] void fail(const std::string& why) {
  throw SerializationError("the array's .npy header cannot be read: " + why);
}

/// numpy's own name for @p dtype, which other writers may call otherwise: one byte has no order,
/// and none or "=" is that of the processor.
std::string normal_dtype(std::string_view dtype) {
  const bool has_order = !dtype.empty() && std::string_view("<>=|").find(dtype.front()) != npos;
  const std::string_view type = dtype.substr(has_order ? 1 : 0);
  if (type.empty() || number_kinds.find(type.front()) == npos) return std::string(dtype);
  if (type.size() == 2 && type[1] == '1') return "|" + std::string(type);
  const bool is_other = has_order && dtype.front() == '>';
  return (is_other ? ">" : "<") + std::string(type);
}

/// Reads `{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }`.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  NpyHeader parse() {
    NpyHeader array;
    bool seen_descr = false;
    bool seen_order = false;
    bool seen_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string_view name = quoted();
      expect(':');
      if (name == "descr" && !seen_descr) {
        skip_blanks();
        array.dtype =
            rest_.starts_with('[') ? take_structured(rest_).to_string() : normal_dtype(quoted());
        seen_descr = true;
      } else if (name == "fortran_order" && !seen_order) {
        array.fortran_order = boolean();
        seen_order = true;
      } else if (name == "shape" && !seen_shape) {
        array.shape = tuple();
        seen_shape = true;
      } else {
        fail("unexpected entry '" + std::string(name) + "'");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!seen_descr || !seen_order || !seen_shape) fail("an entry is missing");
    return array;
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n'))
      rest_.remove_prefix(1);
  }
  bool accept(char wanted) {
    skip_blanks();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) fail(std::string("'") + wanted + "' is missing");
  }
  std::string_view quoted() {
    skip_blanks();
    if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"')) fail("a name is missing");
    const std::size_t end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos) fail("a name does not end");
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return text;
  }
  bool boolean() {
    skip_blanks();
    for (const std::string_view word : {"True", "False"}) {
      if (rest_.substr(0, word.size()) != word) continue;
      rest_.remove_prefix(word.size());
      return word == "True";
    }
    fail("'fortran_order' is neither True nor False");
  }
  std::vector<std::uint64_t> tuple() {
    std::vector<std::uint64_t> items;
    expect('(');
    while (!accept(')')) {
      skip_blanks();
      std::uint64_t item = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), item);
      if (error != std::errc{}) fail("a dimension is not a number of 64 bits");
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      if (rest_.starts_with('L')) rest_.remove_prefix(1);  // as Python 2 writes some
      items.push_back(item);
      if (items.size() > most_dimensions) fail("more than 32 dimensions");
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return items;
  }

  std::string_view rest_;
};

std::string shape_text(std::span<const std::uint64_t> shape) {
  std::string text = "(";
  for (const auto size : shape) text += std::to_string(size) + ", ";
  if (shape.size() > 1) text.resize(text.size() - 2);
  if (shape.size() == 1) text.pop_back();
  return text + ")";
}

}  // namespace

std::size_t element_size(std::string_view dtype) {
  if (dtype.starts_with('[')) return parse_structured(dtype).size;
  std::size_t size = 0;
  if (dtype.size() >= 3 && number_kinds.find(dtype[1]) != npos) {
    const auto [end, error] = std::from_chars(dtype.data() + 2, dtype.data() + dtype.size(), size);
    if (error != std::errc{} || end != dtype.data() + dtype.size()) size = 0;
  }
  if (size == 0 || size > 32) {
    fail("dtype '" + std::string(dtype) + "' is not a plain number");
  }
  return size;
}

std::string npy_header(std::string_view dtype, std::span<const std::uint64_t> shape,
                       bool fortran_order) {
  const std::string quote = dtype.starts_with('[') ? "" : "'";
  const std::string dictionary = "{'descr': " + quote + std::string(dtype) + quote +
                                 ", 'fortran_order': " + (fortran_order ? "True" : "False") +
                                 ", 'shape': " + shape_text(shape) + ", }";
  const std::size_t fixed = array_frame.size() + magic.size() + 4;  // 2 version, 2 length
  const std::size_t used = fixed + dictionary.size() + 1;           // 1 newline
  const std::size_t total = (used + data_alignment - 1) / data_alignment * data_alignment;
  const std::size_t length = total - fixed;
  std::string header(array_frame);
  header += magic;
  header += '\x01';
  header += '\x00';
  header += static_cast<char>(length & 0xffU);
  header += static_cast<char>(length >> 8U);
  header += dictionary;
  header.append(total - used, ' ');
  header += '\n';
  return header;
}

NpyHeader parse_npy_header(ByteSpan object) {
  ByteReader rest(object);
  (void)rest.take(array_frame.size());
  const ByteSpan start = rest.take(magic.size() + 2);
  if (std::memcmp(start.data(), magic.data(), magic.size()) != 0) fail("its magic is missing");
  const auto major = std::to_integer<unsigned>(start[magic.size()]);
  if (major < 1 || major > 3) {
    fail("version " + std::to_string(major) + "; versions 1 to 3 are accepted");
  }
  std::uint32_t length = 0;
  rest.read(&length, major == 1 ? 2 : 4);
  const ByteSpan text = rest.take(length);
  NpyHeader header =
      HeaderParser({reinterpret_cast<const char*>(text.data()), text.size()}).parse();
  header.size = object.size() - rest.remaining();
  header.element_size = element_size(header.dtype);
  const auto elements = volume_of(header.shape);
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (!elements || *elements > most / header.element_size) {
    fail("its shape " + shape_text(header.shape) + " is larger than any memory");
  }
  header.data_bytes = static_cast<std::size_t>(*elements * header.element_size);
  return header;
}

NpyArray parse_npy(ByteSpan object) {
  NpyArray array{parse_npy_header(object)};
  array.data = object.subspan(array.size);
  if (array.data_bytes != array.data.size()) {
    fail("shape " + shape_text(array.shape) + " of '" + array.dtype + "' needs " +
         std::to_string(array.data_bytes) + " bytes of data, " + std::to_string(array.data.size()) +
         " are there");
  }
  return array;
}

void write_array(SerializedObject& target, std::string_view dtype, std::vector<std::uint64_t> shape,
                 ObjectInfo::Order order) {
  const std::string header = npy_header(dtype, shape, order == ObjectInfo::Order::fortran);
  target.copy(header);
  target.info.kind = ObjectInfo::Kind::array;
  target.info.dtype = dtype;
  target.info.shape = std::move(shape);
  target.info.order = order;
  target.info.header_bytes = header.size();
}

NpyArray read_array(ByteSpan object, std::string_view dtype, std::size_t rank) {
  if (frame_of(object) != array_frame) throw_wrong_frame(object, "an array");
  NpyArray array = parse_npy(object);
  require_array(array.dtype, array.shape, dtype, rank);
  return array;
}

void require_array(std::string_view dtype, std::span<const std::uint64_t> shape,
                   std::string_view wanted_dtype, std::size_t wanted_rank) {
  if (dtype == wanted_dtype && shape.size() == wanted_rank) return;
  throw SerializationError("the object holds an array of dtype '" + std::string(dtype) +
                           "' and shape " + shape_text(shape) + ", and was asked for as one of '" +
                           std::string(wanted_dtype) + "' with " + std::to_string(wanted_rank) +
                           " dimension(s)");
}

}  // namespace proxystore::inline v0::detail
