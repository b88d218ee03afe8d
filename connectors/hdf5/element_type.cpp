// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "element_type.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "detail/structured_dtype.hpp"
#include "proxystore/error.hpp"

namespace proxystore::inline v0::hdf5 {

namespace {

/// An enumeration of FALSE and TRUE.
Type boolean() {
  Type type(H5Tenum_create(H5T_STD_I8LE));
  const std::int8_t no = 0;
  const std::int8_t yes = 1;
  H5Tenum_insert(type.id(), "FALSE", &no);
  H5Tenum_insert(type.id(), "TRUE", &yes);
  return type;
}

/// IEEE 754 binary16: a sign, 5 bits of exponent with bias 15, and 10 of fraction.
Type half() {
  Type type(H5Tcopy(H5T_IEEE_F32LE));
  H5Tset_fields(type.id(), 15, 10, 5, 0, 10);
  H5Tset_size(type.id(), 2);
  H5Tset_ebias(type.id(), 15);
  return type;
}

/// A compound of the parts "r" and "i".
Type complex_of(hid_t part, std::size_t size) {
  Type type(H5Tcreate(H5T_COMPOUND, 2 * size));
  H5Tinsert(type.id(), "r", 0, part);
  H5Tinsert(type.id(), "i", size, part);
  return type;
}

/// Whether both are of one size, and their members, if they have any, of the same names.
bool has_members_of(hid_t type, hid_t other) {
  if (H5Tget_size(type) != H5Tget_size(other)) return false;
  const int members = H5Tget_nmembers(other);  // below 0 where there are none
  if (members != H5Tget_nmembers(type)) return false;
  for (int i = 0; i < members; ++i) {
    const auto member = static_cast<unsigned>(i);
    char* const names[] = {H5Tget_member_name(type, member), H5Tget_member_name(other, member)};
    const bool is_same = std::strcmp(names[0], names[1]) == 0;
    for (char* const name : names) H5free_memory(name);
    if (!is_same) return false;
  }
  return true;
}

Type opaque_of(std::string_view dtype) {
  return Type(
      H5Tcreate(H5T_OPAQUE, detail::parse_structured("[('', '" + std::string(dtype) + "')]").size));
}

/// The compound of a list of fields. Padding is what lies between them.
Type compound_of(const detail::StructuredDtype& dtype) {
  Type type(H5Tcreate(H5T_COMPOUND, dtype.size));
  bool is_empty = true;
  for (const auto& field : dtype.fields) {
    if (field.name.empty()) continue;
    Type member = field.dtype.starts_with("|V") ? opaque_of(field.dtype) : type_of(field.dtype);
    if (member && !field.shape.empty()) {
      const std::vector<hsize_t> extents(field.shape.begin(), field.shape.end());
      member = Type(
          H5Tarray_create2(member.id(), static_cast<unsigned>(extents.size()), extents.data()));
    }
    if (!member || H5Tinsert(type.id(), field.name.c_str(), field.offset, member.id()) < 0) {
      return Type();
    }
    is_empty = false;
  }
  return is_empty ? Type() : std::move(type);
}

/// A member of a compound as numpy has it; without a dtype if it has none.
detail::StructuredDtype::Field field_of(hid_t compound, unsigned index, int depth) {
  detail::StructuredDtype::Field field;
  char* const name = H5Tget_member_name(compound, index);
  field.name = name;
  H5free_memory(name);
  field.offset = H5Tget_member_offset(compound, index);
  Type member(H5Tget_member_type(compound, index));
  field.size = H5Tget_size(member.id());
  if (H5Tget_class(member.id()) == H5T_ARRAY) {
    std::vector<hsize_t> extents(static_cast<std::size_t>(H5Tget_array_ndims(member.id())));
    H5Tget_array_dims2(member.id(), extents.data());
    field.shape.assign(extents.begin(), extents.end());
    member = Type(H5Tget_super(member.id()));
  }
  field.dtype = H5Tget_class(member.id()) == H5T_OPAQUE
                    ? "|V" + std::to_string(H5Tget_size(member.id()))
                    : dtype_of(member.id(), depth + 1);
  return field;
}

/// The list of fields of a compound; empty if numpy has none such.
std::string fields_of(hid_t compound, int depth) {
  constexpr int deepest = 8;
  if (depth > deepest) return {};
  std::vector<detail::StructuredDtype::Field> members;
  const int count = H5Tget_nmembers(compound);
  for (int i = 0; i < count; ++i) {
    members.push_back(field_of(compound, static_cast<unsigned>(i), depth));
    if (members.back().dtype.empty()) return {};
  }
  std::ranges::sort(members, {}, &detail::StructuredDtype::Field::offset);
  detail::StructuredDtype dtype;
  const auto pad_to = [&](std::size_t offset) {
    if (offset <= dtype.size) return;
    dtype.fields.push_back({.dtype = "|V" + std::to_string(offset - dtype.size)});
    dtype.size = offset;
  };
  for (auto& member : members) {
    pad_to(member.offset);
    dtype.size = member.offset + member.size;
    dtype.fields.push_back(std::move(member));
  }
  pad_to(H5Tget_size(compound));
  return dtype.to_string();
}

}  // namespace

Type type_of(std::string_view dtype) {
  try {
    if (dtype.starts_with('[')) return compound_of(detail::parse_structured(dtype));
  } catch (const SerializationError&) {
    return Type();
  }
  if (dtype == "|b1") return boolean();
  if (dtype == "|i1") return Type(H5Tcopy(H5T_STD_I8LE));
  if (dtype == "<i2") return Type(H5Tcopy(H5T_STD_I16LE));
  if (dtype == "<i4") return Type(H5Tcopy(H5T_STD_I32LE));
  if (dtype == "<i8") return Type(H5Tcopy(H5T_STD_I64LE));
  if (dtype == "|u1") return Type(H5Tcopy(H5T_STD_U8LE));
  if (dtype == "<u2") return Type(H5Tcopy(H5T_STD_U16LE));
  if (dtype == "<u4") return Type(H5Tcopy(H5T_STD_U32LE));
  if (dtype == "<u8") return Type(H5Tcopy(H5T_STD_U64LE));
  if (dtype == "<f2") return half();
  if (dtype == "<f4") return Type(H5Tcopy(H5T_IEEE_F32LE));
  if (dtype == "<f8") return Type(H5Tcopy(H5T_IEEE_F64LE));
  if (dtype == "<c8") return complex_of(H5T_IEEE_F32LE, 4);
  if (dtype == "<c16") return complex_of(H5T_IEEE_F64LE, 8);
  return Type();
}

std::string dtype_of(hid_t type, int depth) {
  const std::size_t size = H5Tget_size(type);
  std::string name;
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      name = std::string(size == 1 ? "|" : "<") + (H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "i");
      break;
    case H5T_FLOAT:
      name = "<f";
      break;
    case H5T_COMPOUND:
      name = "<c";
      break;
    case H5T_ENUM:
      name = "|b";
      break;
    default:
      return {};
  }
  name += std::to_string(size);
  const auto is_known = [type](const std::string& dtype) {
    const Type known = type_of(dtype);
    return known && H5Tequal(type, known.id()) > 0;
  };
  if (is_known(name)) return name;  // it is the type of that size, if that is one that we know
  if (H5Tget_class(type) == H5T_COMPOUND) name = fields_of(type, depth);
  return is_known(name) ? name : "";
}

Type little_endian_of(hid_t type) {
  Type twin;
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
    case H5T_FLOAT:
      twin = Type(H5Tcopy(type));
      H5Tset_order(twin.id(), H5T_ORDER_LE);
      break;
    case H5T_ENUM:
      if (H5Tget_size(type) == 1) twin = boolean();
      break;
    case H5T_COMPOUND:
      if (H5Tget_nmembers(type) == 2 && H5Tget_member_class(type, 0) == H5T_FLOAT) {
        const Type part = little_endian_of(Type(H5Tget_member_type(type, 0)).id());
        if (part) twin = complex_of(part.id(), H5Tget_size(part.id()));
      }
      break;
    default:
      break;
  }
  return twin && !dtype_of(twin.id()).empty() && has_members_of(type, twin.id()) ? std::move(twin)
                                                                                 : Type();
}

}  // namespace proxystore::inline v0::hdf5
