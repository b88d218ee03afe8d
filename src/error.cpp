// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/error.hpp"

namespace proxystore::inline v0 {

Error::Error(const std::string& message, ErrorContext context)
    : std::runtime_error(message), context_(std::move(context)) {}

// Destructors stand here so that each type's information is emitted once, in this library, and an
// exception thrown on one side of a shared library boundary is caught by name on the other.
Error::~Error() = default;
ArgumentError::~ArgumentError() = default;
ConfigError::~ConfigError() = default;
UnknownConnectorError::~UnknownConnectorError() = default;
ConnectorNotBuiltError::~ConnectorNotBuiltError() = default;
UnsupportedError::~UnsupportedError() = default;
NonProxiableTypeError::~NonProxiableTypeError() = default;
StoreError::~StoreError() = default;
StoreExistsError::~StoreExistsError() = default;
StoreConflictError::~StoreConflictError() = default;
StoreClosedError::~StoreClosedError() = default;
StoreRefusedError::~StoreRefusedError() = default;
LifetimeEndedError::~LifetimeEndedError() = default;
ReferenceError::~ReferenceError() = default;
MutableBorrowError::~MutableBorrowError() = default;
ReferenceInvalidError::~ReferenceInvalidError() = default;
FutureError::~FutureError() = default;
AlreadySetError::~AlreadySetError() = default;
FutureFailedError::~FutureFailedError() = default;
ProxyStoreFactoryError::~ProxyStoreFactoryError() = default;
SerializationError::~SerializationError() = default;
IntegrityError::~IntegrityError() = default;
MessageError::~MessageError() = default;
ConnectorError::~ConnectorError() = default;
TimeoutError::~TimeoutError() = default;
CapacityError::~CapacityError() = default;
DurabilityError::~DurabilityError() = default;
BusyError::~BusyError() = default;
MultiConnectorError::~MultiConnectorError() = default;
AccessError::~AccessError() = default;
ProxyResolveError::~ProxyResolveError() = default;
ProxyResolveMissingKeyError::~ProxyResolveMissingKeyError() = default;

ProxyResolveError::ProxyResolveError(const std::string& message, std::exception_ptr cause,
                                     ErrorContext context)
    : Error(message, std::move(context)), cause_(std::move(cause)) {}

ProxyResolveMissingKeyError::ProxyResolveMissingKeyError(const Key& key, std::string store_type,
                                                         std::string store_name,
                                                         std::string_view why)
    : Error("no object with key " + key.to_string() + " in store '" + store_name + "' (" +
                store_type + "): " +
                std::string(why.empty() ? "it was never put there, or it was evicted" : why),
            {.connector = store_type, .operation = "resolve", .key = key}),
      key_(key),
      store_type_(std::move(store_type)),
      store_name_(std::move(store_name)) {}

}  // namespace proxystore::inline v0
