// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// Proxy<T>: a small value that stands for a large object in a store. store.hpp makes them,
/// mpi/message.hpp sends them.

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "proxystore/box.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/detail/proxy_factory.hpp"
#include "proxystore/detail/proxy_state.hpp"
#include "proxystore/error.hpp"
#include "proxystore/export.hpp"
#include "proxystore/fwd.hpp"
#include "proxystore/key.hpp"
#include "proxystore/serialize.hpp"

namespace proxystore::inline v0 {

namespace detail {
template <class T>
inline constexpr bool is_proxy = false;
template <class T>
inline constexpr bool is_proxy<Proxy<T>> = true;

PROXYSTORE_EXPORT void print_proxy(std::ostream& out, const ProxyState* state);
[[noreturn]] PROXYSTORE_EXPORT void throw_empty_proxy();
[[nodiscard]] PROXYSTORE_EXPORT std::strong_ordering compare_proxies(const ProxyState* a,
                                                                     const ProxyState* b) noexcept;
[[nodiscard]] PROXYSTORE_EXPORT std::size_t hash_proxy(const ProxyState* state) noexcept;

struct ProxyAccess;

template <class T>
concept ProxiedArray = requires(const T& array) {
  typename T::Extents;
  { array.extents() } -> std::convertible_to<typename T::Extents>;
};

/// Throws SerializationError: an array of @p rank was found where one of @p wanted is expected.
[[noreturn]] PROXYSTORE_EXPORT void throw_other_rank(std::size_t rank, std::size_t wanted);

template <class Extents>
Extents extents_as(const std::vector<std::uint64_t>& found) {
  Extents extents{};
  if (found.size() != extents.size()) throw_other_rank(found.size(), extents.size());
  for (std::size_t i = 0; i < extents.size(); ++i) extents[i] = found[i];
  return extents;
}
}  // namespace detail

/// Types that a proxy can stand for: objects with a value of their own. Not bool and the empty
/// types, for which a proxy is larger than the object; not pointers, arrays, references, const
/// types, nor other proxies.
template <class T>
concept Proxiable =
    std::is_object_v<T> && !std::is_const_v<T> && !std::is_volatile_v<T> && !std::is_array_v<T> &&
    !std::is_pointer_v<T> && !std::same_as<T, bool> && !std::same_as<T, std::nullptr_t> &&
    !std::same_as<T, std::nullopt_t> && !std::same_as<T, std::monostate> && !detail::is_proxy<T>;

/// Stands for an object of type T that is fetched when it is first used.
///
/// A value: copying costs a reference count, and all copies share one fetch. It is passed around
/// freely, also in messages and inside other objects, and carries what is needed to open its store
/// where it arrives. Identity is the key: comparing, hashing and printing never fetch.
/// @threadsafe Any thread may resolve any copy; the object is fetched once.
template <class T>
class Proxy {
  static_assert(Proxiable<T>,
                "a proxy stands for an object type: not for bool, nullptr, nullopt, monostate, "
                "pointers, arrays, references, const types or other proxies");

 public:
  using value_type = T;

  /// An empty proxy; using its object is a ProxyResolveError.
  Proxy() noexcept = default;

  /// A proxy of what @p function returns, a T or std::shared_ptr<const T>, called at first use. It
  /// has no store: it cannot be sent.
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, Proxy> &&
           !std::same_as<std::remove_cvref_t<F>, StoreFactory<T>> &&
           (std::is_invocable_r_v<T, F&> ||
            std::is_invocable_r_v<std::shared_ptr<const T>, F&>)) explicit Proxy(F&& function)
      : state_(std::make_shared<detail::ProxyState>(
            std::make_shared<detail::CallableFactory>(as_factory(std::forward<F>(function))),
            nullptr)) {}

  /// A proxy whose object @p factory fetches. @p target is the object, if it is at hand.
  explicit Proxy(const StoreFactory<T>& factory, std::shared_ptr<const T> target = nullptr)
      : state_(std::make_shared<detail::ProxyState>(factory.impl(), std::move(target))) {}

  /// The object, fetched if this is its first use.
  /// @blocking until it is there @throws ProxyResolveError with its cause
  /// @lifetime as long as any copy of this proxy: of a temporary, to the end of the expression that
  ///           it stands in. `norm(*store->proxy_from_key<Field>(key))` is right. For a reference,
  ///           a pointer or a range-for that uses the object afterwards, name the proxy first.
  [[nodiscard]] const T& operator*() const& PROXYSTORE_LIFETIMEBOUND { return *get(); }
  /// Of a temporary; an rvalue, so that views and std::cref() refuse it.
  [[nodiscard]] const T&& operator*() const&& PROXYSTORE_LIFETIMEBOUND {
    return static_cast<const T&&>(*get());
  }

  [[nodiscard]] const T* operator->() const PROXYSTORE_LIFETIMEBOUND { return get(); }

  /// As operator*. Implicit for classes, explicit for numbers, which would convert on.
  explicit(std::is_arithmetic_v<T>) operator const T&() const PROXYSTORE_LIFETIMEBOUND {
    return *get();
  }

  /// A copy of the object.
  [[nodiscard]] T copy() const { return *get(); }

  /// The object, shared with all copies of this proxy and with the store's cache.
  [[nodiscard]] std::shared_ptr<const T> share() const {
    return std::static_pointer_cast<const T>(state().share());
  }

  /// Fetches the object if it is not here yet.
  void resolve() const { (void)state().resolve(); }

  /// Starts to fetch in the background. The first use takes what has come, or waits for a fetch
  /// that goes on; one that has not begun it does itself, and waits for the object of a future for
  /// as long as the future says. Does nothing where only threads of the program may fetch
  /// (Connector::allows_background), or if there is no such store: then the first use fetches, or
  /// fails. docs/threads.md tells of the threads. @throws ProxyStoreFactoryError if no store made
  /// this proxy
  void resolve_async() const {
    if (!state().is_resolved()) state().factory().resolve_async();
  }

  // Of arrays: types with extents(), such as Array.

  /// A proxy of some elements of the array: in each dimension `shape` of them from `offset`,
  /// `stride` apart, all 1 if there are none. Whoever resolves it fetches just these, also of an
  /// array that is distributed over ranks. It never evicts the array, is another object than the
  /// whole for comparisons, and may itself be asked for boxes. No access, no check.
  /// @throws ProxyStoreFactoryError if no store made this proxy; ArgumentError if a stride is 0, or
  ///         the box is outside of the one that this is; when resolved, as cause of
  ///         ProxyResolveError, ArgumentError for a box outside of the array
  template <detail::ProxiedArray U = T>
  [[nodiscard]] Proxy<T> box(const typename U::Extents& offset, const typename U::Extents& shape,
                             const typename U::Extents& stride) const {
    return box(Box{.offset = {offset.begin(), offset.end()},
                   .shape = {shape.begin(), shape.end()},
                   .stride = {stride.begin(), stride.end()}});
  }
  template <detail::ProxiedArray U = T>
  [[nodiscard]] Proxy<T> box(const typename U::Extents& offset,
                             const typename U::Extents& shape) const {
    return box(
        Box{.offset = {offset.begin(), offset.end()}, .shape = {shape.begin(), shape.end()}});
  }
  template <detail::ProxiedArray U = T>
  [[nodiscard]] Proxy<T> box(Box box) const {
    return Proxy(std::make_shared<detail::ProxyState>(
        state().factory().with_box(std::move(box), detail::object_type<T>()), nullptr));
  }

  /// Of the array; its elements are not fetched. @blocking @throws ProxyResolveMissingKeyError,
  /// ConnectorError; SerializationError if it is an array of another rank, or none
  template <detail::ProxiedArray U = T>
  [[nodiscard]] typename U::Extents extents() const {
    if (resolved()) return get()->extents();
    return detail::extents_as<typename U::Extents>(state().factory().extents());
  }

  [[nodiscard]] bool resolved() const noexcept { return state_ && state_->is_resolved(); }
  /// Whether it stands for an object at all: not if it was default-constructed or moved from.
  [[nodiscard]] bool valid() const noexcept { return static_cast<bool>(state_); }

  /// The object's key. @throws ProxyStoreFactoryError if no store made this proxy
  [[nodiscard]] const Key& key() const {
    const Key* found = state().factory().key();
    if (found == nullptr) throw ProxyStoreFactoryError("a proxy made from a function has no key");
    return *found;
  }

  /// Name of the object's store; empty if no store made this proxy.
  [[nodiscard]] std::string store_name() const {
    return std::string(state().factory().store_name());
  }

  /// Bytes of the stored object if they are known, without fetching it.
  [[nodiscard]] std::optional<std::size_t> size_bytes() const {
    const Key& found = key();
    if (found.size == Key::unknown_size) return std::nullopt;
    return static_cast<std::size_t>(found.size);
  }

  // What could be meant of the proxy or of its object; compilers show the line, and what to write.
  bool empty() const = delete;              // of the proxy: !p.valid(); of its object: p->empty()
  explicit operator bool() const = delete;  // of the proxy: p.valid(); of its object: *p
  // clang-format off
  template <class U> requires(!detail::is_proxy<U>)
  friend bool operator==(const Proxy&, const U&) = delete;   // compare the object: *p == value
  template <class U> requires(!detail::is_proxy<U>)
  friend auto operator<=>(const Proxy&, const U&) = delete;  // compare the object: *p < value
  // clang-format on

  friend bool operator==(const Proxy& a, const Proxy& b) noexcept {
    return detail::compare_proxies(a.state_.get(), b.state_.get()) == 0;
  }
  friend std::strong_ordering operator<=>(const Proxy& a, const Proxy& b) noexcept {
    return detail::compare_proxies(a.state_.get(), b.state_.get());
  }
  /// Prints key, store and state; never fetches.
  friend std::ostream& operator<<(std::ostream& out, const Proxy& proxy) {
    detail::print_proxy(out, proxy.state_.get());
    return out;
  }

  /// Cereal writes the proxy, never its object.
  template <class Archive>
  void save(Archive& archive) const;
  template <class Archive>
  void load(Archive& archive);

 private:
  friend struct std::hash<Proxy>;
  friend struct detail::ProxyAccess;

  explicit Proxy(std::shared_ptr<detail::ProxyState> state) noexcept : state_(std::move(state)) {}

  template <class F>
  static std::function<std::shared_ptr<const void>()> as_factory(F&& function) {
    return [f = std::forward<F>(function)]() mutable -> std::shared_ptr<const void> {
      if constexpr (std::is_convertible_v<std::invoke_result_t<decltype(f)&>,
                                          std::shared_ptr<const T>>) {
        return std::shared_ptr<const T>(f());
      } else {
        return std::make_shared<const T>(f());
      }
    };
  }

  [[nodiscard]] detail::ProxyState& state() const {
    if (!state_) detail::throw_empty_proxy();
    return *state_;
  }
  [[nodiscard]] const T* get() const { return static_cast<const T*>(state().resolve()); }

  std::shared_ptr<detail::ProxyState> state_;
};

/// A T as it is, or a proxy of it; see Store::proxy_or.
template <class T>
using ProxyOr = std::variant<T, Proxy<T>>;

/// The proxy as bytes, for anything that is not MPI: a file, a socket, an environment variable.
/// @throws ProxyStoreFactoryError if no store made the proxy
template <class T>
[[nodiscard]] Bytes to_bytes(const Proxy<T>& proxy);

/// The proxy that to_bytes() wrote; it is unresolved, and nothing is opened yet.
/// @throws MessageError if @p wire is malformed, SerializationError if it is a proxy of another
/// type
template <class T>
[[nodiscard]] Proxy<T> from_bytes(ByteSpan wire);
/// As above, of Bytes.
template <class T>
[[nodiscard]] Proxy<T> from_bytes(const Bytes& wire) {
  return from_bytes<T>(wire.span());
}

/// As Proxy::resolved().
template <class T>
[[nodiscard]] bool is_resolved(const Proxy<T>& proxy) noexcept {
  return proxy.resolved();
}
/// As Proxy::resolve().
template <class T>
void resolve(const Proxy<T>& proxy) {
  proxy.resolve();
}
/// As Proxy::resolve_async().
template <class T>
void resolve_async(const Proxy<T>& proxy) {
  proxy.resolve_async();
}
/// As Proxy::key().
template <class T>
[[nodiscard]] Key get_key(const Proxy<T>& proxy) {
  return proxy.key();
}
/// Fetches the object if needed, and shares it.
template <class T>
[[nodiscard]] std::shared_ptr<const T> extract(const Proxy<T>& proxy) {
  return proxy.share();
}

// ---------------------------------------------------------------------------------------------

namespace detail {

struct ProxyAccess {
  template <class T>
  static const std::shared_ptr<ProxyState>& state(const Proxy<T>& proxy) noexcept {
    return proxy.state_;
  }
  template <class T>
  static Proxy<T> make(std::shared_ptr<ProxyFactory> factory,
                       std::shared_ptr<const T> target = nullptr) {
    return Proxy<T>(std::make_shared<ProxyState>(std::move(factory), std::move(target)));
  }
};

/// What fetches the proxy's object; null if the proxy is empty.
template <class T>
const ProxyFactory* factory_of(const Proxy<T>& proxy) noexcept {
  const auto& state = ProxyAccess::state(proxy);
  return state ? &state->factory() : nullptr;
}

}  // namespace detail

template <class T>
Bytes to_bytes(const Proxy<T>& proxy) {
  const auto& state = detail::ProxyAccess::state(proxy);
  if (!state) throw ProxyStoreFactoryError("an empty proxy has no store, so it cannot be sent");
  return state->factory().to_wire();
}

template <class T>
Proxy<T> from_bytes(ByteSpan wire) {
  return detail::ProxyAccess::make<T>(detail::make_factory(wire, detail::object_type<T>()));
}

/// An empty proxy travels as 0 bytes.
template <class T>
template <class Archive>
void Proxy<T>::save(Archive& archive) const {
  const Bytes wire = valid() ? to_bytes(*this) : Bytes{};
  archive(cereal::make_size_tag(static_cast<cereal::size_type>(wire.size())));
  archive(cereal::binary_data(wire.data(), wire.size()));
}

template <class T>
template <class Archive>
void Proxy<T>::load(Archive& archive) {
  cereal::size_type size = 0;
  archive(cereal::make_size_tag(size));
  std::vector<std::byte> wire(static_cast<std::size_t>(size));
  archive(cereal::binary_data(wire.data(), wire.size()));
  *this = wire.empty() ? Proxy() : from_bytes<T>(ByteSpan(wire));
}

template <class T>
struct TypeName<Proxy<T>> {
  static std::string get() {
    if constexpr (NamedType<T>) return "proxy<" + TypeName<T>::get() + ">";
    return "proxy";
  }
};

}  // namespace proxystore::inline v0

template <class T>
struct std::hash<proxystore::Proxy<T>> {
  std::size_t operator()(const proxystore::Proxy<T>& proxy) const noexcept {
    return proxystore::detail::hash_proxy(proxy.state_.get());
  }
};
