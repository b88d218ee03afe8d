// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "element_type.hpp"

#include <cstdint>
#include <cstring>

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

}  // namespace

Type type_of(std::string_view dtype) {
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

std::string dtype_of(hid_t type) {
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
  const Type known = type_of(name);  // which is the type of that size, if it is one that we know
  return known && H5Tequal(type, known.id()) > 0 ? name : "";
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
