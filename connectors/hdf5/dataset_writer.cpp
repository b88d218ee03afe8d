// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "dataset.hpp"
#include "dataset_attributes.hpp"
#include "element_type.hpp"
#include "proxystore/error.hpp"
#include "proxystore/serialize/codec.hpp"
#include "raw_data.hpp"

namespace proxystore::inline v0::hdf5 {

namespace {

using Kind = ObjectInfo::Kind;

constexpr std::string_view own_attributes = "proxystore_";
constexpr std::size_t default_chunk = std::size_t{1} << 20U;
/// HDF5 has no types of 4 GiB and more, and signed sizes here and there.
constexpr std::uint64_t longest_text = std::uint64_t{1} << 31U;

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::array:
      return "array";
    case Kind::text:
      return "text";
    case Kind::bytes:
      return "bytes";
    case Kind::opaque:
      break;
  }
  return "opaque";
}

/// How an object becomes a dataset.
struct Form {
  Kind kind = Kind::opaque;
  Type type{};
  std::vector<hsize_t> extents{};  // in C order; none of a scalar
  bool is_fortran = false;
  std::string frame{};           // of the stored form
  std::vector<ByteSpan> data{};  // the rest of it
};

/// Takes @p frame off the front of @p parts, if they begin with it.
bool take_frame(std::vector<ByteSpan>& parts, std::string_view frame) {
  std::vector<ByteSpan> rest;
  for (ByteSpan part : parts) {
    const std::size_t common = std::min(frame.size(), part.size());
    if (common > 0 && std::memcmp(part.data(), frame.data(), common) != 0) return false;
    frame.remove_prefix(common);
    part = part.subspan(common);
    if (!part.empty()) rest.push_back(part);
  }
  if (!frame.empty()) return false;
  parts = std::move(rest);
  return true;
}

bool has_zero(std::span<const ByteSpan> parts) {
  return std::ranges::any_of(parts, [](ByteSpan part) {
    return !part.empty() && std::memchr(part.data(), 0, part.size()) != nullptr;
  });
}

/// The extents as HDF5 has them: the last one's elements are neighbours.
std::vector<hsize_t> in_c_order(std::span<const std::uint64_t> shape, bool is_fortran) {
  std::vector<hsize_t> extents(shape.begin(), shape.end());
  if (is_fortran) std::ranges::reverse(extents);
  return extents;
}

std::uint64_t product_of(std::span<const hsize_t> extents) {
  std::uint64_t product = 1;
  for (const hsize_t extent : extents) product *= extent;
  return product;
}

/// What the information that came with an object says of it, if its bytes agree.
Form form_of(std::span<const ByteSpan> parts, const ObjectInfo& info) {
  Form form;
  form.data.assign(parts.begin(), parts.end());
  if (info.kind == Kind::array) {
    form.is_fortran = info.order == ObjectInfo::Order::fortran;
    form.type = type_of(info.dtype);
    form.frame = detail::npy_header(info.dtype, info.shape, form.is_fortran);
    if (form.type && info.shape.size() <= H5S_MAX_RANK && take_frame(form.data, form.frame)) {
      form.kind = Kind::array;
      form.extents = in_c_order(info.shape, form.is_fortran);
      if (product_of(form.extents) * H5Tget_size(form.type.id()) == joined_size(form.data))
        return form;
    }
  } else if (info.kind == Kind::text) {
    const bool is_string = joined_size(parts) < longest_text && !has_zero(parts);
    if (is_string && take_frame(form.data, detail::text_frame)) {
      form.kind = Kind::text;
      form.frame = detail::text_frame;
      form.type = Type(H5Tcopy(H5T_C_S1));
      H5Tset_size(form.type.id(), std::max<std::size_t>(joined_size(form.data), 1));
      H5Tset_strpad(form.type.id(), H5T_STR_NULLPAD);
      H5Tset_cset(form.type.id(), H5T_CSET_UTF8);
      return form;
    }
  } else if (info.kind == Kind::bytes && take_frame(form.data, detail::bytes_frame)) {
    form.kind = Kind::bytes;
    form.frame = detail::bytes_frame;
    form.type = Type(H5Tcopy(H5T_STD_U8LE));
    form.extents = {joined_size(form.data)};
    return form;
  }
  form.kind = Kind::opaque;
  form.frame.clear();
  form.is_fortran = false;
  form.data.assign(parts.begin(), parts.end());
  form.type = Type(H5Tcreate(H5T_OPAQUE, 1));
  H5Tset_tag(form.type.id(), "ProxyStore C++ object");
  form.extents = {joined_size(parts)};
  return form;
}

/// Text and scalars are one element; an empty text is none.
Space space_of(const Form& form) {
  if (form.kind == Kind::text) {
    return Space(H5Screate(form.data.empty() ? H5S_NULL : H5S_SCALAR));
  }
  if (form.extents.empty()) return Space(H5Screate(H5S_SCALAR));
  return Space(
      H5Screate_simple(static_cast<int>(form.extents.size()), form.extents.data(), nullptr));
}

/// Halves the longest extent until a chunk has @p most bytes at most.
std::vector<hsize_t> chunk_of(std::vector<hsize_t> extents, std::size_t element, std::size_t most) {
  while (product_of(extents) * element > most) {
    hsize_t& longest = *std::ranges::max_element(extents);
    if (longest == 1) break;
    longest = (longest + 1) / 2;
  }
  return extents;
}

Properties creation_of(const Form& form, const Hdf5Options& options) {
  Properties properties(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_fill_time(properties.id(), H5D_FILL_TIME_NEVER);  // all of it is written
  H5Pset_alloc_time(properties.id(), H5D_ALLOC_TIME_EARLY);
  const bool has_filter = options.deflate > 0 || options.fletcher32;
  const bool has_data = !form.extents.empty() && product_of(form.extents) > 0;
  if (!has_data || (!has_filter && options.chunk_size == 0)) return properties;
  const std::size_t most = options.chunk_size > 0 ? options.chunk_size : default_chunk;
  const auto chunk = chunk_of(form.extents, H5Tget_size(form.type.id()), most);
  H5Pset_chunk(properties.id(), static_cast<int>(chunk.size()), chunk.data());
  if (options.deflate > 0) {
    H5Pset_shuffle(properties.id());
    H5Pset_deflate(properties.id(), static_cast<unsigned>(options.deflate));
  }
  if (options.fletcher32) H5Pset_fletcher32(properties.id());
  return properties;
}

void write_text(const Dataset& dataset, const std::string& name, const std::string& text,
                const ErrorContext& context) {
  const Type type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.id(), std::max<std::size_t>(text.size(), 1));
  H5Tset_strpad(type.id(), H5T_STR_NULLPAD);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  const Space scalar(H5Screate(H5S_SCALAR));
  const Attribute attribute(
      H5Acreate2(dataset.id(), name.c_str(), type.id(), scalar.id(), H5P_DEFAULT, H5P_DEFAULT));
  if (!attribute || H5Awrite(attribute.id(), type.id(), text.c_str()) < 0) {
    fail("cannot write attribute '" + name + "'", context);
  }
}

void write_attributes(const Dataset& dataset, const Form& form, const ObjectInfo& info,
                      std::optional<std::uint64_t> checksum, const ErrorContext& context) {
  write_text(dataset, kind_attribute, name_of(form.kind), context);
  if (form.is_fortran) write_text(dataset, order_attribute, "F", context);
  if (checksum) {
    const Space scalar(H5Screate(H5S_SCALAR));
    const Attribute attribute(H5Acreate2(dataset.id(), checksum_attribute, H5T_STD_U64LE,
                                         scalar.id(), H5P_DEFAULT, H5P_DEFAULT));
    if (!attribute || H5Awrite(attribute.id(), H5T_NATIVE_UINT64, &*checksum) < 0) {
      fail("cannot write the checksum", context);
    }
  }
  if (!info.name.empty()) write_text(dataset, "name", info.name, context);
  if (!info.units.empty()) write_text(dataset, "units", info.units, context);
  for (const auto& [name, value] : info.attributes) write_text(dataset, name, value, context);
}

/// Attributes that would be taken for ours, or that HDF5 cannot keep.
void check_attributes(const ObjectInfo& info, const ErrorContext& context) {
  constexpr std::size_t longest = 60'000;  // of an attribute, with what HDF5 adds
  for (const auto& [name, value] : info.attributes) {
    const bool is_own = name.starts_with(own_attributes) || name == "name" || name == "units";
    if (name.empty() || is_own || name.find('\0') != std::string::npos) {
      throw ArgumentError("an attribute cannot be called '" + name +
                              "': names are not empty, not 'name' or 'units', which have members "
                              "of their own, and do not begin with 'proxystore_'",
                          context);
    }
    if (name.size() + value.size() > longest) {
      throw ArgumentError("attribute '" + name.substr(0, 100) + "' is longer than " +
                              std::to_string(longest) + " bytes",
                          context);
    }
  }
}

/// Data in one piece go from where they are; those of a list in several, one after the other.
void write_by_library(const Dataset& dataset, const Form& form, const ErrorContext& context) {
  const auto write = [&](hid_t memory, hid_t file, const void* data) {
    if (H5Dwrite(dataset.id(), form.type.id(), memory, file, H5P_DEFAULT, data) < 0) {
      fail("cannot write the object", context);
    }
  };
  if (form.data.size() == 1) return write(H5S_ALL, H5S_ALL, form.data.front().data());
  if (form.extents.size() != 1 || H5Tget_size(form.type.id()) != 1) {
    const Bytes together = Bytes::copy_of(std::span<const ByteSpan>(form.data));
    return write(H5S_ALL, H5S_ALL, together.data());
  }
  const Space file(H5Dget_space(dataset.id()));
  hsize_t at = 0;
  for (const ByteSpan part : form.data) {
    const hsize_t count = part.size();
    const Space memory(H5Screate_simple(1, &count, nullptr));
    H5Sselect_hyperslab(file.id(), H5S_SELECT_SET, &at, nullptr, &count, nullptr);
    write(memory.id(), file.id(), part.data());
    at += count;
  }
}

/// Goes through @p hash, too, if there is one.
void write_data(const File& file, const Dataset& dataset, const Form& form,
                detail::Xxh3Stream* hash, const ErrorContext& context) {
  if (hash != nullptr) hash->update(std::as_bytes(std::span(form.frame)));
  if (joined_size(form.data) == 0) return;
  if (const auto raw = RawData::of(file, dataset)) return raw->write(form.data, hash, context);
  write_by_library(dataset, form, context);
  for (const ByteSpan part : form.data) {
    if (hash != nullptr) hash->update(part);
  }
}

}  // namespace

std::optional<std::uint64_t> write_object(const File& file, const std::string& name,
                                          std::span<const ByteSpan> parts, const ObjectInfo& info,
                                          const Hdf5Options& options, const ErrorContext& context) {
  check_attributes(info, context);
  const Form form = form_of(parts, info);
  const Space space = space_of(form);
  const Properties creation = creation_of(form, options);
  Dataset dataset(H5Dcreate2(file.id(), name.c_str(), form.type.id(), space.id(), H5P_DEFAULT,
                             creation.id(), H5P_DEFAULT));
  if (!dataset) fail("cannot make a dataset for the object", context);
  detail::Xxh3Stream hash;
  write_data(file, dataset, form, options.checksum ? &hash : nullptr, context);
  std::optional<std::uint64_t> checksum;
  if (options.checksum) checksum = hash.digest();
  write_attributes(dataset, form, info, checksum, context);
  if (!dataset.close()) fail("cannot write the object", context);
  return checksum;
}

Dataset create_array(const File& file, const std::string& name, const ObjectInfo& info,
                     const Hdf5Options& options, const ErrorContext& context) {
  check_attributes(info, context);
  const Form form{
      .kind = Kind::array, .type = type_of(info.dtype), .extents = in_c_order(info.shape, false)};
  const Space space = space_of(form);
  const Properties creation = creation_of(form, options);
  Dataset dataset(H5Dcreate2(file.id(), name.c_str(), form.type.id(), space.id(), H5P_DEFAULT,
                             creation.id(), H5P_DEFAULT));
  if (!dataset) fail("cannot make a dataset for the array", context);
  write_attributes(dataset, form, info, std::nullopt, context);
  return dataset;
}

void write_block(const Dataset& dataset, const Box& block, ByteSpan elements,
                 const Properties& transfer, const ErrorContext& context) {
  const Type type(H5Dget_type(dataset.id()));
  const Space file(H5Dget_space(dataset.id()));
  const std::vector<hsize_t> start(block.offset.begin(), block.offset.end());
  const std::vector<hsize_t> count(block.shape.begin(), block.shape.end());
  const Space memory(count.empty()
                         ? H5Screate(H5S_SCALAR)
                         : H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr));
  if (elements.empty()) {
    H5Sselect_none(file.id());
    H5Sselect_none(memory.id());
  } else if (!count.empty()) {
    H5Sselect_hyperslab(file.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
  }
  if (H5Dwrite(dataset.id(), type.id(), memory.id(), file.id(), transfer.id(), elements.data()) <
      0) {
    fail("cannot write the array", context);
  }
}

}  // namespace proxystore::inline v0::hdf5
