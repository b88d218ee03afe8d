// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The coordinator: reads the grid, keeps the store, and makes tasks.

#include <cstddef>
#include <memory>
#include <vector>

#include "grid_reader.hpp"
#include "options.hpp"
#include "protocol.hpp"

namespace relief {

class Coordinator {
 public:
  /// Opens input and store.
  /// @throws InputError, ps::Error
  explicit Coordinator(const Options& options);

  [[nodiscard]] const Plan& plan() const { return plan_; }

  /// The task for tile @p index. Tiles are read and stored when a task first needs them.
  [[nodiscard]] Task make_task(std::size_t index, Tally& tally);

 private:
  const ps::Proxy<Heights>& tile(std::size_t index, Tally& tally);

  GridReader grid_;
  Plan plan_;
  Tiling tiling_;
  std::shared_ptr<ps::Store> store_;
  std::vector<ps::Proxy<Heights>> tiles_;
};

}  // namespace relief
