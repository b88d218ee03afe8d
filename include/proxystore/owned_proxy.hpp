// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// OwnedProxy<T>, and its borrows RefProxy<T> and RefMutProxy<T>: an object that goes with its
/// owner, and is read by many or changed by one. In a forked child the owners and borrows of its
/// parent throw ReferenceInvalidError, and their ends do nothing.

#include <chrono>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "proxystore/bytes.hpp"
#include "proxystore/detail/ownership.hpp"
#include "proxystore/error.hpp"
#include "proxystore/proxy.hpp"
#include "proxystore/serialize.hpp"
#include "proxystore/store.hpp"

namespace proxystore::inline v0 {

/// Arguments of borrow(), mut_borrow().
struct BorrowArgs {
  bool populate_target = true;  ///< Take over the owner's object if that is here
  /// How long a borrow that was sent holds its object without a sign of life; it is renewed as long
  /// as its holder lives, so this is how long a dead one blocks others.
  std::chrono::milliseconds lease{60'000};
};

namespace detail {

/// What the three have in common: a proxy, and the wire form in cereal archives.
template <class Archive>
void save_wire(Archive& archive, const Bytes& wire) {
  archive(cereal::make_size_tag(static_cast<cereal::size_type>(wire.size())));
  archive(cereal::binary_data(wire.data(), wire.size()));
}
template <class Archive>
Bytes load_wire(Archive& archive) {
  cereal::size_type size = 0;
  archive(cereal::make_size_tag(size));
  std::vector<std::byte> wire(static_cast<std::size_t>(size));
  archive(cereal::binary_data(wire.data(), wire.size()));
  return Bytes::own(std::move(wire));
}

template <class T>
Proxy<T> proxy_with(std::shared_ptr<StoreProxyFactory> factory, std::shared_ptr<const T> target) {
  return ProxyAccess::make<T>(std::move(factory), std::move(target));
}

}  // namespace detail

/// A read-only borrow. Any number of them may be held at once, here and elsewhere; as long as one
/// is, the object stays. Move-only. Serialising it moves it into the message, at any rank of the
/// store: there it is a lease, which ends when the borrow does, or some time after its holder died.
template <class T>
class RefProxy {
 public:
  using value_type = T;

  RefProxy() noexcept = default;
  RefProxy(RefProxy&&) noexcept = default;
  RefProxy& operator=(RefProxy&&) noexcept = default;

  /// The object, fetched if this is its first use.
  /// @blocking until it is there
  /// @throws ProxyResolveError, ReferenceInvalidError if the borrow was moved from, sent or given
  ///         back, or its lease ran out
  /// @lifetime as the borrow, of a temporary to the end of the expression that it stands in
  [[nodiscard]] const T& operator*() const& PROXYSTORE_LIFETIMEBOUND { return *get(); }
  [[nodiscard]] const T&& operator*() const&& PROXYSTORE_LIFETIMEBOUND {
    return static_cast<const T&&>(*get());
  }
  [[nodiscard]] const T* operator->() const PROXYSTORE_LIFETIMEBOUND { return get(); }

  [[nodiscard]] bool resolved() const noexcept { return proxy_.resolved(); }
  [[nodiscard]] bool valid() const noexcept { return borrow_ && borrow_->is_valid(); }
  [[nodiscard]] const Key& key() const { return proxy_.key(); }

  /// Gives the borrow back before its scope ends.
  /// @throws ReferenceInvalidError if that was done, or it was moved from or sent
  void release() { borrow().release(); }

  /// Cereal moves the borrow into the archive.
  /// @throws UnsupportedError if the store's connector keeps no leases; ReferenceInvalidError
  template <class Archive>
  void save(Archive& archive) const {
    detail::save_wire(archive, borrow().to_wire());
  }
  template <class Archive>
  void load(Archive& archive) {
    const Bytes wire = detail::load_wire(archive);
    borrow_ =
        std::make_unique<detail::Borrow>(wire.span(), LeaseMode::shared, detail::object_type<T>());
    proxy_ = detail::proxy_with<T>(borrow_->factory(), nullptr);
  }

 private:
  template <class>
  friend class OwnedProxy;

  RefProxy(std::unique_ptr<detail::Borrow> borrow, Proxy<T> proxy)
      : borrow_(std::move(borrow)), proxy_(std::move(proxy)) {}

  [[nodiscard]] detail::Borrow& borrow() const {
    if (!borrow_) detail::throw_moved_from("borrow");
    return *borrow_;
  }
  [[nodiscard]] const T* get() const {
    borrow().require_valid();
    const T* object = proxy_.operator->();
    borrow_->require_valid();  // the lease may have run out meanwhile
    return object;
  }

  std::unique_ptr<detail::Borrow> borrow_;
  Proxy<T> proxy_;
};

/// The only borrow while it is held, and one that may change the object: a private copy, which
/// update() stores. Move-only, and travels, as RefProxy. Not thread-safe.
template <class T>
class RefMutProxy {
  static_assert(std::is_copy_constructible_v<T>, "mut_borrow() copies the object, to change that");

 public:
  using value_type = T;

  RefMutProxy() noexcept = default;
  RefMutProxy(RefMutProxy&&) noexcept = default;
  RefMutProxy& operator=(RefMutProxy&&) noexcept = default;

  /// The private copy of the object, fetched if this is its first use. Errors as RefProxy's.
  /// @lifetime as the borrow, of a temporary to the end of the expression that it stands in
  [[nodiscard]] T& operator*() PROXYSTORE_LIFETIMEBOUND { return *get(); }
  [[nodiscard]] T* operator->() PROXYSTORE_LIFETIMEBOUND { return get(); }

  [[nodiscard]] bool resolved() const noexcept { return value_ || proxy_.resolved(); }
  [[nodiscard]] bool valid() const noexcept { return borrow_ && borrow_->is_valid(); }
  [[nodiscard]] const Key& key() const { return proxy_.key(); }

  /// Stores the object as it is here now; does nothing if it is not here. Who has the old version
  /// keeps that.
  /// @throws UnsupportedError if the object can have no new version, ReferenceInvalidError
  void update(const Serializer<T>& serializer = {}) {
    borrow().require_valid();
    if (!value_) return;
    const auto store = borrow().factory()->get_store();
    detail::require_versions(key(), store->connector());
    store->set(key(), *value_, {.serializer = serializer});
  }

  /// As RefProxy::release. What was not updated stays with an owner in this process, and is lost
  /// elsewhere.
  void release() { borrow().release(); }

  template <class Archive>
  void save(Archive& archive) const {
    detail::save_wire(archive, borrow().to_wire());
  }
  template <class Archive>
  void load(Archive& archive) {
    const Bytes wire = detail::load_wire(archive);
    borrow_ = std::make_unique<detail::Borrow>(wire.span(), LeaseMode::exclusive,
                                               detail::object_type<T>());
    proxy_ = detail::proxy_with<T>(borrow_->factory(), nullptr);
    value_.reset();
  }

 private:
  template <class>
  friend class OwnedProxy;

  RefMutProxy(std::unique_ptr<detail::Borrow> borrow, Proxy<T> proxy)
      : borrow_(std::move(borrow)), proxy_(std::move(proxy)) {}

  [[nodiscard]] detail::Borrow& borrow() const {
    if (!borrow_) detail::throw_moved_from("mutable borrow");
    return *borrow_;
  }
  [[nodiscard]] T* get() {
    borrow().require_valid();
    if (!value_) {
      detail::OwnedObject* owner = borrow_->owner();
      if (owner != nullptr) value_ = std::static_pointer_cast<T>(owner->value());
      if (!value_) {
        value_ = std::make_shared<T>(*proxy_);
        if (owner != nullptr) owner->set_value(value_);
      }
      borrow_->require_valid();
    }
    return value_.get();
  }

  std::unique_ptr<detail::Borrow> borrow_;
  Proxy<T> proxy_;
  std::shared_ptr<T> value_;
};

/// The owner of a stored object: when it goes, and the last borrow with it, the object is evicted.
///
/// Move-only: an object has one owner. Store::owned_proxy() makes them. Serialising one moves it
/// into the message, and the owner is where that is read. A borrow that was sent holds the object
/// by a lease that is kept with it, so the rule of many readers or one writer holds for all ranks.
template <class T>
class OwnedProxy {
  static_assert(Proxiable<T>, "an owned proxy stands for what a proxy stands for");

 public:
  using value_type = T;

  OwnedProxy() noexcept = default;
  OwnedProxy(OwnedProxy&&) noexcept = default;
  OwnedProxy& operator=(OwnedProxy&&) noexcept = default;

  /// The object, fetched if this is its first use.
  /// @blocking until it is there
  /// @throws ProxyResolveError, ReferenceInvalidError if it was moved from, sent or released,
  ///         MutableBorrowError while it is mutably borrowed here
  /// @lifetime as the owner, of a temporary to the end of the expression that it stands in
  [[nodiscard]] const T& operator*() const& PROXYSTORE_LIFETIMEBOUND { return *get(); }
  [[nodiscard]] const T&& operator*() const&& PROXYSTORE_LIFETIMEBOUND {
    return static_cast<const T&&>(*get());
  }
  [[nodiscard]] const T* operator->() const PROXYSTORE_LIFETIMEBOUND { return get(); }
  void resolve() const { (void)get(); }

  [[nodiscard]] bool resolved() const noexcept {
    return object_ && (object_->value() || proxy_.resolved());
  }
  /// Whether it owns an object.
  [[nodiscard]] bool valid() const noexcept {
    try {
      (void)object();
      return true;
    } catch (const ReferenceInvalidError&) {
      return false;
    }
  }
  [[nodiscard]] const Key& key() const {
    (void)object();
    return proxy_.key();
  }
  [[nodiscard]] std::string store_name() const { return proxy_.store_name(); }

  /// Fetches nothing. @throws MutableBorrowError if the object is mutably borrowed
  [[nodiscard]] RefProxy<T> borrow(const BorrowArgs& args = {}) const {
    return RefProxy<T>(
        std::make_unique<detail::Borrow>(shared_object(), LeaseMode::shared, args.lease),
        proxy_for_borrow(args.populate_target));
  }

  /// Fetches nothing. @throws MutableBorrowError if the object is borrowed
  [[nodiscard]] RefMutProxy<T> mut_borrow(const BorrowArgs& args = {}) {
    return RefMutProxy<T>(
        std::make_unique<detail::Borrow>(shared_object(), LeaseMode::exclusive, args.lease),
        proxy_for_borrow(args.populate_target));
  }

  /// The owner of a copy of the stored bytes. What is resolved here is copied, too.
  /// @throws ProxyResolveMissingKeyError if the object was evicted
  [[nodiscard]] OwnedProxy clone() const {
    object().require_readable();
    OwnedProxy copy(detail::clone_object(*object_->factory()), nullptr);
    if constexpr (std::is_copy_constructible_v<T>) {
      if (resolved()) copy.object_->set_value(std::make_shared<T>(*get()));
    }
    return copy;
  }

  /// Stores the object as mutable borrows left it here; does nothing if it is not here. Who has the
  /// old version keeps that.
  /// @throws MutableBorrowError if the object is borrowed anywhere, UnsupportedError if it can have
  ///         no new version
  void update(const Serializer<T>& serializer = {}) {
    const detail::Borrow alone(shared_object(), LeaseMode::exclusive, BorrowArgs{}.lease);
    const auto value = current();
    if (!value) return;
    const auto store = object_->factory()->get_store();
    detail::require_versions(proxy_.key(), store->connector());
    store->set(proxy_.key(), *value, {.serializer = serializer});
  }

  /// Gives the ownership up: the object stays, and is a proxy's.
  /// @throws MutableBorrowError if it is borrowed here, ReferenceInvalidError
  [[nodiscard]] Proxy<T> release() {
    object().pass_on("a proxy");
    return proxy_;
  }

  /// Cereal moves the owner into the archive.
  /// @throws MutableBorrowError if it is borrowed here, ReferenceInvalidError
  template <class Archive>
  void save(Archive& archive) const {
    const Bytes wire = object().factory()->to_wire();
    object_->pass_on("a message");
    detail::save_wire(archive, wire);
  }
  template <class Archive>
  void load(Archive& archive) {
    const Bytes wire = detail::load_wire(archive);
    const auto factory = detail::make_factory(wire.span(), detail::object_type<T>());
    *this = OwnedProxy(detail::factory_to_own(factory.get()), nullptr);
    object_->use_leases();
  }

 private:
  friend class Store;
  template <class U>
  friend OwnedProxy<U> into_owned(Proxy<U> proxy, const BorrowArgs& args);

  OwnedProxy(std::shared_ptr<detail::StoreProxyFactory> factory, std::shared_ptr<const T> target)
      : object_(std::make_shared<detail::OwnedObject>(factory)),
        proxy_(detail::proxy_with<T>(std::move(factory), std::move(target))) {}

  [[nodiscard]] detail::OwnedObject& object() const {
    if (!object_) detail::throw_moved_from("owner");
    object_->require_owned();
    return *object_;
  }
  [[nodiscard]] const std::shared_ptr<detail::OwnedObject>& shared_object() const {
    (void)object();
    return object_;
  }
  [[nodiscard]] const T* get() const {
    object().require_readable();
    if (const auto value = object_->value()) return static_cast<const T*>(value.get());
    return proxy_.operator->();
  }
  /// The object if it is here.
  [[nodiscard]] std::shared_ptr<const T> current() const {
    if (auto value = object_->value()) return std::static_pointer_cast<const T>(std::move(value));
    return proxy_.resolved() ? proxy_.share() : nullptr;
  }
  [[nodiscard]] Proxy<T> proxy_for_borrow(bool populate) const {
    return detail::proxy_with<T>(object_->factory(), populate ? current() : nullptr);
  }

  std::shared_ptr<detail::OwnedObject> object_;
  Proxy<T> proxy_;
};

/// Makes the holder of @p proxy the owner of its object, of which there must be no other proxies.
/// The owner is resolved if the proxy is, and args.populate_target.
/// @throws ProxyStoreFactoryError if no store made the proxy, ReferenceError if the object has an
///         owner in this process already
template <class T>
[[nodiscard]] OwnedProxy<T> into_owned(Proxy<T> proxy, const BorrowArgs& args = {}) {
  auto factory = detail::factory_to_own(detail::factory_of(proxy));
  auto target = args.populate_target && proxy.resolved() ? proxy.share() : nullptr;
  return OwnedProxy<T>(std::move(factory), std::move(target));
}

/// As OwnedProxy::borrow().
template <class T>
[[nodiscard]] RefProxy<T> borrow(const OwnedProxy<T>& owner, const BorrowArgs& args = {}) {
  return owner.borrow(args);
}
/// As OwnedProxy::mut_borrow().
template <class T>
[[nodiscard]] RefMutProxy<T> mut_borrow(OwnedProxy<T>& owner, const BorrowArgs& args = {}) {
  return owner.mut_borrow(args);
}
/// As OwnedProxy::clone().
template <class T>
[[nodiscard]] OwnedProxy<T> clone(const OwnedProxy<T>& owner) {
  return owner.clone();
}
/// As OwnedProxy::update().
template <class T>
void update(OwnedProxy<T>& owner, const Serializer<std::type_identity_t<T>>& serializer = {}) {
  owner.update(serializer);
}
/// As RefMutProxy::update().
template <class T>
void update(RefMutProxy<T>& borrow, const Serializer<std::type_identity_t<T>>& serializer = {}) {
  borrow.update(serializer);
}
/// As OwnedProxy::release().
template <class T>
[[nodiscard]] Proxy<T> release(OwnedProxy<T>& owner) {
  return owner.release();
}

/// Gives borrows back, before their scopes end; those that are not valid any more are left.
template <class... Borrows>
void mark_refs_out_of_scope(Borrows&... borrows) {
  ((borrows.valid() ? borrows.release() : void()), ...);
}

template <class T>
typename detail::OwnedOf<detail::ProxiedBy<T>>::Type Store::owned_proxy(
    T&& value, const OwnedProxyArgs<detail::ProxiedBy<T>>& args) {
  using Value = detail::ProxiedBy<T>;
  using Result = typename detail::OwnedOf<Value>::Type;
  if constexpr (!Proxiable<Value>) {
    return std::forward<T>(value);
  } else {
    if (detail::is_nothing(value)) {
      if constexpr (detail::CanBeNothing<Value>) {
        if (args.skip_nonproxiable) return Result(std::in_place_index<0>, std::forward<T>(value));
      }
      throw NonProxiableTypeError("an empty optional or null pointer has no owner");
    }
    const detail::Stopwatch watch;
    const SerializedObject object = serialize_value<Value>(value, args.serializer);
    const Key key = put_owned(object, args.options, watch.elapsed());
    const StoreFactory<Value> factory(key, travel_config(), {.deserializer = args.deserializer});
    OwnedProxy<Value> owner(factory.impl(), target_of<Value>(std::forward<T>(value), object.size(),
                                                             args.populate_target));
    record_time("store.proxy", key, watch.elapsed());
    if constexpr (detail::CanBeNothing<Value>) {
      return Result(std::in_place_index<1>, std::move(owner));
    } else {
      return owner;
    }
  }
}

template <NamedType T>
struct TypeName<OwnedProxy<T>> {
  static std::string get() { return "owned<" + TypeName<T>::get() + ">"; }
};
template <NamedType T>
struct TypeName<RefProxy<T>> {
  static std::string get() { return "ref<" + TypeName<T>::get() + ">"; }
};
template <NamedType T>
struct TypeName<RefMutProxy<T>> {
  static std::string get() { return "mut-ref<" + TypeName<T>::get() + ">"; }
};

}  // namespace proxystore::inline v0
