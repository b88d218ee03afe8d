// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#include "proxystore/proxy.hpp"

#include <ostream>
#include <tuple>

namespace proxystore::inline v0::detail {

ProxyFactory::~ProxyFactory() = default;

void ProxyFactory::resolve_async() {
  throw ProxyStoreFactoryError(
      "a proxy made from a function has no store that could fetch in the background");
}

std::shared_ptr<ProxyFactory> ProxyFactory::with_box(Box, const ObjectType&) const {
  throw ProxyStoreFactoryError(
      "a proxy made from a function has no store that could fetch a box of its array");
}

std::vector<std::uint64_t> ProxyFactory::extents() const {
  throw ProxyStoreFactoryError(
      "a proxy made from a function has no store that could tell its array's extents");
}

Bytes ProxyFactory::to_wire() const {
  throw ProxyStoreFactoryError(
      "a proxy made from a function has no store, so it cannot be sent or serialised");
}

const void* ProxyState::resolve_slowly() {
  if (claim_.is_mine()) {
    throw ProxyResolveError("a proxy's factory asked for the proxy's own object", nullptr);
  }
  const Claim::Hold hold(claim_, factory_->key());
  if (const void* object = ready_.load(std::memory_order_relaxed)) return object;
  try {
    target_ = factory_->resolve();
    if (!target_) throw ArgumentError("the proxy's factory returned null");
  } catch (const std::exception& error) {
    ErrorContext context{.operation = "resolve"};
    if (const Key* key = factory_->key()) context.key = *key;
    throw ProxyResolveError(std::string("cannot resolve the proxy: ") + error.what(),
                            std::current_exception(), std::move(context));
  } catch (...) {
    throw ProxyResolveError("cannot resolve the proxy: its factory threw an unknown exception",
                            std::current_exception());
  }
  ready_.store(target_.get(), std::memory_order_release);
  return target_.get();
}

void ProxyState::resolve_with(std::shared_ptr<const void> object) {
  const Claim::Hold hold(claim_, factory_->key());
  if (ready_.load(std::memory_order_relaxed) != nullptr) return;
  target_ = std::move(object);
  ready_.store(target_.get(), std::memory_order_release);
}

void print_proxy(std::ostream& out, const ProxyState* state) {
  if (state == nullptr) {
    out << "<Proxy empty>";
    return;
  }
  out << "<Proxy";
  if (const Key* key = state->factory().key()) {
    out << " key=" << *key << " store=" << state->factory().store_name();
    if (const Box* box = state->factory().box()) out << " box=" << box->to_string();
  } else {
    out << " of a function";
  }
  out << (state->is_resolved() ? " resolved>" : " unresolved>");
}

void throw_other_rank(std::size_t rank, std::size_t wanted) {
  throw SerializationError("the array has " + std::to_string(rank) + " dimension(s), and " +
                           std::to_string(wanted) + " were asked for");
}

void throw_empty_proxy() {
  throw ProxyResolveError("the proxy is empty: it was default-constructed or moved from", nullptr);
}

namespace {

std::strong_ordering compare_boxes(const Box* a, const Box* b) noexcept {
  if (a == nullptr || b == nullptr) return (a != nullptr) <=> (b != nullptr);
  if (*a == *b) return std::strong_ordering::equal;
  return std::tie(a->offset, a->shape, a->stride) <=> std::tie(b->offset, b->shape, b->stride);
}

}  // namespace

std::strong_ordering compare_proxies(const ProxyState* a, const ProxyState* b) noexcept {
  const Key* key_a = a == nullptr ? nullptr : a->factory().key();
  const Key* key_b = b == nullptr ? nullptr : b->factory().key();
  if (key_a != nullptr && key_b != nullptr) {
    const auto by_key = *key_a <=> *key_b;
    return by_key != 0 ? by_key : compare_boxes(a->factory().box(), b->factory().box());
  }
  if (key_a != nullptr || key_b != nullptr) return (key_a != nullptr) <=> (key_b != nullptr);
  return std::compare_three_way{}(a, b);
}

std::size_t hash_proxy(const ProxyState* state) noexcept {
  const Key* key = state == nullptr ? nullptr : state->factory().key();
  return key != nullptr ? std::hash<Key>{}(*key) : std::hash<const void*>{}(state);
}

}  // namespace proxystore::inline v0::detail
