// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once

#include "proxystore/config.hpp"
#include "proxystore/connectors/hdf5.hpp"

namespace proxystore::inline v0::hdf5 {

/// @throws ConfigError
[[nodiscard]] Hdf5Options parse(const ConfigTable& table);
[[nodiscard]] Hdf5DatasetOptions parse_dataset(const ConfigTable& table);

}  // namespace proxystore::inline v0::hdf5
