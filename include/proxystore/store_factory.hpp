// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// StoreFactory<T>: fetches one object, opening its store where needed. Every proxy of a store
/// holds one.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxystore/box.hpp"
#include "proxystore/config.hpp"
#include "proxystore/detail/proxy_factory.hpp"
#include "proxystore/detail/proxy_state.hpp"
#include "proxystore/export.hpp"
#include "proxystore/fwd.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0 {

/// How to wait for an object that comes later, of a future. Where the connector can wait by itself
/// (Capability::wait), only the time-out counts.
struct PROXYSTORE_EXPORT Polling {
  std::chrono::microseconds interval{1000};  ///< Between the first two looks
  double backoff_factor = 2;                 ///< Each pause is so much longer than the last
  std::optional<std::chrono::microseconds> interval_limit{50'000};  ///< But not longer than this
  std::chrono::milliseconds timeout{300'000};  ///< The object counts as absent after this time

  /// @throws ArgumentError if a time is negative or the factor below 1
  void check() const;

  friend bool operator==(const Polling&, const Polling&) noexcept = default;
};

namespace detail {

/// A store's configuration as it travels, made once for all proxies of the store.
class PROXYSTORE_EXPORT TravelConfig {
 public:
  explicit TravelConfig(StoreConfig config);

  /// The configuration that @p compact holds. One that was seen before is not parsed again.
  /// @throws MessageError if @p compact is malformed or does not have @p fingerprint
  [[nodiscard]] static std::shared_ptr<const TravelConfig> intern(std::uint64_t fingerprint,
                                                                  ByteSpan compact);

  [[nodiscard]] const StoreConfig& config() const noexcept { return config_; }
  [[nodiscard]] const Bytes& compact() const noexcept { return compact_; }
  [[nodiscard]] std::uint64_t fingerprint() const noexcept { return fingerprint_; }

  /// The store last used with this configuration, if it lives.
  [[nodiscard]] std::shared_ptr<Store> store() const;
  void remember(const std::shared_ptr<Store>& store) const;

 private:
  StoreConfig config_;
  Bytes compact_;
  std::uint64_t fingerprint_;
  mutable std::mutex mutex_;
  mutable std::weak_ptr<Store> store_;
};

/// How an object is read: by default, by a registered name, or by a function that cannot travel.
struct Decoder {
  std::string name{};
  std::function<std::shared_ptr<const void>(const Bytes&)> function{};

  template <class T>
  static Decoder from(const Deserializer<T>& how) {
    Decoder decoder;
    if (how.name() != nullptr) decoder.name = *how.name();
    if (how.function() != nullptr) {
      decoder.function = [f = *how.function()](const Bytes& object) {
        return std::static_pointer_cast<const void>(std::make_shared<const T>(f(object)));
      };
    }
    return decoder;
  }
};

class PROXYSTORE_EXPORT StoreProxyFactory final
    : public ProxyFactory,
      public std::enable_shared_from_this<StoreProxyFactory> {
 public:
  /// What to do beyond fetching.
  struct Options {
    bool evict = false;
    Decoder decoder{};
    std::optional<Polling> polling{};
    std::optional<Box> box{};
  };

  StoreProxyFactory(const Key& key, std::shared_ptr<const TravelConfig> config,
                    const ObjectType& type, Options options);
  ~StoreProxyFactory() override;

  [[nodiscard]] std::shared_ptr<const void> resolve() override;
  void resolve_async() override;
  [[nodiscard]] const Key* key() const noexcept override { return &key_; }
  [[nodiscard]] std::string_view store_name() const noexcept override {
    return config_->config().name;
  }
  [[nodiscard]] const Box* box() const noexcept override {
    return options_.box ? &*options_.box : nullptr;
  }
  [[nodiscard]] std::shared_ptr<ProxyFactory> with_box(Box box,
                                                       const ObjectType& type) const override;
  [[nodiscard]] std::vector<std::uint64_t> extents() const override;
  [[nodiscard]] Bytes to_wire() const override;

  [[nodiscard]] std::shared_ptr<Store> get_store() const;
  [[nodiscard]] const StoreConfig& config() const noexcept { return config_->config(); }
  [[nodiscard]] const std::shared_ptr<const TravelConfig>& travel_config() const noexcept {
    return config_;
  }
  [[nodiscard]] bool evicts() const noexcept { return options_.evict; }
  [[nodiscard]] const std::optional<Polling>& polling() const noexcept { return options_.polling; }

  /// One like this for the object of @p key, which evicts nothing and does not wait.
  [[nodiscard]] std::shared_ptr<StoreProxyFactory> with_key(const Key& key) const;

  /// Fetches the objects of proxies that are not resolved, in one exchange for each store. Leaves
  /// those that are absent, or of no store.
  static void prefetch(std::span<const std::shared_ptr<ProxyState>> proxies);

 private:
  /// A fetch in the background, which anybody may take over unless it runs just now.
  struct Prefetch;

  [[nodiscard]] std::shared_ptr<const void> fetch() const;
  [[nodiscard]] std::shared_ptr<const void> try_fetch(bool waits) const;
  [[nodiscard]] bool take_prefetched(std::shared_ptr<const void>& object);
  void look(const std::shared_ptr<Prefetch>& prefetch);
  void look_later(const std::shared_ptr<Prefetch>& prefetch);
  [[nodiscard]] std::shared_ptr<const void> get_from(Store& store) const;
  template <class Get>
  [[nodiscard]] auto await(Store& store, const Get& get) const -> decltype(get());
  [[noreturn]] void throw_missing(const Store& store) const;

  const Key key_;
  const std::shared_ptr<const TravelConfig> config_;
  const ObjectType& type_;
  const Options options_;
  std::mutex mutex_;
  std::shared_ptr<Prefetch> prefetch_;
};

/// Copies the stored bytes of the factory's object to a new one, and returns a factory of that.
/// @throws ProxyResolveMissingKeyError
[[nodiscard]] PROXYSTORE_EXPORT std::shared_ptr<StoreProxyFactory> clone_object(
    const StoreProxyFactory& factory);

/// @p factory as a store's. @throws ProxyStoreFactoryError if no store made the proxy
[[nodiscard]] PROXYSTORE_EXPORT const StoreProxyFactory& store_factory_of(
    const ProxyFactory* factory);

}  // namespace detail

/// Arguments of StoreFactory.
template <class T>
struct FactoryArgs {
  bool evict = false;                ///< Remove the object from the store once it was fetched
  Deserializer<T> deserializer{};    ///< Instead of the store's
  std::optional<Polling> polling{};  ///< Wait for an object that is not there yet
  std::optional<Box> box{};          ///< Fetch only this part of an array
};

/// Fetches the object of one key. A value: copies share one background fetch.
/// @threadsafe
template <class T>
class StoreFactory {
 public:
  StoreFactory(const Key& key, const StoreConfig& config, const FactoryArgs<T>& args = {})
      : StoreFactory(key, std::make_shared<const detail::TravelConfig>(config), args) {}
  StoreFactory(const Key& key, std::shared_ptr<const detail::TravelConfig> config,
               const FactoryArgs<T>& args = {})
      : impl_(std::make_shared<detail::StoreProxyFactory>(
            key, std::move(config), detail::object_type<T>(),
            detail::StoreProxyFactory::Options{.evict = args.evict,
                                               .decoder = detail::Decoder::from(args.deserializer),
                                               .polling = args.polling,
                                               .box = args.box})) {
    if (args.polling) args.polling->check();
    if (args.box) args.box->require_valid();
  }

  /// One that shares the background fetch of @p impl, which is of a T.
  explicit StoreFactory(std::shared_ptr<detail::StoreProxyFactory> impl) : impl_(std::move(impl)) {}

  /// The store: the one that made the factory, the registered one of its name, or a new one that is
  /// registered.
  /// @throws StoreConflictError if the name is taken by a store with other connector options
  [[nodiscard]] std::shared_ptr<Store> get_store() const { return impl_->get_store(); }

  /// Fetches the object, and evicts it then if the factory was made so. Of several that evict one
  /// object exactly one gets it.
  /// @blocking until the object is there, at most for the time-out, if the factory polls
  /// @throws ProxyResolveMissingKeyError if it is not in the store, FutureFailedError if its
  ///         producer failed, SerializationError, ConnectorError
  [[nodiscard]] std::shared_ptr<const T> resolve() const {
    return std::static_pointer_cast<const T>(impl_->resolve());
  }
  [[nodiscard]] std::shared_ptr<const T> operator()() const { return resolve(); }

  /// Starts to fetch in a background thread. resolve() takes what that has, or waits for it if it
  /// is just fetching; otherwise it fetches by itself, and waits for its own time-out.
  void resolve_async() const { impl_->resolve_async(); }

  [[nodiscard]] const Key& key() const noexcept { return *impl_->key(); }
  [[nodiscard]] const StoreConfig& config() const noexcept { return impl_->config(); }

  [[nodiscard]] const std::shared_ptr<detail::StoreProxyFactory>& impl() const noexcept {
    return impl_;
  }

 private:
  std::shared_ptr<detail::StoreProxyFactory> impl_;
};

}  // namespace proxystore::inline v0
