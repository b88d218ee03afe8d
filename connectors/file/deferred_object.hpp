// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Objects of deferred keys: setting them, and what their markers say.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "detail/atomic_file.hpp"
#include "object_file.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/error.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::file {

/// Size and checksum of a deferred object. Its marker has a line "v1 <size> <checksum>" for each
/// version that the data may be.
struct Version {
  std::uint64_t size = 0;
  std::uint64_t checksum = 0;

  [[nodiscard]] static Version of(std::span<const ByteSpan> parts);
  friend bool operator==(const Version&, const Version&) = default;
};

/// The versions that a marker names, none if Python made it or it is not understood; nothing if
/// there is no marker. @throws AccessError, ConnectorError
[[nodiscard]] std::optional<std::vector<Version>> read_versions(const std::filesystem::path& marker,
                                                                const Key& key);

/// Whether @p file is one of @p versions.
[[nodiscard]] bool is_one_of(const std::vector<Version>& versions, const ObjectFile& file);

/// Makes the concatenation of @p parts the object of the data file @p path. False, and nothing is
/// changed, if @p only_first and there is one. @threadsafe, and safe against other processes and
/// nodes @blocking while others set the object, for 20 s at most
/// @throws CapacityError, AccessError, ConnectorError: then nothing is changed; TimeoutError
[[nodiscard]] bool set_object(const std::filesystem::path& path, std::span<const ByteSpan> parts,
                              bool only_first, detail::Sync sync, const ErrorContext& context);

/// Does for a setter that died what it had still to do. @throws AccessError, ConnectorError
void finish_setting(const std::filesystem::path& path, const ErrorContext& context);

}  // namespace proxystore::inline v0::file
