// SPDX-FileCopyrightText: 2026 The ProxyStore C++ authors
// SPDX-License-Identifier: MIT
#pragma once
/// @file
/// What Executor is made of: tasks whose arguments and results are bytes. Thread safety and errors
/// are those of executor.hpp.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxystore/bytes.hpp"
#include "proxystore/export.hpp"

namespace proxystore::inline v0::mpi {

struct ExecutorOptions;

namespace detail {

/// A value in its stored form, or the wire form of a proxy of it.
struct PackedValue {
  bool is_proxy = false;
  Bytes bytes{};
};

using PackedFunction = std::function<PackedValue(const std::vector<PackedValue>&)>;

/// A call to be submitted.
struct PROXYSTORE_EXPORT Call {
  std::string function;
  std::vector<PackedValue> arguments{};
  std::vector<std::function<void()>> discard{};  ///< Called when the arguments are not needed more
  std::vector<std::shared_ptr<const void>> keep{};  ///< Until then
  std::function<void(const PackedValue&)> discard_result{};

  /// Once; what they throw is logged.
  void discard_arguments() noexcept;
};

/// A call that was submitted.
class Task;

/// @throws ArgumentError unless a task brought as many arguments as its function has parameters
PROXYSTORE_EXPORT void require_arguments(std::size_t brought, std::size_t parameters);

class PROXYSTORE_EXPORT ExecutorCore {
 public:
  explicit ExecutorCore(const ExecutorOptions& options);
  ExecutorCore(const ExecutorCore&) = delete;
  ExecutorCore& operator=(const ExecutorCore&) = delete;
  ~ExecutorCore();

  void define(const std::string& name, PackedFunction function);
  /// Takes from @p call what it needs.
  [[nodiscard]] std::shared_ptr<Task> submit(Call& call);
  [[nodiscard]] bool is_done(Task& task);
  void wait(Task& task, std::optional<std::chrono::milliseconds> timeout);
  [[nodiscard]] const PackedValue& result(Task& task,
                                          std::optional<std::chrono::milliseconds> timeout);
  void serve();
  /// @p complete: waits for what was submitted; otherwise what has not begun is dropped.
  void shutdown(bool complete);

  [[nodiscard]] bool is_caller() const noexcept;
  [[nodiscard]] int workers() const noexcept;
  void require_caller(const char* verb) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace detail
}  // namespace proxystore::inline v0::mpi
