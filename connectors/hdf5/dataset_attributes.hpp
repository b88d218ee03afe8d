// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Attributes of datasets that are ours.

namespace proxystore::inline v0::hdf5 {

inline constexpr const char* kind_attribute = "proxystore_kind";    ///< array, text, bytes, opaque
inline constexpr const char* order_attribute = "proxystore_order";  ///< F if it is Fortran's
inline constexpr const char* checksum_attribute = "proxystore_checksum";  ///< Of the stored form

}  // namespace proxystore::inline v0::hdf5
