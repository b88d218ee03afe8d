// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Everything that needs neither MPI nor Kokkos. Those are mpi/environment.hpp, mpi/message.hpp and
/// kokkos/views.hpp.

#include "proxystore/array.hpp"               // IWYU pragma: export
#include "proxystore/array_builder.hpp"       // IWYU pragma: export
#include "proxystore/box.hpp"                 // IWYU pragma: export
#include "proxystore/bytes.hpp"               // IWYU pragma: export
#include "proxystore/cache.hpp"               // IWYU pragma: export
#include "proxystore/config.hpp"              // IWYU pragma: export
#include "proxystore/connector.hpp"           // IWYU pragma: export
#include "proxystore/connector_registry.hpp"  // IWYU pragma: export
#include "proxystore/connectors/file.hpp"     // IWYU pragma: export
#include "proxystore/connectors/hdf5.hpp"     // IWYU pragma: export
#include "proxystore/connectors/local.hpp"    // IWYU pragma: export
#include "proxystore/connectors/mpi.hpp"      // IWYU pragma: export
#include "proxystore/connectors/multi.hpp"    // IWYU pragma: export
#include "proxystore/connectors/null.hpp"     // IWYU pragma: export
#include "proxystore/connectors/redis.hpp"    // IWYU pragma: export
#include "proxystore/error.hpp"               // IWYU pragma: export
#include "proxystore/float16.hpp"             // IWYU pragma: export
#include "proxystore/future.hpp"              // IWYU pragma: export
#include "proxystore/key.hpp"                 // IWYU pragma: export
#include "proxystore/lifetime.hpp"            // IWYU pragma: export
#include "proxystore/lifetimes.hpp"           // IWYU pragma: export
#include "proxystore/log.hpp"                 // IWYU pragma: export
#include "proxystore/metrics.hpp"             // IWYU pragma: export
#include "proxystore/metrics_summary.hpp"     // IWYU pragma: export
#include "proxystore/owned_proxy.hpp"         // IWYU pragma: export
#include "proxystore/proxy.hpp"               // IWYU pragma: export
#include "proxystore/proxy_from_file.hpp"     // IWYU pragma: export
#include "proxystore/proxy_locker.hpp"        // IWYU pragma: export
#include "proxystore/resolve_all.hpp"         // IWYU pragma: export
#include "proxystore/serialize.hpp"           // IWYU pragma: export
#include "proxystore/store.hpp"               // IWYU pragma: export
#include "proxystore/store_factory.hpp"       // IWYU pragma: export
#include "proxystore/store_registry.hpp"      // IWYU pragma: export
#include "proxystore/stream.hpp"              // IWYU pragma: export
#include "proxystore/stream/file_queue.hpp"   // IWYU pragma: export
#include "proxystore/stream/local_queue.hpp"  // IWYU pragma: export
#include "proxystore/version.hpp"             // IWYU pragma: export
