// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
// put: a file as an object: as bytes, as text, or as the array that an .npy file holds.
#include <algorithm>
#include <array>
#include <iostream>
#include <vector>

#include "answer.hpp"
#include "command.hpp"
#include "files.hpp"
#include "look.hpp"
#include "opened_store.hpp"
#include "proxystore/error.hpp"
#include "proxystore/serialize/codec.hpp"

namespace tool {

namespace ps = proxystore;

namespace {

constexpr std::string_view npy_magic = "\x93NUMPY";

struct Options {
  std::string store{};
  std::string file{};
  std::string name{};
  std::string units{};
  bool is_text = false;
  bool is_bytes = false;
  bool is_npy = false;
};

/// The stored form: a head, and the file, or the rest of it.
struct Object {
  std::string head{};
  ps::ByteSpan rest{};
  ps::PutOptions options{};
  ps::Bytes swapped{};  ///< What `rest` is in, if it is not the file
};

/// Numbers of @p size bytes in the other byte order.
ps::Bytes swap_bytes(ps::ByteSpan numbers, std::size_t size) {
  ps::MutableBytes swapped(numbers.size());
  for (std::size_t i = 0; i + size <= numbers.size(); i += size) {
    std::ranges::reverse_copy(numbers.subspan(i, size), swapped.data() + i);
  }
  return std::move(swapped).freeze();
}

/// @throws ps::SerializationError for numbers that programs of C++ could not get
void require_known(std::string_view dtype) {
  static constexpr std::array known = {"|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2",
                                       "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"};
  const bool is_structured = dtype.starts_with('[');
  if (is_structured || std::ranges::find(known, dtype) != known.end()) return;
  throw ps::SerializationError("dtype '" + std::string(dtype) +
                               "' is not one that C++ has everywhere; --bytes stores the file as "
                               "it is");
}

Object as_array(const ps::Bytes& file, const std::string& name) {
  // The parser takes an array with its frame, which a file lacks.
  const ps::ByteSpan parts[] = {
      std::as_bytes(std::span(ps::detail::array_frame.data(), ps::detail::array_frame.size())),
      file.span()};
  const ps::Bytes framed = ps::Bytes::copy_of(parts);
  try {
    auto array = ps::detail::parse_npy(framed.span());
    const bool is_swapped = array.dtype.starts_with('>');
    if (is_swapped) array.dtype.front() = '<';
    require_known(array.dtype);
    Object object{.head = ps::detail::npy_header(array.dtype, array.shape, array.fortran_order),
                  .rest = file.span().last(array.data.size())};
    object.options.info = {
        .kind = ps::ObjectInfo::Kind::array,
        .dtype = array.dtype,
        .shape = array.shape,
        .order = array.fortran_order ? ps::ObjectInfo::Order::fortran : ps::ObjectInfo::Order::c,
        .header_bytes = object.head.size()};
    if (is_swapped) {
      const std::size_t numbers = array.dtype[1] == 'c' ? 2 : 1;
      object.swapped = swap_bytes(object.rest, array.element_size / numbers);
      object.rest = object.swapped.span();
    }
    return object;
  } catch (const ps::SerializationError& error) {
    throw ps::SerializationError(name + " is no .npy file of an array of numbers: " + error.what());
  }
}

Object to_object(const ps::Bytes& file, const Options& options) {
  const std::string name = options.file == "-" ? "standard input" : options.file;
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  const bool looks_like_npy = text.starts_with(npy_magic);
  if (options.is_npy || (looks_like_npy && !options.is_text && !options.is_bytes)) {
    return as_array(file, name);
  }
  Object object{
      .head = std::string(options.is_text ? ps::detail::text_frame : ps::detail::bytes_frame),
      .rest = file.span()};
  if (options.is_text && !ps::detail::is_utf8(text)) {
    throw ps::SerializationError(name + " is no text in UTF-8; --bytes takes anything");
  }
  object.options.info.kind =
      options.is_text ? ps::ObjectInfo::Kind::text : ps::ObjectInfo::Kind::bytes;
  object.options.info.header_bytes = object.head.size();
  return object;
}

int put(const Options& options, bool is_json) {
  if (options.is_text + options.is_bytes + options.is_npy > 1) {
    throw UsageError("--text, --bytes and --npy exclude each other");
  }
  const ps::Bytes file = read_all(options.file);
  Object object = to_object(file, options);
  object.options.info.name = options.name;
  object.options.info.units = options.units;
  const auto store = open_lasting_store(options.store, Folders::may_be_made);
  if (!store->serializer().empty()) {
    throw ps::UnsupportedError("the store's objects are written by the serializer '" +
                               store->serializer() +
                               "', which only programs have that register it");
  }
  const ps::ByteSpan parts[] = {std::as_bytes(std::span(object.head.data(), object.head.size())),
                                object.rest};
  const ps::Key key = store->connector().put(parts, object.options);
  store->close();
  if (is_json) {
    const std::string_view kind = object.options.info.kind == ps::ObjectInfo::Kind::array ? "array"
                                  : options.is_text                                       ? "text"
                                                                                          : "bytes";
    Json json{{"key", key.to_string()}, {"store", store->name()}};
    Look look{.size = key.size, .kind = std::string(kind), .info = object.options.info};
    add_to(json, look);
    print(json);
  } else {
    begin_answer();
    std::cout << key << '\n';
  }
  return done;
}

}  // namespace

void add_put(Commands& commands) {
  const auto options = std::make_shared<Options>();
  auto& command =
      commands.add(commands.app(), "put", "Store a file as an object, and print its key",
                   [&commands, options] { return put(*options, commands.is_json()); });
  add_store_option(command, options->store);
  command.add_option("file", options->file, "File to store; -: standard input")
      ->required()
      ->type_name("FILE");
  command.add_flag("--text", options->is_text, "As text (std::string, str); it has to be UTF-8");
  command.add_flag("--bytes", options->is_bytes, "As bytes (Bytes, bytes)");
  command.add_flag("--npy", options->is_npy, "As the array of an .npy file (Array, numpy.ndarray)");
  command.add_option("--name", options->name, "Name of the array in an HDF5 store")
      ->type_name("TEXT");
  command.add_option("--units", options->units, "Units of the array in an HDF5 store")
      ->type_name("TEXT");
  command.footer(
      "Without --text, --bytes or --npy an .npy file becomes an array, and anything else bytes. "
      "Numbers\n"
      "in big-endian order are stored in little-endian. The object stays until it is evicted. A "
      "store's folder is made if it is not there.");
}

}  // namespace tool
