// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The errors of the library, by what a caller can do about them.

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "proxystore/export.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0 {

/// What an error is about, for programs; the text of the error says the same for people.
struct ErrorContext {
  std::string connector{};   ///< Kind of the connector, such as "file"; may be empty.
  std::string operation{};   ///< Such as "get" or "open"; may be empty.
  std::optional<Key> key{};  ///< The object concerned, if one is.
};

/// Root of all errors that this library throws on purpose.
class PROXYSTORE_EXPORT Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ErrorContext context = {});
  Error(const Error&) = default;
  Error& operator=(const Error&) = default;
  ~Error() override;

  [[nodiscard]] const ErrorContext& context() const noexcept { return context_; }

 private:
  ErrorContext context_;
};

/// Declares an error type that adds nothing but its name.
#define PROXYSTORE_DECLARE_ERROR(name, base)   \
  class PROXYSTORE_EXPORT name : public base { \
   public:                                     \
    using base::base;                          \
    name(const name&) = default;               \
    name& operator=(const name&) = default;    \
    ~name() override;                          \
  }

// -- The caller's arguments or configuration are wrong: mend them.

/// An argument that no call accepts.
PROXYSTORE_DECLARE_ERROR(ArgumentError, Error);
/// A configuration that cannot be used: an unknown option, a wrong type, a typing error in a file.
PROXYSTORE_DECLARE_ERROR(ConfigError, Error);
/// A kind of connector that nobody registered.
PROXYSTORE_DECLARE_ERROR(UnknownConnectorError, ConfigError);
/// A kind of connector that exists, but not in this build.
PROXYSTORE_DECLARE_ERROR(ConnectorNotBuiltError, ConfigError);
/// The connector cannot do this at all; see Connector::capabilities().
PROXYSTORE_DECLARE_ERROR(UnsupportedError, Error);
/// The type or value has no proxy: null pointers, empty optionals.
PROXYSTORE_DECLARE_ERROR(NonProxiableTypeError, Error);

// -- Stores and their registry.

/// Root of the errors about stores.
PROXYSTORE_DECLARE_ERROR(StoreError, Error);
/// The name is taken by another store.
PROXYSTORE_DECLARE_ERROR(StoreExistsError, StoreError);
/// The name is taken by a store with other connector options: resolving would ask the wrong one.
PROXYSTORE_DECLARE_ERROR(StoreConflictError, StoreExistsError);
/// The store was closed before this call.
PROXYSTORE_DECLARE_ERROR(StoreClosedError, StoreError);
/// The application's policy refuses to open this store.
PROXYSTORE_DECLARE_ERROR(StoreRefusedError, StoreError);
/// The lifetime has ended: it takes no more objects, and cannot be extended.
PROXYSTORE_DECLARE_ERROR(LifetimeEndedError, StoreError);
/// The proxy was not made by a store, so it has neither store nor wire form.
PROXYSTORE_DECLARE_ERROR(ProxyStoreFactoryError, StoreError);

// -- Owners and borrows of an object.

/// Root of the errors about ownership.
PROXYSTORE_DECLARE_ERROR(ReferenceError, Error);
/// A borrow would break the rule of many readers or one writer, or the object is borrowed and must
/// not change or move now: give the borrows back first.
PROXYSTORE_DECLARE_ERROR(MutableBorrowError, ReferenceError);
/// The owner or borrow was moved from, sent or given back, or its lease ran out.
PROXYSTORE_DECLARE_ERROR(ReferenceInvalidError, ReferenceError);

// -- Futures.

/// Root of the errors about futures.
PROXYSTORE_DECLARE_ERROR(FutureError, Error);
/// The future has its result already; there is no second one. Nothing was changed.
PROXYSTORE_DECLARE_ERROR(AlreadySetError, FutureError);
/// The producer failed; the text is what it said.
PROXYSTORE_DECLARE_ERROR(FutureFailedError, FutureError);

// -- Bytes are not what they should be.

/// An object or message cannot be written or read as the type asked for.
PROXYSTORE_DECLARE_ERROR(SerializationError, Error);
/// Stored bytes are damaged: truncated, or their checksum differs.
PROXYSTORE_DECLARE_ERROR(IntegrityError, SerializationError);
/// A message is malformed: do not trust its sender.
PROXYSTORE_DECLARE_ERROR(MessageError, SerializationError);

// -- The medium failed.

/// Root of the errors of a connector's medium.
PROXYSTORE_DECLARE_ERROR(ConnectorError, Error);
/// No answer in time: retry, or give up on the peer that the text names.
PROXYSTORE_DECLARE_ERROR(TimeoutError, ConnectorError);
/// No room: evict something, or configure more.
PROXYSTORE_DECLARE_ERROR(CapacityError, ConnectorError);
/// Stored, but on fewer replicas than asked for: a fail-over may lose it.
PROXYSTORE_DECLARE_ERROR(DurabilityError, ConnectorError);
/// Not at this moment, but when what others are doing has ended: try again then.
PROXYSTORE_DECLARE_ERROR(BusyError, ConnectorError);
/// No child of a multi connector may take the object, or the one that has it is not here.
PROXYSTORE_DECLARE_ERROR(MultiConnectorError, ConnectorError);
/// The system refuses access: permissions, a read-only medium.
PROXYSTORE_DECLARE_ERROR(AccessError, ConnectorError);

#undef PROXYSTORE_DECLARE_ERROR

/// A proxy could not fetch its object. `cause()` is what went wrong.
class PROXYSTORE_EXPORT ProxyResolveError : public Error {
 public:
  ProxyResolveError(const std::string& message, std::exception_ptr cause,
                    ErrorContext context = {});
  ProxyResolveError(const ProxyResolveError&) = default;
  ProxyResolveError& operator=(const ProxyResolveError&) = default;
  ~ProxyResolveError() override;

  [[nodiscard]] const std::exception_ptr& cause() const noexcept { return cause_; }

 private:
  std::exception_ptr cause_;
};

/// The object that a proxy names is not in its store: never written there, or evicted.
class PROXYSTORE_EXPORT ProxyResolveMissingKeyError : public Error {
 public:
  /// @p why ends the text; by default, what usually is so.
  ProxyResolveMissingKeyError(const Key& key, std::string store_type, std::string store_name,
                              std::string_view why = {});
  ProxyResolveMissingKeyError(const ProxyResolveMissingKeyError&) = default;
  ProxyResolveMissingKeyError& operator=(const ProxyResolveMissingKeyError&) = default;
  ~ProxyResolveMissingKeyError() override;

  [[nodiscard]] const Key& key() const noexcept { return key_; }
  /// Kind of the store's connector.
  [[nodiscard]] const std::string& store_type() const noexcept { return store_type_; }
  [[nodiscard]] const std::string& store_name() const noexcept { return store_name_; }

 private:
  Key key_;
  std::string store_type_;
  std::string store_name_;
};

}  // namespace proxystore::inline v0
