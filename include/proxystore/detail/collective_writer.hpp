// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// A connector to which ranks together can give one array, each its block. It knows MPI; who calls
/// it takes care that no rank is left alone in a collective call of it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "proxystore/box.hpp"
#include "proxystore/bytes.hpp"
#include "proxystore/connector.hpp"
#include "proxystore/export.hpp"
#include "proxystore/key.hpp"

namespace proxystore::inline v0::detail {

/// What each rank brings. All but block and elements are the same on all ranks.
struct CollectivePut {
  const void* comm = nullptr;  ///< An MPI_Comm
  bool is_root = false;        ///< One of them
  Key key{};                   ///< That the array is to have
  ObjectInfo info{};           ///< Of the array
  Box block{};                 ///< Of this rank in the array; may be of no elements
  Bytes elements{};            ///< Of the block, in C order
};

/// An array that is being written. All ranks do each step, and then agree on how it went: if it
/// failed on one, they go no further, and all destroy this. Only then is it gone.
/// @collective Steps and destructor, over the communicator of the put
class PROXYSTORE_EXPORT CollectiveObject {
 public:
  CollectiveObject() = default;
  CollectiveObject(const CollectiveObject&) = delete;
  CollectiveObject& operator=(const CollectiveObject&) = delete;
  virtual ~CollectiveObject();

  [[nodiscard]] virtual std::size_t steps() const noexcept = 0;
  virtual void do_step(std::size_t step) = 0;
  /// After the last step: the array's key. Others find the array from the root's last step on.
  [[nodiscard]] virtual Key key() const = 0;
};

class PROXYSTORE_EXPORT CollectiveWriter {
 public:
  virtual ~CollectiveWriter();

  /// Whether an array of @p info can be written so; all ranks get the same answer. Otherwise each
  /// puts its block as an object of its own.
  [[nodiscard]] virtual bool can_write(const ObjectInfo& info) const = 0;
  /// @local
  [[nodiscard]] virtual std::unique_ptr<CollectiveObject> start(CollectivePut put) = 0;
};

}  // namespace proxystore::inline v0::detail
