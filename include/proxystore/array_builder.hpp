// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// ArrayBuilder: an array that is written where its store keeps it. Made by Store::create().

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "proxystore/array.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/error.hpp"
#include "proxystore/export.hpp"
#include "proxystore/serialize.hpp"
#include "proxystore/store_factory.hpp"

namespace proxystore::inline v0 {

/// An array of numbers in its store's memory, as yet unseen by others: fill values(), then
/// publish(). Where the store's memory is shared, as that of the mpi connector, there is no copy at
/// all; elsewhere what was written is put like any other value. Unless it is published, nothing is
/// stored. Move-only; one thread at a time, though several may fill parts of values().
template <ArrayElement T>
class ArrayBuilder {
 public:
  /// Not for programs: see Store::create().
  ArrayBuilder(std::shared_ptr<Connector> connector,
               std::shared_ptr<const detail::TravelConfig> travel_config,
               std::vector<std::uint64_t> shape, PutOptions options)
      : connector_(std::move(connector)),
        travel_config_(std::move(travel_config)),
        shape_(std::move(shape)) {
    const bool is_fortran = options.info.order == Order::fortran;
    const std::string header = detail::npy_header(detail::numpy_dtype<T>(), shape_, is_fortran);
    const std::size_t bytes = detail::bytes_of_array(shape_, sizeof(T));
    options.info.kind = ObjectInfo::Kind::array;
    options.info.dtype = detail::numpy_dtype<T>();
    options.info.shape = shape_;
    options.info.header_bytes = header.size();
    object_ = connector_->create(header.size() + bytes, options);
    const std::span<std::byte> memory = object_->memory();
    std::ranges::copy(std::as_bytes(std::span(header)), memory.begin());
    // The header is a multiple of 64 bytes long, and so the elements are aligned.
    values_ = {reinterpret_cast<T*>(memory.data() + header.size()), bytes / sizeof(T)};
  }
  ArrayBuilder(ArrayBuilder&&) noexcept = default;
  ArrayBuilder& operator=(ArrayBuilder&&) = delete;
  ~ArrayBuilder() = default;

  /// The elements, not initialised, in the order that the options named: `{.info = {.order =
  /// Order::fortran}}`, or C order. Not to be written after publish().
  [[nodiscard]] std::span<T> values() noexcept { return values_; }
  /// Slowest dimension first.
  [[nodiscard]] const std::vector<std::uint64_t>& shape() const noexcept { return shape_; }

  /// Makes the array known, and returns its key; once, on an rvalue: std::move(builder).publish().
  /// @throws as Store::put(); ArgumentError the second time
  [[nodiscard]] Key publish() && {
    if (!object_) throw ArgumentError("this array is published already");
    const Key key = object_->publish();
    object_.reset();
    values_ = {};
    return key;
  }

  /// As publish(), and returns a proxy. Target is read from an array of this shape: an Array<T,
  /// Rank> of its rank, or a vector if that is 1.
  template <class Target = std::vector<T>>
  [[nodiscard]] Proxy<Target> publish_proxy(const FactoryArgs<Target>& args = {}) && {
    return Proxy<Target>(StoreFactory<Target>(std::move(*this).publish(), travel_config_, args));
  }

 private:
  std::shared_ptr<Connector> connector_;
  std::shared_ptr<const detail::TravelConfig> travel_config_;
  std::vector<std::uint64_t> shape_;
  std::unique_ptr<ObjectBuilder> object_;  // goes before the connector
  std::span<T> values_;
};

}  // namespace proxystore::inline v0
