// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What owners and borrows do whatever their type; src/detail/ownership.cpp tells how the rules are
/// kept.

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "proxystore/bytes.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/export.hpp"
#include "proxystore/fwd.hpp"
#include "proxystore/key.hpp"
#include "proxystore/store_factory.hpp"

namespace proxystore::inline v0::detail {

class HeldLease;

/// An object that has an owner in this process. The owner and the borrows made here share it; with
/// the last of them the stored object goes, unless its ownership was passed on. @threadsafe
class PROXYSTORE_EXPORT OwnedObject {
 public:
  /// @throws ReferenceError if the object has another owner in this process
  explicit OwnedObject(std::shared_ptr<StoreProxyFactory> factory);
  OwnedObject(const OwnedObject&) = delete;
  OwnedObject& operator=(const OwnedObject&) = delete;
  ~OwnedObject();

  [[nodiscard]] const std::shared_ptr<StoreProxyFactory>& factory() const noexcept {
    return factory_;
  }

  /// The object's private copy, which mutable borrows change; null if there is none.
  [[nodiscard]] std::shared_ptr<void> value() const;
  void set_value(std::shared_ptr<void> value);

  /// @throws MutableBorrowError if somebody may be changing the object
  void require_readable() const;

  /// Passes the ownership on, to @p where: this object is evicted no more.
  /// @throws MutableBorrowError if it is borrowed here, ReferenceInvalidError if it was passed on
  void pass_on(std::string_view where);
  /// @throws ReferenceInvalidError if it was passed on, or belongs to the process that forked this
  void require_owned() const;

  /// Called by borrows; see Borrow.
  [[nodiscard]] std::shared_ptr<HeldLease> begin(LeaseMode mode, std::chrono::milliseconds ttl);
  void end(LeaseMode mode) noexcept;
  /// From now on others may hold leases of the object.
  void use_leases();

 private:
  const std::shared_ptr<StoreProxyFactory> factory_;
  const unsigned forks_;  // of a process that was forked later this is not the owner
  mutable std::mutex mutex_;
  std::shared_ptr<void> value_;
  std::string_view passed_on_{};  // to where, if it was
  int readers_ = 0;
  bool has_writer_ = false;
  bool uses_leases_ = false;
};

/// One borrow. It counts at its owner, if that is here, and else holds a lease. Not thread-safe but
/// for use by many readers at once.
class PROXYSTORE_EXPORT Borrow {
 public:
  /// @throws MutableBorrowError if the rules forbid it now
  Borrow(std::shared_ptr<OwnedObject> owner, LeaseMode mode, std::chrono::milliseconds ttl);
  /// The borrow that to_wire() of @p mode wrote. @throws MessageError, SerializationError
  Borrow(ByteSpan wire, LeaseMode mode, const ObjectType& type);
  Borrow(const Borrow&) = delete;
  Borrow& operator=(const Borrow&) = delete;
  ~Borrow();

  [[nodiscard]] const std::shared_ptr<StoreProxyFactory>& factory() const noexcept {
    return factory_;
  }
  /// The owner; null if that is, or was, elsewhere.
  [[nodiscard]] OwnedObject* owner() const noexcept { return owner_.get(); }

  [[nodiscard]] bool is_valid() const noexcept;
  /// @throws ReferenceInvalidError if it was given back or sent, or its lease ran out
  void require_valid() const;

  /// Gives the borrow back. @throws ReferenceInvalidError if that was done, or it was sent
  void release();

  /// Moves the borrow into a message. @throws UnsupportedError if the connector has no leases
  [[nodiscard]] Bytes to_wire();

 private:
  enum class State : std::uint8_t { valid, released, sent };
  void end() noexcept;

  std::shared_ptr<OwnedObject> owner_;
  std::shared_ptr<StoreProxyFactory> factory_;
  const LeaseMode mode_;
  const unsigned forks_;  // a process that was forked later has no borrow
  std::chrono::milliseconds ttl_{0};
  std::shared_ptr<HeldLease> lease_;
  State state_ = State::valid;
};

/// The factory of @p proxy without eviction, to be owned. @throws ProxyStoreFactoryError
[[nodiscard]] PROXYSTORE_EXPORT std::shared_ptr<StoreProxyFactory> factory_to_own(
    const ProxyFactory* factory);

/// @throws UnsupportedError if the object of @p key cannot have a new version
PROXYSTORE_EXPORT void require_versions(const Key& key, Connector& connector);

[[noreturn]] PROXYSTORE_EXPORT void throw_moved_from(std::string_view what);

}  // namespace proxystore::inline v0::detail
