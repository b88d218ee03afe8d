// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "hdf5_support.hpp"

#include <algorithm>
#include <string_view>

namespace relief::h5 {
namespace {

/// The operating system's words, where HDF5 wraps them in addresses and counters.
std::string shorten(const std::string& description) {
  constexpr std::string_view opening = "error message = '";
  const std::size_t start = description.find(opening);
  if (start == std::string::npos) return description;
  const std::size_t from = start + opening.size();
  return description.substr(from, description.find('\'', from) - from);
}

/// Takes the innermost entry of the error stack. Called from C: it must not throw.
herr_t copy_first(unsigned depth, const H5E_error2_t* entry, void* text) {
  if (depth != 0 || entry->desc == nullptr) return 0;
  try {
    *static_cast<std::string*>(text) = shorten(entry->desc);
  } catch (...) {
    return -1;
  }
  return 0;
}

void strip_padding(std::string& text) {
  text.erase(std::min(text.find('\0'), text.size()));
  text.erase(text.find_last_not_of(' ') + 1);
}

std::optional<std::string> read_variable_text(hid_t attribute, hid_t type, hid_t space) {
  char* text = nullptr;
  if (H5Aread(attribute, type, static_cast<void*>(&text)) < 0) return std::nullopt;
  std::string copy = text == nullptr ? "" : text;
#if H5_VERSION_GE(1, 12, 0)
  H5Treclaim(type, space, H5P_DEFAULT, static_cast<void*>(&text));
#else
  H5Dvlen_reclaim(type, space, H5P_DEFAULT, static_cast<void*>(&text));
#endif
  return copy;
}

}  // namespace

QuietErrors::QuietErrors() {
  H5Eget_auto2(H5E_DEFAULT, &handler_, &data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

QuietErrors::~QuietErrors() {
  H5Eset_auto2(H5E_DEFAULT, handler_, data_);
}

std::string error_text() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, &copy_first, &text);
  return text.empty() ? "the HDF5 library gives no reason" : text;
}

std::string type_name(hid_t type) {
  const std::string bits = std::to_string(8 * H5Tget_size(type));
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return (H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int") + bits;
    case H5T_FLOAT:
      return "float" + bits;
    case H5T_STRING:
      return "text";
    case H5T_COMPOUND:
      return "compound";
    case H5T_ENUM:
      return "enumeration";
    default:
      return "another type";
  }
}

bool is_number(hid_t type) {
  const H5T_class_t kind = H5Tget_class(type);
  return kind == H5T_INTEGER || kind == H5T_FLOAT;
}

std::vector<hsize_t> shape_of(hid_t dataset) {
  const Space space{H5Dget_space(dataset)};
  const int rank = space ? H5Sget_simple_extent_ndims(space.id()) : -1;
  if (rank <= 0) return {};
  std::vector<hsize_t> shape(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space.id(), shape.data(), nullptr);
  return shape;
}

bool has_attribute(hid_t object, const char* name) {
  return H5Aexists(object, name) > 0;
}

std::optional<std::string> text_attribute(hid_t object, const char* name) {
  if (!has_attribute(object, name)) return std::nullopt;
  const Attribute attribute{H5Aopen(object, name, H5P_DEFAULT)};
  const Type type{H5Aget_type(attribute.id())};
  const Space space{H5Aget_space(attribute.id())};
  if (!attribute || !type || !space || H5Tget_class(type.id()) != H5T_STRING ||
      H5Sget_simple_extent_npoints(space.id()) != 1) {
    return std::nullopt;
  }
  if (H5Tis_variable_str(type.id()) > 0) {
    return read_variable_text(attribute.id(), type.id(), space.id());
  }
  std::string text(H5Tget_size(type.id()), '\0');
  if (H5Aread(attribute.id(), type.id(), text.data()) < 0) return std::nullopt;
  strip_padding(text);
  return text;
}

std::optional<std::vector<double>> number_attribute(hid_t object, const char* name) {
  if (!has_attribute(object, name)) return std::nullopt;
  const Attribute attribute{H5Aopen(object, name, H5P_DEFAULT)};
  const Type type{H5Aget_type(attribute.id())};
  const Space space{H5Aget_space(attribute.id())};
  if (!attribute || !type || !space || !is_number(type.id())) return std::nullopt;
  const hssize_t count = H5Sget_simple_extent_npoints(space.id());
  if (count < 0) return std::nullopt;
  std::vector<double> numbers(static_cast<std::size_t>(count));
  if (H5Aread(attribute.id(), H5T_NATIVE_DOUBLE, numbers.data()) < 0) return std::nullopt;
  return numbers;
}

bool write_attribute(hid_t object, const char* name, hid_t file_type, hid_t value_type,
                     const void* value) {
  const Space space{H5Screate(H5S_SCALAR)};
  Attribute attribute{H5Acreate2(object, name, file_type, space.id(), H5P_DEFAULT, H5P_DEFAULT)};
  return attribute && H5Awrite(attribute.id(), value_type, value) >= 0 && attribute.close();
}

bool write_text_attribute(hid_t object, const char* name, const std::string& text) {
  const Type type{H5Tcopy(H5T_C_S1)};
  // The length holds the closing zero, which std::string has after its last character.
  if (!type || H5Tset_size(type.id(), text.size() + 1) < 0) return false;
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return write_attribute(object, name, type.id(), type.id(), text.c_str());
}

}  // namespace relief::h5
