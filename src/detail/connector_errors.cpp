// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "detail/connector_errors.hpp"

#include <string>

namespace proxystore::inline v0::detail {

void throw_closed(std::string_view connector, std::string_view verb) {
  throw StoreClosedError("the " + std::string(connector) + " connector is closed; " +
                             std::string(verb) + "() came too late",
                         {.connector = std::string(connector), .operation = std::string(verb)});
}

void throw_already_set(std::string_view connector, const Key& key) {
  throw AlreadySetError("object " + key.to_string() + " is set already, and may be set only once",
                        {.connector = std::string(connector), .operation = "set", .key = key});
}

}  // namespace proxystore::inline v0::detail
