// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// The error of tasks.

#include <string>

#include "proxystore/error.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0::mpi {

/// A task failed on the rank that ran it.
class PROXYSTORE_EXPORT TaskError : public Error {
 public:
  /// @p what is what was thrown there, or why it was not run.
  TaskError(const std::string& function, int rank, const std::string& what);
  TaskError(const TaskError&) = default;
  TaskError& operator=(const TaskError&) = default;
  ~TaskError() override;

  [[nodiscard]] const std::string& function() const noexcept { return context().operation; }
  /// Of the Environment.
  [[nodiscard]] int rank() const noexcept { return rank_; }

 private:
  int rank_;
};

}  // namespace proxystore::inline v0::mpi
