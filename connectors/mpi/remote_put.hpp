// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Puts objects into the memory of other ranks.

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "proxystore/connector.hpp"
#include "proxystore/key.hpp"
#include "runtime.hpp"

namespace proxystore::inline v0::partition {

/// The places in a batch of the objects that each rank is to own, in rising order.
using IndicesByOwner = std::map<std::uint32_t, std::vector<std::size_t>>;

/// Puts those of @p requests that are named in @p elsewhere, and writes their places into @p keys,
/// which tell the sizes. Asks all owners at a time and waits for them; after a failure of one those
/// keys that name a place are those of objects that were put.
/// @throws as Exchange::start() and Exchange::finish(), of the first owner that failed
void put_elsewhere(Runtime& runtime, std::span<const PutRequest> requests,
                   const IndicesByOwner& elsewhere, std::vector<Key>& keys);

}  // namespace proxystore::inline v0::partition
