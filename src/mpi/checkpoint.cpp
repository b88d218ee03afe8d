// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/mpi/checkpoint.hpp"

#include "mpi/memory_checkpoint.hpp"
#include "proxystore/error.hpp"
#include "proxystore/store_registry.hpp"

namespace proxystore::inline v0::mpi {

void save(Store& store, const std::filesystem::path& path, const SaveArgs& args) {
  detail::save_memory(path, args.state.span(), [&] {
    if (store.connector().kind() == "mpi") return store.config();
    throw ArgumentError("save() is for mpi stores, and '" + store.name() + "' is of kind " +
                            std::string(store.connector().kind()),
                        {.connector = "mpi", .operation = "save"});
  });
}

Restored restore(const std::filesystem::path& path) {
  Restored restored;
  restored.state = detail::restore_memory(
      path, [&](const StoreConfig& config) { restored.store = get_or_create_store(config); });
  return restored;
}

}  // namespace proxystore::inline v0::mpi
