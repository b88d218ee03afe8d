// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The lifetimes that objects can have: a scope, a lease that runs out, the program. See Lifetime
/// for what they share. In a forked child they are without the objects that they had in its parent,
/// which ends those.

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "proxystore/export.hpp"
#include "proxystore/lifetime.hpp"
#include "proxystore/store.hpp"

namespace proxystore::inline v0 {

namespace detail {
class LifetimeObjects;
class LeaseState;
}  // namespace detail

/// Its objects go at the end of the scope that it is in:
///
///     ps::ContextLifetime scope(store);
///     auto proxy = store->proxy(field, {.lifetime = &scope});
class PROXYSTORE_EXPORT ContextLifetime final : public Lifetime {
 public:
  /// @p name is for messages; by default a random one.
  explicit ContextLifetime(std::shared_ptr<Store> store, std::string name = {});
  /// Closes the lifetime; errors are logged.
  ~ContextLifetime() override;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  void add_keys(std::span<const Key> keys, const std::shared_ptr<Store>& store = nullptr) override;
  void close(const LifetimeCloseArgs& args = {}) override;
  [[nodiscard]] bool done() const noexcept override;

 private:
  const std::string name_;
  const std::unique_ptr<detail::LifetimeObjects> objects_;
};

/// Its objects go when its time is over. The lease is this process's: it runs on when the
/// LeaseLifetime is destroyed, and ends at the latest when the MPI environment or the program does.
/// A thread of the library evicts the objects; those that only threads of the program may reach
/// (Connector::allows_background) go with the next call of any member but done().
class PROXYSTORE_EXPORT LeaseLifetime final : public Lifetime {
 public:
  using Clock = std::chrono::system_clock;
  using Seconds = std::chrono::duration<double>;  ///< Any duration converts to it

  /// Ends after @p duration, at once if that is not positive. @throws ArgumentError if it is NaN
  LeaseLifetime(std::shared_ptr<Store> store, Seconds duration, std::string name = {});
  /// Ends at @p expiry.
  LeaseLifetime(std::shared_ptr<Store> store, Clock::time_point expiry, std::string name = {});
  ~LeaseLifetime() override;

  /// Ends later by @p duration. @throws LifetimeEndedError, ArgumentError if it is negative or NaN
  void extend(Seconds duration);
  /// Ends at @p expiry instead, be it later or earlier. @throws LifetimeEndedError
  void extend(Clock::time_point expiry);
  [[nodiscard]] Clock::time_point expiry() const;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  void add_keys(std::span<const Key> keys, const std::shared_ptr<Store>& store = nullptr) override;
  void close(const LifetimeCloseArgs& args = {}) override;
  [[nodiscard]] bool done() const noexcept override;

 private:
  const std::string name_;
  const std::shared_ptr<detail::LeaseState> state_;
};

/// Its objects go when the MPI environment ends, or the program, whichever is first; and their
/// stores are closed. There is one for the process. It is of no use once it was closed.
class PROXYSTORE_EXPORT StaticLifetime final : public Lifetime {
 public:
  [[nodiscard]] static StaticLifetime& instance();

  /// @p store must be given.
  void add_keys(std::span<const Key> keys, const std::shared_ptr<Store>& store = nullptr) override;
  void close(const LifetimeCloseArgs& args = {}) override;
  [[nodiscard]] bool done() const noexcept override;

 private:
  StaticLifetime();
  ~StaticLifetime() override;

  const std::unique_ptr<detail::LifetimeObjects> objects_;
};

/// Closes @p lifetime when the MPI environment ends, or the program, whichever is first.
/// @returns what will be called: it closes the lifetime
std::function<void()> PROXYSTORE_EXPORT register_lifetime_atexit(std::shared_ptr<Lifetime> lifetime,
                                                                 const LifetimeCloseArgs& args = {
                                                                     .close_stores = true});
/// Takes that back; no error if it was not registered.
PROXYSTORE_EXPORT void unregister_lifetime_atexit(const std::shared_ptr<Lifetime>& lifetime);

}  // namespace proxystore::inline v0
