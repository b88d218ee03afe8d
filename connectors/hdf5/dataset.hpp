// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Objects as datasets. One of text is a string, one of bytes a list of bytes, and an array has the
/// type, the extents, the name, the units and the attributes that were given with it: what programs
/// that know nothing of stores read. Everything else is opaque. The frame of the stored form is not
/// in the dataset, but follows from its attribute "proxystore_kind".

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "library.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/connectors/hdf5.hpp"

namespace proxystore::inline v0::hdf5 {

/// Stores the object whose stored form is the concatenation of @p parts as dataset @p name of
/// @p file. Returns its checksum, which is kept beside it, if the options ask for one.
/// @throws ArgumentError for attributes that cannot be, CapacityError, and as fail()
[[nodiscard]] std::optional<std::uint64_t> write_object(const File& file, const std::string& name,
                                                        std::span<const ByteSpan> parts,
                                                        const ObjectInfo& info,
                                                        const Hdf5Options& options,
                                                        const ErrorContext& context);

/// A new dataset for an array of @p info, of which nothing is written yet. @throws as
/// write_object()
[[nodiscard]] Dataset create_array(const File& file, const std::string& name,
                                   const ObjectInfo& info, const Hdf5Options& options,
                                   const ErrorContext& context);

/// Writes @p elements, which are in C order, to @p block of the array, by @p transfer.
/// @throws as fail()
void write_block(const Dataset& dataset, const Box& block, ByteSpan elements,
                 const Properties& transfer, const ErrorContext& context);

/// What a dataset holds.
struct StoredObject {
  Bytes object{};
  std::optional<std::uint64_t> checksum{};         ///< That was kept with it
  std::optional<std::uint64_t> actual_checksum{};  ///< Of what was read, if it is to be compared
};

/// What is known of an object before it is read.
struct Expected {
  std::optional<std::uint64_t> size{};
  bool has_checksum = false;
};

/// Whether @p file has a dataset, or anything else, of path @p name.
/// @throws ConnectorError if it is in another file
[[nodiscard]] bool has_object(const File& file, const std::string& name,
                              const ErrorContext& context);

/// What the object is, as Connector::describe(); nothing if there is no such dataset.
/// @throws as read_object()
[[nodiscard]] std::optional<ObjectInfo> describe_object(const File& file, const std::string& name,
                                                        const ErrorContext& context);

/// The elements of @p box, which are read as a hyperslab. @throws as Connector::get_boxes(), and as
/// read_object()
[[nodiscard]] std::optional<ArrayBox> read_box(const File& file, const std::string& name,
                                               std::uint64_t held, const Box& box,
                                               std::string_view dtype, const ErrorContext& context);

/// The stored form of the dataset of path @p name in @p file; nothing if there is no such dataset.
/// One that another program wrote is an array, or text if it is a string of fixed length.
/// Memory is taken on the file's word as far as the medium holds so much of it, @p held, or so much
/// is free. @throws CapacityError beyond that, IntegrityError if it is damaged, ConnectorError if
/// it is not readable here
[[nodiscard]] std::optional<StoredObject> read_object(const File& file, const std::string& name,
                                                      std::uint64_t held, const Expected& expected,
                                                      const ErrorContext& context);

}  // namespace proxystore::inline v0::hdf5
