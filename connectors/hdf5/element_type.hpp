// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Elements of arrays: numpy's names, and HDF5's types as h5py has them.

#include <string>
#include <string_view>

#include "library.hpp"

namespace proxystore::inline v0::hdf5 {

/// The type of numpy's @p dtype, such as "<f8" or a list of fields, which is a compound; none if
/// there is no such type here.
[[nodiscard]] Type type_of(std::string_view dtype);

/// numpy's name of @p type; empty if it is none of them.
/// @p depth is that of compounds in compounds.
[[nodiscard]] std::string dtype_of(hid_t type, int depth = 0);

/// The type that numpy has and to which HDF5 turns the bytes of @p type round; none if there is no
/// such type.
[[nodiscard]] Type little_endian_of(hid_t type);

}  // namespace proxystore::inline v0::hdf5
