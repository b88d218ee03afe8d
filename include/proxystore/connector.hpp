// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Connector: what a back end does for a store, with bytes and keys only. How to write one is told
/// by connectors/README.md; connector_registry.hpp makes it known.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxystore/box.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/config.hpp"
#include "proxystore/export.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0 {

/// What a connector can do beyond the plain verbs; the conformance suite holds each to its word.
enum class Capability : std::uint32_t {
  deferrable = 1U << 0U,  ///< new_key() and set()
  wait = 1U << 1U,        ///< wait() is woken by set() and does not poll
  lease = 1U << 2U,       ///< lease(), renew() and unlease()
  zero_copy = 1U << 3U,   ///< get() hands out memory that the store holds already
  persistent = 1U << 4U,  ///< Objects outlive the process that put them, unless it clears them
  shared = 1U << 5U,      ///< Other processes reach the objects through config()
  stores = 1U << 6U,      ///< What is put can be got; only `null` lacks this
  list = 1U << 7U,        ///< list()
};

/// A set of capabilities. A value type.
class Capabilities {
 public:
  constexpr Capabilities() noexcept = default;
  constexpr Capabilities(std::initializer_list<Capability> all) noexcept {
    for (const Capability one : all) bits_ |= static_cast<std::uint32_t>(one);
  }
  [[nodiscard]] constexpr Capabilities with(Capability one) const noexcept {
    Capabilities more = *this;
    more.bits_ |= static_cast<std::uint32_t>(one);
    return more;
  }
  [[nodiscard]] constexpr bool has(Capability one) const noexcept {
    return (bits_ & static_cast<std::uint32_t>(one)) != 0;
  }
  friend constexpr bool operator==(Capabilities, Capabilities) noexcept = default;

 private:
  std::uint32_t bits_ = 0;
};

/// What stored bytes mean, for connectors that keep typed data. Filled in by the store.
struct ObjectInfo {
  enum class Kind : std::uint8_t { opaque, bytes, text, array };
  enum class Order : std::uint8_t { c, fortran };

  Kind kind = Kind::opaque;
  std::string dtype{};                 ///< numpy's name of an array's elements, such as "<f8"
  std::vector<std::uint64_t> shape{};  ///< of an array, slowest dimension first in C order
  Order order = Order::c;
  std::size_t header_bytes = 0;  ///< Bytes before an array's data in the stored object
  std::string name{};            ///< For people, such as "temperature"
  std::string units{};           ///< Such as "K"
  std::map<std::string, std::string> attributes{};
};

/// Arguments of Connector::put that are not bytes. A connector ignores what it has no use for.
struct PutOptions {
  ObjectInfo info{};
  std::vector<std::string> subset_tags{};    ///< For `multi`: the child must have all of these
  std::vector<std::string> superset_tags{};  ///< For `multi`: must hold all of the child's
  std::optional<int> rank{};                 ///< For `mpi`: the owner, instead of its placement
  std::chrono::milliseconds expiry{0};       ///< The object may go after this time; 0: never
  bool only_first = false;  ///< For set(): an AlreadySetError if the key has an object already
};

/// One object of a batch: the parts are concatenated.
struct PutRequest {
  std::span<const ByteSpan> parts{};
  PutOptions options{};
};

/// One box of an array of a batch.
struct BoxRequest {
  Key key{};
  Box box{};
  std::string dtype{};  ///< numpy's name of the elements that are expected
};

/// Elements of an array, where a connector has them.
struct ArrayBox {
  Bytes memory{};                    ///< From the first of them to the last
  std::vector<std::size_t> steps{};  ///< Bytes from one to the next, in each dimension
};

/// An object that is written where it will be kept; see Connector::create(). Without publish() it
/// leaves nothing. Not thread-safe.
class PROXYSTORE_EXPORT ObjectBuilder {
 public:
  ObjectBuilder() = default;
  ObjectBuilder(const ObjectBuilder&) = delete;
  ObjectBuilder& operator=(const ObjectBuilder&) = delete;
  virtual ~ObjectBuilder();

  /// The object's bytes, not yet initialised, aligned to 64 bytes.
  [[nodiscard]] virtual std::span<std::byte> memory() noexcept = 0;

  /// Makes the object known, and returns its key; once. memory() must not be written from then on.
  /// @throws as Connector::put()
  [[nodiscard]] virtual Key publish() = 0;
};

/// How many hold a lease together.
enum class LeaseMode : std::uint8_t { shared, exclusive };

/// A hold on an object until a deadline; see Connector::lease.
struct Lease {
  Key key{};
  LeaseMode mode = LeaseMode::shared;
  std::uint64_t token = 0;  ///< Names this lease to its connector
};

/// Arguments of Connector::close.
struct CloseOptions {
  std::optional<bool> clear{};  ///< Overrides the connector's own `clear`
};

/// The byte-level interface of a back end. An absent object is no error here.
///
/// All members may be called from any thread at once. Objects are written once; a reader sees all
/// of an object or nothing. Every operation that waits has a time-out. After close() every verb
/// throws StoreClosedError, but Bytes handed out stay valid.
class PROXYSTORE_EXPORT Connector {
 public:
  Connector() = default;
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;
  virtual ~Connector();

  /// Name in configurations, such as "file".
  [[nodiscard]] virtual std::string_view kind() const noexcept = 0;

  [[nodiscard]] virtual Capabilities capabilities() const noexcept = 0;

  /// Everything needed to reach the same objects from elsewhere, defaults filled in. It never asks
  /// whoever opens it to clear anything, and holds no secrets.
  [[nodiscard]] virtual ConnectorConfig config() const = 0;

  /// Stores the concatenation of @p parts and returns its key.
  /// @local @threadsafe @blocking{until get() finds the object from any process that can}
  /// @lifetime @p parts need only live until the call returns
  /// @throws CapacityError, AccessError, ConnectorError: then nothing is stored
  [[nodiscard]] virtual Key put(std::span<const ByteSpan> parts, const PutOptions& options) = 0;

  /// Memory for an object of @p size bytes, which then needs no copy where the store's memory is
  /// that of this process. The default takes memory of its own, and puts what was written there.
  /// @local @threadsafe @lifetime must be gone before the connector is
  /// @throws CapacityError, ConnectorError
  [[nodiscard]] virtual std::unique_ptr<ObjectBuilder> create(std::size_t size,
                                                              const PutOptions& options);

  /// The object's bytes, or nothing if there is no such object.
  /// @throws IntegrityError if the stored bytes are damaged, ConnectorError
  [[nodiscard]] virtual std::optional<Bytes> get(const Key& key) = 0;

  /// Whether a thread of the library may get() the object, to have it there before it is asked for.
  /// Not so where only some threads of the program may reach it.
  [[nodiscard]] virtual bool allows_background(const Key& key) const noexcept;

  /// Copies the object to @p target and returns its size, or nothing if it is absent.
  /// @throws ArgumentError if the object is larger than @p target
  [[nodiscard]] virtual std::optional<std::size_t> get_into(const Key& key,
                                                            std::span<std::byte> target);

  /// Up to @p length bytes of the object from @p offset; cut at its end. Not verified against the
  /// checksum.
  [[nodiscard]] virtual std::optional<Bytes> get_range(const Key& key, std::size_t offset,
                                                       std::size_t length);

  /// What the object is, without its bytes: for an array its dtype, shape and order; or nothing if
  /// it is absent. The default looks at the object's beginning.
  [[nodiscard]] virtual std::optional<ObjectInfo> describe(const Key& key);

  /// Boxes of arrays, in the order of @p requests, nothing for those of absent arrays. Not verified
  /// against checksums. The default gets the bytes from the first to the last element of each; one
  /// that holds arrays elsewhere gathers the elements there.
  /// @throws ArgumentError for a box that is outside, SerializationError for what is no array of
  ///         its dtype
  [[nodiscard]] virtual std::vector<std::optional<ArrayBox>> get_boxes(
      std::span<const BoxRequest> requests);

  [[nodiscard]] virtual bool exists(const Key& key) = 0;

  /// Removes the object; it is no error if there is none. Bytes handed out stay valid.
  /// @returns whether there was one: of all calls for one object exactly one returns true
  virtual bool evict(const Key& key) = 0;

  /// As put(), for many; keys come in the order of @p requests. If it throws, nothing is stored.
  [[nodiscard]] virtual std::vector<Key> put_batch(std::span<const PutRequest> requests);
  /// As get(), for many; answers come in the order of @p keys.
  [[nodiscard]] virtual std::vector<std::optional<Bytes>> get_batch(std::span<const Key> keys);
  [[nodiscard]] virtual std::vector<bool> exists_batch(std::span<const Key> keys);
  virtual void evict_batch(std::span<const Key> keys);

  /// Calls @p visit with a key of each object that is there, in no order, until it returns false;
  /// with Capability::list, UnsupportedError otherwise. The keys serve for get() and the like;
  /// their size is told if it is cheap to learn. Objects are not gathered first: what is put or
  /// evicted meanwhile may be among them or not, and one may come twice. @p visit may use the
  /// connector.
  virtual void list(const std::function<bool(const Key&)>& visit);

  // Deferred objects, for those with Capability::deferrable; UnsupportedError otherwise.

  /// A key whose object comes later, through set(). It is flagged Key::versioned.
  [[nodiscard]] virtual Key new_key();

  /// Publishes a first or a new version of the object of a key from new_key(), atomically.
  /// @throws AlreadySetError if options.only_first and there is one: of several calls at once one
  ///         succeeds
  virtual void set(const Key& key, std::span<const ByteSpan> parts, const PutOptions& options);

  /// Waits until the object exists; false if @p timeout passes first.
  /// The default polls with growing pauses of at most 50 ms.
  [[nodiscard]] virtual bool wait(const Key& key, std::chrono::milliseconds timeout);

  // Leases, for those with Capability::lease; UnsupportedError otherwise.

  /// Holds the object for @p ttl; nothing if another lease excludes it, or it is retired.
  [[nodiscard]] virtual std::optional<Lease> lease(const Key& key, LeaseMode mode,
                                                   std::chrono::milliseconds ttl);
  /// Holds on for @p ttl from now; false if the lease ended before.
  [[nodiscard]] virtual bool renew(const Lease& lease, std::chrono::milliseconds ttl);
  /// Gives a lease back; no error if it expired.
  virtual void unlease(const Lease& lease);
  /// Evicts the object when no lease holds it any more: now, or when the last one is given back or
  /// ends. Without leases, the same as evict().
  virtual void retire(const Key& key);

  /// Whether close() would remove objects, since this was opened to create the store and its
  /// options say so. A Store then leaves it open, and it is closed at the end of the program.
  [[nodiscard]] virtual bool clears_on_close() const noexcept;

  /// Ends the connector's work, and removes what it put if the options say so; those of the call
  /// come before its own. A second call does nothing; one after a call that threw does what is
  /// left to do. A connector that is destroyed without it removes nothing.
  virtual void close(const CloseOptions& options) = 0;
  void close() { close({}); }

 protected:
  /// Throws UnsupportedError naming this connector, @p verb and @p capability.
  [[noreturn]] void unsupported(std::string_view verb, std::string_view capability) const;
};

/// XXH3-64 of the concatenation of @p parts, as connectors put it in keys.
[[nodiscard]] PROXYSTORE_EXPORT std::uint64_t checksum_of(std::span<const ByteSpan> parts);

/// Compares an object's bytes with the size and checksum that its key tells, if it does.
/// @p checksum is that of the object, if it is known already.
/// @throws IntegrityError naming @p where
PROXYSTORE_EXPORT void verify(const Key& key, ByteSpan object, std::string_view connector,
                              std::string_view where, std::optional<std::uint64_t> checksum = {});

}  // namespace proxystore::inline v0
